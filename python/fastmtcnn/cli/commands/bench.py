"""``fastmtcnn bench``."""

from __future__ import annotations

from typing import Annotated

import typer

from ..._core import cpu_features
from ...cascade.region import Region
from ...diagnostics.profiling import profile
from ...errors import ImageError, reason
from ...files.images import as_rgb
from ...networks.native import native_target
from ...samples import sample_photo
from ..app import app, work_errors
from ..messages import count, print_error, write_stdout
from ..numbers import whole_number_from_1
from ..options import DetectorOptions, takes_detector_options
from ..text_tables import profile_table


@app.command()
@takes_detector_options
def bench(
    detector_options: DetectorOptions,
    photo: Annotated[
        str | None,
        typer.Argument(
            metavar="PHOTO", help="An image file. Default: the shipped photo.", show_default=False
        ),
    ] = None,
    rounds: Annotated[
        int, typer.Option(parser=whole_number_from_1, metavar="N", help="Detections to time.")
    ] = 15,
) -> None:
    """Show how much time each part of a detection takes in one thread, and what runs it.

    Networks are compared with the multiply-adds that the processor reaches in registers: "of peak"
    counts those of the network's graph, "issued" those that the native engine needs for them.
    """
    if detector_options.num_threads not in (None, 1):
        raise typer.BadParameter(
            f"num_threads must be 1 or left out, got {detector_options.num_threads}"
        )
    path = photo or str(sample_photo())
    detector = detector_options.detector(num_threads=1)
    options = detector.cascade.options
    try:
        with work_errors():
            pixels = as_rgb(path, "rgb", options.max_pixels)
            if detector_options.roi is not None:
                pixels = Region(detector_options.roi).cut(pixels)
            faces = detector.detect(pixels).num_faces
            measured = profile(detector, pixels, rounds)
    except (OSError, ImageError) as error:
        print_error(f"{path}: {reason(error)}")
        raise typer.Exit(1) from None
    if not write_stdout(profile_table(measured)):
        raise typer.Exit(1)
    height, width = pixels.shape[:2]
    settings = f"{width}x{height}, min_face_size {options.min_face_size:g}, {count(faces, 'face')}"
    kernels = ""
    if any(network.engine == "native" for network in detector.cascade.networks):
        kernels = f", native kernels {native_target()}"
    write_stdout(f"{settings}, median of {rounds}, {cpu_features()[0]}{kernels}, one thread\n")
