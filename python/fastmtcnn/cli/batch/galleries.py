"""Folders of the pictures that are made of photos: annotated or anonymised copies, and crops."""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from ...detections import Detections
from ...files.atomic_write import replacing
from ..file_checks import identities, identity

Pixels: TypeAlias = npt.NDArray[np.uint8]


class Picture(NamedTuple):
    """A file to be.

    Attributes
    ----------
    ending : str
        What its name has after the photo's without suffix, such as ``".jpg"`` or ``"-1.png"``.
    content : bytes
        Of the file.
    """

    ending: str
    content: bytes


Maker: TypeAlias = Callable[[str, Pixels, Detections], list[Picture]]


class Gallery:
    """A folder of pictures made of photos; none takes the place of another or of a photo.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    photos : sequence of str
        All that are going to be read.
    maker : callable, optional
        Makes the pictures of a photo from its path, its pixels and its faces; in any thread.
    """

    def __init__(self, folder: Path, photos: Sequence[str], maker: Maker | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._photos = identities(photos)
        self._taken: set[str] = set()
        self._maker = maker

    def make(self, path: str, pixels: Pixels, found: Detections) -> list[Picture]:
        """Return the pictures of a photo, by any thread.

        Parameters
        ----------
        path : str
            Of the photo.
        pixels : ndarray of uint8, shape (h, w, 3)
            The photo.
        found : Detections
            Its faces.
        """
        return [] if self._maker is None else self._maker(path, pixels, found)

    def place(self, photo: str, ending: str) -> Path:
        """Return where something can be written that is made of a photo, and reserve that.

        Parameters
        ----------
        photo : str
            Its path.
        ending : str
            Of the file name, after the photo's without suffix.
        """
        names = self._free_names(Path(photo).stem, [ending])
        self.reserve(names)
        return self._folder / names[0]

    def has(self, names: Iterable[str]) -> bool:
        """Tell whether there are files of these names.

        Parameters
        ----------
        names : iterable of str
            That `add` returned in an earlier run.
        """
        return all((self._folder / name).is_file() for name in names)

    def reserve(self, names: Iterable[str]) -> None:
        """Leave file names to the pictures that an earlier run has written.

        Parameters
        ----------
        names : iterable of str
            That `add` returned then.
        """
        self._taken.update(name.casefold() for name in names)

    def add(self, photo: str, pictures: Sequence[Picture]) -> list[str]:
        """Write the pictures of a photo, and return their file names.

        Parameters
        ----------
        photo : str
            Path of the photo.
        pictures : sequence of Picture
            That were made of it.

        Raises
        ------
        OSError
            If one cannot be written.
        """
        names = self._free_names(Path(photo).stem, [picture.ending for picture in pictures])
        self.reserve(names)
        for name, picture in zip(names, pictures, strict=True):
            with replacing(self._folder / name) as file:
                file.write(picture.content)
        return names

    def _free_names(self, stem: str, endings: Sequence[str]) -> list[str]:
        stems = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
        choices = ([f"{stem}{ending}" for ending in endings] for stem in stems)
        return next(names for names in choices if all(map(self._is_free, names)))

    def _is_free(self, name: str) -> bool:
        taken = name.casefold() in self._taken
        return not taken and identity(self._folder / name) not in self._photos


def encoded(picture: Image.Image, suffix: str) -> Picture:
    """Return a picture as a file of this suffix if its format can hold it, else of ``.png``.

    Parameters
    ----------
    picture : PIL.Image.Image
        In RGB.
    suffix : str
        Of the photo that it was made of.
    """
    file_format = Image.registered_extensions().get(suffix.lower())
    if file_format in Image.SAVE:
        # Some formats cannot hold the picture, and some only a small version of it.
        with contextlib.suppress(Exception):
            content = _save(picture, file_format)
            with Image.open(io.BytesIO(content)) as written:
                if written.size == picture.size:
                    return Picture(suffix, content)
    return Picture(".png", _save(picture, "PNG"))


def _save(picture: Image.Image, file_format: str) -> bytes:
    content = io.BytesIO()
    options = {"quality": 95} if file_format in ("JPEG", "WEBP") else {}
    picture.save(content, file_format, **options)
    return content.getvalue()
