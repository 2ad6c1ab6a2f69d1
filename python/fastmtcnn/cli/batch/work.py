"""The work on photos: detect faces, write results and pictures."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ...errors import reason
from ...files.photos import photo_problem, read_original, read_photo
from ...results.photo import Photo
from ...results.writing import WritePhoto
from ...runtime.pipeline import ordered
from ...runtime.workers import Workers
from ..file_checks import State
from ..messages import count, print_error, print_info, write_stdout
from ..progress import Progress, progress_bar
from .encoding import Picture
from .galleries import Gallery
from .job import Job
from .journal import Finished, Journal, JournalEntry, numbered
from .outputs import ResultFiles, StandardOutput
from .tally import Tally

_AHEAD = 4  # photos for each worker that may wait for a slower one before them


class _FolderError(Exception):
    """A folder of pictures cannot be made, which has been said."""


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
    files = ResultFiles(job.outputs)
    try:
        with files, contextlib.ExitStack() as stack:
            if files.regular is not None:
                result = Path(files.regular)
                journal = Journal(result, job.settings, job.resume, job.restart)
                stack.enter_context(contextlib.closing(journal))
            work = _Work(job, _galleries(job), journal, files)
            work.do()
    except _FolderError:
        return False
    except OSError as error:
        return print_error(f"cannot write {files.name}: {reason(error)}{_rest(journal)}")
    except KeyboardInterrupt:
        if journal and journal.num_finished:
            print_info(f"interrupted{_rest(journal)}")
        raise
    if journal:
        journal.remove()
    return work.succeeded


def _galleries(job: Job) -> list[Gallery]:
    try:
        return [Gallery(folder, maker) for folder, maker in job.pictures.items()]
    except OSError as error:
        print_error(f"cannot make the folder {error.filename}: {reason(error)}")
        raise _FolderError from error


def _rest(journal: Journal | None) -> str:
    if journal is None or journal.num_finished == 0:
        return ""
    return f"; with --resume, {count(journal.num_finished, 'photo')} need not be done again"


class _Work:
    def __init__(
        self,
        job: Job,
        galleries: Sequence[Gallery],
        journal: Journal | None,
        files: ResultFiles,
    ) -> None:
        self.succeeded = True
        self._job = job
        self._galleries = galleries
        self._journal = journal
        self._files = files
        self._tally = Tally()

    def do(self) -> None:
        """Work on all photos, and say how many there were."""
        listing, quiet = self._job.photos, self._job.quiet
        # Results that appear on the terminal show the progress themselves.
        shows = self._job.show is not None and sys.stdout is not None and sys.stdout.isatty()
        stdout = StandardOutput()
        with (
            progress_bar(listing.total, "photo", quiet or shows) as progress,
            self._shown(stdout) as show,
            contextlib.closing(self._photos(progress)) as photos,
        ):
            for photo in photos:
                show(photo)
                self._files.write(photo)
                if stdout.broken and not (self._job.outputs or self._galleries):
                    break
        listing.report_passed_over()
        if stdout.broken:
            self.succeeded = False
        elif not quiet:
            self._summarize()

    @contextlib.contextmanager
    def _shown(self, stdout: StandardOutput) -> Iterator[WritePhoto]:
        if self._job.show is None:
            yield lambda _: None
        else:
            with self._job.show(stdout) as show:
                yield show

    def _summarize(self) -> None:
        summary = self._tally.summary(list(self._job.pictures))
        if not self._job.summary_follows:
            print_info(summary)
        elif not write_stdout(f"{summary}\n"):
            self.succeeded = False

    def _tasks(self) -> Iterator[_Task]:
        if self._journal is None:
            for photo in self._job.photos:
                yield _Task(*photo, 0, None)
        else:
            for photo, occurrence in numbered(self._job.photos):
                yield _Task(*photo, occurrence, self._finished(photo.path, occurrence))

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

    def _photos(self, progress: Progress) -> Generator[Photo, None, None]:
        workers = Workers(self._job.num_workers)
        ahead = _AHEAD * self._job.num_workers
        must_wait = self._job.photos.must_wait
        with contextlib.closing(
            ordered(self._do, self._tasks(), workers, ahead, must_wait)
        ) as results:
            for done in results:
                photo = self._conclude(done, progress)
                progress.advance()
                if photo is not None:
                    yield photo

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
            return photo
        if done.error is not None:
            self._tally.fail(done.error)
            name = task.path or "''"
            self.succeeded = progress.error(f"{name}: {photo_problem(done.error, task.path)}")
        if done.photo is None:
            return None
        self._tally.add(done.photo, resumed=False)
        if done.error is not None:
            return done.photo
        try:
            written = [
                gallery.add(task.path, pictures, task.subfolder)
                for gallery, pictures in zip(self._galleries, done.pictures, strict=True)
            ]
        except OSError as error:
            self.succeeded = progress.error(f"cannot write {error.filename}: {reason(error)}")
            self._tally.miss_pictures()
            return done.photo
        if self._journal is not None:
            self._journal.add(Finished(done.photo, task.occurrence, done.state, written))
        return done.photo
