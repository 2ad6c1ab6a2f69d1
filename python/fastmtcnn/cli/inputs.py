"""Which photos are meant: files, folders, patterns, and lists on standard input."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from ..images import FORMATS


def photos_in(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the paths that the arguments of a command mean, in their order.

    Parameters
    ----------
    arguments : sequence of str
        A folder means the photos in it and below, by name; ``-`` a list on standard input, one
        path a line; what is no file but matches some as a pattern, these; all else itself.
    """
    for argument in arguments:
        if argument == "-":
            yield from (line for line in sys.stdin.read().splitlines() if line)
        elif os.path.isdir(argument):  # noqa: PTH112 (Path("") is the current folder)
            yield from _below(Path(argument))
        elif not Path(argument).exists() and glob.has_magic(argument):
            yield from sorted(glob.glob(argument, recursive=True)) or [argument]  # noqa: PTH207
        else:
            yield argument


def _below(folder: Path) -> Iterator[str]:
    formats = Image.registered_extensions()
    for where, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if formats.get(Path(name).suffix.lower()) in FORMATS and not name.startswith("."):
                yield str(Path(where) / name)
