"""The package's own exceptions, and the wording that messages share."""

from __future__ import annotations

from collections.abc import Iterable


class FastMTCNNError(ValueError):
    """Base of everything the package itself raises."""


class ImageError(FastMTCNNError):
    """An image cannot be used: it is damaged, no image at all, or too large."""


class VideoError(FastMTCNNError):
    """A video cannot be used: it is damaged, no video at all, or cannot be written."""


class ModelError(FastMTCNNError):
    """A model file cannot be used as the network that it was given for."""


def first_line(error: BaseException) -> str:
    """Return the first line of what an error of another package says, or what it is.

    Parameters
    ----------
    error : BaseException
        The error.
    """
    return (str(error).strip() or type(error).__name__).splitlines()[0]


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
    import difflib  # only ever needed to fail

    by_lower = {each.lower(): each for each in valid}
    nearest = difflib.get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.5)
    hint = f"; did you mean {by_lower[nearest[0]]!r}?" if nearest else ""
    listed = ", ".join(map(repr, by_lower.values()))
    return ValueError(f"{what} must be one of {listed}, got {name!r}{hint}")
