"""``fastmtcnn video``: the faces of a video, drawn, as a table and as tracks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import VideoError, printable, reason
from ...faces.tracking import Tracker
from ...results.tables import row_format
from ...video import Video, VideoWriter
from ..app import app, usage_errors, work_errors
from ..file_checks import identity
from ..messages import print_error
from ..numbers import whole_number_from_1
from ..options import DetectorOptions, Quiet, takes_detector_options
from ..output_names import refuse_dash
from ..videos.clips import Wanted, drawn, make

_OUTPUT, _WORK = "Output", "Work"


@app.command()
@takes_detector_options
def video(
    detector_options: DetectorOptions,
    path: Annotated[str, typer.Argument(metavar="VIDEO", help="A video file.", show_default=False)],
    out: Annotated[
        str | None,
        typer.Option(
            "--to",
            "--out",
            metavar="FILE",
            help="Write a copy of the video with the faces drawn: .mp4, .m4v, .mov, .mkv or .webm.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write a table with a row for each face and frame searched: .csv, .jsonl, .json "
            "or .parquet.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    every: Annotated[
        int,
        typer.Option(
            parser=whole_number_from_1,
            metavar="N",
            help="Search every Nth frame only. The frames between have the boxes of the last frame "
            "searched; with --track, the boxes move at constant velocity.",
            rich_help_panel=_WORK,
        ),
    ] = 1,
    track: Annotated[
        bool,
        typer.Option(
            "--track",
            help="Track faces from frame to frame, and number them.",
            rich_help_panel=_WORK,
        ),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Find the faces of a video.

    The copy is upright and has the frames, times, size and sound of the video; an odd width or
    height grows by one pixel. To make the faces unrecognisable, use "fastmtcnn blur".

    Exit status: 0; 1 if the video could not be read whole or a file not written; 2 if the command
    is wrong; 130 if it was interrupted.
    """
    refuse_dash(out, "--to", "a file")
    refuse_dash(output, "--output", "a file")
    if output is not None:
        with usage_errors():
            row_format(Path(output))
        if identity(path) is not None and identity(output) == identity(path):
            raise typer.BadParameter(f"{printable(output)} is the video", param_hint="--output")
    detector = detector_options.detector()
    with usage_errors():
        tracker = Tracker() if track else None
        try:
            source = Video(path)
        except (OSError, VideoError) as error:
            print_error(f"{path}: {reason(error)}")
            raise typer.Exit(1) from None
        if out is not None:
            VideoWriter(out, source)
    wanted = Wanted(out, drawn, output, every, tracker, quiet, detector_options.roi)
    with work_errors():
        succeeded = make(source, detector, wanted)
    if not succeeded:
        raise typer.Exit(1)
