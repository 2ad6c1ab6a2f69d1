"""``fastmtcnn crop``: the faces of photos, cut out."""

from __future__ import annotations

from typing import Annotated

import typer

from ... import checks
from ..app import app, usage_errors
from ..batch.makers import aligned, cropped
from ..batch.start import To, check_is_folder, folder, resolve_photos, start
from ..numbers import number, whole_number
from ..options import (
    DetectorOptions,
    Exclude,
    NumWorkers,
    Photos,
    Quiet,
    Sample,
    takes_detector_options,
)

_OUTPUT = "Output"


@app.command()
@takes_detector_options
def crop(
    detector_options: DetectorOptions,
    to: To,
    photos: Photos = None,
    exclude: Exclude = None,
    sample: Sample = False,
    align: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="SIZE",
            help="Rotate and scale faces to SIZE x SIZE pixels with landmarks in fixed places: 112 "
            "for ArcFace.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="Scale crops to N x N pixels.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    margin: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="X",
            help="Room around faces on each side, as a share of their width and height.",
            rich_help_panel=_OUTPUT,
        ),
    ] = 0.0,
    square: Annotated[
        bool,
        typer.Option(
            "--square", help="Widen the shorter side to the longer one.", rich_help_panel=_OUTPUT
        ),
    ] = False,
    num_workers: NumWorkers = None,
    quiet: Quiet = False,
) -> None:
    """Cut the faces out of photos.

    The files are PHOTO-1.png, PHOTO-2.png and so on, the highest score first. Parts outside the
    photo are black.
    """
    with usage_errors():
        for option, side in (("--align", align), ("--size", size)):
            if side is not None:
                checks.side(option, side)
        checks.margin("--margin", margin)
        if align is not None and (size is not None or square):
            raise ValueError("--align has a size and is square: leave --size and --square out")
        maker = cropped(size, margin, square) if align is None else aligned(align, margin)
    to = folder(to, "--to")
    check_is_folder(to, "--to")
    listing = resolve_photos(photos, sample, [to], exclude=exclude, quiet=quiet)
    succeeded = start(
        listing,
        detector_options,
        pictures={to: maker},
        num_workers=num_workers,
        quiet=quiet,
    )
    if not succeeded or listing.failed:
        raise typer.Exit(1)
