"""Images with the annotations of PASCAL VOC, which many tools write."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from .annotations import files_below, image_of, parse_xml
from .dataset import ALL, Dataset
from .errors import DatasetError
from .matching import Truth

_ANNOTATIONS, _IMAGES = "Annotations", "JPEGImages"


def read_voc(root: str | Path, *, name: str | None = None) -> Dataset:
    """Read the objects of images from files of XML.

    Parameters
    ----------
    root : str or Path
        A folder with such files in it and below, each beside its image; or, as in VOC, with the
        files in ``Annotations`` and the images in ``JPEGImages``, or in the same folders in these.
    name : str, optional
        Of the objects that are faces. Default: all objects are.

    Returns
    -------
    Dataset
        Corners less 1, since VOC counts pixels from 1. Objects marked as difficult do not count.

    Raises
    ------
    DatasetError
        If there is no such file, one is something else, two are of the same image, or no object has
        the name.
    OSError
        If a file cannot be read.
    """
    root = Path(root)
    folder = root / _ANNOTATIONS if (root / _ANNOTATIONS).is_dir() else root
    files = files_below(folder, ".xml")
    paths: dict[Path, Path] = {}
    truth = []
    names: set[str] = set()
    for file in files:
        annotation = _parse(file)
        path = _image(root / _IMAGES / file.parent.relative_to(folder), file, annotation)
        if path in paths:
            raise DatasetError(f"{file}: of the same image as {paths[path]}, {path}")
        paths[path] = file
        objects = annotation.findall("object")
        names |= {_name(each) for each in objects}
        truth.append(_truth(file, [each for each in objects if name in (None, _name(each))]))
    if name is not None and name not in names:
        raise DatasetError(
            f"{folder}: the name of a face must be one of {sorted(names)}, got {name!r}"
        )
    return Dataset(
        [file.relative_to(folder).with_suffix("").as_posix() for file in files],
        list(paths),
        [each.boxes for each in truth],
        {ALL: [each.counted for each in truth]},
    )


def _name(each: ElementTree.Element) -> str:
    return (each.findtext("name") or "").strip()


def _parse(file: Path) -> ElementTree.Element:
    annotation = parse_xml(file)
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


def _image(folder: Path, file: Path, annotation: ElementTree.Element) -> Path:
    # By the last part of the name only: what wrote the file may have named a folder of its own.
    name = (annotation.findtext("filename") or "").strip().replace("\\", "/").split("/")[-1]
    return image_of(file, [folder, file.parent], name)
