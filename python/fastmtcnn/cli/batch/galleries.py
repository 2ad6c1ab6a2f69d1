"""Folders of pictures made of photos: annotated or anonymised copies, and crops."""

from __future__ import annotations

import contextlib
import errno
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
from ..file_checks import State, identities, identity
from ..file_kinds import kind_of

Pixels: TypeAlias = npt.NDArray[np.uint8]


class Picture(NamedTuple):
    """A picture that is to be written to a file.

    Attributes
    ----------
    ending : str
        Ending of the file name, which begins like the photo's name without suffix: for example
        ``".jpg"`` or ``"-1.png"``.
    content : bytes
        Content of the file.
    """

    ending: str
    content: bytes


class WrittenPicture(NamedTuple):
    """A picture that has been written to a file.

    Attributes
    ----------
    name : str
        Name of the file within the folder of the pictures.
    size : int
        Size of the file in bytes.
    """

    name: str
    size: int


Maker: TypeAlias = Callable[[str, Pixels, Detections], list[Picture]]


class Gallery:
    """A folder of pictures made of photos. It overwrites neither photos nor pictures of its own.

    Parameters
    ----------
    target : str
        Path of the folder, which is created if it does not exist; or of the only file, if
        `names_a_file`.
    photos : sequence of str
        Paths of all photos that are going to be read.
    maker : callable, optional
        Makes the pictures of a photo from a path whose suffix names their format, pixels and
        faces. Any thread may call it.
    """

    def __init__(self, target: str, photos: Sequence[str], maker: Maker | None = None) -> None:
        path = Path(target)
        self._only_name = path.name if names_a_file(target) else None
        self._folder = path if self._only_name is None else path.parent
        self._folder.mkdir(parents=True, exist_ok=True)
        self._photos = identities(photos)
        self._taken: set[str] = set()
        self._maker = maker

    def make(self, path: str, pixels: Pixels, found: Detections) -> list[Picture]:
        """Return the pictures of a photo. Any thread may call this.

        Parameters
        ----------
        path : str
            Path of the photo.
        pixels : ndarray of uint8, shape (h, w, 3)
            Pixels of the photo.
        found : Detections
            Faces of the photo.
        """
        if self._maker is None:
            return []
        if self._only_name is not None:  # whose suffix names the format
            path = str(Path(path).with_suffix(Path(self._only_name).suffix))
        return self._maker(path, pixels, found)

    def place(self, photo: str, ending: str, subfolder: str = "") -> Path:
        """Reserve and return a path for a file that is made of a photo, and make its folder.

        Parameters
        ----------
        photo : str
            Path of the photo.
        ending : str
            Ending of the file name, after the photo's name without suffix.
        subfolder : str
            Folder of the file, within the folder of the pictures.

        Raises
        ------
        OSError
            If the folder cannot be made.
        """
        names = self._free_names(photo, subfolder, [ending])
        self.reserve(names)
        path = self._folder / names[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def has(self, pictures: Iterable[WrittenPicture]) -> bool:
        """Return whether all of these pictures are in the folder, and whole.

        Parameters
        ----------
        pictures : iterable of WrittenPicture
            Pictures that `add` returned in an earlier run.
        """
        for name, size in pictures:
            path = self._folder / name
            state = State.of(str(path)) if path.is_file() else None
            if state is None or state.size != size:
                return False
        return True

    def reserve(self, names: Iterable[str]) -> None:
        """Keep file names free for the pictures that an earlier run has written.

        Parameters
        ----------
        names : iterable of str
            Their names within the folder, with subfolders.
        """
        self._taken.update(name.casefold() for name in names)

    def add(
        self, photo: str, pictures: Sequence[Picture], subfolder: str = ""
    ) -> list[WrittenPicture]:
        """Write the pictures of a photo, and return their names and sizes.

        Parameters
        ----------
        photo : str
            Path of the photo.
        pictures : sequence of Picture
            Pictures made of the photo.
        subfolder : str
            Folder of the pictures, within the folder of all.

        Raises
        ------
        OSError
            If one cannot be written.
        """
        names = self._free_names(photo, subfolder, [picture.ending for picture in pictures])
        self.reserve(names)
        if names:
            (self._folder / names[0]).parent.mkdir(parents=True, exist_ok=True)
        for name, picture in zip(names, pictures, strict=True):
            with replacing(self._folder / name) as file:
                file.write(picture.content)
        return [
            WrittenPicture(name, len(picture.content))
            for name, picture in zip(names, pictures, strict=True)
        ]

    def _free_names(self, photo: str, subfolder: str, endings: Sequence[str]) -> list[str]:
        if self._only_name is not None:
            suffix = Path(self._only_name).suffix
            if list(endings) != [suffix]:
                what = f"the copy of {photo} cannot be written as {suffix}"
                raise OSError(errno.EINVAL, what, str(self._folder / self._only_name))
            return [self._only_name]
        stem = str(Path(subfolder) / Path(photo).stem)
        stems = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
        choices = ([f"{stem}{ending}" for ending in endings] for stem in stems)
        return next(names for names in choices if all(map(self._is_free, names)))

    def _is_free(self, name: str) -> bool:
        taken = name.casefold() in self._taken
        return not taken and identity(self._folder / name) not in self._photos


def names_a_file(target: str) -> bool:
    """Return whether the target of pictures is a file, as its suffix tells, and not a folder.

    Parameters
    ----------
    target : str
        Path that the user named.
    """
    path = Path(target)
    return kind_of(f"name{path.suffix}") is not None and not path.is_dir()


def encoded(picture: Image.Image, suffix: str) -> Picture:
    """Encode a picture in the format of a suffix, or as PNG if that format cannot hold it.

    Parameters
    ----------
    picture : PIL.Image.Image
        Picture in RGB.
    suffix : str
        Suffix of the photo of which the picture was made.
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
