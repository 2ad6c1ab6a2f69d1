"""Annotations in the form of COCO, and COCO's average precision, computed by pycocotools."""

from __future__ import annotations

import contextlib
import io
import json
import reprlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import first_line
from ..extras import importing
from .annotations import wanted_names
from .dataset import Annotations, Dataset, without_suffix
from .errors import DatasetError
from .inputs import open_input
from .matching import Boxes, BoxesAndScores, GroundTruth, boxes_and_scores, paired

_MAX_BOXES = 100  # per image; pycocotools evaluates no more, and others would only take memory
_SHORT = reprlib.Repr()
_SHORT.maxlevel = 1  # shows the numbers of a list, but not the lists and objects in it
_BEYOND_ALL = 1e11  # an area in none of COCO's ranges: pycocotools ignores such a face


class CocoSummary(NamedTuple):
    """COCO's figures, 0 to 1; NaN if there is no face of the size.

    Attributes
    ----------
    ap : float
        Average precision, mean over the IoU thresholds 0.5, 0.55, ... 0.95.
    ap50, ap75 : float
        Average precision at an IoU threshold of 0.5 and of 0.75.
    ap_small, ap_medium, ap_large : float
        `ap` of faces with an area below 32 x 32 pixels, from there to below 96 x 96, and larger.
    ar1, ar10, ar100 : float
        Recall, mean over the IoU thresholds, with at most 1, 10 and 100 boxes an image.
    ar_small, ar_medium, ar_large : float
        `ar100` of faces in the same three ranges of area.
    """

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    ar1: float
    ar10: float
    ar100: float
    ar_small: float
    ar_medium: float
    ar_large: float


def read_coco(
    annotations: str | Path, images: str | Path, *, name: str | Collection[str] | None = None
) -> Dataset:
    """Read the objects of images from a JSON file in the form of COCO.

    Parameters
    ----------
    annotations : str or Path
        Path of the file, with ``images`` (``id``, ``file_name``) and ``annotations``
        (``image_id``, ``bbox`` as x, y, width, height in pixels, optionally ``iscrowd`` and
        ``category_id``).
    images : str or Path
        Folder to which the file names are relative.
    name : str or collection of str, optional
        Name or names of the categories of faces. Default: all objects are faces.

    Returns
    -------
    Dataset
        Images and faces; crowds are not valid.

    Raises
    ------
    DatasetError
        If the file has another format.
    OSError
        If the file cannot be read.
    """
    return coco_annotations(Path(annotations), Path(images), name).dataset()


def coco_annotations(
    annotations: Path, images: Path, name: str | Collection[str] | None = None
) -> Annotations:
    """Return what a file in the form of COCO says, which `read_coco` describes.

    Parameters
    ----------
    annotations, images : Path
        The file, and the folder to which the names of its images are relative.
    name : str or collection of str, optional
        Name or names of the categories of faces. Default: all objects are faces.

    Raises
    ------
    DatasetError, OSError
        As `read_coco`, but boxes may be impossible, and names equal.
    """
    try:
        content = _content(annotations)
        files: dict[Any, str] = {}
        for place, each in _entries(content, "images", "id", "file_name"):
            file = each["file_name"]
            if not isinstance(file, str):
                raise ValueError(f"file_name of {place} must be a text, got {_shown(file)}")
            files[each["id"]] = file
        if len(files) < len(content["images"]):
            raise DatasetError(f"{annotations}: images must have different ids")
        wanted = _categories(content, name, annotations)
        objects: dict[Any, list[tuple[list[float], bool]]] = {number: [] for number in files}
        needed = ("image_id", "bbox") if wanted is None else ("image_id", "bbox", "category_id")
        for place, each in _entries(content, "annotations", *needed):
            if wanted is None or each["category_id"] in wanted:
                if each["image_id"] not in objects:
                    raise DatasetError(
                        f"{annotations}: {place}: there is no image {_shown(each['image_id'])}"
                    )
                face = _box(each["bbox"], place), not each.get("iscrowd", 0)
                objects[each["image_id"]].append(face)
    except ValueError as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(
            f"{annotations}: not annotations in the form of COCO: {first_line(error)}"
        ) from error
    return Annotations(
        [without_suffix(file) for file in files.values()],
        [images / file for file in files.values()],
        [
            np.array([box for box, _ in each], np.float64).reshape(-1, 4)
            for each in objects.values()
        ],
        [np.array([valid for _, valid in each], bool) for each in objects.values()],
    )


