"""``fastmtcnn draw``: copies of photos with their faces marked."""

from __future__ import annotations

from typing import Annotated

import typer

from ..app import app
from ..batch.makers import drawn
from ..batch.start import To, check_file, folder, resolve_photos, start
from ..options import (
    DetectorOptions,
    Exclude,
    NumWorkers,
    Photos,
    Quiet,
    Sample,
    takes_detector_options,
)


@app.command()
@takes_detector_options
def draw(
    detector_options: DetectorOptions,
    to: To,
    photos: Photos = None,
    exclude: Exclude = None,
    sample: Sample = False,
    no_scores: Annotated[
        bool,
        typer.Option("--no-scores", help="Write no scores.", rich_help_panel="Output"),
    ] = False,
    no_landmarks: Annotated[
        bool,
        typer.Option("--no-landmarks", help="Draw no landmarks.", rich_help_panel="Output"),
    ] = False,
    num_workers: NumWorkers = None,
    quiet: Quiet = False,
) -> None:
    """Draw boxes, scores and landmarks over copies of photos.

    Copies have the names, formats and subfolders of their photos. If a name is taken, the copy is
    called NAME-2. No file is overwritten. With --to FILE.jpg, the copy of a single photo is this
    file.
    """
    to = folder(to, "--to")
    listing = resolve_photos(photos, sample, [to], exclude=exclude, quiet=quiet)
    check_file(to, listing)
    succeeded = start(
        listing,
        detector_options,
        pictures={to: drawn(scores=not no_scores, landmarks=not no_landmarks)},
        num_workers=num_workers,
        quiet=quiet,
    )
    if not succeeded or listing.failed:
        raise typer.Exit(1)
