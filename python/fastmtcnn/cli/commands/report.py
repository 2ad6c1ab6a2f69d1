"""``fastmtcnn report``: a page for the browser with the faces of photos."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from ...cascade.region import RegionLike
from ...detector import MTCNN
from ...errors import printable, reason
from ...extras import MissingExtraError
from ...files.atomic_write import replacing
from ...files.photos import photo_problem, read_original
from ...reporting import Summary, write_report
from ...results.photo import Photo
from ...results.reading import TableError, read_results
from ...results.tables import SUFFIXES
from ...runtime.cores import share_threads
from ...runtime.pipeline import ordered
from ...runtime.workers import Workers
from ..app import app, usage_errors, work_errors
from ..batch.start import refuse_outputs
from ..file_checks import identity
from ..inputs import PhotoPath, Selection
from ..listing import Listing
from ..messages import count, describe, print_error, write_stdout
from ..options import DetectorOptions, Exclude, Quiet, settings_of, takes_detector_options
from ..output_names import refuse_dash
from ..progress import Progress, progress_bar

_Item = TypeVar("_Item")

_ARGUMENTS = "PHOTO|DIR|TABLE"
_ONLY_FACES = (".csv", ".parquet")  # a row for each face, hence no photo without a face


@app.command()
@takes_detector_options
def report(
    detector_options: DetectorOptions,
    photos: Annotated[
        list[str],
        typer.Argument(
            metavar=_ARGUMENTS,
            help="Image files, folders with photos in and below them, patterns, or - for a list on "
            "standard input; or one file of results that fastmtcnn detect wrote "
            f"({', '.join(SUFFIXES)}), whose photos are not searched again.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The page to write.")
    ] = "report.html",
    title: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Its heading.", show_default=False),
    ] = None,
    exclude: Exclude = None,
    quiet: Quiet = False,
) -> None:
    """Write a page that shows the faces of photos, for any browser, in one file.

    The page has thumbnails with the faces marked, crops of the faces, and histograms of scores and
    sizes. Photos can be sorted and filtered.

    Exit status: 0; 1 if a photo could not be read or the page not written; 2 if the command is
    wrong; 130 if it was interrupted.
    """
    refuse_dash(output, "-o", "a file")
    table = _table(photos)
    if table is not None and detector_options != DetectorOptions():
        raise typer.BadParameter(
            f"{printable(str(table))} has its faces already; options of the detector are for photos"
        )
    with usage_errors():
        selection = Selection([] if table is not None else photos, exclude=exclude or [])
    listing = Listing(selection, quiet, [] if table is None else [PhotoPath(str(table))])
    if not listing.first:
        if listing.failed:
            raise typer.Exit(1)
        raise typer.BadParameter("there is no photo in it", param_hint=_ARGUMENTS)
    refuse_outputs(listing, [output], "one of the files to read", "-o")
    try:
        with work_errors():
            recorded = [] if table is None else read_results(table)
            total = listing.total if table is None else len(recorded)
            with progress_bar(total, "photo", quiet) as progress:
                if table is None:
                    with usage_errors():
                        num_workers, num_threads = share_threads(
                            None, detector_options.num_threads, listing.num_at_once
                        )
                    detector = detector_options.detector(num_threads)
                    paths = (photo.path for photo in listing)
                    found = _detected(paths, detector, detector_options.roi, num_workers, progress)
                    settings = {"detector": _in_words(settings_of(detector))}
                    if detector_options.roi is not None:
                        settings["part searched"] = ",".join(map(str, detector_options.roi))
                else:
                    found = _recorded(recorded, table.parent, progress)
                    settings = {"faces from": str(table)}
                    if table.suffix.lower() in _ONLY_FACES:
                        settings["photos without a face"] = "are not in such a table"
                summary = _write(output, found, title or _title(photos), settings)
            listing.report_passed_over()
    except (TableError, MissingExtraError) as error:
        print_error(describe(error))
        raise typer.Exit(1) from None
    except OSError as error:
        what = error.filename or output
        print_error(f"{what}: {reason(error)}")
        raise typer.Exit(1) from None
    written = quiet or write_stdout(f"{_sentence(summary)}; {printable(output)}\n")
    if not written or summary.num_failed or listing.failed:
        raise typer.Exit(1)


def _in_words(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in settings.items())


def _table(photos: Sequence[str]) -> Path | None:
    paths = map(Path, photos)
    # Without an error where it is not allowed to look.
    tables = [path for path in paths if path.suffix.lower() in SUFFIXES and not os.path.isdir(path)]  # noqa: PTH112
    if tables and len(photos) > 1:
        raise typer.BadParameter(
            f"{printable(str(tables[0]))} is a file of results, which must be the only argument, "
            f"got {len(photos)}",
            param_hint=_ARGUMENTS,
        )
    return tables[0] if tables else None


def _title(photos: Sequence[str]) -> str:
    if len(photos) > 1 or photos[0] == "-":
        return "Faces"
    return f"Faces in {Path(os.path.realpath(photos[0])).name}"


def _write(output: str, found: Iterator[Photo], title: str, settings: dict[str, str]) -> Summary:
    folder = Path(os.path.realpath(output)).parent
    with replacing(Path(output)) as file:
        return write_report(file, found, title=title, settings=settings, folder=folder)


def _detected(
    paths: Iterable[str],
    detector: MTCNN,
    roi: RegionLike | None,
    num_workers: int,
    progress: Progress,
) -> Iterator[Photo]:
    def detect(path: str) -> Photo:
        try:
            original = read_original(path, detector.cascade.options.max_pixels)
            detections = detector.detect(original.pixels, roi=roi)
            pixels = original.shown()
        except Exception as error:  # one bad photo must not stop the report
            return Photo.failed(path, photo_problem(error, path))
        height, width = pixels.shape[:2]
        return Photo(path, width, height, detections, pixels)

    for photo in _each(detect, paths, num_workers, progress):
        if photo.problem is not None:
            progress.error(f"{photo.path}: {photo.problem}")
        yield photo


def _recorded(photos: Sequence[Photo], folder: Path, progress: Progress) -> Iterator[Photo]:
    def read(photo: Photo) -> Photo:
        # Also beside the table, should both have been moved.
        path = photo.path if identity(photo.path) is not None else str(folder / photo.path)
        try:
            pixels = read_original(path).shown()
        except Exception as error:  # as above
            return photo._replace(remark=f"no picture: {photo_problem(error, path)}")
        height, width = pixels.shape[:2]
        if (width, height) == (photo.width, photo.height):
            return photo._replace(pixels=pixels)
        return photo._replace(remark=f"no picture: the file now has {width}x{height} pixels")

    return _each(read, photos, share_threads(None, None, len(photos))[0], progress)


def _each(
    function: Callable[[_Item], Photo], items: Iterable[_Item], num_workers: int, progress: Progress
) -> Iterator[Photo]:
    # No more of them ahead than workers: each photo has its pixels.
    with contextlib.closing(ordered(function, items, Workers(num_workers), num_workers)) as photos:
        for photo in photos:
            yield photo
            progress.advance()


def _sentence(summary: Summary) -> str:
    text = f"{count(summary.num_faces, 'face')} in {count(summary.num_photos, 'photo')}"
    return f"{text}, {summary.num_failed} not usable" if summary.num_failed else text
