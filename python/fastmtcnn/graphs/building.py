"""From weights to the ONNX model of a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..extras import importing
from ..networks.architecture import Architecture, Weights
from ..networks.plain_graph import IMAGE, Operator, plain_operators

with importing("train"):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

# The oldest pair for which every operator used here has its present meaning; new files would gain
# nothing from a later one and lose old runtimes.
OPSET = 13
IR_VERSION = 8


def build(
    architecture: Architecture,
    weights: Weights,
    description: str,
    *,
    producer: str = "fastmtcnn",
    metadata: Mapping[str, str] | None = None,
) -> onnx.ModelProto:
    """Return a network as an ONNX model, always the same one for the same weights.

    Parameters
    ----------
    architecture : Architecture
        The network.
    weights : mapping of str to ndarray of float32
        Its tensors, by the names and in the shapes of `architecture.shapes`.
    description : str
        Documentation of the model.
    producer : str
        Name of the program that makes the model.
    metadata : mapping of str to str, optional
        Entries beside those of the architecture.

    Returns
    -------
    onnx.ModelProto
        Input ``image``: float32, shape (n, 3, height, width), RGB, (pixel - 127.5) / 128. Outputs:
        those of the heads, ``probabilities`` after a softmax over its two channels.

    Raises
    ------
    ValueError
        If a tensor is missing, superfluous, of another shape, not float32 or not finite.
    """
    check_weights(architecture, weights)
    operators = plain_operators(architecture)
    nodes = [
        helper.make_node(
            each.op,
            (each.source, *each.tensors),
            [each.output],
            name=each.output,
            **_attributes(each),
        )
        for each in operators
    ]
    shapes = {name: shape for each in operators for name, shape in each.tensors.items()}
    tensors = {name: weights[name].reshape(shapes[name]) for name in architecture.shapes}

    outputs = []
    for output, layer in architecture.heads:
        shape: list[str | int] = ["n", layer.outputs]
        if architecture.side is None:
            shape += ["map_height", "map_width"]
        outputs.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, shape))

    side = architecture.side
    shape = ["n", 3, side or "height", side or "width"]
    image = helper.make_tensor_value_info(IMAGE, TensorProto.FLOAT, shape)
    initializers = [numpy_helper.from_array(array, name) for name, array in tensors.items()]
    model = helper.make_model(
        helper.make_graph(nodes, architecture.key, [image], outputs, initializers),
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name=producer,
        doc_string=description,
    )
    helper.set_model_props(model, {**architecture.metadata.to_properties(), **(metadata or {})})
    return model


def _attributes(operator: Operator) -> dict[str, Any]:
    return {
        name: value if isinstance(value, int) else list(value)
        for name, value in operator.attributes.items()
    }


def check_weights(architecture: Architecture, weights: Weights) -> None:
    """Refuse tensors that are not those of an architecture.

    Parameters
    ----------
    architecture : Architecture
        The network.
    weights : mapping of str to ndarray
        Its tensors.

    Raises
    ------
    ValueError
        If a tensor is missing, superfluous, of another shape, not float32 or not finite.
    """
    name = f"{architecture.title} ({architecture.name})"
    shapes = architecture.shapes
    if weights.keys() != shapes.keys():
        missing = ", ".join(sorted(shapes.keys() - weights.keys())) or "none"
        others = ", ".join(sorted(weights.keys() - shapes.keys())) or "none"
        raise ValueError(
            f"the weights of {name} must have the tensors of its architecture; "
            f"missing: {missing}, superfluous: {others}"
        )
    for tensor, shape in shapes.items():
        array = weights[tensor]
        if array.shape != shape or array.dtype != np.float32:
            raise ValueError(
                f"{tensor} of {name} must be float32 of shape {shape}, "
                f"got {array.dtype} of shape {array.shape}"
            )
        if not np.isfinite(array).all():
            raise ValueError(f"{tensor} of {name} must be finite, got NaN or infinity")


def serialise(model: onnx.ModelProto) -> bytes:
    """Return the content of the file of a model, always the same bytes."""
    content: bytes = model.SerializeToString(deterministic=True)
    return content
