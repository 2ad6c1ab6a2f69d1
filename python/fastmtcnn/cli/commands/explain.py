"""``fastmtcnn explain``: the result of each stage, and the stage at which a face was lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from ...cascade.trace import Trace
from ...detector import MTCNN
from ...errors import ImageError, printable, reason
from ...explaining import explain as explain_point
from ...explaining import stage_pictures
from ...explaining.stages import SECOND_LOOK
from ...files.atomic_write import replacing
from ...files.photos import photo_problem, read_original
from ..app import app, usage_errors, work_errors
from ..messages import count, print_error, write_stdout
from ..options import DetectorOptions, takes_detector_options
from ..output_names import refuse_dash


@app.command()
@takes_detector_options
def explain(
    detector_options: DetectorOptions,
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="An image file.")],
    at: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y",
            help="A point in the middle of a face, in pixels: show at which stage the face was "
            "lost, and which options would find it.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--to",
            "--output",
            "-o",
            metavar="DIR",
            help="Write a picture of each stage into a folder: PHOTO-1-pnet.jpg and so on.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show the result of each stage of a detection in a photo.

    With --at, show how the networks scored the face at a point, at which stage it was lost, and
    which options would find it.

    Exit status: 0, whether there is a face or not; 1 if the photo could not be read or a picture
    not written; 2 if the command is wrong; 130 if it was interrupted.
    """
    refuse_dash(output, "--to", "a folder")
    point = None if at is None else _point(at)
    if point is not None and detector_options.roi is not None:
        raise typer.BadParameter("--at and --roi cannot go together")
    if os.path.isdir(photo):  # noqa: PTH112 (no error where it is not allowed to look)
        raise typer.BadParameter(f"must be one photo, got the folder {photo}", param_hint="PHOTO")
    with work_errors():
        detector = detector_options.detector()
        try:
            original = read_original(photo, detector.cascade.options.max_pixels)
            pixels = original.pixels
            if point is not None:
                with usage_errors():
                    text = f"{explain_point(detector, pixels, point)}\n"
            trace = detector.trace(pixels, roi=detector_options.roi)
        except (OSError, ImageError) as error:
            print_error(f"{photo}: {photo_problem(error, photo)}")
            raise typer.Exit(1) from None
        lines = f"{_summary(detector, trace, pixels.shape)}\n"
        succeeded = write_stdout(lines if point is None else f"{lines}\n{text}")
        if output is not None:
            pictures = stage_pictures(detector, original.shown(), trace, point)
            try:
                for number, (name, picture) in enumerate(pictures.items(), start=1):
                    path = Path(output) / f"{Path(photo).stem}-{number}-{name}.jpg"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with replacing(path) as file:
                        picture.save(file, "JPEG", quality=90)
            except OSError as error:
                succeeded = print_error(f"cannot write {printable(output)}: {reason(error)}")
    if not succeeded:
        raise typer.Exit(1)


def _point(text: str) -> tuple[float, ...]:
    try:
        point = tuple(float(part) for part in text.split(","))
    except ValueError:
        point = ()
    if len(point) != 2 or not np.isfinite(point).all():
        raise typer.BadParameter(f"must be two numbers X,Y, got {text!r}", param_hint="--at")
    return point


def _summary(detector: MTCNN, trace: Trace, shape: tuple[int, ...]) -> str:
    height, width = shape[:2]
    options = detector.cascade.options
    levels = count(len(trace.scales), "level")
    if trace.scales:
        low, high = (options.variant.window / trace.scales[end] for end in (0, -1))
        levels += f" for faces of about {low:.0f} to {high:.0f} pixels"
    to_pnet, to_rnet, to_onet = options.thresholds
    lines = [
        f"{width}x{height}, {levels}",
        f"P-Net: {count(len(trace.proposals), 'proposal')} above {to_pnet:g}",
        _passing("R-Net", trace.rnet.network_scores, to_rnet),
        _passing("O-Net", trace.onet.network_scores, to_onet),
    ]
    if trace.second_look is not None:
        lines.append(_passing(SECOND_LOOK, trace.second_look.network_scores, to_onet))
    return "\n".join([*lines, count(trace.detections.num_faces, "face")])


def _passing(name: str, scores: npt.NDArray[np.float32], threshold: float) -> str:
    passing = int((scores.astype(float) > threshold).sum())
    return f"{name}: {passing} of {len(scores)} above {threshold:g}"
