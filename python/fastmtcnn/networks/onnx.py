"""The engine onnxruntime, with one session for each network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import ModelError
from .network import NUM_OFFSETS, NUM_POINTS, Outputs, Role, no_outputs, role_metadata
from .providers import Providers, is_cpu, open_session, translate_error

_FACE = 1  # of the two classes; the background comes first
_FLOAT = "tensor(float)"


class OnnxNetwork:
    """A network that onnxruntime runs.

    Parameters
    ----------
    role : Role
        Place of the network in the cascade.
    content : bytes
        An ONNX model: one float32 input (n, 3, height, width); outputs, in any order and by any
        name, with 4 channels (offsets), 2 (probabilities of background and face) or 1 (of a face),
        and for O-Net 10 (landmarks). Its metadata may have the entries of `Metadata`.
    name : str
        Name of the model for error messages.
    providers : sequence
        Execution providers of onnxruntime.
    max_tile : tuple of int, or None
        Largest height and width to pass in one call; None for any size.
    file : str or None
        Path of the model, or name of the shipped file.

    Attributes
    ----------
    role, batch_size, prefetch, batches_images, max_tile, on_level, on_crops, window, stride, \
    crop_scale, threshold, \
    metadata, file, engine
        As in `Network`.

    Raises
    ------
    ModelError
        If the model cannot be loaded, or its inputs, outputs or metadata do not fit the role.
    """

    on_level = None
    on_crops = None
    engine: Final = "onnxruntime"

    def __init__(
        self,
        role: Role,
        content: bytes,
        name: str,
        providers: Providers,
        max_tile: tuple[int, int] | None = None,
        file: str | None = None,
    ) -> None:
        self.role = role
        self.max_tile = max_tile
        self.batches_images = not is_cpu(providers)
        self.batch_size = role.accelerator_batch if self.batches_images else role.cpu_batch
        # An image of any size may be large: hold one at a time.
        bounded = role.size or max_tile
        self.prefetch = role.accelerator_batch // self.batch_size if bounded else 1
        self.file = file
        self._name = f"{role.title} from {name}"
        self._session = open_session(content, providers, self._name)
        properties = self._session.get_modelmeta().custom_metadata_map
        self.metadata = role_metadata(role, properties, self._name)
        self.window = self.metadata.window or role.size
        self.stride = self.metadata.stride or 0
        self.crop_scale = self.metadata.crop_scale or 1.0
        self.threshold = self.metadata.threshold
        self._input = self._check_input()
        self._outputs = self._find_outputs()

    def _check_input(self) -> str:
        """Return the name of the input."""
        inputs = self._session.get_inputs()
        size = self.window if self.role.size else 0
        sides = (size, size) if size else ("any", "any")
        wanted = f"one float32 input (n, 3, {sides[0]}, {sides[1]})"
        shape = inputs[0].shape if inputs else []
        fits = (
            len(inputs) == 1
            and inputs[0].type == _FLOAT
            and len(shape) == 4
            and _accepts(shape[1], 3)
            and not isinstance(shape[0], int)
            and all(
                _accepts(side, size) if size else not isinstance(side, int) for side in shape[2:]
            )
        )
        if not fits:
            raise ModelError(f"{self._name} must have {wanted}, got {_describe(inputs)}")
        return str(inputs[0].name)

    def _find_outputs(self) -> list[str]:
        """Return the names of the outputs for offsets, probabilities and points."""
        outputs = self._session.get_outputs()
        names: dict[int, list[str]] = {}
        for node in outputs:
            if node.type == _FLOAT and len(node.shape) == self.role.rank:
                names.setdefault(node.shape[1], []).append(node.name)
        found = [names.get(NUM_OFFSETS, []), names.get(2) or names.get(1, [])]
        wanted = "4 channels (offsets), 2 or 1 (probabilities)"
        if self.role.has_points:
            found.append(names.get(NUM_POINTS, []))
            wanted += " and 10 (landmarks)"
        if any(len(each) != 1 for each in found):
            raise ModelError(
                f"{self._name} must have float32 outputs of {self.role.rank} dimensions, one each "
                f"with {wanted}, got {_describe(outputs)}"
            )
        return [name for (name,) in found]

    def __call__(self, batch: npt.NDArray[np.float32]) -> Outputs:
        """Run the network, as `Network` describes it."""
        if len(batch) == 0:  # onnxruntime may reject an empty batch
            return no_outputs(self.role)
        try:
            outputs = self._session.run(self._outputs, {self._input: batch})
        except Exception as error:
            raise translate_error(error, f"{self._name} cannot be run on {batch.shape}") from error
        offsets, probabilities, *others = outputs
        count, sides = len(batch), offsets.shape[2:]
        fits = (
            2 + len(sides) == self.role.rank
            and offsets.shape == (count, NUM_OFFSETS, *sides)
            and probabilities.shape in ((count, 1, *sides), (count, 2, *sides))
            and all(points.shape == (count, NUM_POINTS) for points in others)
        )
        if not fits:
            raise ModelError(
                f"{self._name} must return a value for each image or cell, got "
                f"{', '.join(str(part.shape) for part in outputs)} for {batch.shape}"
            )
        face = min(_FACE, probabilities.shape[1] - 1)
        return Outputs(
            np.ascontiguousarray(probabilities[:, face]),
            offsets,
            others[0] if others else np.zeros((count, 0), np.float32),
        )


def _describe(nodes: Sequence[Any]) -> str:
    return ", ".join(f"{node.type} {node.shape}" for node in nodes) or "none"


def _accepts(dimension: int | str | None, size: int) -> bool:
    return dimension == size or not isinstance(dimension, int)
