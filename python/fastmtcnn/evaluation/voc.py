"""Data sets with annotations in the form of PASCAL VOC, which many tools write."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from ..errors import shortened
from .annotations import files_below, image_of, parse_xml, wanted_names
from .dataset import Annotations, Dataset
from .errors import DatasetError
from .matching import GroundTruth

_ANNOTATIONS, _IMAGES = "Annotations", "JPEGImages"


def read_voc(root: str | Path, *, name: str | Collection[str] | None = None) -> Dataset:
    """Read the objects of images from XML files in the form of PASCAL VOC.

    Parameters
    ----------
    root : str or Path
        A folder with XML files in it and below, each beside its image; or, as in VOC, a folder with
        the files in ``Annotations`` and the images in ``JPEGImages``, in the same subfolders of
        both.
    name : str or collection of str, optional
        Name or names of the objects that are faces. Default: all objects are faces.

    Returns
    -------
    Dataset
        Images and faces. 1 is subtracted from the corners, since VOC counts pixels from 1. Objects
        marked as difficult are not valid.

    Raises
    ------
    DatasetError
        If there is no XML file, a file has another format, two files belong to the same image, or
        no object has one of the names.
    OSError
        If a file cannot be read.
    """
    return voc_annotations(Path(root), name).dataset()


def voc_annotations(root: Path, name: str | Collection[str] | None = None) -> Annotations:
    """Return what the XML files of a folder say, which `read_voc` describes.

    Parameters
    ----------
    root : Path
        The folder.
    name : str or collection of str, optional
        Name or names of the objects that are faces. Default: all objects are faces.

    Raises
    ------
    DatasetError, OSError
        As `read_voc`, but boxes may be impossible.
    """
    folder = root / _ANNOTATIONS if (root / _ANNOTATIONS).is_dir() else root
    files = files_below(folder, ".xml")
    paths: dict[Path, Path] = {}
    objects: list[list[ElementTree.Element]] = []
    for file in files:
        annotation = _parse(file)
        path = _image(root / _IMAGES / file.parent.relative_to(folder), file, annotation)
        if path in paths:
            raise DatasetError(f"{file}: it belongs to the same image as {paths[path]}, {path}")
        paths[path] = file
        objects.append(annotation.findall("object"))
    wanted = wanted_names(name, {_name(each) for some in objects for each in some}, folder)
    truth = [
        _truth(file, [each for each in some if wanted is None or _name(each) in wanted])
        for file, some in zip(files, objects, strict=True)
    ]
    return Annotations(
        [file.relative_to(folder).with_suffix("").as_posix() for file in files],
        list(paths),
        [each.boxes for each in truth],
        [each.valid for each in truth],
    )


def _name(each: ElementTree.Element) -> str:
    return (each.findtext("name") or "").strip()


def _parse(file: Path) -> ElementTree.Element:
    annotation = parse_xml(file)
    if annotation.tag != "annotation":
        got = f"<{shortened(annotation.tag)}>"
        raise DatasetError(f"{file}: annotations must be in an element <annotation>, got {got}")
    return annotation


def _truth(file: Path, objects: Collection[ElementTree.Element]) -> GroundTruth:
    boxes, valid = [], []
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
                f"ymax, got {shortened(str(texts))}"
            ) from error
        valid.append(each.findtext("difficult", "0").strip() != "1")
    return GroundTruth(np.array(boxes, np.float64).reshape(-1, 4) - 1, np.array(valid, bool))


def _image(folder: Path, file: Path, annotation: ElementTree.Element) -> Path:
    # Only the last part of the name: the annotation tool may have written a folder of its machine.
    name = (annotation.findtext("filename") or "").strip().replace("\\", "/").split("/")[-1]
    return image_of(file, [folder, file.parent], name)
