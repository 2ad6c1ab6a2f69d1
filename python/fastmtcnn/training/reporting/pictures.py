"""Pictures of the errors of a run, with annotated and found faces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from ...errors import FastMTCNNError
from ...files.images import DEFAULT_MAX_PIXELS, as_rgb
from ...reporting.thumbnails import data_uri
from ..judging.searching import why_unreadable
from ..judging.worst import Miss

SIDE = 168  # pixels of a picture

_CONTEXT = 2.4  # side of the part that is shown, relative to the longer side of the box
_LEAST = 40.0  # pixels of the photograph that are shown at least


class Frame(NamedTuple):
    """A box in a picture.

    Attributes
    ----------
    kind : str
        ``"annotated"`` or ``"found"``.
    x, y, width, height : float
        In pixels of the picture.
    is_error : bool
        Whether it is the error that the picture is about.
    """

    kind: str
    x: float
    y: float
    width: float
    height: float
    is_error: bool


class ErrorPicture(NamedTuple):
    """A part of a photograph around an error.

    Attributes
    ----------
    kind : str
        ``"missed"`` or ``"false_positive"``.
    caption : str
        What it is.
    image : str
        Name of the photograph.
    uri : str
        The picture, as an address; empty if the photograph cannot be read.
    problem : str
        Why it cannot be read; empty if it can.
    frames : list of Frame
        Boxes in it.
    """

    kind: str
    caption: str
    image: str
    uri: str
    problem: str
    frames: list[Frame]


def error_picture(miss: Miss) -> ErrorPicture:
    """Cut the surroundings of an error out of its photograph.

    Parameters
    ----------
    miss : Miss
        The error.
    """
    height = miss.box[3] - miss.box[1]
    caption = (
        f"missed, {height:.0f} px high"
        if miss.kind == "missed"
        else f"score {miss.score:.3f}, {height:.0f} px high"
    )
    try:
        pixels = as_rgb(miss.file.read(), "rgb", DEFAULT_MAX_PIXELS)
    except (FastMTCNNError, OSError, MemoryError) as error:
        return ErrorPicture(miss.kind, caption, miss.image, "", why_unreadable(error), [])
    centre = (miss.box[:2] + miss.box[2:]) / 2
    side = max(_CONTEXT * float((miss.box[2:] - miss.box[:2]).max()), _LEAST)
    corner = centre - side / 2
    part = tuple(np.rint([*corner, *(corner + side)]).astype(int).tolist())
    picture = Image.fromarray(pixels).crop(part).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    scale = SIDE / side
    frames = [
        *_frames("annotated", miss.annotated, miss, corner, scale),
        *_frames("found", miss.found, miss, corner, scale),
    ]
    return ErrorPicture(miss.kind, caption, miss.image, data_uri(picture), "", frames)


def _frames(
    kind: str,
    boxes: npt.NDArray[np.float64],
    miss: Miss,
    corner: npt.NDArray[np.float64],
    scale: float,
) -> list[Frame]:
    own = "annotated" if miss.kind == "missed" else "found"
    frames = []
    for box in boxes:
        x1, y1, x2, y2 = ((box - np.tile(corner, 2)) * scale).tolist()
        if x1 < SIDE and y1 < SIDE and x2 > 0 and y2 > 0:
            is_error = kind == own and bool((box == miss.box).all())
            frames.append(Frame(kind, x1, y1, x2 - x1, y2 - y1, is_error))
    return sorted(frames, key=lambda frame: frame.is_error)


def sheet_uri(sheet: Image.Image, widest: int = 1536) -> str:
    """Return a sheet of samples as an address, reduced if it is wide.

    Parameters
    ----------
    sheet : PIL.Image.Image
        The sheet.
    widest : int, default 1536
        Largest width in pixels.
    """
    picture = sheet.convert("RGB")
    picture.thumbnail((widest, 4 * widest))
    return data_uri(picture)


def pictures_of(misses: Sequence[Miss], kind: str) -> list[ErrorPicture]:
    """Return the pictures of the errors of one kind, in their order."""
    return [error_picture(miss) for miss in misses if miss.kind == kind]
