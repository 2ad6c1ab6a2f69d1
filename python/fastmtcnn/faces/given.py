"""Faces as users pass them: detections, single faces, or boxes alone, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_Array: TypeAlias = npt.NDArray[np.float32]
# `Detections` and `Face`. They can be shown in notebooks, for which `fastmtcnn.detections` imports
# the drawing, and thereby this module: they are known by their fields here.
FaceArrays: TypeAlias = tuple[_Array, _Array, _Array]
_Face: TypeAlias = tuple[_Array, float, _Array]
FacesLike: TypeAlias = FaceArrays | _Face | Sequence[_Face] | npt.ArrayLike

_OF_DETECTIONS = ("boxes", "scores", "landmarks")
_OF_FACE = ("box", "score", "landmarks")
_FORM = "Detections, boxes of shape (n, 4) or the tuple (boxes, scores, landmarks)"


class GivenFaces(NamedTuple):
    """The faces that a user passed.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels.
    scores : ndarray of float64, shape (n,), or None
        Scores, None if boxes alone were passed.
    landmarks : ndarray of float64, shape (n, 5, 2), or None
        x, y in pixels, None if boxes alone were passed.
    is_single : bool
        Whether a single face or a box of shape (4,) was passed.
    """

    boxes: Floats
    scores: Floats | None = None
    landmarks: Floats | None = None
    is_single: bool = False


def given_faces(name: str, faces: object) -> GivenFaces:
    """Return faces that were passed as detections or as boxes alone.

    Parameters
    ----------
    name : str
        Name of the argument, for errors.
    faces : Detections, Face, sequence of Face, tuple of three arrays, or array_like
        The faces of one image. An array is boxes, of shape (n, 4) or (4,): three of them are never
        taken for the three arrays of detections.

    Raises
    ------
    ValueError, TypeError
        If they are anything else.
    """
    parts = _parts(faces)
    if parts is not None:
        return _checked(name, parts)._replace(is_single=_has_fields(faces, _OF_FACE))
    boxes = numbers_or_none(faces)
    if boxes is None or boxes.ndim == 0:
        raise TypeError(f"{name} must be {_FORM}, got {_kind(faces)}")
    if boxes.size == 0:
        return GivenFaces(np.zeros((0, 4)))
    if boxes.ndim > 2 or boxes.shape[-1] != 4:
        raise ValueError(f"{name} must be {_FORM}, got shape {boxes.shape}")
    if ((boxes >= 0) & (boxes <= 1)).all():  # of which blur would cover a pixel and show the faces
        raise ValueError(
            f"{name} must be in pixels, got only values from 0 to 1: multiply boxes in shares of "
            "the image by its size"
        )
    return GivenFaces(boxes.reshape(-1, 4), is_single=boxes.ndim == 1)


def given_arrays(name: str, faces: object) -> tuple[Any, Any, Any]:
    """Return boxes, scores and landmarks of faces that were passed with all of them.

    Parameters
    ----------
    name : str
        Name of the argument, for errors.
    faces : Detections, Face, sequence of Face, or tuple of three arrays
        The faces of one image.

    Returns
    -------
    boxes, scores, landmarks : ndarray
        The arrays of `Detections`, in the dtypes that they have.

    Raises
    ------
    ValueError, TypeError
        If they are anything else.
    """
    parts = _parts(faces)
    if parts is None:
        boxes = numbers_or_none(faces)
        got = _kind(faces) if boxes is None or boxes.ndim == 0 else f"shape {boxes.shape}"
        raise TypeError(f"{name} must be the Detections of one image, got {got}")
    _checked(name, parts)
    boxes, scores, landmarks = map(np.asarray, parts)
    return boxes, scores, landmarks


def landmarks_of(faces: object) -> object:
    """Return the landmarks of detections or of a face, and anything else as it is.

    Parameters
    ----------
    faces : object
        Any object.
    """
    parts = _parts(faces)
    if parts is None:
        return faces
    return parts[2][0] if _has_fields(faces, _OF_FACE) else parts[2]


def numbers_or_none(values: object) -> Floats | None:
    """Return an array of numbers, or None if there is none of the values.

    Parameters
    ----------
    values : object
        Any object.
    """
    parts = values if isinstance(values, (list, tuple)) else [values]
    if any(part is None or isinstance(part, (str, bytes)) for part in parts):
        return None  # numpy takes None for NaN, and digits for numbers
    try:
        return np.asarray(values, np.float64)
    except Exception:  # whatever an object raises that shall become an array
        return None


def _parts(faces: object) -> tuple[Any, Any, Any] | None:
    """Return boxes, scores and landmarks, or None if the object does not consist of these."""
    if _has_fields(faces, _OF_FACE):
        faces = [faces]
    if not isinstance(faces, (list, tuple)) or len(faces) == 0:
        return None
    if all(_has_fields(one, _OF_FACE) for one in faces):
        boxes, scores, landmarks = zip(*faces, strict=True)
        return boxes, scores, landmarks
    if not isinstance(faces, tuple) or len(faces) != 3:
        return None
    # Three boxes fit together in an array, the arrays of detections do not.
    together = None if _has_fields(faces, _OF_DETECTIONS) else numbers_or_none(faces)
    return None if together is not None and together.size else (faces[0], faces[1], faces[2])


def _has_fields(value: object, fields: tuple[str, ...]) -> bool:
    return getattr(value, "_fields", None) == fields


def _checked(name: str, parts: tuple[object, object, object]) -> GivenFaces:
    arrays = []
    for what, part in zip(_OF_DETECTIONS, parts, strict=True):
        array = numbers_or_none(part)
        if array is None:
            raise TypeError(f"{name} must be {_FORM}, got {_kind(part)} for the {what}")
        arrays.append(array)
    if not any(array.size for array in arrays):
        return GivenFaces(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 5, 2)))
    shapes = [array.shape for array in arrays]
    count = len(arrays[0]) if arrays[0].ndim else 0
    if shapes != [(count, 4), (count,), (count, 5, 2)]:
        raise ValueError(
            f"{name} must be arrays of shapes (n, 4), (n,) and (n, 5, 2), "
            f"got {', '.join(map(str, shapes))}"
        )
    return GivenFaces(arrays[0], arrays[1], arrays[2])


def _kind(value: object) -> str:
    name = type(value).__name__
    if not isinstance(value, (list, tuple)) or len(value) == 0:
        return name
    first = type(value[0]).__name__
    hint = "; Detections.from_dicts takes these" if isinstance(value[0], dict) else ""
    return f"a {name} of {first}{hint}"
