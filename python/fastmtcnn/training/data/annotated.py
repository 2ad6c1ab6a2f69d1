"""Annotated photographs, as training uses them, whatever format they came in."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ...errors import ImageError
from ...files.opening import open_regular
from .archives import member_size, read_member

ProblemKind: TypeAlias = Literal[
    "photo_missing",
    "photo_unreadable",
    "photo_copied",
    "box_not_finite",
    "box_without_extent",
    "box_outside",
    "box_too_large",
    "points_impossible",
]


@dataclass(frozen=True)
class ImageFile:
    """Where an image is: a file, or a member of a tar archive.

    Attributes
    ----------
    path : Path
        Path of the image file, or of the archive.
    member : str, optional
        Name of the image in the archive.
    """

    path: Path
    member: str | None = None

    def read(self) -> bytes:
        """Return the content of the image file, which is encoded.

        Several threads and processes may read at the same time.

        Raises
        ------
        OSError
            If the file cannot be read.
        ImageError
            If the archive has no such member, or the path is that of a pipe or a device.
        TrainingError
            If the archive is not an uncompressed tar archive.
        """
        with self.open() as file:
            return file.read()

    def open(self) -> BinaryIO:
        """Open the image file for reading; a member of an archive is read into memory.

        Raises
        ------
        OSError, ImageError, TrainingError
            As `read`.
        """
        if self.member is not None:
            return io.BytesIO(read_member(self.path, self.member))
        return open_regular(str(self.path), "an image", _unusable)

    def size(self) -> int:
        """Return the length of the image file in bytes.

        Raises
        ------
        OSError, ImageError, TrainingError
            As `read`.
        """
        if self.member is not None:
            return member_size(self.path, self.member)
        return self.path.stat().st_size

    def __str__(self) -> str:
        """Return the path, and the member behind it."""
        return str(self.path) if self.member is None else f"{self.path}: {self.member}"


@dataclass(frozen=True, eq=False)
class AnnotatedImage:
    """A photograph and its annotated faces.

    Coordinates are pixels of the upright image, that is with its EXIF orientation applied; the
    centre of its first pixel is (0, 0).

    Attributes
    ----------
    name : str
        ``"<name of the set>/<relative name without suffix>"``, unique over all sets.
    file : ImageFile
        Where the photograph is.
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 of each face, finite, with x1 <= x2 and y1 <= y2. They may reach outside the
        image.
    ignored : ndarray of bool, shape (n,)
        Whether windows on a face are neither positive nor negative: invalid faces of WIDER FACE,
        difficult ones of VOC, crowds of COCO, and impossible boxes.
    points : ndarray of float64, shape (n, 5, 2)
        x, y of each face's landmarks in the order of `Detections.landmarks`; all NaN for a face
        that has none.
    group : str
        Photographs of the same group, such as frames of one video, are held back together. Empty:
        the photograph stands alone.
    """

    name: str
    file: ImageFile
    boxes: npt.NDArray[np.float64] = field(repr=False)
    ignored: npt.NDArray[np.bool_] = field(repr=False)
    points: npt.NDArray[np.float64] = field(repr=False)
    group: str = ""

    def __post_init__(self) -> None:
        """Refuse arrays of other shapes, and boxes that are not finite or inside out."""
        n = len(self.boxes)
        shapes = (self.boxes.shape, self.ignored.shape, self.points.shape)
        if shapes != ((n, 4), (n,), (n, 5, 2)):
            raise ValueError(
                "boxes, ignored and points must have shapes (n, 4), (n,) and (n, 5, 2), "
                f"got {shapes[0]}, {shapes[1]} and {shapes[2]} for image {self.name!r}"
            )
        if not np.isfinite(self.boxes).all() or (self.boxes[:, 2:] < self.boxes[:, :2]).any():
            raise ValueError(
                "boxes must be finite corners x1 <= x2 and y1 <= y2, "
                f"got others for image {self.name!r}"
            )


@dataclass(frozen=True)
class Problem:
    """What is wrong with a photograph or one of its boxes, and does not prevent training.

    Attributes
    ----------
    kind : str
        ``"photo_missing"`` and ``"photo_unreadable"``: the photograph is left out.
        ``"photo_copied"``: it is equal to one to train with, and is not measured with.
        ``"box_not_finite"``: the box is left out. ``"box_without_extent"`` (or inside out),
        ``"box_outside"`` (wholly outside the image) and ``"box_too_large"`` (reaching outside on a
        side by more than the extent of the image): the box is ignored. ``"points_impossible"`` (not
        finite, or both eyes at one place): the face counts as one without points.
    where : str
        The image file.
    detail : str
        The box, or why the photograph cannot be read.
    """

    kind: ProblemKind
    where: str
    detail: str


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Photographs of one source.

    Attributes
    ----------
    name : str
        Name of the set, unique over all sets.
    images : list of AnnotatedImage
        The photographs that can be read, in the order of their source.
    weight : float
        Factor of the numbers of random windows of its photographs, above 0.
    complete : bool
        Whether every face is annotated, so that windows elsewhere are negatives. False for sets of
        crops with one annotated face.
    format, source : str
        The format that it was read as, and the path that was passed.
    problems : sequence of Problem
        What was left out or ignored.
    """

    name: str
    images: list[AnnotatedImage] = field(repr=False)
    weight: float
    complete: bool
    format: str = ""
    source: str = ""
    problems: Sequence[Problem] = field(default=(), repr=False)


def _unusable(reason: str, *, path: str | bytes) -> ImageError:
    return ImageError(reason, kind="file", path=path)
