"""An index of texts that lies in a temporary file once it is large, so that memory stays flat."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import weakref
from collections.abc import Iterator


class TextIndex:
    """Texts, such as paths of photos, each with two numbers.

    Up to a few megabytes are in memory; the rest is in a temporary file without a name, in the
    folder that SQLite chooses: that of the environment variable SQLITE_TMPDIR or TMPDIR, or else
    ``/var/tmp`` or ``/tmp``.

    Raises
    ------
    OSError
        By all methods, if the temporary file cannot be written or read.
    """

    def __init__(self) -> None:
        # The empty name is that of a temporary database. A generator that uses it may be closed by
        # another thread than the one that made it; no two use it at the same time.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._database.close)  # Python 3.13 warns if nobody closes it
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE texts (text BLOB PRIMARY KEY, first INTEGER, second INTEGER) "
            "WITHOUT ROWID"
        )
        self._count = 0

    def __len__(self) -> int:
        """Return the number of texts."""
        return self._count

    def add(self, text: str, first: int = 0, second: int = 0) -> bool:
        """Add a text with its numbers unless it is there, and return whether it was not.

        Parameters
        ----------
        text : str
            The text, which may have surrogates.
        first, second : int
            Its numbers, of 64 bits.
        """
        with _os_errors():
            done = self._database.execute(
                "INSERT OR IGNORE INTO texts VALUES (?, ?, ?)", (_key(text), first, second)
            )
        self._count += done.rowcount
        return bool(done.rowcount)

    def put(self, text: str, first: int, second: int = 0) -> None:
        """Add a text, or replace its numbers.

        Parameters
        ----------
        text, first, second
            As for `add`.
        """
        if not self.add(text, first, second):
            with _os_errors():
                self._database.execute(
                    "UPDATE texts SET first = ?, second = ? WHERE text = ?",
                    (first, second, _key(text)),
                )

    def get(self, text: str) -> tuple[int, int] | None:
        """Return the numbers of a text, or None if it is not there.

        Parameters
        ----------
        text : str
            The text.
        """
        if not self._count:
            return None
        with _os_errors():
            found: tuple[int, int] | None = self._database.execute(
                "SELECT first, second FROM texts WHERE text = ?", (_key(text),)
            ).fetchone()
        return found

    def __contains__(self, text: str) -> bool:
        """Return whether a text is there."""
        return self.get(text) is not None

    def __iter__(self) -> Iterator[str]:
        """Yield the texts in order of their code points. None may be added meanwhile."""
        with _os_errors():
            for (key,) in self._database.execute("SELECT text FROM texts ORDER BY text"):
                yield bytes(key).decode("utf-8", "surrogatepass")


def _key(text: str) -> bytes:
    # Bytes of UTF-8 have the order of the code points, surrogates too.
    return text.encode("utf-8", "surrogatepass")


@contextlib.contextmanager
def _os_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(errno.EIO, f"the temporary index of paths: {error}") from error
