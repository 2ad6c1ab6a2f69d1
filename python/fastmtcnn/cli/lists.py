"""Lists of files on standard input, as other programs write them, read as they come."""

from __future__ import annotations

import codecs
import io
import os
import select
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

_LONGEST_PATH = 32_767  # of all systems; a longer line is no path
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WANTED = "a list on standard input must have a path on each line, or a NUL after each path"
_BLOCK = 1 << 16  # bytes read at a time, and the most of the beginning
_PATIENCE = 0.2  # seconds that the beginning waits for more of the list


class PathList:
    """The paths in a list, which are read while the list is still being written.

    The beginning of the list, up to 64 KiB or as much of it as comes without a pause, decides how
    the list is encoded, and whether it is one. A shorter list is read to its end before the first
    path is returned.

    Parameters
    ----------
    stream : binary file
        A path on each line, or followed by NUL as `find -print0` writes it. Lines may end as on
        Windows, and be encoded in UTF-16 or UTF-32 if they begin with its mark. Otherwise they are
        in the encoding of the file system, with or without the mark of UTF-8.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._paths: deque[str] = deque()
        self._began = self._ended = False

    @property
    def must_wait(self) -> bool:
        """Whether the next path has yet to be written to the list."""
        at_hand = not self._began or self._ended or bool(self._paths)
        return not at_hand and not _has_more(self._stream, 0)

    def __iter__(self) -> Iterator[str]:
        """Yield the paths. May be called once.

        Raises
        ------
        ValueError
            If the content is no list.
        OSError
            If it cannot be read.
        """
        beginning = self._beginning()
        decoder = _decoder_of(beginning)
        block = beginning
        while True:
            self._paths.extend(decoder.decode(block, final=self._ended))
            self._began = True
            while self._paths:
                yield self._paths.popleft()
            if self._ended:
                return
            block = self._read()

    def _beginning(self) -> bytes:
        """Read until the list ends, pauses after at least one path, or is long."""
        content = b""
        while not self._ended and len(content) < _BLOCK:
            if content[-1:] in (b"\0", b"\n") and not _has_more(self._stream, _PATIENCE):
                break
            content += self._read()
        return content

    def _read(self) -> bytes:
        read = getattr(self._stream, "read1", self._stream.read)
        block: bytes = read(_BLOCK)
        self._ended = not block
        return block


def _has_more(stream: BinaryIO, seconds: float) -> bool:
    """Return whether a stream has more to read within some seconds, or is at its end."""
    try:
        return bool(select.select([stream], [], [], seconds)[0])
    except (OSError, ValueError, io.UnsupportedOperation):
        return True  # no pipe: a file, or Windows, where pipes cannot be asked


def _decoder_of(beginning: bytes) -> _Encoded | _Plain:
    encoding = next((name for mark, name in _MARKS if beginning.startswith(mark)), None)
    if encoding is not None:
        return _Encoded(encoding)
    beginning = beginning.removeprefix(codecs.BOM_UTF8)
    if b"\0" not in beginning:
        return _Plain(b"\n")
    paths = beginning.split(b"\0")[:-1]
    # Letter by letter, "." and "/" would be folders, with all that is in them.
    if all(len(each) == 1 for each in paths) and {b".", b"/", b"\\", b"\n"} & set(paths[1:]):
        raise ValueError(f"{_WANTED}, got what looks like UTF-16 without its mark")
    return _Plain(b"\0")


class _Encoded:
    """Paths on lines in an encoding with a mark."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._rest = ""
        self._size = 0

    def decode(self, block: bytes, *, final: bool) -> list[str]:
        self._size += len(block)
        try:
            text = self._rest + self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{_WANTED}, got {self._size} bytes with the mark of {self._encoding.upper()} "
                f"that are not valid: {error.reason}"
            ) from error
        if "\0" in text:
            raise ValueError(f"{_WANTED}, got NUL in a list in {self._encoding.upper()}")
        *lines, self._rest = text.split("\n")
        lines = [line.removesuffix("\r") for line in lines]
        if final:
            lines.append(self._rest)
        _check_lengths([*map(len, lines), len(self._rest)], "characters")
        return [line for line in lines if line]


class _Plain:
    """Paths in bytes that end with LF or NUL."""

    def __init__(self, end: bytes) -> None:
        self._end = end
        self._rest = b""
        self._size = 0

    def decode(self, block: bytes, *, final: bool) -> list[str]:
        if not self._size:
            block = block.removeprefix(codecs.BOM_UTF8)
        self._size += len(block)
        *paths, self._rest = (self._rest + block).split(self._end)
        if self._end == b"\0":
            # None is empty in the output of `find -print0`, and a NUL is the last.
            if all(paths) and final and self._rest and self._size < _BLOCK:
                raise ValueError(f"{_WANTED}, got none after the last path")
            if not all(paths) or (final and self._rest):
                raise ValueError(
                    f"{_WANTED}, got {self._size} bytes of something else, such as a photo"
                )
        else:
            if b"\0" in block:
                raise ValueError(f"{_WANTED}, got NUL in a list of lines")
            paths = [line.removesuffix(b"\r") for line in paths]
            if final:
                paths.append(self._rest)
        _check_lengths([*map(len, paths), len(self._rest)], "bytes")
        return [os.fsdecode(path) for path in paths if path]


def _check_lengths(lengths: list[int], unit: str) -> None:
    if max(lengths) > _LONGEST_PATH:
        raise ValueError(f"{_WANTED}, got one of {max(lengths)} {unit}")
