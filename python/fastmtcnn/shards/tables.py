"""Photos in the rows of Parquet and CSV files: paths or contents."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from ..arrow.images import Image, check_type, image_of, is_text
from ..errors import first_line, path_name, unknown_name
from ..files.remote import has_query, is_remote
from ..results.names import path_of, text_of
from ..results.photo_columns import RESULT_COLUMNS
from .containers import OneOpen, SourceError, open_container
from .division import Shard
from .sources import Item, Row, row_of_path

if TYPE_CHECKING:
    import pyarrow as pa

_Batch: TypeAlias = "tuple[pa.RecordBatch, Mapping[int, str]]"  # and which rows are wrong

TABLES = (".parquet", ".csv")
_PLACE = ("source_file", "source_row")  # columns that are added
_ROWS_OF_PATHS, _ROWS_OF_CONTENTS = 1024, 16  # read at a time
# A table may be a stranger's, who must not choose to which server the user's credentials go.
_QUERY = ("file", "a URI in a table must not set options of its file system")
_BUFFER = 1 << 20  # bytes read at a time from a column of a Parquet file


class TableSource:
    """The photos in the rows of tables.

    Of a column of paths, a shard takes the rows whose path is in it. Of a column of contents, it
    takes whole row groups of Parquet files.

    Parameters
    ----------
    files : iterable of str
        Paths and URIs of ``.parquet`` and ``.csv`` files with the same columns.
    column : str, default "path"
        The column with paths or contents.

    Raises
    ------
    SourceError
        If there is no file, the first one cannot be read, or it has other columns than needed.
    OSError
        If the first file cannot be opened.
    """

    def __init__(self, files: Iterable[str], column: str = "path") -> None:
        import pyarrow as pa

        self._column = column
        self._open = OneOpen("a table")
        names = iter(files)
        first = next(names)
        self._files = itertools.chain([first], names)
        self._given = self._schema_of(first)
        self._first = first
        kept = [
            field.with_nullable(True)  # since a damaged file has a row, too
            for field in self._given
            if self._is_path or field.name != column
        ]
        place = [pa.field(_PLACE[0], pa.string()), pa.field(_PLACE[1], pa.int64())]
        self.schema = pa.schema([*kept, *place])

    @property
    def _is_path(self) -> bool:
        import pyarrow.types as types

        kind = self._given.field(self._column).type
        return is_text(kind.value_type if types.is_dictionary(kind) else kind)

    def _schema_of(self, name: str) -> pa.Schema:
        """Return the columns of a file, of which the wanted one can have photos."""
        with open_container(name, "a table") as file:
            try:
                schema = _schema(name, file)
            except Exception as error:  # of any kind, since csv and pyarrow have their own
                _raise_own(error)
                raise SourceError(f"{path_name(name)}: no table: {first_line(error)}") from error
        try:
            if self._column not in schema.names:
                raise unknown_name("--column", self._column, schema.names)
            taken = [each for each in (*RESULT_COLUMNS, *_PLACE) if each in schema.names]
            if taken:
                raise ValueError(
                    f"the columns {', '.join((*RESULT_COLUMNS, *_PLACE))} are added, so a table "
                    f"must not have them, got {', '.join(taken)}"
                )
            if len(set(schema.names)) < len(schema.names):
                raise ValueError("no two columns may have the same name")
            check_type(self._column, schema.field(self._column).type)
        except (TypeError, ValueError) as error:
            raise SourceError(f"{path_name(name)}: {error}") from error
        return schema

    def items(self, shard: Shard) -> Generator[Item, None, None]:
        """Yield the rows that are in the shard, in the order of the files.

        If a file is damaged, an item in place of the rest of it says so.

        Raises
        ------
        SourceError
            If a file has other columns than the first.
        OSError
            If a file cannot be opened or read.
        """
        for name in self._files:
            with open_container(name, "a table") as file:
                try:
                    if name != self._first:
                        self._compare(name)
                    yield from self._items(name, file, shard)
                except Exception as error:
                    _raise_own(error)
                    key = f"{name}#damaged"
                    if shard.has(key):
                        row = self._failed(name, None, error)
                        yield Item(key, lambda row=row: row)  # type: ignore[misc]

    def _compare(self, name: str) -> None:
        with open_container(name, "a table") as file:
            schema = _schema(name, file)
        if schema != self._given:
            raise SourceError(f"{path_name(name)} has other columns than {path_name(self._first)}")

    def _failed(self, name: str, number: int | None, error: Exception) -> Row:
        """Return a row that says that a file is damaged, of which the row may be known."""
        import pyarrow as pa

        known = dict(zip(_PLACE, (text_of(name), number), strict=True))
        arrays = [
            pa.array([known[each.name]], each.type)
            if each.name in known
            else pa.nulls(1, each.type)
            for each in self.schema
        ]
        problem = f"the table cannot be read: {first_line(error)}"
        columns = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        return Row(columns, problem=("damaged", problem))

    def _items(self, name: str, file: BinaryIO, shard: Shard) -> Iterator[Item]:
        if _is_csv(name):
            yield from self._paths(name, self._csv_batches(file), shard)
        elif self._is_path:
            batches = _parquet(file).iter_batches(_ROWS_OF_PATHS)
            yield from self._paths(name, ((batch, {}) for batch in batches), shard)
        else:
            parquet, first = _parquet(file), 0
            for group in range(parquet.num_row_groups):
                number = parquet.metadata.row_group(group).num_rows
                if shard.has(f"{name}#{group}"):
                    yield from self._contents(name, group, first, number)
                first += number

    def _csv_batches(self, file: BinaryIO) -> Iterator[_Batch]:
        import pyarrow as pa

        rows = _csv_rows(file)
        width = len(next(rows))
        for chunk, failure in _chunks(rows, _ROWS_OF_PATHS):
            wrong = {
                number: f"this row has {len(row)} cells, the heading {width}"
                for number, row in enumerate(chunk)
                if len(row) != width
            }
            whole = [[None] * width if at in wrong else row for at, row in enumerate(chunk)]
            columns = [pa.array([row[at] for row in whole], pa.string()) for at in range(width)]
            yield pa.RecordBatch.from_arrays(columns, schema=self._given), wrong
            if failure is not None:
                raise failure

    def _paths(self, name: str, batches: Iterable[_Batch], shard: Shard) -> Iterator[Item]:
        first = 0
        for batch, wrong in batches:
            kept = self._kept(name, batch, first)
            for number, value in enumerate(batch.column(self._column).to_pylist()):
                path = None if value is None else path_of(value)
                place = f"{name}#{first + number}"
                if shard.has(place if path is None else path):
                    row = _row(kept.slice(number, 1), path)
                    if number in wrong:
                        row = Row(row.columns, problem=("damaged", wrong[number]))
                    yield Item(f"{place} {path}", lambda row=row: row)  # type: ignore[misc]
            first += batch.num_rows

    def _contents(
        self,
        name: str,
        group: int,
        first: int,
        number: int,
    ) -> Iterator[Item]:
        def batches() -> Iterator[pa.RecordBatch]:
            file = self._open.get(name)  # since by now the other may be closed
            yield from _parquet(file).iter_batches(_ROWS_OF_CONTENTS, row_groups=[group])

        rows = _Forwards(batches())
        failures: list[Exception] = []

        def read(at: int) -> Row:
            if not failures:
                try:
                    batch, begin = rows.batch_with(at)
                    kept = self._kept(name, batch.slice(at - begin, 1), first + at)
                    value = batch.column(self._column)[at - begin].as_py()
                except Exception as error:
                    _raise_own(error)
                    failures.append(error)
                else:
                    return _row(kept, image_of(self._column, value))
            return self._failed(name, first + at, failures[0])

        for at in range(number):
            yield Item(f"{name}#{group}#{at}", lambda at=at: read(at))  # type: ignore[misc]

    def close(self) -> None:
        """Close what was opened to read photos."""
        self._open.close()

    def _kept(self, name: str, batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
        """Return the columns of the results, with the place of each row."""
        import pyarrow as pa

        numbers = range(first, first + batch.num_rows)
        kept = [batch.column(each) for each in self.schema.names if each not in _PLACE]
        files = pa.array([text_of(name)] * batch.num_rows, pa.string())
        return pa.RecordBatch.from_arrays(
            [*kept, files, pa.array(numbers, pa.int64())], schema=self.schema
        )


class _Forwards:
    """The rows of a row group, which is read forwards: what comes before a row is dropped.

    Parameters
    ----------
    batches : iterator of pyarrow.RecordBatch
        The row group.
    """

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self._begin = self._end = 0
        self._batch: pa.RecordBatch | None = None

    def batch_with(self, number: int) -> tuple[pa.RecordBatch, int]:
        """Return the batch with a row, and the number of its first row.

        Parameters
        ----------
        number : int
            Number of the row, not below that of the last call.
        """
        while number >= self._end:
            self._batch = None
            self._batch = next(self._batches)
            self._begin, self._end = self._end, self._end + self._batch.num_rows
        return self._batch, self._begin


def _row(columns: pa.RecordBatch, image: Image) -> Row:
    """Return the row of an image in a table."""
    if isinstance(image, bytes):
        return Row(columns, content=image)
    if image is not None and is_remote(image) and has_query(image):
        return Row(columns, problem=_QUERY)
    return row_of_path(columns, image)


def _chunks(
    rows: Iterator[list[str]], size: int
) -> Iterator[tuple[list[list[str]], Exception | None]]:
    """Yield lists of rows; with the last one the error that ended them, if any."""
    failure: Exception | None = None
    while failure is None:
        chunk: list[list[str]] = []
        try:
            for row in itertools.islice(rows, size):
                chunk.append(row)
        except Exception as error:
            failure = error
        if not chunk and failure is None:
            return
        yield chunk, failure


def _is_csv(name: str) -> bool:
    return name.lower().endswith(".csv")


def _parquet(file: BinaryIO) -> Any:  # noqa: ANN401
    from pyarrow.parquet import ParquetFile

    return ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False)


def _csv_rows(file: BinaryIO) -> Iterator[list[str]]:
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        yield from filter(None, csv.reader(text, strict=True))  # no empty lines
    finally:
        text.detach()  # or it would close the file


def _schema(name: str, file: BinaryIO) -> pa.Schema:
    import pyarrow as pa

    if not _is_csv(name):
        return _parquet(file).schema_arrow.remove_metadata()
    heading = next(_csv_rows(file), None)
    if heading is None:
        raise ValueError("the file is empty")
    return pa.schema([pa.field(name, pa.string()) for name in heading])


def _raise_own(error: Exception) -> None:
    """Raise an error again that says all that there is to say."""
    if isinstance(error, (SourceError, MemoryError)):
        raise error
    if isinstance(error, OSError) and error.errno is not None:
        raise error
