"""The images and faces of WIDER FACE, as its authors lay them out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import first_line
from .errors import DatasetError
from .levels import LEVELS, read_levels
from .matching import Boxes, Mask, Truth

ALL = "all"  # the level of those without lists of easy, medium and hard faces
_IMAGE_FOLDERS = ("WIDER_{split}/images", "images")
_BOX_FILES = (
    "wider_face_split/wider_face_{split}_bbx_gt.txt",
    "wider_face_{split}_bbx_gt.txt",
    "bbx_gt.txt",
)
_LEVEL_FOLDERS = ("eval_tools/ground_truth", "ground_truth", "wider_face_split", ".")
_INVALID = 7  # the column


@dataclass(frozen=True)
class WiderFace:
    """Images and their faces.

    Attributes
    ----------
    names : list of str
        Of the images, as ``"EVENT/NAME"`` without suffix.
    paths : list of Path
        Of the images.
    boxes : list of ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 of the faces of each image, in pixels.
    levels : dict of str to list of ndarray of bool, shape (n,)
        Which of the faces of each image count, by level: ``"easy"``, ``"medium"`` and ``"hard"``,
        or ``"all"``.
    """

    names: list[str]
    paths: list[Path]
    boxes: list[Boxes]
    levels: dict[str, list[Mask]]

    def truth(
        self, level: str, *, min_height: float = 0.0, max_height: float = np.inf
    ) -> list[Truth]:
        """Return the faces of each image, and which of them count.

        Parameters
        ----------
        level : str
            One of `levels`.
        min_height, max_height : float
            Faces of a height from the first on, and below the second, count, in pixels.
        """
        return [
            Truth(boxes, counted).within_heights(min_height, max_height)
            for boxes, counted in zip(self.boxes, self.levels[level], strict=True)
        ]

    def subset(self, names: Iterable[str]) -> WiderFace:
        """Return some of the images.

        Parameters
        ----------
        names : iterable of str
            ``"EVENT/NAME"``, with or without suffix.

        Raises
        ------
        DatasetError
            If one is not there, or named twice.
        """
        index = {name: k for k, name in enumerate(self.names)}
        chosen: dict[int, None] = {}
        for name in names:
            k = index.get(name, index.get(_bare(name)))
            if k is None:
                raise DatasetError(f"a subset must name images of the data set, got {name!r}")
            if k in chosen:
                raise DatasetError(f"a subset must name each image once, got {name!r} again")
            chosen[k] = None
        return WiderFace(
            [self.names[k] for k in chosen],
            [self.paths[k] for k in chosen],
            [self.boxes[k] for k in chosen],
            {level: [masks[k] for k in chosen] for level, masks in self.levels.items()},
        )


def read_widerface(
    root: Path, split: str = "val", *, ground_truth: Path | None = None
) -> WiderFace:
    """Read the faces of a split of WIDER FACE.

    Parameters
    ----------
    root : Path
        A folder with ``WIDER_val/images/EVENT/NAME.jpg`` or ``images/EVENT/NAME.jpg``;
        ``wider_face_split/wider_face_val_bbx_gt.txt`` or, in the folder itself, that or
        ``bbx_gt.txt``; and, if the faces are to be told apart by level, the ``ground_truth`` of the
        authors' evaluation tool, in the folder or in ``eval_tools``.
    split : str, default "val"
        In place of ``val`` in these names.
    ground_truth : Path, optional
        Folder with ``wider_face_val.mat``, ``wider_easy_val.mat``, ``wider_medium_val.mat`` and
        ``wider_hard_val.mat``, if it is elsewhere.

    Returns
    -------
    WiderFace
        With the levels ``"easy"``, ``"medium"`` and ``"hard"`` if their lists are there, else with
        ``"all"``, in which faces count that are neither marked as invalid nor have no size.

    Raises
    ------
    DatasetError
        If something is missing or something else.
    MissingExtraError
        If levels are there, and scipy is not installed.
    OSError
        If a file cannot be read.
    """
    if not root.is_dir():
        raise DatasetError(f"{root}: WIDER FACE must be a folder, got {_kind(root)}")
    images = _first(root, _IMAGE_FOLDERS, split, "folder of images")
    folder = ground_truth or _level_folder(root, split)
    if folder is not None:
        names, boxes, levels = read_levels(folder, split)
        return WiderFace(names, [images / f"{name}.jpg" for name in names], boxes, levels)
    files, boxes, counted = _read_boxes(_first(root, _BOX_FILES, split, "file of boxes"))
    names = [_bare(name) for name in files]
    return WiderFace(names, [images / name for name in files], boxes, {ALL: counted})


def _read_boxes(path: Path) -> tuple[list[str], list[Boxes], list[Mask]]:
    files: list[str] = []
    boxes: list[Boxes] = []
    counted: list[Mask] = []
    for name, table in _tables(path):
        files.append(name)
        boxes.append(np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1))
        valid = np.all(table[:, 2:4] > 0, axis=1)
        if table.shape[1] > _INVALID:
            valid &= table[:, _INVALID] == 0
        counted.append(valid)
    return files, boxes, counted


def _level_folder(root: Path, split: str) -> Path | None:
    for name in _LEVEL_FOLDERS:
        if all((root / name / f"wider_{each}_{split}.mat").is_file() for each in LEVELS):
            return root / name
    return None


def _first(root: Path, names: Iterable[str], split: str, what: str) -> Path:
    candidates = [name.format(split=split) for name in names]
    for name in candidates:
        if (root / name).exists():
            return root / name
    raise DatasetError(f"{root}: no {what} in it; looked for {', '.join(candidates)}")


def _tables(path: Path) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    """Yield the name of each image, and of its faces x, y, width, height and maybe attributes."""
    lines = path.read_text("utf-8").splitlines()
    place = 0
    seen = set()
    while place < len(lines):
        name = lines[place].strip()
        if not name:
            place += 1
            continue
        try:
            count = int(lines[place + 1])
            first = place + 2
            rows = [line.split() for line in lines[first : first + count]]
            table = np.array(rows, np.float64).reshape(count, -1 if count else 4)
            if table.shape[1] < 4 or not np.isfinite(table).all() or count < 0:
                raise ValueError(f"{table.shape[1]} numbers in a row")
            if name in seen:
                raise ValueError("it is there twice")
        except (ValueError, IndexError) as error:
            raise DatasetError(
                f"{path}: line {place + 1} must be followed by the number of faces, and rows of "
                f"x y width height of each: {first_line(error)}"
            ) from error
        seen.add(name)
        yield name, table
        place = first + count
        if count == 0 and _is_filler(lines[place : place + 1]):
            place += 1


def _is_filler(lines: list[str]) -> bool:
    """Tell whether the row of an image without faces follows, which stands for no face."""
    return bool(lines) and len(lines[0].split()) >= 4 and set(lines[0].split()) == {"0"}


def _bare(name: str) -> str:
    return name[: -len(Path(name).suffix)] if Path(name).suffix.lower() == ".jpg" else name


def _kind(path: Path) -> str:
    return "a file" if path.exists() else "nothing"
