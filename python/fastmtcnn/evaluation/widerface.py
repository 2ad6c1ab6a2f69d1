"""The WIDER FACE data set, in the layout of its authors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

import numpy as np
import numpy.typing as npt

from ..errors import path_name, shortened
from .dataset import Annotations, Dataset, without_suffix
from .errors import DatasetError
from .inputs import lines_of
from .matching import Boxes, Mask
from .widerface_subsets import LEVELS, read_levels

_IMAGE_FOLDERS = ("WIDER_{split}/images", "images")
_OF_ANY_SPLIT = "bbx_gt.txt"
_BOX_FILES = (
    "wider_face_split/wider_face_{split}_bbx_gt.txt",
    "wider_face_{split}_bbx_gt.txt",
    _OF_ANY_SPLIT,
)
_LEVEL_FOLDERS = ("eval_tools/ground_truth", "ground_truth", "wider_face_split", ".")
_INVALID = 7  # column of a row of a face: whether its authors mark it as invalid


def read_widerface(
    root: str | Path, split: str = "val", *, ground_truth: str | Path | None = None
) -> Dataset:
    """Read the faces of a split of WIDER FACE.

    Parameters
    ----------
    root : str or Path
        A folder with ``WIDER_val/images/EVENT/NAME.jpg`` or ``images/EVENT/NAME.jpg``, and with
        ``wider_face_split/wider_face_val_bbx_gt.txt``, ``wider_face_val_bbx_gt.txt`` or
        ``bbx_gt.txt``. For the easy, medium and hard subsets, the folder ``ground_truth`` of the
        authors' evaluation tool is needed as well, there or in ``eval_tools``.
    split : str, default "val"
        Split, which replaces ``val`` in these names; ``bbx_gt.txt`` may be of any split.
    ground_truth : str or Path, optional
        Folder with ``wider_face_val.mat``, ``wider_easy_val.mat``, ``wider_medium_val.mat`` and
        ``wider_hard_val.mat``, if it is elsewhere.

    Returns
    -------
    Dataset
        Images and faces, with the levels ``"easy"``, ``"medium"`` and ``"hard"`` if the files of
        the subsets exist. Otherwise with the level ``"all"``, in which faces without extent and
        faces marked as invalid are not valid.

    Raises
    ------
    DatasetError
        If a file is missing or has another format.
    MissingExtraError
        If the files of the subsets exist, and scipy is not installed.
    OSError
        If a file cannot be read.
    """
    root = Path(root)
    _check(root, split)
    folder = _level_folder(root, split) if ground_truth is None else Path(ground_truth)
    if folder is not None:
        names, boxes, levels = read_levels(folder, split)
        images = image_folder(root, split)
        return Dataset(names, [images / f"{name}.jpg" for name in names], boxes, levels, split)
    file = box_file(root, split)
    named_by_split = file is not None and file.name != _OF_ANY_SPLIT
    return widerface_annotations(root, split).dataset(split if named_by_split else None)


def widerface_annotations(root: Path, split: str) -> Annotations:
    """Return what the file of boxes says, which `read_widerface` describes.

    Parameters
    ----------
    root : Path
        The folder.
    split : str
        Split.

    Raises
    ------
    DatasetError
        If the file is missing or has another format.
    OSError
        If the file cannot be read.
    """
    _check(root, split)
    file = box_file(root, split)
    if file is None:
        wanted = ", ".join(name.format(split=split) for name in _BOX_FILES)
        raise DatasetError(f"{root}: it must contain one of the files of boxes {wanted}")
    images = image_folder(root, split)
    files, boxes, valid = _read_boxes(file)
    names = [without_suffix(name) for name in files]
    return Annotations(names, [images / name for name in files], boxes, valid)


def box_file(root: Path, split: str) -> Path | None:
    """Return the path of the file of boxes of a split, or None if there is none.

    Parameters
    ----------
    root : Path
        The folder.
    split : str
        Split.
    """
    return _first(root, _BOX_FILES, split)


def image_folder(root: Path, split: str) -> Path:
    """Return the folder of the images of a split, whether or not it exists.

    Parameters
    ----------
    root : Path
        The folder.
    split : str
        Split.
    """
    return _first(root, _IMAGE_FOLDERS, split) or root / _IMAGE_FOLDERS[-1]


def _check(root: Path, split: str) -> None:
    if not root.is_dir():
        raise DatasetError(f"{root}: WIDER FACE must be a folder, got {_kind(root)}")
    if not split or split != PurePath(split).name:
        raise DatasetError(f"a split must have a name such as 'val', got {split!r}")


def _read_boxes(path: Path) -> tuple[list[str], list[Boxes], list[Mask]]:
    files: list[str] = []
    boxes: list[Boxes] = []
    masks: list[Mask] = []
    for name, table in _tables(path):
        files.append(name)
        sides = np.maximum(table[:, 2:4], 0)
        boxes.append(np.concatenate([table[:, :2], table[:, :2] + sides], axis=1))
        valid = np.all(table[:, 2:4] > 0, axis=1)
        if table.shape[1] > _INVALID:
            valid &= table[:, _INVALID] == 0
        masks.append(valid)
    return files, boxes, masks


def _level_folder(root: Path, split: str) -> Path | None:
    for name in _LEVEL_FOLDERS:
        if all((root / name / f"wider_{each}_{split}.mat").is_file() for each in LEVELS):
            return root / name
    return None


def _first(root: Path, names: Iterable[str], split: str) -> Path | None:
    paths = (root / name.format(split=split) for name in names)
    return next((path for path in paths if path.exists()), None)


def _tables(path: Path) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    """Yield the name of each image, and a row x, y, width, height, ... for each of its faces."""
    lines = lines_of(path)
    place = 0
    while place < len(lines):
        name = lines[place].strip()
        if not name:
            place += 1
            continue
        try:
            count = int(_line(lines, place + 1))
            if count < 0:
                raise ValueError
        except ValueError:
            raise _wrong(
                path, lines, place + 1, f"the number of faces in {path_name(name)}"
            ) from None
        first = place + 2
        rows: list[list[float]] = []
        for number in range(first, first + count):
            try:
                row = [float(each) for each in _line(lines, number).split()]
                same_length = not rows or len(row) == len(rows[0])
                if len(row) < 4 or not same_length or not np.isfinite(row).all():
                    raise ValueError
            except ValueError:
                wanted = f"the numbers x y width height ... of face {len(rows) + 1} of {count}"
                raise _wrong(path, lines, number, wanted) from None
            rows.append(row)
        yield name, np.array(rows, np.float64).reshape(count, -1 if count else 4)
        place = first + count
        if count == 0 and _is_filler(lines[place : place + 1]):
            place += 1


def _line(lines: list[str], number: int) -> str:
    return lines[number] if number < len(lines) else ""


def _wrong(path: Path, lines: list[str], number: int, wanted: str) -> DatasetError:
    got = shortened(repr(lines[number].strip())) if number < len(lines) else "the end of the file"
    return DatasetError(f"{path}: line {number + 1} must be {wanted}, got {got}")


def _is_filler(lines: list[str]) -> bool:
    """Return whether the row of zeros follows that some files have for images without faces."""
    return bool(lines) and len(lines[0].split()) >= 4 and set(lines[0].split()) == {"0"}


def _kind(path: Path) -> str:
    return "a file" if path.exists() else "nothing"
