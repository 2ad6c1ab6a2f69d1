"""The photos of a command, which are listed while they are worked on."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

from .app import usage_errors
from .inputs import PhotoPath, Selection

_AT_ONCE = 1024  # photos; so few take no time to list, and more cannot be worked on at a time


class Listing:
    """The photos that a selection yields, of which only the first ones are held in memory.

    Up to 1,024 photos are listed at once, as far as no list on standard input has to be waited
    for, so that what is wrong with them shows before the work. The others are listed as they are
    iterated over.

    Parameters
    ----------
    selection : Selection
        The selection.
    quiet : bool
        Whether to say only of failures what the selection passed over.
    more : sequence of PhotoPath
        Photos that come after those of the selection.

    Attributes
    ----------
    first : list of PhotoPath
        The photos that were listed at once; empty only if there is no photo.
    is_whole : bool
        Whether there are no others.

    Raises
    ------
    typer.BadParameter
        If photos cannot be listed. Also while iterating.
    """

    def __init__(self, selection: Selection, quiet: bool, more: Sequence[PhotoPath] = ()) -> None:
        self._selection = selection
        self._quiet = quiet
        self._more = more
        self._source: Iterator[PhotoPath] = itertools.chain(selection, more)
        self._check: Callable[[PhotoPath], None] | None = None
        self._counting = _Counting(selection, len(more))
        self._reported = False
        self._is_past_first = False
        self.first: list[PhotoPath] = []
        self.is_whole = False
        while len(self.first) < _AT_ONCE and not (self.first and selection.must_wait):
            photo = self._next()
            if photo is None:
                self.is_whole = True
                self.report_passed_over()
                break
            self.first.append(photo)

    @property
    def num_at_once(self) -> int:
        """Most photos that can be worked on at a time: not more than there are."""
        return len(self.first) if self.is_whole else _AT_ONCE

    @property
    def failed(self) -> bool:
        """Whether the selection passed something over that the user asked for."""
        return self._selection.passed_over.failed

    def report_passed_over(self) -> None:
        """Say what the selection passed over, once all photos are listed, unless it was said."""
        if not self._reported:
            self._reported = True
            self._selection.passed_over.report(self._quiet)

    def total(self) -> int | None:
        """Return the number of photos, or None while it is not known.

        The first call begins to count the photos in another thread, unless that would take a list
        on standard input.
        """
        return len(self.first) if self.is_whole else self._counting.number()

    def must_wait(self) -> bool:
        """Return whether the next photo has yet to be listed on standard input."""
        return self._is_past_first and not self.is_whole and self._selection.must_wait

    def check(self, check: Callable[[PhotoPath], None]) -> None:
        """Call a function for each photo before it is worked on, which may raise an error.

        Parameters
        ----------
        check : callable
            The function. What the user named, and the first photos, are passed to it at once.
        """
        for photo in itertools.chain(map(PhotoPath, self._selection.named), self.first):
            check(photo)
        self._check = check

    def without(self, is_other: Callable[[PhotoPath], bool], others: list[PhotoPath]) -> Listing:
        """Leave some of the photos out, and return the listing.

        Parameters
        ----------
        is_other : callable
            Tells whether to leave a photo out.
        others : list of PhotoPath
            Gets the photos that are left out, as they are listed.
        """

        def wanted(photos: Iterable[PhotoPath]) -> Iterator[PhotoPath]:
            for photo in photos:
                if is_other(photo):
                    others.append(photo)
                else:
                    yield photo

        self.first = list(wanted(self.first))
        self._source = wanted(self._source)
        self._counting = _Counting(None)
        return self

    def __iter__(self) -> Iterator[PhotoPath]:
        """Yield the photos. May be called once."""
        try:
            for number, photo in enumerate(self.first, start=1):
                self._is_past_first = number == len(self.first)
                yield photo
            while not self.is_whole and (later := self._next()) is not None:
                if self._check is not None:
                    self._check(later)
                yield later
        finally:
            self._counting.stop()

    def _next(self) -> PhotoPath | None:
        with usage_errors():
            return next(self._source, None)


class _Counting:
    """Counts the photos of a selection in a thread, ahead of the work."""

    def __init__(self, selection: Selection | None, num_more: int = 0) -> None:
        self._selection = selection if selection is not None and not selection.has_list else None
        self._num_more = num_more
        self._number: int | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False

    def number(self) -> int | None:
        """Return the number of photos, or None if it is not known yet."""
        if self._thread is None and self._selection is not None:
            self._thread = threading.Thread(target=self._count, args=[self._selection], daemon=True)
            self._thread.start()
        return self._number

    def stop(self) -> None:
        """Let the thread end."""
        self._stopped = True

    def _count(self, selection: Selection) -> None:
        number = self._num_more
        try:
            for _ in selection.again():
                number += 1
                if self._stopped:
                    return
        except (OSError, ValueError):  # which the work will meet as well
            return
        self._number = number
