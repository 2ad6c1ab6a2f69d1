"""The group ``fastmtcnn evaluate``, and the options that its commands share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from ....errors import reason
from ....evaluation import DatasetError
from ....evaluation.inputs import lines_of
from ....extras import MissingExtraError, importing
from ...app import App, Commands, app, work_errors
from ...messages import describe, print_error
from ...output_names import refuse_dash

evaluate = App(cls=Commands)
app.add_typer(evaluate, name="evaluate")


@evaluate.callback(invoke_without_command=True)
def _evaluate(context: typer.Context) -> None:
    """Measure accuracy on photographs whose faces are known."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


Subset: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Evaluate only the images listed in a file, one name on each line.",
        show_default=False,
    ),
]
PredictionFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Evaluate the predictions of another detector instead of searching: a folder with "
        "a text file for each image, which has the image's name, the number of boxes, and x y w h "
        "score of each box.",
        show_default=False,
    ),
]


def _not_dash(out: Path | None) -> Path | None:
    refuse_dash(out, "--output", "a folder")
    return out


Out: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        "--out",
        callback=_not_dash,
        metavar="DIR",
        help="Write results.json, and if there are any, predictions and curves as PNG and SVG, "
        "into a folder.",
        show_default=False,
    ),
]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


@contextlib.contextmanager
def evaluating() -> Iterator[None]:
    """Turn errors of data sets, files and extras into messages and an exit status."""
    try:
        with work_errors():
            yield
    except (DatasetError, MissingExtraError) as error:
        print_error(describe(error))
        raise typer.Exit(1) from None
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        print_error(f"{what}{reason(error)}")
        raise typer.Exit(1) from None


def prepare(out: Path | None, *packages: str) -> None:
    """Check before the work, which may take hours, that its results can be written.

    Parameters
    ----------
    out : Path or None
        Folder of the results, which is created.
    *packages : str
        Modules of the extra that are needed, beside those for figures if there is a folder.

    Raises
    ------
    MissingExtraError
        If a module is not installed.
    OSError
        If the folder cannot be created.
    """
    with importing("evaluate"):
        for name in packages if out is None else (*packages, "matplotlib.figure"):
            import_module(name)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)


def listed(path: Path | None) -> list[str] | None:
    """Return the names listed in a file, or None if no file is given.

    Parameters
    ----------
    path : Path or None
        Path of the file.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    if path is None:
        return None
    return [line.strip() for line in lines_of(path) if line.strip()]
