"""Optional packages, and how to get one that is missing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class MissingExtraError(ModuleNotFoundError):
    """A package is missing that one of the extras brings."""


@contextlib.contextmanager
def importing(extra: str) -> Iterator[None]:
    """Say how to get what an import within does not find.

    Parameters
    ----------
    extra : str
        The extra whose packages are imported.

    Raises
    ------
    MissingExtraError
        If one of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        raise MissingExtraError(
            f"this needs {package}, which is not installed; {how_to_get(extra)}", name=error.name
        ) from error


def how_to_get(extra: str) -> str:
    """Return the part of a sentence that says how to install an extra.

    Parameters
    ----------
    extra : str
        Name of the extra.
    """
    return (
        f'get it with: pip install "fastmtcnn[{extra}]", or from the folder of its source '
        f'with: pip install ".[{extra}]"'
    )
