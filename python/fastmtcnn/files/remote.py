"""Files in buckets and on other file systems, named by URIs such as ``s3://bucket/photo.jpg``.

pyarrow knows S3, Google Cloud Storage, Azure and HDFS; for others, fsspec is asked if it is there.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from ..errors import FastMTCNNError, ImageError, first_line, shortened
from ..extras import importing
from .folders import is_left_out

if TYPE_CHECKING:
    import pyarrow.fs

_URI = re.compile(r"([a-z][a-z0-9+.-]+)://([^/?]*)(/.*?)?/?(\?[\w.-]+=[^/?*]*)?", re.I | re.S)
# Downloading is the user's business, and files on this machine are named by paths.
_REFUSED = ("data", "file", "ftp", "ftps", "http", "https")
_LARGEST = 1 << 30  # bytes of a photo
_MAGIC = re.compile(r"[*?[]")


class RemoteError(FastMTCNNError):
    """A URI names no file system that can be used."""


class RemoteFile(NamedTuple):
    """A file or folder and the file system on which it is.

    Attributes
    ----------
    system : pyarrow.fs.FileSystem
        The file system.
    path : str
        Path on it.
    """

    system: pyarrow.fs.FileSystem
    path: str


def is_remote(name: str) -> bool:
    """Return whether a name is a URI of a file system other than this machine's.

    Parameters
    ----------
    name : str
        A path or URI. URLs of the web and ``file:`` do not count: nothing is downloaded.
    """
    parts = _URI.fullmatch(name)
    return parts is not None and parts[1].lower() not in _REFUSED


def has_query(uri: str) -> bool:
    """Return whether a URI sets options of its file system, such as the server to connect to.

    Parameters
    ----------
    uri : str
        The URI.
    """
    return _split(uri)[2] != ""


def without_query(uri: str) -> str:
    """Return a URI without the options of the file system.

    Parameters
    ----------
    uri : str
        The URI.
    """
    start, rest, _ = _split(uri)
    return start + rest


def located(uri: str) -> RemoteFile:
    """Return the file or folder that a URI names; it need not exist.

    Parameters
    ----------
    uri : str
        The URI. What follows the bucket or host is taken literally, without percent encoding.

    Raises
    ------
    RemoteError
        If the file system cannot be used.
    MissingExtraError
        If pyarrow is not installed.
    """
    start, rest, query = _split(uri)
    system, root = _file_system(start, query)
    return RemoteFile(system, f"{root.rstrip('/')}{rest}" if rest else root)


def open_remote(uri: str) -> BinaryIO:
    """Open a remote file for reading at any position.

    Parameters
    ----------
    uri : str
        The URI.

    Raises
    ------
    RemoteError, OSError
        If the file cannot be opened.
    """
    file = located(uri)
    return cast(BinaryIO, file.system.open_input_file(file.path))


def read_remote(uri: str) -> bytes:
    """Return the content of a remote file.

    Parameters
    ----------
    uri : str
        The URI.

    Raises
    ------
    RemoteError, OSError
        If the file cannot be read.
    ImageError
        If it is too large for a photo.
    """
    with open_remote(uri) as file:
        check_content_size(file.seek(0, io.SEEK_END))
        file.seek(0)
        return file.read()


def check_content_size(size: int) -> None:
    """Refuse the content of an image file that is too large to be read into memory.

    Parameters
    ----------
    size : int
        Number of bytes.

    Raises
    ------
    ImageError
        If there are more than 1 GiB.
    """
    if size > _LARGEST:
        raise ImageError(
            f"a photo in a bucket or a tar file may have at most {_LARGEST} bytes, got {size}",
            kind="too_large",
        )


def remote_files(uri: str, is_wanted: Callable[[str], bool]) -> Iterator[str]:
    """Yield the URIs of the files that a URI selects, in a fixed order.

    Parameters
    ----------
    uri : str
        A file, which is yielded whatever its name, and if it does not exist, too; a folder, for
        the files below it; or a pattern, in which ``*`` stands for anything but a slash, and
        ``**`` for folders. Hidden folders and those of thumbnails are left out.
    is_wanted : callable
        Tells of the name of a file in a folder whether to yield it.

    Raises
    ------
    RemoteError, OSError
        If the files cannot be listed.
    """
    start, rest, query = _split(uri)
    folder, pattern = rest, None
    if _MAGIC.search(rest):
        pattern = _regular_expression(rest)
        folder = rest[: _MAGIC.search(rest).start()].rpartition("/")[0]  # type: ignore[union-attr]
    system, root = _file_system(start, query)
    base = root.rstrip("/")
    from pyarrow.fs import FileType

    if pattern is None and system.get_file_info(base + folder).type != FileType.Directory:
        yield uri
        return
    for path in _below(system, f"{base}{folder}" or root):
        relative = f"/{path.removeprefix(base).lstrip('/')}"
        if pattern is None:
            selected = is_wanted(path.rpartition("/")[2])
        else:
            selected = pattern.fullmatch(relative) is not None
        if selected:
            yield f"{start}{relative}{query}"


def _below(system: pyarrow.fs.FileSystem, folder: str) -> Iterator[str]:
    """Yield the paths of all files, folder by folder: only names of open folders are held."""
    from pyarrow.fs import FileSelector, FileType

    entries = sorted(system.get_file_info(FileSelector(folder)), key=lambda each: each.path)
    yield from (each.path for each in entries if each.type == FileType.File)
    folders = [each.path for each in entries if each.type == FileType.Directory]
    del entries
    for each in folders:
        if not is_left_out(each.rstrip("/").rpartition("/")[2]):
            yield from _below(system, each)


def _split(uri: str) -> tuple[str, str, str]:
    """Return scheme with bucket or host, the path below it, and the options of the file system."""
    parts = _URI.fullmatch(uri)
    if parts is None:
        raise RemoteError(f"a URI such as s3://bucket/photos was wanted, got {shortened(uri)!r}")
    return f"{parts[1].lower()}://{parts[2]}", parts[3] or "", parts[4] or ""


@functools.lru_cache(256)
def _file_system(start: str, query: str) -> tuple[pyarrow.fs.FileSystem, str]:
    """Return the file system of a bucket or host, connected to once, and the path of its root."""
    with importing("parquet"):
        from pyarrow import ArrowException, fs
    try:
        system, root = fs.FileSystem.from_uri(start + query)
        return system, root
    except (ArrowException, OSError) as error:
        reason = first_line(error)
    try:
        from fsspec.core import url_to_fs

        other, root = url_to_fs(start)
        return fs.PyFileSystem(fs.FSSpecHandler(other)), root
    except (ImportError, ValueError, OSError) as error:
        raise RemoteError(
            f"the file system of {start} cannot be used: {reason}; by fsspec: {first_line(error)}"
        ) from error


def _regular_expression(pattern: str) -> re.Pattern[str]:
    """Return the pattern of a path, in which wildcards do not match slashes."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]/]+\])", pattern)
    wildcards = {"**/": r"(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    for index in range(1, len(parts), 2):
        part = parts[index]
        if part not in wildcards:
            part = "[^" + part[2:] if part.startswith("[!") else part
        parts[index] = wildcards.get(part, part)
    parts[::2] = map(re.escape, parts[::2])
    return re.compile("".join(parts), re.DOTALL)
