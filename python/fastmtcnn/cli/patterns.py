"""Patterns of paths with wildcards, matched without passing over what cannot be read."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Callable, Iterator

_EVERYTHING_BELOW = "**"
_SEPARATORS = re.escape(os.sep + (os.altsep or ""))
_PARTS = re.compile(f"([^{_SEPARATORS}]*)([{_SEPARATORS}]*)")


def matching(pattern: str, on_error: Callable[[str], None]) -> Iterator[str]:
    """Yield the files and folders that match a pattern, some of them several times.

    ``*``, ``?`` and ``[...]`` stand for characters of one name, ``**`` for any folders below each
    other, but those that are links, which may lead round in a circle. Hidden names match only
    where the pattern has the dot. `glob.iglob` differs in these links, and passes over folders that
    cannot be read.

    Parameters
    ----------
    pattern : str
        The pattern. What comes before the first wildcard begins each path as it is.
    on_error : callable
        Is called with the path of each folder that cannot be read.
    """
    parts = [match.groups() for match in _PARTS.finditer(pattern) if match[0]]
    yield from _below("", parts, on_error)


def _below(
    begin: str, parts: list[tuple[str, ...]], on_error: Callable[[str], None]
) -> Iterator[str]:
    """Yield the paths that begin with the given text, and go on as parts of a pattern do."""
    (part, separator), rest = parts[0], parts[1:]
    is_recursive = part == _EVERYTHING_BELOW
    if is_recursive and rest:
        yield from _below(begin, rest, on_error)  # no folder at all
    elif is_recursive and separator and begin:
        yield begin
    for name in _names(begin, part, on_error):
        path = begin + name
        if is_recursive and os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
            yield from _below(path + (separator or os.sep), parts, on_error)
        if is_recursive and rest:
            continue
        if not separator:
            yield path
        elif os.path.isdir(path + separator):  # noqa: PTH112 (they are texts)
            if rest:
                yield from _below(path + separator, rest, on_error)
            else:
                yield path + separator


def _names(begin: str, part: str, on_error: Callable[[str], None]) -> Iterator[str]:
    """Yield the names in a folder that match one part of a pattern."""
    if not glob.has_magic(part):
        if not part or os.path.lexists(begin + part):
            yield part
        return
    folder = (begin.rstrip(os.sep) or begin) or os.curdir
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except OSError:
        on_error(folder)
        return
    visible = names if part.startswith(".") else [name for name in names if name[0] != "."]
    yield from visible if part == _EVERYTHING_BELOW else fnmatch.filter(visible, part)
