"""The work on photos: detect faces, write results and pictures."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ...files.atomic_write import is_special, replacing
from ...results.photo import Photo
from ...results.writing import photo_writer
from ...runtime.pipeline import ordered
from ...runtime.workers import Workers
from ..file_checks import State, check_writable
from ..messages import count, print_error, print_info, reason, write_stdout
from ..photos import photo_problem, read_original, read_photo
from ..progress import Progress, progress_bar
from ..text_tables import photo_table
from .encoding import Picture
from .galleries import Gallery
from .job import Job
from .journal import Finished, Journal, JournalEntry, ResultLog, numbered
from .outputs import Output, StandardOutput
from .tally import Tally

_AHEAD = 4  # photos for each worker that may wait for a slower one before them


class _Task(NamedTuple):
    path: str
    subfolder: str
    occurrence: int
    finished: JournalEntry | None


class _Done(NamedTuple):
    """A task with its photo and pictures; without some of them, the error that it ended with."""

    task: _Task
    photo: Photo | None = None
    state: State | None = None
    pictures: tuple[list[Picture], ...] = ()
    error: Exception | None = None


def run(job: Job) -> bool:
    """Do the work, and return whether all of it succeeded.

    Parameters
    ----------
    job : Job
        The work.

    Raises
    ------
    JournalError
        If an earlier run with finished photos cannot be continued, or nothing is said of it.
    """
    journal = None
    name = ""
    special: list[tuple[Output, BinaryIO]] = []
    regular: list[Output] = []
    try:
        with contextlib.ExitStack() as stack:
            # Before the work, so that an output that cannot be written is reported at once.
            for each in job.outputs:
                name = each.name
                if is_special(Path(name)):
                    special.append((each, stack.enter_context(replacing(Path(name)))))
                else:
                    check_writable(Path(name))
                    regular.append(each)
            if regular:
                name = regular[0].name
                journal = Journal(Path(name), job.settings, job.resume, job.restart)
                stack.enter_context(contextlib.closing(journal))
            try:
                paths = [photo.path for photo in job.photos]
                galleries = [
                    Gallery(folder, paths, maker) for folder, maker in job.pictures.items()
                ]
            except OSError as error:
                return print_error(f"cannot make the folder {error.filename}: {reason(error)}")
            work = _Work(job, galleries, journal)
            kept = work.do(keeps=bool(job.outputs))
            if kept is None:
                return work.succeeded
            for each, file in special:
                name = each.name
                each.write(file, kept)
            for each in regular:
                name = each.name
                with replacing(Path(name)) as file:
                    each.write(file, kept)
    except OSError as error:
        return print_error(f"cannot write {name}: {reason(error)}{_rest(journal)}")
    except KeyboardInterrupt:
        if journal and journal.num_finished:
            print_info(f"interrupted{_rest(journal)}")
        raise
    if journal:
        journal.remove()
    return work.succeeded


def _rest(journal: Journal | None) -> str:
    if journal is None or journal.num_finished == 0:
        return ""
    return f"; with --resume, {count(journal.num_finished, 'photo')} need not be done again"


class _Work:
    def __init__(self, job: Job, galleries: Sequence[Gallery], journal: Journal | None) -> None:
        self.succeeded = True
        self._job = job
        self._galleries = galleries
        self._journal = journal
        # All before the work, since this reserves the names of their pictures.
        self._tasks = [
            _Task(*photo, occurrence, self._finished(photo.path, occurrence))
            for photo, occurrence in numbered(job.photos)
        ]
        self._kept = ResultLog(journal)
        self._tally = Tally()

    def do(self, keeps: bool) -> ResultLog | None:
        """Work on all photos, and return them; None if standard output has been closed.

        `keeps` tells whether the photos are needed for files of results.
        """
        form, quiet = self._job.form, self._job.quiet
        self._keeps = keeps or form == "json" or (form == "table" and not quiet)
        # Results that appear on the terminal show the progress themselves.
        stream = form if form in ("jsonl", "csv") else None
        shows_itself = stream is not None and sys.stdout is not None and sys.stdout.isatty()
        stdout = StandardOutput()
        with (
            progress_bar(len(self._tasks), "photo", quiet or shows_itself) as progress,
            contextlib.closing(self._photos(progress, stdout)) as photos,
        ):
            if stream is not None:
                photo_writer(f".{stream}")(stdout.file, photos)
            else:
                for _ in photos:
                    pass
        if stream is not None and stdout.broken:
            self.succeeded = False
            return None
        self.succeeded &= self._show(stdout)
        return self._kept

    def _show(self, stdout: StandardOutput) -> bool:
        form, quiet = self._job.form, self._job.quiet
        if form == "json":
            photo_writer(".json")(stdout.file, self._kept)
        if stdout.broken:
            return False
        if quiet:
            return True
        summary = self._tally.summary(list(self._job.pictures))
        if form not in ("table", None):
            print_info(summary)
            return True
        photos = list(self._kept) if form == "table" else []
        return write_stdout(f"{photo_table(photos) if photos else ''}{summary}\n")

    def _finished(self, path: str, occurrence: int) -> JournalEntry | None:
        """Return the position of a photo in the journal if file and pictures are unchanged."""
        entry = None if self._journal is None else self._journal.find(path, occurrence)
        if self._journal is None or entry is None:
            return None
        finished = self._journal.read(entry)
        pairs = list(zip(self._galleries, finished.pictures, strict=False))
        is_current = finished.state is not None and finished.state == State.of(path)
        if not is_current or not all(gallery.has(written) for gallery, written in pairs):
            for gallery, written in pairs:
                gallery.may_replace(written)
            return None
        for gallery, written in pairs:
            gallery.reserve(picture.name for picture in written)
        return entry

    def _photos(self, progress: Progress, stdout: StandardOutput) -> Generator[Photo, None, None]:
        workers = Workers(self._job.num_workers)
        ahead = _AHEAD * self._job.num_workers
        with contextlib.closing(ordered(self._do, self._tasks, workers, ahead)) as results:
            for done in results:
                photo = self._conclude(done, progress)
                progress.advance()
                if photo is not None:
                    yield photo
                if stdout.broken:
                    return

    def _do(self, task: _Task) -> _Done:
        """Do the part of the work that any thread may do."""
        if task.finished is not None:
            return _Done(task)
        photo = original = None
        max_pixels = self._job.detector.cascade.options.max_pixels
        try:
            state = State.of(task.path)
            if self._galleries:
                original = read_original(task.path, max_pixels)
            pixels = read_photo(task.path, max_pixels) if original is None else original.pixels
            height, width = pixels.shape[:2]
            found = self._job.detector.detect(pixels, roi=self._job.roi)
            photo = Photo(task.path, width, height, found)
            pictures: tuple[list[Picture], ...] = ()
            if original is not None:
                pictures = tuple(each.make(task.path, original, found) for each in self._galleries)
        except Exception as error:  # one bad photo must not stop the run
            # The traceback would keep the pixels. The faces are there even if no picture is.
            return _Done(task, photo, error=error.with_traceback(None))
        return _Done(task, photo, state, pictures)

    def _conclude(self, done: _Done, progress: Progress) -> Photo | None:
        """Do the part of the work that must be done in order, and return the photo if any."""
        task = done.task
        if task.finished is not None:
            assert self._journal is not None
            photo = self._journal.read(task.finished).photo
            self._tally.add(photo, resumed=True)
            self._keep(task.finished)
            return photo
        if done.error is not None:
            self._tally.fail(done.error)
            name = task.path or "''"
            self.succeeded = progress.error(f"{name}: {photo_problem(done.error, task.path)}")
        if done.photo is None:
            return None
        self._tally.add(done.photo, resumed=False)
        if done.error is not None:
            self._keep(done.photo)
            return done.photo
        try:
            written = [
                gallery.add(task.path, pictures, task.subfolder)
                for gallery, pictures in zip(self._galleries, done.pictures, strict=True)
            ]
        except OSError as error:
            self.succeeded = progress.error(f"cannot write {error.filename}: {reason(error)}")
            self._keep(done.photo)
            return done.photo
        if self._journal is None:
            self._keep(done.photo)
        else:
            finished = Finished(done.photo, task.occurrence, done.state, written)
            self._keep(self._journal.add(finished))
        return done.photo

    def _keep(self, photo: Photo | JournalEntry) -> None:
        if self._keeps:
            self._kept.append(photo)
