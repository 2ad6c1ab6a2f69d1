"""``fastmtcnn evaluate landmarks``: how far landmarks are from where they should be."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ....evaluation import LandmarkSet, landmark_errors, read_landmarks
from ....evaluation.figures import cumulative_figure, save_figure
from ...messages import count, write_stdout
from ...options import DetectorOptions, takes_detector_options
from ...text_tables import plain_table
from .group import Out, Quiet, evaluate, evaluating, prepare
from .output import number, percent, write_json
from .searching import search

_LIMITS = (0.08, 0.1)  # above which a face's landmarks have failed


@evaluate.command()
@takes_detector_options
def landmarks(
    detector_options: DetectorOptions,
    truth: Annotated[
        Path,
        typer.Argument(
            metavar="LANDMARKS",
            help="A folder with .pts files beside their images as 300-W has them, a .csv with the "
            "columns path and eye_left_x, eye_left_y, ... or x1, y1, ... y5 or y68, or an .xml of "
            "dlib's tools.",
            show_default=False,
        ),
    ],
    images: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the images. Default: that of the landmarks."),
    ] = None,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Measure the error of the landmarks, as a share of the distance between the eyes.

    Of 68 points, an eye is the mean of its six points, the nose is its tip, and the corners of the
    mouth are the outer ones. A face that is not found is a failure and is left out of the mean.

    Exit status: 0; 1 if something could not be read or written; 2 if the command is wrong; 130 if
    it was interrupted.
    """
    with evaluating():
        prepare(out)
        data = read_landmarks(truth, images)
        found, settings, num_failed = search(data.paths, detector_options, quiet)
        errors = landmark_errors(data.points, found)
        failures = {limit: errors.failure_rate(limit) for limit in _LIMITS}
        areas = {limit: errors.auc(limit) for limit in _LIMITS}
        if out is not None:
            name = truth.resolve().stem
            save_figure(cumulative_figure({"fastmtcnn": errors.faces}, name), out / "curve")
            results = {
                "num_images": len(data.paths),
                "num_failed": num_failed,
                **settings,
                "num_faces": len(errors.points),
                "num_found": errors.num_found,
                "mean_error": number(errors.mean),
                "mean_error_by_landmark": {
                    key: number(value) for key, value in errors.mean_by_landmark.items()
                },
                "failure_rate": {f"{limit:g}": number(rate) for limit, rate in failures.items()},
                "area_under_curve": {f"{limit:g}": number(area) for limit, area in areas.items()},
                "errors": [
                    {"path": str(path), "error": number(error)}
                    for path, error in zip(_paths(data), errors.faces.tolist(), strict=True)
                ],
            }
            write_json(out / "results.json", results)
    rows = [
        ("found", percent(errors.num_found / len(errors.points))),
        ("mean error (NME)", percent(errors.mean)),
        *((f"  {key}", percent(value)) for key, value in errors.mean_by_landmark.items()),
        *((f"failure rate at {limit:.0%}", percent(rate)) for limit, rate in failures.items()),
        *((f"area under curve to {limit:.0%}", percent(area)) for limit, area in areas.items()),
    ]
    text = plain_table(
        (f"{count(len(errors.points), 'face')} in {count(len(data.paths), 'image')}", ""), rows
    )
    if not write_stdout(text) or num_failed:
        raise typer.Exit(1)


def _paths(data: LandmarkSet) -> list[Path]:
    """Return the image of each face."""
    return [path for path, faces in zip(data.paths, data.points, strict=True) for _ in faces]
