"""Data sets: images with ground truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import NamedTuple

import numpy as np

from ..errors import path_name, unknown_name
from .errors import DatasetError
from .matching import Boxes, GroundTruth, Mask

ALL = "all"  # name of the level if a data set has only one


@dataclass(frozen=True)
class Dataset:
    """Images and their annotated faces.

    Attributes
    ----------
    names : list of str
        Names of the images without suffix, all different; they may contain folders.
    paths : list of Path
        Paths of the images.
    boxes : list of ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 of the faces of each image, in pixels of the image.
    levels : dict of str to list of ndarray of bool, shape (n,)
        Whether each face is valid, by level of difficulty: ``"easy"``, ``"medium"`` and ``"hard"``
        for WIDER FACE, otherwise ``"all"``.
    split : str, optional
        Split of WIDER FACE, if the names of its files contain one.
    """

    names: list[str]
    paths: list[Path]
    boxes: list[Boxes]
    levels: dict[str, list[Mask]]
    split: str | None = None

    def __post_init__(self) -> None:
        """Refuse invalid boxes, and names that cannot name files of predictions."""
        for name, boxes in zip(self.names, self.boxes, strict=True):
            if not np.isfinite(boxes).all():
                raise DatasetError(
                    f"boxes must have finite corners, got others in image {path_name(name)}"
                )
            if (boxes[:, 2:] < boxes[:, :2]).any():
                raise DatasetError(
                    f"boxes must not be inside out, got such in image {path_name(name)}"
                )
        for name, times in Counter(self.names).items():
            if times > 1:
                raise DatasetError(
                    "images must have different names without suffix, got "
                    f"{path_name(name)} {times} times"
                )
            if PurePath(name).is_absolute() or ".." in PurePath(name).parts:
                raise DatasetError(f"images must lie below their folder, got {path_name(name)}")

    def truth(
        self, level: str = ALL, *, min_height: float = 0.0, max_height: float = np.inf
    ) -> list[GroundTruth]:
        """Return the ground truth of each image.

        Parameters
        ----------
        level : str, default "all"
            Level of difficulty, one of `levels`.
        min_height, max_height : float
            Range of heights, min_height <= y2 - y1 < max_height in pixels, outside of which faces
            are not valid.

        Raises
        ------
        ValueError
            If there is no such level.
        """
        if level not in self.levels:
            raise unknown_name("level", level, self.levels)
        return [
            GroundTruth(boxes, valid).within_heights(min_height, max_height)
            for boxes, valid in zip(self.boxes, self.levels[level], strict=True)
        ]

    def subset(self, names: Iterable[str]) -> Dataset:
        """Return a data set with some of the images.

        Parameters
        ----------
        names : iterable of str
            Names of the images, with or without suffix.

        Raises
        ------
        DatasetError
            If the data set lacks an image, or one is named twice.
        """
        index = {name: k for k, name in enumerate(self.names)}
        chosen: dict[int, None] = {}
        for name in names:
            k = index.get(name, index.get(without_suffix(name)))
            if k is None:
                raise DatasetError(
                    f"a subset must name images of the data set, got {path_name(name)}"
                )
            if k in chosen:
                raise DatasetError(
                    f"a subset must name each image once, got {path_name(name)} again"
                )
            chosen[k] = None
        return Dataset(
            [self.names[k] for k in chosen],
            [self.paths[k] for k in chosen],
            [self.boxes[k] for k in chosen],
            {level: [masks[k] for k in chosen] for level, masks in self.levels.items()},
            self.split,
        )


class Annotations(NamedTuple):
    """What the annotation files of a data set say, as they say it.

    Unlike those of a `Dataset`, boxes may be inside out or not finite, and names may be equal.

    Attributes
    ----------
    names : list of str
        Names of the images without suffix; they may contain folders.
    paths : list of Path
        Paths of the images, whether or not they exist.
    boxes : list of ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 of the faces of each image, in pixels of the image.
    valid : list of ndarray of bool, shape (n,)
        Whether each face is valid.
    """

    names: list[str]
    paths: list[Path]
    boxes: list[Boxes]
    valid: list[Mask]

    def dataset(self, split: str | None = None) -> Dataset:
        """Return them as a data set with one level.

        Parameters
        ----------
        split : str, optional
            Split of WIDER FACE.

        Raises
        ------
        DatasetError
            If a box is inside out or not finite, or names are equal.
        """
        return Dataset(self.names, self.paths, self.boxes, {ALL: self.valid}, split)


def without_suffix(name: str) -> str:
    """Return the name of a file with its folders, without suffix.

    Parameters
    ----------
    name : str
        Name of the file, with ``/`` between folders.
    """
    return name.removesuffix(PurePath(name).suffix)
