"""Messages on standard output and standard error."""

from __future__ import annotations

import contextlib
import errno
import os
import sys

import typer

from ..errors import printable, reason


def write_stdout(text: str | bytes) -> bool:
    """Write to standard output, and return whether that succeeded.

    Parameters
    ----------
    text : str or bytes
        Text with its line breaks.
    """
    if sys.stdout is None:
        return stdout_is_closed()
    try:
        typer.echo(text, nl=False, color=True)
    except OSError as error:
        return stdout_failed(error)
    return True


def stdout_is_closed() -> bool:
    """Report that there is no standard output, and return False."""
    return print_error("cannot write to standard output: it is closed")


def stdout_failed(error: OSError) -> bool:
    """Report that standard output cannot be written, and return False.

    Parameters
    ----------
    error : OSError
        The error of the attempt. Nothing is said if a program that read the output has ended.
    """
    # Otherwise Python would try again at exit, and print a traceback.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno != errno.EPIPE:
        print_error(f"cannot write to standard output: {reason(error)}")
    return False


def print_info(message: str) -> None:
    """Write a remark to standard error.

    Parameters
    ----------
    message : str
        One sentence.
    """
    _write_stderr(printable(message))


def print_error(message: str) -> bool:
    """Write an error to standard error, and return False.

    Parameters
    ----------
    message : str
        One sentence.
    """
    _write_stderr(f"error: {printable(message)}")
    return False


def _write_stderr(line: str) -> None:
    # Its terminal may be closed, or its disk full, which can be reported nowhere.
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            typer.echo(line, err=True)


def describe(error: Exception) -> str:
    """Return the text of an error in one line.

    Parameters
    ----------
    error : Exception
        Any error.
    """
    return " ".join(str(error).splitlines())


def count(number: int, what: str) -> str:
    """Return a number with a noun in the singular or plural.

    Parameters
    ----------
    number : int
        The number.
    what : str
        The noun in the singular.
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
