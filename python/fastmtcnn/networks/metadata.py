"""What a model file states about itself, in the metadata of its ONNX model."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

PREFIX = "fastmtcnn."  # of the names of all entries

_LARGEST_WINDOW = 512  # pixels
_LARGEST_CROP_SCALE = 4
_MOST_MULTIPLY_ADDS = 10**12


@dataclass(frozen=True)
class Metadata:
    """The entries of a model that the cascade needs, each None where the model has none.

    Attributes
    ----------
    architecture : str or None
        Name of the architecture, if it is not the original one.
    window : int or None
        Side in pixels of the window that P-Net examines, or of the crops of R-Net and O-Net.
    stride : int or None
        Pixels from one window of P-Net to the next.
    crop_scale : float or None
        Side of a crop relative to that of the box that the network examines, at least 1.
    threshold : float or None
        Score, 0 to 1, that a face must exceed after this network.
    plain_sha256 : str or None
        In a fast twin, the SHA-256 of the plain file from which it was made, in hexadecimal.
    multiply_adds : int or None
        Multiply-adds for a cell of P-Net's map, or for a crop.
    """

    architecture: str | None = None
    window: int | None = None
    stride: int | None = None
    crop_scale: float | None = None
    threshold: float | None = None
    plain_sha256: str | None = None
    multiply_adds: int | None = None

    def to_properties(self) -> dict[str, str]:
        """Return the entries as the names and texts that an ONNX file holds."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            PREFIX + name: value if isinstance(value, str) else repr(value)
            for name, value in values.items()
            if value is not None
        }

    @classmethod
    def from_properties(cls, properties: Mapping[str, str]) -> Metadata:
        """Read the entries of a model; those without the prefix are skipped.

        Parameters
        ----------
        properties : mapping of str to str
            All metadata of the model.

        Raises
        ------
        ValueError
            If the value of an entry is invalid.
        """
        return cls(
            architecture=properties.get(f"{PREFIX}architecture"),
            window=_whole(properties, "window", _LARGEST_WINDOW),
            stride=_whole(properties, "stride", _LARGEST_WINDOW),
            crop_scale=_number(properties, "crop_scale", 1, _LARGEST_CROP_SCALE),
            threshold=_number(properties, "threshold", 0, 1),
            plain_sha256=_digest(properties, "plain_sha256"),
            multiply_adds=_whole(properties, "multiply_adds", _MOST_MULTIPLY_ADDS),
        )


def _whole(properties: Mapping[str, str], name: str, most: int) -> int | None:
    text = properties.get(PREFIX + name)
    if text is None:
        return None
    if not re.fullmatch("[1-9][0-9]{0,14}", text) or int(text) > most:
        raise ValueError(
            f"{PREFIX}{name} in the metadata must be a whole number from 1 to {most}, got {text!r}"
        )
    return int(text)


def _number(properties: Mapping[str, str], name: str, least: float, most: float) -> float | None:
    text = properties.get(PREFIX + name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise ValueError(
            f"{PREFIX}{name} in the metadata must be a number from {least} to {most}, got {text!r}"
        )
    return value


def _digest(properties: Mapping[str, str], name: str) -> str | None:
    text = properties.get(PREFIX + name)
    if text is not None and not re.fullmatch("[0-9a-f]{64}", text):
        raise ValueError(
            f"{PREFIX}{name} in the metadata must be a SHA-256 in hexadecimal, got {text!r}"
        )
    return text
