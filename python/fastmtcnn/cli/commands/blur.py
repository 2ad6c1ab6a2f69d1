"""``fastmtcnn blur``: copies of photos and videos with unrecognisable faces."""

from __future__ import annotations

from typing import Annotated, cast

import typer

from ...faces.blurring import FORMER_METHODS, METHODS, SHAPES, Method, Shape
from ...files.kinds import is_video
from ..app import app, usage_errors
from ..batch.makers import blurred
from ..batch.start import To, check_file, folder, resolve_photos, start
from ..inputs import PhotoPath
from ..messages import print_info
from ..numbers import number
from ..options import (
    DetectorOptions,
    Exclude,
    NumWorkers,
    Photos,
    Quiet,
    Sample,
    completing,
    takes_detector_options,
)
from ..videos.blurred_copies import blur_videos

_OUTPUT = "Output"


@app.command()
@takes_detector_options
def blur(
    detector_options: DetectorOptions,
    to: To,
    photos: Photos = None,
    exclude: Exclude = None,
    sample: Sample = False,
    method: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=f"What covers a face: {', '.join(METHODS)} (black).",
            autocompletion=completing(*METHODS),
            rich_help_panel=_OUTPUT,
        ),
    ] = "blur",
    shape: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=f"What is covered: {' or '.join(SHAPES)}.",
            autocompletion=completing(*SHAPES),
            rich_help_panel=_OUTPUT,
        ),
    ] = "ellipse",
    margin: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="X",
            help="How much more than the box on each side, as a share of its width and height.",
            rich_help_panel=_OUTPUT,
        ),
    ] = 0.15,
    num_workers: NumWorkers = None,
    quiet: Quiet = False,
) -> None:
    """Make the faces of copies of photos and videos unrecognisable.

    Only faces that are found are covered: look at the copies before you publish them. A copy of a
    photo has its pixels with transparency, colour profile and resolution: no thumbnail, no
    location, no date. A copy of a video has its sound. Videos need the extra "video". With --to
    FILE.jpg, the copy of a single photo is this file.
    """
    if method in FORMER_METHODS:
        now = FORMER_METHODS[method]
        print_info(f"--method {method} is deprecated, use --method {now}")
        method = now
    to = folder(to, "--to")
    with usage_errors():
        how = cast(Method, method), cast(Shape, shape), margin
        maker = blurred(*how)  # which checks them
    listing = resolve_photos(photos, sample, [to], exclude=exclude, quiet=quiet, videos=True)
    check_file(to, listing)
    videos: list[PhotoPath] = []
    images = listing.without(lambda each: is_video(each.path), videos)
    succeeded = True
    if images.first or not images.is_whole:
        succeeded = start(
            images,
            detector_options,
            pictures={to: maker},
            num_workers=num_workers,
            quiet=quiet,
        )
    if videos:
        succeeded &= blur_videos(videos, to, detector_options, how, quiet)
    if not succeeded or listing.failed:
        raise typer.Exit(1)
