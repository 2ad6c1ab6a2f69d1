"""From a plain ONNX file to the weights and the architecture of a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError, first_line
from ..extras import importing
from ..networks.architecture import ARCHITECTURES, Architecture
from ..networks.metadata import Metadata
from .building import build

with importing("train"):
    import onnx
    from onnx import numpy_helper


def read_weights(content: bytes, architecture: Architecture) -> dict[str, NDArray[np.float32]]:
    """Return the tensors of a plain file.

    Parameters
    ----------
    content : bytes
        A file as `build` makes them.
    architecture : Architecture
        The network that it must hold.

    Returns
    -------
    dict of str to ndarray of float32
        C-contiguous arrays by the names and in the shapes of `architecture.shapes`.

    Raises
    ------
    ModelError
        If the content is no ONNX model or no such network. The message names every difference.
    """
    model = load_model(content)
    what = f"{architecture.title} of architecture {architecture.name!r}"
    metadata = model_metadata(model)
    if metadata.plain_sha256 is not None or model.graph.name.endswith("_fast"):
        raise ModelError(f"the weights of {what} must come from a plain file, got a fast twin")
    differences = list(_tensor_differences(model, architecture))
    if not differences:
        weights = _weights(model, architecture)
        differences += [
            f"{name} is not finite" for name, each in weights.items() if not np.isfinite(each).all()
        ]
    if not differences:
        differences += _graph_differences(model, build(architecture, weights, ""))
    if metadata.crop_scale != architecture.metadata.crop_scale:
        differences.append(
            f"crop_scale {metadata.crop_scale or 1.0:g} in place of {architecture.crop_scale:g}"
        )
    if differences:
        raise ModelError(f"the model is not {what}: {'; '.join(differences)}")
    return weights


def recognise(content: bytes) -> Architecture:
    """Return the named architecture of a plain file.

    Parameters
    ----------
    content : bytes
        A file as `build` makes them.

    Raises
    ------
    ModelError
        If the content is no ONNX model, or has none of the named architectures.
    """
    model = load_model(content)
    key = model.graph.name
    if key.removesuffix("_fast") in ARCHITECTURES and key.endswith("_fast"):
        raise ModelError(f"the weights must come from the plain file, got its fast twin {key}.onnx")
    if key not in ARCHITECTURES:
        raise ModelError(f"the model must be named {', '.join(ARCHITECTURES)}, got {key!r}")
    reasons = []
    for architecture in ARCHITECTURES[key].values():
        try:
            read_weights(content, architecture)
        except ModelError as error:
            reasons.append(error.reason)
        else:
            return architecture
    raise ModelError(f"the model has no known architecture: {'; '.join(reasons)}")


def load_model(content: bytes) -> onnx.ModelProto:
    """Return an ONNX model that passes the checks of the package onnx.

    Parameters
    ----------
    content : bytes
        Content of a file.

    Raises
    ------
    ModelError
        If it is no valid ONNX model.
    """
    try:
        model = onnx.load_model_from_string(content)
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # onnx and protobuf raise unrelated types
        raise ModelError(f"the model is not a valid ONNX file: {first_line(error)}") from error
    return model


def model_metadata(model: onnx.ModelProto) -> Metadata:
    """Return what a model states about itself.

    Parameters
    ----------
    model : onnx.ModelProto
        The model.

    Raises
    ------
    ModelError
        If an entry is invalid.
    """
    try:
        return Metadata.from_properties({each.key: each.value for each in model.metadata_props})
    except ValueError as error:
        raise ModelError(str(error)) from error


def _tensor_differences(model: onnx.ModelProto, architecture: Architecture) -> Iterator[str]:
    found = {tensor.name: tensor for tensor in model.graph.initializer}
    wanted = architecture.shapes
    for name, shape in wanted.items():
        if name not in found:
            yield f"{name} is missing"
            continue
        dims = tuple(found[name].dims)
        # The slopes of maps are stored as (channels, 1, 1).
        same = dims in (shape, (*shape, 1, 1)) if name.startswith("prelu") else dims == shape
        if not same:
            yield f"{name} has shape {dims} in place of {shape}"
        if found[name].data_type != onnx.TensorProto.FLOAT:
            yield f"{name} is not float32"
    yield from (f"{name} is superfluous" for name in found if name not in wanted)


def _weights(model: onnx.ModelProto, architecture: Architecture) -> dict[str, NDArray[np.float32]]:
    tensors = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    return {
        # numpy_helper may return a view that cannot be written to.
        name: np.array(tensors[name], np.float32).reshape(shape)
        for name, shape in architecture.shapes.items()
    }


def _graph_differences(model: onnx.ModelProto, expected: onnx.ModelProto) -> Iterator[str]:
    """Yield how the graph differs from one with the same tensors."""
    nodes, wanted = _nodes(model), _nodes(expected)
    for name, node in wanted.items():
        if name not in nodes:
            yield f"node {name} is missing"
        elif nodes[name] != node:
            yield f"node {name} is not the {node.op_type} that it must be"
    yield from (f"node {name} is superfluous" for name in nodes if name not in wanted)
    for what in ("input", "output"):
        if list(getattr(model.graph, what)) != list(getattr(expected.graph, what)):
            yield f"the {what}s are not those that it must have"
    if [(each.domain, each.version) for each in model.opset_import] != [
        (each.domain, each.version) for each in expected.opset_import
    ]:
        yield "the opset is another one"


def _nodes(model: onnx.ModelProto) -> Mapping[str, onnx.NodeProto]:
    return {node.name: node for node in model.graph.node}
