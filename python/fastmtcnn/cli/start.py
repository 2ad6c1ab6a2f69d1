"""From what the user said to the work on photos, the same way for all commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from .. import checks
from .._core import __version__
from ..samples import sample_photo
from ..threads import default_num_threads
from .app import usage_errors, work_errors
from .files import identities, identity, is_special
from .galleries import Maker
from .inputs import photos_in
from .journal import JournalError
from .messages import shown
from .options import DetectorOptions
from .outputs import Output
from .work import Job, run

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
) -> None:
    """Do the work of a command, and exit with its status if that is not 0.

    Parameters
    ----------
    photos : sequence of str
        Files, folders, patterns or ``-``, as for `photos_in`.
    detector_options : DetectorOptions
        Of the detector.
    pictures : mapping of str to Maker
        By folder: what makes the pictures that go there.
    num_workers : int or None
        Photos worked on at a time; by default as many as threads.
    quiet : bool
        Whether to show errors only.
    outputs : sequence of Output
        Files of results.
    form : str or None
        What goes to standard output.
    settings : mapping of str to JSON values
        What the results depend on, beside the detector's options.
    resume : bool
        Whether to take up a run that did not come to its end.
    """
    with usage_errors():
        paths = list(photos_in(photos, leave_out=pictures))
    if not paths:
        raise typer.BadParameter("name a photo, or try --sample", param_hint="PHOTO")
    taken = identities(paths)
    for output in outputs:
        if identity(output.name) in taken:
            raise typer.BadParameter(f"{shown(output.name)} is one of the photos")
    if resume and all(is_special(Path(output.name)) for output in outputs):
        raise typer.BadParameter(
            "needs --json FILE, a regular file, or --output FILE", param_hint="--resume"
        )
    with usage_errors():
        num_workers, num_threads = _shared_out(
            num_workers, detector_options.num_threads, len(paths)
        )
    depends_on = {"fastmtcnn": __version__, **detector_options.settings(), **(settings or {})}
    try:
        with work_errors():
            succeeded = run(
                Job(
                    paths,
                    detector_options.detector(num_threads),
                    num_workers,
                    pictures,
                    outputs,
                    form,
                    depends_on,
                    resume,
                    quiet,
                )
            )
    except JournalError as error:
        raise typer.BadParameter(str(error)) from error
    if not succeeded:
        raise typer.Exit(1)


def with_sample(photos: Sequence[str] | None, sample: bool) -> list[str]:
    """Return the photos that are named, and the shipped one if it is wanted.

    Parameters
    ----------
    photos : sequence of str or None
        As the user named them.
    sample : bool
        Whether the shipped one is wanted.
    """
    return [*(photos or []), *([str(sample_photo())] if sample else [])]


def folder(name: str, option: str) -> str:
    """Return the name of a folder, unless it is empty.

    Parameters
    ----------
    name : str
        As the user gave it.
    option : str
        By which.
    """
    if name == "":
        raise typer.BadParameter("a folder must have a name, got ''", param_hint=option)
    return name


def _shared_out(
    num_workers: int | None, num_threads: int | None, num_photos: int
) -> tuple[int, int]:
    """Return how many photos are worked on at a time, and the threads for each."""
    threads = default_num_threads()
    if num_threads is not None:
        threads = checks.threads("num_threads", num_threads)
    if num_workers is not None:
        checks.threads("workers", num_workers)
    workers = min(num_workers or threads, num_photos)
    return workers, max(threads // workers, 1)
