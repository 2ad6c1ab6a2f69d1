"""The handling of images that cannot be used in a batch or stream."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal, TypeAlias

from .detections import Detections
from .errors import ImageError, path_name, unknown_name

OnError: TypeAlias = Literal["raise", "empty"] | Callable[[int, str | None, Exception], Detections]


class Failures:
    """Applies `on_error` to each image that cannot be used.

    Parameters
    ----------
    on_error : {"raise", "empty"} or callable
        Handling of images that cannot be used, as for `MTCNN.detect_batch`.

    Raises
    ------
    ValueError
        If `on_error` is neither one of these names nor callable.
    """

    def __init__(self, on_error: OnError) -> None:
        if not callable(on_error) and on_error not in ("raise", "empty"):
            raise unknown_name("on_error (if not a callable)", on_error, ("raise", "empty"))
        self._on_error = on_error

    def caught(self, index: int, name: str | None, detect: Callable[[], Detections]) -> Detections:
        """Return the result of `detect`, or the substitute of `on_error` if it fails.

        Parameters
        ----------
        index : int
            Index of the image, from 0.
        name : str or None
            Path of the image, if it has one.
        detect : callable
            Function that finds the faces of the image.
        """
        try:
            return detect()
        except Exception as error:
            _locate(error, index, name)
            if self._on_error == "raise":
                raise
            if self._on_error == "empty":
                return Detections.empty()
            found = self._on_error(index, name, error)
            if not isinstance(found, Detections):
                raise TypeError(
                    f"on_error must return Detections, got {type(found).__name__} for image {index}"
                ) from error
            return found
        finally:
            # It may be a method of a future, which with the traceback of its error makes a cycle.
            del detect

    def settle(self, index: int, attempt: Attempt) -> Detections:
        """Return the faces of an attempt, or the substitute of `on_error` if it failed.

        Parameters
        ----------
        index : int
            Index of the image, from 0.
        attempt : Attempt
            The attempt, from which the result is taken.
        """
        return self.caught(index, attempt.name, attempt.get)


class Attempt:
    """The result of a detection, or the error that it ended with.

    Parameters
    ----------
    name : str or None
        Path of the image, if it has one.
    result : Detections or Exception
        The faces, or the error.
    """

    def __init__(self, name: str | None, result: Detections | Exception) -> None:
        self.name = name
        self._result: Detections | Exception | None = result

    def get(self) -> Detections:
        """Return the faces or raise the error, once: an error kept here would be a cycle."""
        result, self._result = self._result, None
        try:
            if isinstance(result, Detections):
                return result
            assert result is not None
            raise result
        finally:
            del result


def name_of(image: object) -> str | None:
    """Return the path of an image, or None if it is not from a file.

    Parameters
    ----------
    image : object
        Any object.
    """
    if not isinstance(image, (str, os.PathLike)):
        image = getattr(image, "filename", None)  # a PIL image has it; "" if it is not from a file
    try:
        return os.fsdecode(image) or None  # type: ignore[arg-type]
    except Exception:  # the attribute may be anything but a path
        return None


def _locate(error: Exception, index: int, name: str | None) -> None:
    """Add the index and the path of an image to an error.

    The error is changed in place, which keeps its type, its attributes and its traceback.
    """
    if isinstance(error, ImageError):
        error.index = index
        error.path = error.path if name is None else name
        return
    where = f"image {index}"
    if isinstance(error, OSError) and error.strerror is not None:
        if error.filename is None and name is not None:
            where += f", {path_name(name)}"
        error.strerror = f"{where}: {error.strerror}"
        error.args = (error.errno, error.strerror)  # from which pickle makes a copy
    elif not error.args or isinstance(error.args[0], str):
        message = error.args[0] if error.args else "not enough memory"
        if name is not None:
            where += f", {path_name(name)}"
        error.args = (f"{where}: {message}", *error.args[1:])
