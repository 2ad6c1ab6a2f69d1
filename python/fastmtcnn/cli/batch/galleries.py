"""Folders of pictures made of photos: annotated or anonymised copies, and crops."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from ...detections import Detections
from ...files.atomic_write import replacing
from ...files.kinds import kind_of
from ...files.originals import Original
from ..file_checks import State
from ..text_index import TextIndex
from .encoding import Picture


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


Maker: TypeAlias = Callable[[str, Original, Detections], list[Picture]]


class Gallery:
    """A folder of pictures made of photos.

    A picture gets a name of its own. It replaces no file, other than that of an earlier run whose
    picture of the same photo it is, or the only file.

    Parameters
    ----------
    target : str
        Path of the folder, which is created if it does not exist; or of the only file, if
        `names_a_file`.
    maker : callable, optional
        Makes the pictures of a photo from a path whose suffix names their format, the photo and
        its faces. Any thread may call it.
    """

    def __init__(self, target: str, maker: Maker | None = None) -> None:
        path = Path(target)
        self._only_name = path.name if names_a_file(target) else None
        self._folder = path if self._only_name is None else path.parent
        self._folder.mkdir(parents=True, exist_ok=True)
        self._taken = TextIndex()
        self._outdated = TextIndex()
        self._maker = maker

    def make(self, path: str, original: Original, found: Detections) -> list[Picture]:
        """Return the pictures of a photo. Any thread may call this.

        Parameters
        ----------
        path : str
            Path of the photo.
        original : Original
            The photo.
        found : Detections
            Faces of the photo.

        Raises
        ------
        ImageError
            If the file has several frames or pages.
        """
        original.check_single()
        if self._maker is None:
            return []
        if self._only_name is not None:  # whose suffix names the format
            path = str(Path(path).with_suffix(Path(self._only_name).suffix))
        return self._maker(path, original, found)

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
        names = self._free_names(photo, subfolder, [(ending, None)])
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
        for name in names:
            self._taken.add(name.casefold())

    def may_replace(self, pictures: Iterable[WrittenPicture]) -> None:
        """Allow pictures of this run to replace those that an earlier run has written.

        Parameters
        ----------
        pictures : iterable of WrittenPicture
            Pictures that `add` returned in that run, of a photo that is done again.
        """
        for picture in pictures:
            self._outdated.add(picture.name)

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
        names = self._free_names(photo, subfolder, pictures)
        self.reserve(names)
        if names:
            (self._folder / names[0]).parent.mkdir(parents=True, exist_ok=True)
        for name, picture in zip(names, pictures, strict=True):
            path = self._folder / name
            # An equal file stays as it is: it may be a photo of this run.
            if not _has_content(path, picture.content):
                with replacing(path) as file:
                    file.write(picture.content)
        return [
            WrittenPicture(name, len(picture.content))
            for name, picture in zip(names, pictures, strict=True)
        ]

    def _free_names(
        self, photo: str, subfolder: str, pictures: Sequence[tuple[str, bytes | None]]
    ) -> list[str]:
        if self._only_name is not None:
            suffix = Path(self._only_name).suffix
            if [ending for ending, _ in pictures] != [suffix]:
                what = f"the copy of {photo} cannot be written as {suffix}"
                raise OSError(errno.EINVAL, what, str(self._folder / self._only_name))
            return [self._only_name]
        stem = str(Path(subfolder) / Path(photo).stem)
        stems = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
        choices = ([(f"{stem}{ending}", content) for ending, content in pictures] for stem in stems)
        chosen = next(names for names in choices if all(itertools.starmap(self._is_free, names)))
        return [name for name, _ in chosen]

    def _is_free(self, name: str, content: bytes | None) -> bool:
        path = self._folder / name
        if name.casefold() in self._taken:
            return False
        if name in self._outdated or not os.path.lexists(path):
            return True
        return content is not None and _has_content(path, content)


def names_a_file(target: str) -> bool:
    """Return whether the target of pictures is a file, as its suffix tells, and not a folder.

    Parameters
    ----------
    target : str
        Path that the user named.
    """
    path = Path(target)
    return kind_of(f"name{path.suffix}") is not None and not path.is_dir()


def _has_content(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False
