"""``fastmtcnn evaluate negatives``: false positives in photographs without faces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ....results.names import text_of
from ...app import usage_errors
from ...inputs import Selection
from ...listing import Listing
from ...messages import count, write_stdout
from ...options import DetectorOptions, Exclude, takes_detector_options
from ...text_tables import plain_table
from .group import Out, Quiet, evaluate, evaluating
from .output import write_json
from .searching import search

_SCORES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


@evaluate.command("nofaces", hidden=True, deprecated=True)  # the name of earlier versions
@evaluate.command()
@takes_detector_options
def negatives(
    detector_options: DetectorOptions,
    photos: Annotated[
        list[str],
        typer.Argument(
            metavar="PHOTO|DIR",
            help="Photographs without a face, or folders with such in and below them.",
            show_default=False,
        ),
    ],
    exclude: Exclude = None,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Count the false positives in photographs without faces.

    Exit status: 0; 1 if something could not be read or written; 2 if the command is wrong; 130 if
    it was interrupted.
    """
    with usage_errors():
        selection = Selection(photos, exclude=exclude or [])
    listing = Listing(selection, quiet)
    paths = [Path(photo.path) for photo in listing]
    listing.report_passed_over()
    if not paths:
        if listing.failed:
            raise typer.Exit(1)
        raise typer.BadParameter("there is no photo in it", param_hint="PHOTO|DIR")
    with evaluating():
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
        found, settings, num_failed = search(paths, detector_options, quiet)
        highest = np.array([each.scores.max(initial=-1) for each in found])
        scores = np.concatenate([each.scores for each in found])
        lines = [
            (score, int((scores >= score).sum()), int((highest >= score).sum()))
            for score in _SCORES
        ]
        used = len(paths) - num_failed
        if out is not None:
            results = {
                "num_images": len(paths),
                "num_failed": num_failed,
                **settings,
                "by_score": [
                    {"from": score, "num_boxes": boxes, "num_images": images}
                    for score, boxes, images in lines
                ],
                "boxes": [
                    {"path": text_of(str(path)), **box}
                    for path, each in zip(paths, found, strict=True)
                    for box in each.to_dicts()
                ],
            }
            write_json(out / "results.json", results)
    rows = [
        (f"{score:g}" if score else "any", str(boxes), f"{boxes / used:.3f}", str(images))
        for score, boxes, images in lines
    ]
    text = plain_table(("score from", "boxes", "a photo", "photos with any"), rows)
    failed = f", {num_failed} not usable" if num_failed else ""
    written = write_stdout(f"{text}\n{count(len(paths), 'photo')}{failed}\n")
    if not written or num_failed or listing.failed:
        raise typer.Exit(1)
