"""``fastmtcnn bench``."""

from __future__ import annotations

from typing import Annotated

import typer

from ..._core import cpu_features
from ...detector import MTCNN
from ...diagnostics.profiling import profile
from ...errors import ImageError
from ...files.images import DEFAULT_MAX_PIXELS, as_rgb
from ...samples import sample_photo
from ..app import app, usage_errors, work_errors
from ..messages import count, print_error, reason, write_stdout
from ..text_tables import profile_table


@app.command()
def bench(
    photo: Annotated[
        str | None,
        typer.Argument(
            metavar="PHOTO", help="An image file. Default: the shipped photo.", show_default=False
        ),
    ] = None,
    min_face_size: Annotated[
        float, typer.Option(metavar="N", help="Smallest face searched for, in pixels.")
    ] = 20.0,
    rounds: Annotated[int, typer.Option(metavar="N", help="Detections to time.", min=1)] = 15,
) -> None:
    """Show where the time of a detection goes, in one thread.

    Networks are compared with the multiply-adds that the processor reaches in registers.
    """
    path = photo or str(sample_photo())
    with usage_errors():
        detector = MTCNN(min_face_size, num_threads=1)
    try:
        with work_errors():
            pixels = as_rgb(path, "rgb", DEFAULT_MAX_PIXELS)
            faces = detector.detect(pixels).num_faces
            total, stages = profile(detector, pixels, rounds)
    except (OSError, ImageError) as error:
        print_error(f"{path}: {reason(error)}")
        raise typer.Exit(1) from None
    if not write_stdout(profile_table(total, stages)):
        raise typer.Exit(1)
    height, width = pixels.shape[:2]
    settings = f"{width}x{height}, min_face_size {min_face_size:g}, {count(faces, 'face')}"
    write_stdout(f"{settings}, median of {rounds}, {cpu_features()[0]}, one thread\n")
