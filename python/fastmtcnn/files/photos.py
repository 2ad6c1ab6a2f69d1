"""Reading photos, and the reasons why one cannot be used."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from ..errors import FastMTCNNError, ImageError, reason
from .images import DEFAULT_MAX_PIXELS, as_rgb
from .kinds import is_video
from .originals import Original, original_of


def read_original(path: str, max_pixels: int = DEFAULT_MAX_PIXELS) -> Original:
    """Return an image file with all that pictures made of it keep.

    Parameters
    ----------
    path, max_pixels
        As for `read_photo`.

    Raises
    ------
    OSError, ImageError
        If the file cannot be used.
    """
    refuse_folder(path)
    return original_of(path, max_pixels)


def read_photo(path: str, max_pixels: int = DEFAULT_MAX_PIXELS) -> npt.NDArray[np.uint8]:
    """Return the pixels of an image file.

    Parameters
    ----------
    path : str
        Path of the file, as the user named it.
    max_pixels : int
        Larger images are refused before they are decoded.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB pixels of the upright photo.

    Raises
    ------
    OSError, ImageError
        If the file cannot be used.
    """
    refuse_folder(path)
    return as_rgb(path, "rgb", max_pixels)


def refuse_folder(path: str) -> None:
    """Raise an error if a path is that of a folder, which stands for itself if it has no photo.

    Parameters
    ----------
    path : str
        Path of a photo, as the user named it.

    Raises
    ------
    OSError, ImageError
        If it is a folder.
    """
    if os.path.isdir(path):  # noqa: PTH112 (Path("") is the current folder)
        os.listdir(path)  # noqa: PTH208 (raises an error if that is not allowed)
        raise ImageError("is a folder without a photo in it", kind="file", path=path)


def photo_problem(error: Exception, path: str) -> str:
    """Return the reason why a photo cannot be used, without its path.

    Parameters
    ----------
    error : Exception
        Error that reading the photo or detecting its faces raised.
    path : str
        Path of the photo, as the user named it.
    """
    if isinstance(error, (OSError, ImageError)):
        problem = reason(error)
        if isinstance(error, ImageError) and is_video(path):
            problem += '; for videos there are "fastmtcnn video" and "fastmtcnn blur"'
        return problem
    if isinstance(error, MemoryError):
        return "there is not enough memory for it"
    if isinstance(error, FastMTCNNError):
        return reason(error)
    return f"{type(error).__name__}: {reason(error)}"  # a fault of the program


def problem_kind(error: Exception) -> str:
    """Return the kind of reason why a photo cannot be used, in one word for programs.

    Parameters
    ----------
    error : Exception
        Error that reading the photo or detecting its faces raised.

    Returns
    -------
    str
        The `kind` of an `ImageError`; ``"missing"`` if there is no such file, ``"unreadable"`` if
        it cannot be read, ``"memory"`` if there is not enough memory, otherwise ``"other"``.
    """
    if isinstance(error, ImageError):
        return error.kind
    if isinstance(error, FileNotFoundError):
        return "missing"
    if isinstance(error, OSError):
        return "unreadable"
    return "memory" if isinstance(error, MemoryError) else "other"
