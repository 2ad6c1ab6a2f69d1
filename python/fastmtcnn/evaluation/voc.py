"""Images with the annotations of PASCAL VOC, which many tools write."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from ..errors import first_line
from .dataset import ALL, Dataset
from .errors import DatasetError
from .matching import Truth

_ANNOTATIONS, _IMAGES = "Annotations", "JPEGImages"
_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


def read_voc(root: Path, *, name: str | None = None) -> Dataset:
    """Read the objects of images from files of XML.

    Parameters
    ----------
    root : Path
        A folder with such files in it and below, each beside its image; or, as in VOC, with the
        files in ``Annotations`` and the images in ``JPEGImages``.
    name : str, optional
        Of the objects that are faces. Default: all objects are.

    Returns
    -------
    Dataset
        Corners less 1, since VOC counts pixels from 1. Objects marked as difficult do not count.

    Raises
    ------
    DatasetError
        If there is no such file, or one is something else.
    OSError
        If a file cannot be read.
    """
    folder = root / _ANNOTATIONS if (root / _ANNOTATIONS).is_dir() else root
    files = sorted(folder.rglob("*.xml"))
    if not files:
        raise DatasetError(f"{folder}: no annotations in it, which would be files named *.xml")
    paths, truth = [], []
    for file in files:
        annotation = _parse(file)
        paths.append(_image(root, file, annotation.findtext("filename", "").strip()))
        objects = annotation.findall("object")
        if name is not None:
            objects = [each for each in objects if each.findtext("name", "").strip() == name]
        truth.append(_truth(file, objects))
    return Dataset(
        [file.relative_to(folder).with_suffix("").as_posix() for file in files],
        paths,
        [each.boxes for each in truth],
        {ALL: [each.counted for each in truth]},
    )


def _parse(file: Path) -> ElementTree.Element:
    with file.open("rb") as content:
        try:
            annotation = ElementTree.parse(content).getroot()
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            raise DatasetError(f"{file}: no XML: {first_line(error)}") from error
    if annotation.tag != "annotation":
        raise DatasetError(
            f"{file}: annotations must be in an element <annotation>, got <{annotation.tag}>"
        )
    return annotation


def _truth(file: Path, objects: Iterable[ElementTree.Element]) -> Truth:
    boxes, counted = [], []
    for each in objects:
        box = each.find("bndbox")
        texts = [
            None if box is None else box.findtext(corner)
            for corner in ("xmin", "ymin", "xmax", "ymax")
        ]
        try:
            boxes.append([float(text or "") for text in texts])
        except ValueError as error:
            raise DatasetError(
                f"{file}: an object must have a <bndbox> with the numbers xmin, ymin, xmax and "
                f"ymax, got {texts}"
            ) from error
        counted.append(each.findtext("difficult", "0").strip() != "1")
    return Truth(np.array(boxes, np.float64).reshape(-1, 4) - 1, np.array(counted, bool))


def _image(root: Path, file: Path, name: str) -> Path:
    """Return where the image is; where it should be, if it is nowhere."""
    # By the last part only: what wrote the file may have named a folder of its own.
    names = [Path(name.replace("\\", "/")).name] if name else []
    names += [file.stem + suffix for suffix in _SUFFIXES]
    folders = [root / _IMAGES, file.parent]
    candidates = [folder / each for each in names for folder in folders]
    return next((path for path in candidates if path.is_file()), candidates[0])
