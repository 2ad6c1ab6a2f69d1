"""Start of the work on photos from the options of a command."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from ..._core import __version__
from ...errors import printable
from ...files.atomic_write import is_special
from ...runtime.cores import share_threads
from ...samples import sample_photo
from ..app import usage_errors, work_errors
from ..file_checks import identities, identity
from ..inputs import photos_in
from ..options import DetectorOptions, settings_of
from .galleries import Maker
from .job import Job
from .journal import JournalError
from .outputs import Output
from .work import run

To: TypeAlias = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="DIR",
        help="The folder, made if it is not there.",
        show_default=False,
        rich_help_panel="Output",
    ),
]


def start(
    photos: Sequence[str],
    detector_options: DetectorOptions,
    *,
    pictures: Mapping[str, Maker],
    num_workers: int | None,
    quiet: bool,
    outputs: Sequence[Output] = (),
    form: str | None = None,
    settings: Mapping[str, Any] | None = None,
    resume: bool = False,
    restart: bool = False,
) -> bool:
    """Do the work of a command, and return whether all of it succeeded.

    Parameters
    ----------
    photos : sequence of str
        Paths of the photos.
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
    form : str or None
        Format of standard output.
    settings : mapping of str to JSON values
        Settings that the results depend on, beside the options of the detector.
    resume, restart : bool
        Whether to resume an interrupted run, or to delete what it has finished.
    """
    taken = identities(photos)
    for output in outputs:
        if identity(output.name) in taken:
            raise typer.BadParameter(f"{printable(output.name)} is one of the photos")
    if resume and restart:
        raise typer.BadParameter("--resume and --restart cannot go together")
    if (resume or restart) and all(is_special(Path(output.name)) for output in outputs):
        raise typer.BadParameter(
            "needs --json FILE, a regular file, or --output FILE",
            param_hint="--resume" if resume else "--restart",
        )
    with usage_errors():
        num_workers, num_threads = share_threads(
            num_workers, detector_options.num_threads, len(photos)
        )
    try:
        with work_errors():
            detector = detector_options.detector(num_threads)
            depends_on = {"fastmtcnn": __version__, **settings_of(detector), **(settings or {})}
            job = Job(
                paths=photos,
                detector=detector,
                num_workers=num_workers,
                pictures=pictures,
                outputs=outputs,
                form=form,
                settings=depends_on,
                resume=resume,
                restart=restart,
                quiet=quiet,
            )
            return run(job)
    except JournalError as error:
        raise typer.BadParameter(str(error)) from error


def resolve_photos(
    photos: Sequence[str] | None,
    sample: bool,
    leave_out: Iterable[str] = (),
    also: Collection[str] = (),
) -> list[str]:
    """Return the paths of the photos that the user selected, at least one.

    Parameters
    ----------
    photos : sequence of str or None
        Arguments of the user for `photos_in`.
    sample : bool
        Whether to add the sample photo.
    leave_out, also
        Arguments of `photos_in`.
    """
    with usage_errors():
        paths = list(photos_in(photos or [], leave_out, also))
    if sample:
        paths.append(str(sample_photo()))
    if not paths:
        raise typer.BadParameter("name a photo, or try --sample", param_hint="PHOTO")
    return paths


def folder(name: str, option: str) -> str:
    """Return the name of a folder if it is not empty.

    Parameters
    ----------
    name : str
        Name of the folder.
    option : str
        Option with which the user set it, for the error.
    """
    if name == "":
        raise typer.BadParameter("a folder must have a name, got ''", param_hint=option)
    return name
