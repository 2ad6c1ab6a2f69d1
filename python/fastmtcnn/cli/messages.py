"""What is said on standard output and standard error."""

from __future__ import annotations

import errno
import os
import sys

import typer

from ..errors import ImageError, VideoError


def put(text: str | bytes) -> bool:
    """Write to standard output, and return whether that succeeded.

    Parameters
    ----------
    text : str or bytes
        With its line breaks.
    """
    if sys.stdout is None:
        return complain("cannot write to standard output: it is closed")
    try:
        typer.echo(text, nl=False, color=True)
    except OSError as error:
        # What is left in the buffer would fail again when Python exits, and loudly.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:
            complain(f"cannot write to standard output: {reason(error)}")
        return False
    return True


def note(message: str) -> None:
    """Write to standard error what is no error.

    Parameters
    ----------
    message : str
        One sentence.
    """
    typer.echo(shown(message), err=True)


def complain(message: str) -> bool:
    """Write an error to standard error, and return False.

    Parameters
    ----------
    message : str
        One sentence.
    """
    typer.echo(f"error: {shown(message)}", err=True)
    return False


def describe(error: Exception) -> str:
    """Return the text of an error in one line.

    Parameters
    ----------
    error : Exception
        Any error.
    """
    return " ".join(str(error).splitlines())


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


def shown(text: str) -> str:
    """Return a text whose control characters and undecodable bytes cannot upset a terminal.

    Parameters
    ----------
    text : str
        From outside.
    """
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def count(number: int, what: str) -> str:
    """Return a number with the singular or plural of what it counts.

    Parameters
    ----------
    number : int
        How many.
    what : str
        The singular.
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
