"""``fastmtcnn detect``: a table, files of results and pictures of the faces of photos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from ... import checks
from ...errors import printable, unknown_name
from ...results.writing import photo_writer
from ..app import app, usage_errors
from ..batch.galleries import Maker
from ..batch.makers import aligned, cropped, drawn
from ..batch.outputs import ON_TERMINAL, Output, output, shown_as
from ..batch.shards import DEFAULT_ROWS, ShardOptions, start_shard
from ..batch.start import check_is_folder, folder, resolve_photos, start
from ..file_checks import identity
from ..numbers import number, whole_number
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

_OUTPUT, _SHARDS = "Output", "Shards"


@app.command()
@takes_detector_options
def detect(
    detector_options: DetectorOptions,
    photos: Photos = None,
    exclude: Exclude = None,
    sample: Sample = False,
    json_to: Annotated[
        str | None,
        typer.Option(
            "--json",
            metavar="FILE",
            help="Write JSON to a file, or with - to standard output instead of the table.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    output_to: Annotated[
        list[str] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write results to a file ending in .json, .jsonl (a line a photo), .csv or "
            ".parquet (a row a face); may be given several times.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help=f"What goes to standard output: {', '.join(ON_TERMINAL)}.",
            autocompletion=completing(*ON_TERMINAL),
            rich_help_panel=_OUTPUT,
        ),
    ] = "table",
    landmarks: Annotated[
        bool,
        typer.Option(
            "--landmarks",
            help="Add the landmarks to the table, on a line of their own for each face.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False,
    draw_to: Annotated[
        str | None,
        typer.Option(
            "--draw",
            metavar="DIR",
            help="Write copies with boxes, scores and landmarks into a folder.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    crops_to: Annotated[
        str | None,
        typer.Option(
            "--crops",
            metavar="DIR",
            help="Write the faces into a folder, as PHOTO-1.png, PHOTO-2.png ...",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    align: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="SIZE",
            help="Rotate and scale the crops to SIZE x SIZE pixels with landmarks in fixed places.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    margin: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="X",
            help="Room around the crops on each side, as a share of their width and height.",
            rich_help_panel=_OUTPUT,
        ),
    ] = 0.0,
    output_dir: Annotated[
        str | None,
        typer.Option(
            "--output-dir",
            metavar="DIR",
            help="Write Parquet files with a row a photo into a folder or bucket as the work goes "
            "on, in place of all other output. The photos may also be tables (*.parquet, *.csv), "
            "*.tar, and URIs such as s3://bucket/photos.",
            rich_help_panel=_SHARDS,
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Take one of N parts of the work, with I from 0 to N - 1.",
            rich_help_panel=_SHARDS,
        ),
    ] = None,
    rows_per_file: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help=f"Photos in a file. Default: {DEFAULT_ROWS:,}.",
            rich_help_panel=_SHARDS,
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Column of tables with paths, or with contents of image files. Default: path.",
            rich_help_panel=_SHARDS,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Continue an interrupted or killed run of the same command. With --json FILE or "
            "--output FILE, finished photos are kept in FILE.unfinished until all are done; with "
            "--output-dir DIR, finished files in DIR.",
            rich_help_panel="Work",
        ),
    ] = False,
    restart: Annotated[
        bool,
        typer.Option(
            "--restart",
            help="Delete what such a run has finished, and begin again.",
            rich_help_panel="Work",
        ),
    ] = False,
    num_workers: NumWorkers = None,
    quiet: Quiet = False,
) -> None:
    """Find the faces of photos.

    Boxes are x1 y1 x2 y2 in pixels of the upright photo; landmarks, which the table has only with
    --landmarks, are the eye at image left, the eye at image right, the nose, the mouth corner at
    image left and the one at image right.

    Exit status: 0; 1 if a photo could not be read or a file not written; 2 if the command is wrong;
    130 if it was interrupted. With --output-dir photos that cannot be used are rows of the results,
    and do not change it.
    """
    _refuse_others(
        output_dir,
        {"--shard": shard, "--rows-per-file": rows_per_file, "--column": column},
        {
            "--json": json_to,
            "--output": output_to or None,
            "--format": None if form == "table" else form,
            "--landmarks": landmarks or None,
            "--draw": draw_to,
            "--crops": crops_to,
            "--align": align,
            "--margin": margin or None,
        },
    )
    if output_dir is not None:
        finished = start_shard(
            photos or [],
            detector_options,
            ShardOptions(output_dir, shard, rows_per_file, column),
            sample=sample,
            exclude=exclude,
            num_workers=num_workers,
            quiet=quiet,
            resume=resume,
            restart=restart,
        )
        raise typer.Exit(0 if finished else 1)
    with usage_errors():
        if form not in ON_TERMINAL:
            raise unknown_name("--format", form, ON_TERMINAL)
        if json_to == "-":
            if form not in ("table", "json"):
                raise ValueError(f"--json - and --format {form} cannot go together")
            form, json_to = "json", None
        if landmarks and form != "table":
            raise ValueError(f"--landmarks is for the table; --format {form} has them anyway")
        outputs = _outputs(json_to, output_to or [])
        pictures = _pictures(draw_to, crops_to, align, margin)
    listing = resolve_photos(photos, sample, pictures, exclude=exclude, quiet=quiet)
    succeeded = start(
        listing,
        detector_options,
        pictures=pictures,
        num_workers=num_workers,
        quiet=quiet,
        outputs=outputs,
        show=None if quiet and form == "table" else shown_as(form, landmarks),
        summary_follows=form == "table",
        settings={"draw": draw_to, "crops": crops_to, "align": align, "margin": margin},
        resume=resume,
        restart=restart,
    )
    if not succeeded or listing.failed:
        raise typer.Exit(1)


def _refuse_others(
    output_dir: str | None, of_shards: Mapping[str, object], others: Mapping[str, object]
) -> None:
    """Refuse options that only shards have, and those that shards do not have."""
    for name, value in (of_shards if output_dir is None else others).items():
        if value is not None:
            needs = "needs" if output_dir is None else "cannot go together with"
            raise typer.BadParameter(f"{needs} --output-dir DIR", param_hint=name)


def _outputs(json_to: str | None, output_to: list[str]) -> list[Output]:
    if "-" in output_to:
        raise ValueError("--output must name a file, got -: use --format for standard output")
    outputs = [Output(json_to, photo_writer(".json"))] if json_to is not None else []
    outputs += [output(name) for name in output_to]
    seen: list[Output] = []
    for each in outputs:
        if not each.name:
            raise ValueError("a file must have a name, got ''")
        for other in seen:
            same = identity(each.name)
            if each.name == other.name or (same is not None and same == identity(other.name)):
                raise ValueError(f"{printable(each.name)} can be written only once")
        seen.append(each)
    return outputs


def _pictures(
    draw_to: str | None, crops_to: str | None, align: int | None, margin: float
) -> dict[str, Maker]:
    if align is not None:
        checks.side("--align", align)
    checks.margin("--margin", margin)
    pictures: dict[str, Maker] = {}
    if draw_to is not None:
        check_is_folder(draw_to, "--draw")
        pictures[folder(draw_to, "--draw")] = drawn()
    if crops_to is None:
        if align is not None or margin != 0:
            raise ValueError("--align and --margin need --crops DIR")
        return pictures
    check_is_folder(crops_to, "--crops")
    if crops_to == draw_to:
        raise ValueError("--draw and --crops need two folders")
    maker = cropped(None, margin, square=False) if align is None else aligned(align, margin)
    pictures[folder(crops_to, "--crops")] = maker
    return pictures
