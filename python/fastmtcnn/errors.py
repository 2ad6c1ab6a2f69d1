"""The exceptions of the package, and the wording that messages share."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable
from typing import Literal, TypeAlias

# Modules whose lines are not those of a user: `dataclasses.replace` calls us too.
_SKIPPED = ("fastmtcnn", "dataclasses")

_SLIP = 0.7  # least similarity of two names of which one may be meant by the other
_LONGEST_NAME, _SHORT_NAME = 1000, 60  # characters of a path in a message

ImageProblem: TypeAlias = Literal[
    "format",
    "damaged",
    "too_large",
    "too_many_proposals",
    "shape",
    "values",
    "frames",
    "file",
    "other",
]


class FastMTCNNError(ValueError):
    """Base class of all errors that the package itself raises."""


class _FileError(FastMTCNNError):
    """An error that knows its reason and its file apart; its text is composed of both."""

    def __init__(self, reason: str = "", *, path: str | bytes | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path

    def __str__(self) -> str:
        """Return the file, if there is one, and the reason."""
        return ": ".join([*self._place(), self.reason])

    def _place(self) -> list[str]:
        return [] if self.path is None else [path_name(self.path)]


class ImageError(_FileError):
    """An image cannot be used: it is damaged, not an image, or too large.

    The text of the error is composed of its attributes when it is shown, for example
    ``image 3, 'x.jpg': cannot be decoded: image file is truncated``.

    Parameters
    ----------
    reason : str
        Why the image cannot be used.
    kind, path, index
        See the attributes.

    Attributes
    ----------
    reason : str
        Why the image cannot be used, without its place.
    kind : str
        ``"format"``: a file or bytes in no image format that is read.
        ``"damaged"``: a file, bytes or PIL image that cannot be decoded.
        ``"too_large"``: the image, a level of its pyramid, or a crop has more pixels than allowed.
        ``"too_many_proposals"``: P-Net makes more proposals than `max_proposals`.
        ``"shape"``: the shape of an array, no pixel, or another size than needed; also if a region
        or box has no pixel of the image.
        ``"values"``: pixel values or a PIL mode that cannot be read as 0 to 255.
        ``"frames"``: a file with several frames or pages, of which a copy would have but one.
        ``"file"``: what cannot be opened or fetched as a file, such as a pipe.
        ``"other"``: anything else.
    path : str, bytes or None
        Path of the image, None if it is not from a file.
    index : int or None
        Index of the image in its batch or stream, None if it was passed alone.

    Examples
    --------
    >>> import fastmtcnn
    >>> try:
    ...     fastmtcnn.MTCNN().detect_batch([b"no image"])
    ... except fastmtcnn.ImageError as error:
    ...     print(error.kind, error.index, error.path)
    format 0 None
    """

    def __init__(
        self,
        reason: str = "",
        *,
        kind: ImageProblem = "other",
        path: str | bytes | None = None,
        index: int | None = None,
    ) -> None:
        super().__init__(reason, path=path)
        self.kind: ImageProblem = kind
        self.index = index

    def _place(self) -> list[str]:
        names = [] if self.index is None else [f"image {self.index}"]
        return [", ".join(names + super()._place())] if names else super()._place()


class VideoError(_FileError):
    """A video cannot be used: it is damaged, not a video, or cannot be written.

    Parameters
    ----------
    reason, path
        See the attributes.

    Attributes
    ----------
    reason : str
        Why the video cannot be used, without its path.
    path : str, bytes or None
        Path of the video.
    """


class ModelError(_FileError):
    """A model cannot be used as the network that it was passed for.

    Parameters
    ----------
    reason, path
        See the attributes.

    Attributes
    ----------
    reason : str
        Why the model cannot be used.
    path : str, bytes or None
        Path of the model, if its file cannot be read.
    """


def path_name(path: str | bytes) -> str:
    """Return what a path is called in messages.

    Parameters
    ----------
    path : str or bytes
        The path.
    """
    return shortened(repr(path))


def printable(text: str) -> str:
    """Return a text whose control characters and undecodable bytes are replaced.

    Parameters
    ----------
    text : str
        Any text, such as a file name, which could otherwise change the state of a terminal.
    """
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def shortened(name: str) -> str:
    """Return a name, or if it is very long the beginning of it.

    Parameters
    ----------
    name : str
        A path, or its `repr`.
    """
    return name if len(name) <= _LONGEST_NAME else f"{name[:_SHORT_NAME]}..."


def first_line(error: BaseException) -> str:
    """Return the first line of the message of an error, shortened, or the name of its type.

    Parameters
    ----------
    error : BaseException
        The error.
    """
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return line if len(line) <= _LONGEST_NAME else f"{line[:_LONGEST_NAME]}..."


def reason(error: Exception) -> str:
    """Return in one line why an error was raised, without the file that it may name.

    Parameters
    ----------
    error : Exception
        Any error.
    """
    if isinstance(error, (ImageError, VideoError)):
        return " ".join(error.reason.splitlines())
    said = error.strerror if isinstance(error, OSError) else None
    return " ".join((said or str(error)).splitlines())


def unknown_name(what: str, name: object, valid: Iterable[str]) -> ValueError:
    """Build the error for a name that is not among the valid ones.

    Parameters
    ----------
    what : str
        What is named, such as ``"variant"``.
    name : object
        What came.
    valid : iterable of str
        What would have been accepted.

    Returns
    -------
    ValueError
        Its message lists the valid names and the nearest of them.
    """
    by_lower = {each.lower(): each for each in valid}
    nearest = near(str(name).lower(), by_lower)
    hint = f"; did you mean {by_lower[nearest[0]]!r}?" if nearest else ""
    listed = ", ".join(map(repr, by_lower.values()))
    return ValueError(f"{what} must be one of {listed}, got {name!r}{hint}")


def near(name: str, valid: Iterable[str]) -> list[str]:
    """Return the names that differ from another one by no more than a slip, the nearest first.

    Parameters
    ----------
    name : str
        What came.
    valid : iterable of str
        What would have been accepted.
    """
    import difflib  # only ever needed to fail

    return difflib.get_close_matches(name, list(valid), cutoff=_SLIP)


def warn_renamed(what: str, now: object) -> None:
    """Warn that something public has another name now, at the line outside of the package.

    Parameters
    ----------
    what : str
        The former name, and of what, such as ``"attribute 'integers' of Variant"``.
    now : object
        The name to use.
    """
    warn_user(f"{what} is deprecated, use {now!r}", DeprecationWarning)


def warn_user(message: str, category: type[Warning]) -> None:
    """Warn at the line outside of the package.

    Parameters
    ----------
    message : str
        The warning.
    category : type
        Its kind.
    """
    frame, level = inspect.currentframe(), 0
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_SKIPPED):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level + 1)
