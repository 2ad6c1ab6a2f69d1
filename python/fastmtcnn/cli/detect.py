"""``fastmtcnn detect``: photos in; a table, JSON and annotated copies out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .._core import __version__
from ..samples import sample_photo
from .app import app, work_errors
from .files import identities, identity, is_special
from .journal import JournalError
from .messages import shown
from .options import DetectorOptions, takes_detector_options
from .work import run


@app.command()
@takes_detector_options
def detect(
    detector_options: DetectorOptions,
    photos: Annotated[
        list[str] | None,
        typer.Argument(metavar="PHOTO", help="Image files.", show_default=False),
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Also take the photo that comes with fastmtcnn.")
    ] = False,
    json_to: Annotated[
        str | None,
        typer.Option(
            "--json",
            metavar="FILE",
            help="Write JSON to a file, or with - to standard output instead of the table.",
        ),
    ] = None,
    draw_to: Annotated[
        str | None,
        typer.Option(
            "--draw",
            metavar="DIR",
            help="Write copies with boxes, scores and landmarks into a folder.",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Take up the same command where it was interrupted or killed: with --json FILE, "
            "finished photos are kept in FILE.unfinished until all are done.",
        ),
    ] = False,
) -> None:
    """Find the faces of photos.

    Boxes are x1 y1 x2 y2 in pixels of the upright photo; landmarks are the eye at image left, the
    eye at image right, the nose, the mouth corner at image left and the one at image right.

    Exit status: 0; 1 if a photo could not be read or a file not written; 2 if the command is wrong;
    130 if it was interrupted.
    """
    paths = list(photos or [])
    if sample:
        paths.append(str(sample_photo()))
    if not paths:
        raise typer.BadParameter("name a photo, or try --sample", param_hint="PHOTO")
    if json_to not in (None, "-") and identity(json_to) in identities(paths):
        raise typer.BadParameter(f"{shown(json_to)} is one of the photos", param_hint="--json")
    if resume and (json_to in (None, "-") or is_special(Path(str(json_to)))):
        raise typer.BadParameter("needs --json FILE, a regular file", param_hint="--resume")
    settings = {"fastmtcnn": __version__, **detector_options.settings(), "draw": draw_to}
    try:
        with work_errors():
            detector = detector_options.detector()
            succeeded = run(paths, detector, json_to, draw_to, settings, resume)
    except JournalError as error:
        raise typer.BadParameter(str(error)) from error
    if not succeeded:
        raise typer.Exit(1)
