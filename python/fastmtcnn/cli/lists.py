"""Lists of files on standard input, as other programs write them."""

from __future__ import annotations

import codecs
import os

_LONGEST_PATH = 32_767  # of all systems; a longer line is no path
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WANTED = "a list on standard input must have a path on each line, or a NUL after each path"


def listed_paths(content: bytes) -> list[str]:
    """Return the paths in a list.

    Parameters
    ----------
    content : bytes
        A path on each line, or followed by NUL as `find -print0` writes it. Lines may end as on
        Windows, and be encoded in UTF-16 or UTF-32 if they begin with its mark. Otherwise they are
        in the encoding of the file system, with or without the mark of UTF-8.

    Raises
    ------
    ValueError
        If the content is no list.
    """
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    if encoding is not None:
        return _decoded(content, encoding)
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"\0" in content:
        lines = _ended_by_nul(content)
    else:
        lines = content.replace(b"\r\n", b"\n").split(b"\n")
    if max(map(len, lines)) > _LONGEST_PATH:
        raise ValueError(f"{_WANTED}, got one of {max(map(len, lines))} bytes")
    return [os.fsdecode(line) for line in lines if line]


def _decoded(content: bytes, encoding: str) -> list[str]:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{_WANTED}, got {len(content)} bytes with the mark of {encoding.upper()} that are "
            f"not valid: {error.reason}"
        ) from error
    if "\0" in text:
        raise ValueError(f"{_WANTED}, got NUL in a list in {encoding.upper()}")
    return [line for line in text.replace("\r\n", "\n").split("\n") if line]


def _ended_by_nul(content: bytes) -> list[bytes]:
    """Return the paths in the output of `find -print0`: none is empty, and a NUL is the last."""
    lines = content.split(b"\0")
    is_list = lines.pop() == b"" and all(lines)
    if not is_list:
        raise ValueError(f"{_WANTED}, got {len(content)} bytes of something else, such as a photo")
    # Letter by letter, "." and "/" would be folders, with all that is in them.
    if all(len(line) == 1 for line in lines) and {b".", b"/", b"\\", b"\n"} & set(lines[1:]):
        raise ValueError(f"{_WANTED}, got what looks like UTF-16 without its mark")
    return lines
