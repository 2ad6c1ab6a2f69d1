"""Photos in tar files, as WebDataset has them."""

from __future__ import annotations

import tarfile
from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from ..errors import ImageError, first_line
from ..files.kinds import kind_of
from ..files.remote import check_content_size
from ..results.names import text_of
from .containers import OneOpen, open_container
from .division import Shard
from .sources import Item, Row

if TYPE_CHECKING:
    import pyarrow as pa


class TarSource:
    """The photos in tar files, of which a shard takes whole files.

    Parameters
    ----------
    files : iterable of str
        Paths and URIs of the files, which are not compressed.
    """

    def __init__(self, files: Iterable[str]) -> None:
        import pyarrow as pa

        names = ("source_file", "path")
        self.schema = pa.schema([pa.field(name, pa.string()) for name in names])
        self._files = files
        self._open = OneOpen("a tar file")

    def items(self, shard: Shard) -> Generator[Item, None, None]:
        """Yield the photos in the tar files that are in the shard, in their order.

        Photos are files that are named as such, also in formats that cannot be read here. If a tar
        file is damaged or has no photo, its last item says so.
        """
        for name in self._files:
            if shard.has(name):
                with open_container(name, "a tar file") as file:
                    yield from self._members(name, file)

    def _members(self, name: str, file: BinaryIO) -> Iterator[Item]:
        try:
            found = False
            with tarfile.open(fileobj=file, mode="r:") as tar:
                while (member := tar.next()) is not None:
                    tar.members = []  # type: ignore[attr-defined] # a list that would grow
                    base = member.name.rpartition("/")[2]
                    if member.isreg() and kind_of(base) in ("photo", "unread"):
                        found = True
                        yield self._item(name, member)
                _check_end(file, tar.offset)
        except tarfile.TarError as error:
            yield self._failed(name, "damaged", f"the tar file cannot be read: {first_line(error)}")
        else:
            if not found:
                yield self._failed(name, "file", "is a tar file without a photo in it")

    def _failed(self, name: str, kind: str, sentence: str) -> Item:
        row = Row(self._columns(name, None), problem=(kind, sentence))
        return Item(f"{name}#{kind}", lambda: row)

    def _item(self, name: str, member: tarfile.TarInfo) -> Item:
        def read() -> Row:
            columns = self._columns(name, member.name)
            try:
                check_content_size(member.size)
            except ImageError as error:
                return Row(columns, problem=(error.kind, error.reason))
            file = self._open.get(name)  # since by now the other may be closed
            file.seek(member.offset_data)
            content = file.read(member.size)
            if len(content) < member.size:
                return Row(columns, problem=("damaged", "the tar file ends within this photo"))
            return Row(columns, content=content)

        return Item(f"{name}#{member.name}", read)

    def close(self) -> None:
        """Close what was opened to read photos."""
        self._open.close()

    def _columns(self, name: str, path: str | None) -> pa.RecordBatch:
        import pyarrow as pa

        values = [text_of(name), None if path is None else text_of(path)]
        arrays = [pa.array([value], pa.string()) for value in values]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def _check_end(file: BinaryIO, end: int) -> None:
    """Raise a ReadError unless a block of zeros ends the file: `tarfile` also stops at damage."""
    file.seek(end)
    if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError(f"no header and no end at byte {end}")
