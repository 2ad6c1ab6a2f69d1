"""Start of the work on photos from the options of a command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from PIL import Image

from ..._core import __version__
from ...errors import printable
from ...files.decoding import FORMATS
from ...files.kinds import WRITTEN_VIDEOS, is_video
from ...runtime.cores import share_threads
from ...samples import sample_photo
from ..app import usage_errors, work_errors
from ..file_checks import identity
from ..inputs import PhotoPath, Selection
from ..listing import Listing
from ..options import DetectorOptions, settings_of
from ..output_names import refuse_dash
from .galleries import Maker, names_a_file
from .job import Job
from .journal import JournalError
from .outputs import Output, ShowPhotos
from .work import run

To: TypeAlias = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="DIR",
        help="The folder, made if it is not there. Pictures keep the subfolders of their photos.",
        show_default=False,
        rich_help_panel="Output",
    ),
]


def start(
    photos: Listing,
    detector_options: DetectorOptions,
    *,
    pictures: Mapping[str, Maker],
    num_workers: int | None,
    quiet: bool,
    outputs: Sequence[Output] = (),
    show: ShowPhotos | None = None,
    summary_follows: bool = True,
    settings: Mapping[str, Any] | None = None,
    resume: bool = False,
    restart: bool = False,
) -> bool:
    """Do the work of a command, and return whether all of it succeeded.

    Parameters
    ----------
    photos : Listing
        The photos.
    detector_options : DetectorOptions
        Options of the detector.
    pictures : mapping of str to Maker
        Function that makes pictures of a photo, for each folder to which these are written.
    num_workers : int or None
        Number of photos worked on at the same time. Default: the number of threads.
    quiet : bool
        Whether to show errors only.
    outputs : sequence of Output
        Files of results.
    show, summary_follows
        As for `Job`.
    settings : mapping of str to JSON values
        Settings that the results depend on, beside the options of the detector.
    resume, restart : bool
        Whether to resume an interrupted run, or to delete what it has finished.
    """
    refuse_outputs(photos, [output.name for output in outputs], "one of the photos")
    if resume and restart:
        raise typer.BadParameter("--resume and --restart cannot go together")
    if (resume or restart) and not any(output.is_regular for output in outputs):
        raise typer.BadParameter(
            "needs --json FILE, a regular file, or --output FILE",
            param_hint="--resume" if resume else "--restart",
        )
    with usage_errors():
        num_workers, num_threads = share_threads(
            num_workers, detector_options.num_threads, photos.num_at_once
        )
    try:
        with work_errors():
            detector = detector_options.detector(num_threads)
            depends_on = {"fastmtcnn": __version__, **settings_of(detector), **(settings or {})}
            depends_on["roi"] = None if detector_options.roi is None else [*detector_options.roi]
            job = Job(
                photos=photos,
                detector=detector,
                num_workers=num_workers,
                pictures=pictures,
                outputs=outputs,
                show=show,
                summary_follows=summary_follows,
                settings=depends_on,
                roi=detector_options.roi,
                resume=resume,
                restart=restart,
                quiet=quiet,
            )
            return run(job)
    except JournalError as error:
        raise typer.BadParameter(str(error)) from error


def refuse_outputs(
    photos: Listing, outputs: Sequence[str], what: str, hint: str | None = None
) -> None:
    """Refuse photos that are files to be written, the first ones before the work.

    Parameters
    ----------
    photos : Listing
        The photos.
    outputs : sequence of str
        Paths of the files to be written.
    what : str
        What such a file is, for the error.
    hint : str, optional
        The option that names the files, for the error.

    Raises
    ------
    typer.BadParameter
        If a photo is one of the files. Also by the listing while it is iterated over.
    """
    existing = {found: name for name in outputs if (found := identity(name)) is not None}

    def check(photo: PhotoPath) -> None:
        found = identity(photo.path)
        if found in existing:
            name = printable(existing[found])
            raise typer.BadParameter(f"{name} is {what}", param_hint=hint)

    if existing:
        photos.check(check)


def resolve_photos(
    photos: Sequence[str] | None,
    sample: bool,
    leave_out: Iterable[str] = (),
    *,
    exclude: Sequence[str] | None,
    quiet: bool,
    videos: bool = False,
) -> Listing:
    """Return the photos that the user selected, at least one.

    Parameters
    ----------
    photos : sequence of str or None
        Arguments of the user for `Selection`.
    sample : bool
        Whether to add the sample photo.
    leave_out, exclude, videos
        Arguments of `Selection`.
    quiet : bool
        Whether to say only of failures what was passed over.
    """
    with usage_errors():
        selection = Selection(
            photos or [], leave_out=leave_out, videos=videos, exclude=exclude or []
        )
    listing = Listing(selection, quiet, [PhotoPath(str(sample_photo()))] if sample else [])
    if not listing.first:
        if listing.failed:
            raise typer.Exit(1)
        if selection.has_list:
            raise typer.BadParameter("the list on standard input is empty")
        raise typer.BadParameter("name a photo, or try --sample", param_hint="PHOTO")
    return listing


def folder(name: str, option: str) -> str:
    """Return the name of a folder if it is one.

    Parameters
    ----------
    name : str
        Name of the folder.
    option : str
        Option with which the user set it, for the error.
    """
    if name == "":
        raise typer.BadParameter("a folder must have a name, got ''", param_hint=option)
    refuse_dash(name, option, "a folder")
    return name


def check_file(to: str, photos: Listing) -> None:
    """Check that a file that the user named for the copy can hold it.

    Parameters
    ----------
    to : str
        Path that the user named, of a folder or a file.
    photos : Listing
        Photos and videos that are copied.

    Raises
    ------
    typer.BadParameter
        If there are several, or the file is of another kind or the photo itself.
    """
    if not names_a_file(to):
        return
    name = printable(to)
    if not photos.is_whole or len(photos.first) != 1:
        number = f"{len(photos.first)}" if photos.is_whole else f"{len(photos.first)} or more"
        raise typer.BadParameter(
            f"{name} names a file, which holds one copy, got {number} photos: name a folder",
            param_hint="--to",
        )
    path = photos.first[0].path
    kind, writable = "photo", _written_photos()
    if is_video(path):
        kind, writable = "video", WRITTEN_VIDEOS
    if Path(to).suffix.lower() not in writable:
        raise typer.BadParameter(
            f"a copy of a {kind} must be a file ending in {', '.join(writable)}, got {name}",
            param_hint="--to",
        )
    if identity(to) is not None and identity(to) == identity(path):
        raise typer.BadParameter(f"{name} is the photo itself", param_hint="--to")


def check_is_folder(to: str, option: str) -> None:
    """Check that the user did not name a file for crops.

    Parameters
    ----------
    to : str
        Path that the user named.
    option : str
        Option with which the user set it, for the error.

    Raises
    ------
    typer.BadParameter
        If it is the name of a file.
    """
    if names_a_file(to):
        raise typer.BadParameter(
            f"must name a folder, since there may be several pictures, got {printable(to)}",
            param_hint=option,
        )


def _written_photos() -> tuple[str, ...]:
    Image.init()
    written = set(FORMATS) & Image.SAVE.keys()
    return tuple(suffix for suffix, name in Image.EXTENSION.items() if name in written)
