"""Files of the command line: which are the same, which have changed, where copies go."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from ..replacing import is_special as is_special
from ..replacing import replacing as replacing


class State(NamedTuple):
    """What differs when a file was changed.

    Attributes
    ----------
    size : int
        In bytes.
    modified : int
        When, in nanoseconds.
    """

    size: int
    modified: int

    @classmethod
    def of(cls, path: str) -> State | None:
        """Return the state of a file, or None if there is none.

        Parameters
        ----------
        path : str
            Of the file.
        """
        try:
            status = os.stat(path)  # noqa: PTH116 (Path("") is the current folder)
        except OSError:
            return None
        return cls(status.st_size, status.st_mtime_ns)


class Gallery:
    """A folder of annotated copies; none takes the place of another or of a photo.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    photos : sequence of str
        All that are going to be read.
    """

    def __init__(self, folder: Path, photos: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._photos = identities(photos)
        self._taken: set[str] = set()

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a copy of this file name."""
        return isinstance(name, str) and (self._folder / name).is_file()

    def reserve(self, name: str) -> None:
        """Leave a file name to a copy that an earlier run has written.

        Parameters
        ----------
        name : str
            That `add` returned then.
        """
        self._taken.add(name.casefold())

    def add(self, photo: str, picture: Image.Image) -> str:
        """Write the copy of a photo, and return its file name.

        Parameters
        ----------
        photo : str
            Path of the photo.
        picture : PIL.Image.Image
            Its annotated copy.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        content, suffix = _encode(picture, Path(photo).suffix)
        name = self._free_name(Path(photo).stem, suffix)
        self.reserve(name)
        with replacing(self._folder / name) as file:
            file.write(content)
        return name

    def _free_name(self, stem: str, suffix: str) -> str:
        names = (f"{stem}-{number}{suffix}" for number in itertools.count(2))
        return next(
            name
            for name in itertools.chain([f"{stem}{suffix}"], names)
            if name.casefold() not in self._taken
            and identity(self._folder / name) not in self._photos
        )


def identities(paths: Sequence[str]) -> set[tuple[int, int]]:
    """Return the `identity` of each file that is there.

    Parameters
    ----------
    paths : sequence of str
        Of the files.
    """
    return {found for path in paths if (found := identity(path)) is not None}


def identity(path: str | Path) -> tuple[int, int] | None:
    """Return what is the same for every name of a file, or None if there is no file.

    Parameters
    ----------
    path : str or Path
        One of its names.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 (a str or a Path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _encode(picture: Image.Image, suffix: str) -> tuple[bytes, str]:
    """Return the content of an image file and the suffix that it deserves: this one, or .png."""
    file_format = Image.registered_extensions().get(suffix.lower())
    if file_format in Image.SAVE:
        # Some formats cannot hold the picture, and some only a small version of it.
        with contextlib.suppress(Exception):
            content = _save(picture, file_format)
            with Image.open(io.BytesIO(content)) as written:
                if written.size == picture.size:
                    return content, suffix
    return _save(picture, "PNG"), ".png"


def _save(picture: Image.Image, file_format: str) -> bytes:
    content = io.BytesIO()
    options = {"quality": 95} if file_format in ("JPEG", "WEBP") else {}
    picture.save(content, file_format, **options)
    return content.getvalue()
