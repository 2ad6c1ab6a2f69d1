"""The command ``fastmtcnn``, to which each command file adds its own."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator
from typing import Annotated

import typer

from .._core import __version__
from ..extras import MissingExtraError
from .messages import complain, put, reason, shown

_INTERRUPTED = 130  # 128 + SIGINT, as shells report it

# Plain help and errors: a frame around them would break their sentences apart.
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command line, and exit with its status."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # Pillow warns of oddities in files, with lines of source
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="fastmtcnn")


def _show_version(wanted: bool) -> None:
    if wanted:
        raise typer.Exit(0 if put(f"fastmtcnn {__version__}\n") else 1)


@app.callback()
def _fastmtcnn(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """MTCNN face detection: boxes, scores and five landmarks."""


@contextlib.contextmanager
def usage_errors() -> Iterator[None]:
    """Report a wrong option as typer reports those that it finds itself."""
    try:
        yield
    except OSError as error:
        where = shown(str(error.filename))
        raise typer.BadParameter(f"cannot read {where}: {reason(error)}") from error
    except (ValueError, TypeError, MissingExtraError) as error:
        raise typer.BadParameter(reason(error)) from error


@contextlib.contextmanager
def work_errors() -> Iterator[None]:
    """Turn what ends the work of any command into its exit status."""
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    except MemoryError:
        complain("there is not enough memory")
        raise typer.Exit(1) from None
