"""Start of the work on a shard from the options of a command."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

import typer

from ... import checks
from ..._core import __version__
from ...errors import printable, reason
from ...extras import importing
from ...files.kinds import kind_of
from ...files.remote import RemoteError, is_remote, remote_files, without_query
from ...runtime.cores import share_threads
from ...shards.containers import SourceError, container_files
from ...shards.division import Shard
from ...shards.parts import Counts, OutputError, Parts
from ...shards.run import Outcome, ShardJob, run_shard
from ...shards.sources import PathSource, Source
from ...shards.tables import TABLES, TableSource
from ...shards.tars import TarSource
from ..app import usage_errors, work_errors
from ..listing import Listing
from ..messages import count, print_error, print_info, write_stdout
from ..options import DetectorOptions, settings_of
from ..progress import progress_bar
from .start import folder, resolve_photos

_AT_ONCE = 1 << 20  # photos; more than can be worked on at a time


class ShardOptions(NamedTuple):
    """The options of a command that writes shards.

    Attributes
    ----------
    to : str
        Path or URI of the folder of results.
    shard : str or None
        Which shard, as ``I/N``.
    rows_per_file : int or None
        Photos in a part.
    column : str or None
        Column of tables with the photos.
    """

    to: str
    shard: str | None = None
    rows_per_file: int | None = None
    column: str | None = None


DEFAULT_ROWS = 10_000


def start_shard(
    arguments: Sequence[str],
    detector_options: DetectorOptions,
    options: ShardOptions,
    *,
    sample: bool,
    exclude: Sequence[str] | None,
    num_workers: int | None,
    quiet: bool,
    resume: bool,
    restart: bool,
) -> bool:
    """Detect the faces of the photos in a shard, and return whether all parts are written.

    Parameters
    ----------
    arguments : sequence of str
        Photos, folders, patterns, URIs, tables or tar files.
    detector_options : DetectorOptions
        Options of the detector.
    options : ShardOptions
        Options of the shard.
    sample, exclude, num_workers, quiet, resume, restart
        As for `start`.
    """
    folder(options.to, "--output-dir")
    if resume and restart:
        raise typer.BadParameter("--resume and --restart cannot go together")
    with usage_errors():
        with importing("parquet"):
            import pyarrow.parquet  # noqa: F401
        shard = Shard() if options.shard is None else Shard.parsed(options.shard)
        rows = DEFAULT_ROWS if options.rows_per_file is None else options.rows_per_file
        checks.count("--rows-per-file", rows)
        workers, threads = share_threads(num_workers, detector_options.num_threads, _AT_ONCE)
    source, listing = _source(arguments, options.column, sample, exclude, quiet)
    outcome = Outcome()
    try:
        with work_errors():
            detector = detector_options.detector(threads)
            settings = {
                "fastmtcnn": __version__,
                "source": [*arguments, *(["--sample"] if sample else [])],
                "exclude": list(exclude or []),
                "column": options.column,
                "rows_per_file": rows,
                **settings_of(detector),
                "roi": None if detector_options.roi is None else [*detector_options.roi],
            }
            parts = Parts(options.to, shard, settings, resume=resume, restart=restart)
            job = ShardJob(
                source,
                shard,
                parts,
                rows,
                detector,
                workers,
                detector_options.roi,
                (lambda: False) if listing is None else listing.must_wait,
            )
            _run(job, outcome, quiet)
    except OutputError as error:
        raise typer.BadParameter(str(error)) from error
    except OSError as error:
        name = f" {printable(str(error.filename))}" if error.filename else ""
        return print_error(f"cannot read or write{name}: {reason(error)}{_rest(outcome)}")
    except (RemoteError, SourceError) as error:
        return print_error(f"{reason(error)}{_rest(outcome)}")
    if listing is not None:
        listing.report_passed_over()
    return quiet or write_stdout(f"{_summary(outcome, options.to)}\n")


def _run(job: ShardJob, outcome: Outcome, quiet: bool) -> None:
    try:
        with (
            progress_bar(lambda: None, "photo", quiet) as progress,
            contextlib.closing(run_shard(job, outcome)) as steps,
        ):
            for number in steps:
                for _ in range(number):
                    progress.advance()
    except KeyboardInterrupt:
        if outcome.num_parts:
            print_info(f"interrupted{_rest(outcome)}")
        raise


def _source(
    arguments: Sequence[str],
    column: str | None,
    sample: bool,
    exclude: Sequence[str] | None,
    quiet: bool,
) -> tuple[Source, Listing | None]:
    """Return the source that arguments name, and its listing if it is of photos."""
    with usage_errors():
        kinds = {_kind(argument) for argument in arguments}
    if len(kinds) > 1 or (sample and kinds - {"photos"}):
        raise typer.BadParameter("photos, tables and tar files cannot go together")
    kind = kinds.pop() if kinds else "photos"
    if column is not None and kind != "tables":
        raise typer.BadParameter(
            f"is for tables ({', '.join(f'*{each}' for each in TABLES)})", param_hint="--column"
        )
    if exclude and (kind != "photos" or any(map(is_remote, arguments))):
        raise typer.BadParameter("is for folders on this machine", param_hint="--exclude")
    with usage_errors():
        if kind == "tables":
            return TableSource(container_files(arguments), column or "path"), None
        if kind == "tar files":
            return TarSource(container_files(arguments)), None
        local = [argument for argument in arguments if not is_remote(argument)]
        remote = [argument for argument in arguments if is_remote(argument)]
        listing = None
        if local or sample or not remote:
            listing = resolve_photos(local, sample, exclude=exclude, quiet=quiet)
        return PathSource(_paths(listing, remote)), listing


def _paths(listing: Listing | None, remote: Sequence[str]) -> Iterator[str]:
    if listing is not None:
        yield from (photo.path for photo in listing)
    for uri in remote:
        found = remote_files(uri, lambda name: kind_of(name) in ("photo", "unread"))
        first = next(found, None)
        if first is None:
            raise SourceError(f"there is no photo in {printable(uri)}")
        yield first
        yield from found


def _kind(argument: str) -> str:
    """Return what an argument names, by its suffix."""
    path = without_query(argument) if is_remote(argument) else argument
    suffixes = [each.lower() for each in PurePath(path).suffixes[-2:]]
    if ".tgz" in suffixes[-1:] or suffixes[:-1] == [".tar"]:
        raise ValueError(
            f"a tar file must not be compressed: photos are already, got {printable(argument)}"
        )
    suffix = "".join(suffixes[-1:])
    if suffix in TABLES:
        return "tables"
    return "tar files" if suffix == ".tar" else "photos"


def _rest(outcome: Outcome) -> str:
    if not outcome.num_parts:
        return ""
    return f"; with --resume, {count(outcome.num_parts, 'part')} need not be done again"


def _summary(outcome: Outcome, to: str) -> str:
    counts: Counts = outcome.counts
    text = f"{count(counts.faces, 'face')} in {count(counts.photos, 'photo')}"
    if counts.problems:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.problems.items()))
        text += f", {sum(counts.problems.values())} not usable ({kinds})"
    text += f", {count(outcome.num_parts, 'part')} in {printable(to)}"
    if outcome.resumed.photos:
        text += f", {count(outcome.resumed.photos, 'photo')} from the run before"
    return text
