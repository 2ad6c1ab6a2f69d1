"""``fastmtcnn blur``: copies of photos and videos with unrecognisable faces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, cast

import typer

from ...faces.blurring import FORMER_METHODS, METHODS, SHAPES, Method, Shape
from ...files.kinds import is_video
from ...results.tables import row_format
from ...video.covering import AFTER, BEFORE
from ..app import app, usage_errors
from ..batch.makers import blurred
from ..batch.start import To, check_file, folder, refuse_outputs, resolve_photos, start
from ..inputs import PhotoPath
from ..listing import Listing
from ..messages import print_info
from ..numbers import number, whole_number_from_0
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
from ..output_names import refuse_dash
from ..videos.blurred_copies import Covering, blur_videos

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
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write a table with a row for each face covered on a frame of a video, detected "
            "or guessed: .csv, .jsonl, .json or .parquet.",
            show_default=False,
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    before: Annotated[
        int,
        typer.Option(
            parser=whole_number_from_0,
            metavar="N",
            help="In videos, cover a face from N frames before it is first detected.",
            rich_help_panel=_OUTPUT,
        ),
    ] = BEFORE,
    after: Annotated[
        int,
        typer.Option(
            parser=whole_number_from_0,
            metavar="N",
            help="In videos, cover a face until N frames after it was last detected.",
            rich_help_panel=_OUTPUT,
        ),
    ] = AFTER,
    num_workers: NumWorkers = None,
    quiet: Quiet = False,
) -> None:
    """Make the faces of copies of photos and videos unrecognisable.

    Only faces that are found are covered: look at the copies before you publish them. A copy of a
    photo has its pixels with transparency, colour profile and resolution: no thumbnail, no
    location, no date. A copy of a video has its sound. In videos, a face is also covered where it
    is not detected between two detections, and some frames before and after. Videos need the extra
    "video". With --to FILE.jpg, the copy of a single photo is this file.
    """
    if method in FORMER_METHODS:
        now = FORMER_METHODS[method]
        print_info(f"--method {method} is deprecated, use --method {now}")
        method = now
    to = folder(to, "--to")
    refuse_dash(output, "--output", "a file")
    with usage_errors():
        how = cast(Method, method), cast(Shape, shape), margin
        maker = blurred(*how)  # which checks them
        if output is not None:
            row_format(Path(output))
    listing = resolve_photos(photos, sample, [to], exclude=exclude, quiet=quiet, videos=True)
    check_file(to, listing)
    if output is not None:
        refuse_outputs(listing, [output], "one of the videos", "--output")
    videos: list[PhotoPath] = []
    images = listing.without(lambda each: is_video(each.path), videos)
    if output is not None and (images.first or not images.is_whole):
        _check_table(images, videos)
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
        covering = Covering(*how, before, after)
        succeeded &= blur_videos(videos, to, detector_options, covering, output, quiet)
    if not succeeded or listing.failed:
        raise typer.Exit(1)


def _check_table(images: Listing, videos: Sequence[PhotoPath]) -> None:
    """Say that photos are not in the table, and refuse it if there are no videos."""
    instead = 'for photos there is "fastmtcnn detect --output"'
    if images.is_whole and not videos:
        raise typer.BadParameter(
            f"is a table of videos, got none; {instead}", param_hint="--output"
        )
    print_info(f"the table has the faces of videos only; {instead}")
