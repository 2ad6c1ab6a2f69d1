"""``fastmtcnn draw``: copies of photos with what was found in them."""

from __future__ import annotations

import typer

from ..app import app
from ..batch.makers import drawn
from ..batch.start import To, folder, resolve_photos, start
from ..options import DetectorOptions, NumWorkers, Photos, Quiet, Sample, takes_detector_options


@app.command()
@takes_detector_options
def draw(
    detector_options: DetectorOptions,
    to: To,
    photos: Photos = None,
    sample: Sample = False,
    num_workers: NumWorkers = None,
    quiet: Quiet = False,
) -> None:
    """Draw boxes, scores and landmarks over copies of photos.

    Copies have the names and formats of their photos; of photos of the same name the second becomes
    NAME-2. No photo is overwritten.
    """
    to = folder(to, "--to")
    succeeded = start(
        resolve_photos(photos, sample, [to]),
        detector_options,
        pictures={to: drawn},
        num_workers=num_workers,
        quiet=quiet,
    )
    if not succeeded:
        raise typer.Exit(1)
