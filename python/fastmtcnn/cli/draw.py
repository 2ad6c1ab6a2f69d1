"""``fastmtcnn draw``: copies of photos with what was found in them."""

from __future__ import annotations

from .app import app
from .makers import drawn
from .options import DetectorOptions, NumWorkers, Photos, Quiet, Sample, takes_detector_options
from .start import To, folder, start, with_sample


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
    start(
        with_sample(photos, sample),
        detector_options,
        pictures={folder(to, "--to"): drawn},
        num_workers=num_workers,
        quiet=quiet,
    )