def coco_summary(
    truth: Iterable[GroundTruth], found: Iterable[BoxesAndScores], *, crowds: bool = True
) -> CocoSummary:
    """Return COCO's figures for detections, as pycocotools computes them.

    Parameters
    ----------
    truth : iterable of GroundTruth
        Ground truth of each image. The area of a face is that of its box.
    found : iterable of Detections or the like
        Detections of each image, in the same order. Only the 100 highest-scoring boxes of an image
        are evaluated.
    crowds : bool, default True
        Whether faces that are not valid are crowds, in which any number of boxes is ignored.
        Otherwise each is a single face, on which one box is ignored, like a difficult object of
        VOC.

    Raises
    ------
    ValueError
        If the numbers of images differ, an array has another shape, or a number is not finite.
    MissingExtraError
        If pycocotools is not installed.
    """
    with importing("evaluate"):
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval

    faces: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    pairs = paired(truth, found)
    for image, (one, other) in enumerate(pairs):
        for row, valid in zip(*one.checked(), strict=True):
            face = {**_object(image, row, len(faces)), "iscrowd": int(crowds and not valid)}
            if not (crowds or valid):
                face["area"] = _BEYOND_ALL
            faces.append(face)
        found_boxes, scores = boxes_and_scores(other)
        for k in np.argsort(-scores, kind="stable")[:_MAX_BOXES]:
            box = _object(image, found_boxes[k], len(boxes))
            boxes.append({**box, "score": float(scores[k]), "iscrowd": 0})
    images = [{"id": image} for image in range(len(pairs))]
    tables = []
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints its progress
        for objects in (faces, boxes):
            table = COCO()
            table.dataset = {
                "images": images,
                "annotations": objects,
                "categories": [{"id": 1, "name": "face"}],
            }
            table.createIndex()
            tables.append(table)
        evaluation = COCOeval(*tables, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return CocoSummary(*(float(value) if value >= 0 else np.nan for value in evaluation.stats))


def _object(image: int, box: Boxes, number: int) -> dict[str, Any]:
    x1, y1, x2, y2 = box.tolist()
    return {
        "id": number + 1,  # pycocotools takes the id 0 for "no match"
        "image_id": image,
        "category_id": 1,
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "area": (x2 - x1) * (y2 - y1),
    }


def _content(file: Path) -> dict[str, Any]:
    try:
        with open_input(file) as opened:
            content = json.loads(opened.read())
    except RecursionError:
        raise ValueError("its values are nested too deeply") from None
    if not isinstance(content, dict):
        raise ValueError(f"it must be an object with images and annotations, got {_shown(content)}")
    return content


def _entries(
    content: dict[str, Any], key: str, *fields: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a list, each with its place for messages."""
    entries = content.get(key)
    if not isinstance(entries, list):
        raise ValueError(f"it must have a list {key}, got {_shown(entries)}")
    for number, each in enumerate(entries):
        place = f"{key}[{number}]"
        wanted = f"{place} must be an object with {' and '.join(fields)}"
        if not isinstance(each, dict):
            raise ValueError(f"{wanted}, got {_shown(each)}")
        missing = [field for field in fields if field not in each]
        if missing:
            raise ValueError(f"{wanted}, got one without {' and '.join(missing)}")
        for field in fields:
            if field.endswith("id") and not isinstance(each[field], (int, float, str)):
                raise ValueError(f"{field} of {place} must be a number, got {_shown(each[field])}")
        yield place, each


def _box(box: object, place: str) -> list[float]:
    try:
        x, y, width, height = map(float, box)  # type: ignore[call-overload]  # it may be anything
    except (ValueError, TypeError, OverflowError):
        raise ValueError(
            f"bbox of {place} must be four numbers x, y, width and height, got {_SHORT.repr(box)}"
        ) from None
    return [x, y, x + width, y + height]


def _shown(value: object) -> str:
    """Return the kind of a list or object, which may be the whole file, or any other value."""
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    return _SHORT.repr(value)


def _categories(
    content: dict[str, Any],
    name: str | Collection[str] | None,
    where: Path,
) -> set[Any] | None:
    if name is None:
        return None
    entries = _entries(content, "categories", "id", "name")
    names = {each["id"]: str(each["name"]) for _, each in entries}
    wanted = wanted_names(name, names.values(), where)
    return {number for number, each in names.items() if wanted is None or each in wanted}
