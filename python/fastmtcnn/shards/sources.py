"""Where photos come from: paths one by one; tables and tar files are in modules of their own."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..files.remote import is_remote, read_remote
from ..results.names import text_of
from .division import Shard

if TYPE_CHECKING:
    import pyarrow as pa


class Row(NamedTuple):
    """A row of the source.

    Attributes
    ----------
    columns : pyarrow.RecordBatch
        One row with the columns of the source that the results keep.
    name : str
        Path or URI of the photo; empty if its content is there.
    content : bytes, callable or None
        Content of the image file, or a function that reads it; None if `name` is to be read.
    problem : tuple of two str, or None
        Kind and sentence, if there is no photo in this row.
    """

    columns: pa.RecordBatch
    name: str = ""
    content: bytes | Callable[[], bytes] | None = None
    problem: tuple[str, str] | None = None


class Item(NamedTuple):
    """A photo that the source has, which is read when its turn comes.

    Attributes
    ----------
    key : str
        What identifies the photo.
    read : callable
        Returns the row. It must be called in the order of the items, in the thread that takes them.
    """

    key: str
    read: Callable[[], Row]


class Source(Protocol):
    """Photos that can be divided into shards."""

    @property
    def schema(self) -> pa.Schema:
        """The columns of the source that the results keep."""

    def items(self, shard: Shard) -> Generator[Item, None, None]:
        """Yield the photos of a shard, always in the same order."""

    def close(self) -> None:
        """Close what was opened to read photos."""


class PathSource:
    """Photos whose paths are listed.

    Parameters
    ----------
    paths : iterable of str
        Paths and URIs, which are taken as they come.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        import pyarrow as pa

        self.schema = pa.schema([pa.field("path", pa.string())])
        self._paths = paths

    def items(self, shard: Shard) -> Generator[Item, None, None]:
        """Yield the photos whose path is in the shard."""
        for path in self._paths:
            if shard.has(path):
                yield Item(path, lambda path=path: self._row(path))  # type: ignore[misc]

    def close(self) -> None:
        """Do nothing: each photo is opened on its own."""

    def _row(self, path: str) -> Row:
        import pyarrow as pa

        columns = pa.RecordBatch.from_arrays([pa.array([text_of(path)])], schema=self.schema)
        return row_of_path(columns, path)


def row_of_path(columns: pa.RecordBatch, path: str | None) -> Row:
    """Return the row of a photo that has a path, a URI, or null.

    Parameters
    ----------
    columns : pyarrow.RecordBatch
        The columns to keep.
    path : str or None
        The path, as `path_of` returns it.
    """
    if path is None:
        return Row(columns, problem=NULL)
    if is_remote(path):
        return Row(columns, path, lambda: read_remote(path))
    return Row(columns, path)


NULL = ("null", "there is no image: the value is null")
