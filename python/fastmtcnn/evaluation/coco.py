"""Annotations in the form of COCO, and its average precision, by pycocotools."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import first_line
from ..extras import importing
from .dataset import ALL, Dataset, without_suffix
from .errors import DatasetError
from .matching import Boxes, Found, Truth, boxes_and_scores, paired

_MOST = 100  # boxes of an image that pycocotools looks at: others would only take memory
_BEYOND_ALL = 1e11  # an area in none of COCO's ranges, which makes it ignore a face


class CocoSummary(NamedTuple):
    """COCO's figures, 0 to 1; NaN where no face is of the size.

    Attributes
    ----------
    ap : float
        Average precision, mean over the overlaps 0.5, 0.55, ... 0.95.
    ap50, ap75 : float
        At an overlap of 0.5 and of 0.75.
    ap_small, ap_medium, ap_large : float
        As `ap`, of faces with an area below 32 x 32, below 96 x 96, and of others.
    ar1, ar10, ar100 : float
        Recall, mean over the overlaps, with at most so many boxes of an image.
    ar_small, ar_medium, ar_large : float
        As `ar100`, by area.
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


def read_coco(annotations: str | Path, images: str | Path, *, name: str | None = None) -> Dataset:
    """Read the objects of images from a file of JSON.

    Parameters
    ----------
    annotations : str or Path
        The file, with ``images`` (``id``, ``file_name``) and ``annotations`` (``image_id``,
        ``bbox`` as x, y, width, height, maybe ``iscrowd`` and ``category_id``).
    images : str or Path
        The folder that file names are below.
    name : str, optional
        Of the category of faces. Default: all objects are faces.

    Returns
    -------
    Dataset
        Crowds do not count.

    Raises
    ------
    DatasetError
        If it is something else.
    OSError
        If it cannot be read.
    """
    annotations, images = Path(annotations), Path(images)
    try:
        content = json.loads(annotations.read_bytes())
        files = {each["id"]: str(each["file_name"]) for each in content["images"]}
        if len(files) < len(content["images"]):
            raise DatasetError(f"{annotations}: images must have different ids")
        wanted = _category(content, name)
        objects: dict[Any, list[tuple[list[float], bool]]] = {number: [] for number in files}
        for each in content["annotations"]:
            if wanted is None or each["category_id"] in wanted:
                x, y, width, height = map(float, each["bbox"])
                is_crowd = bool(each.get("iscrowd", 0))
                if each["image_id"] not in objects:
                    raise DatasetError(f"{annotations}: there is no image {each['image_id']!r}")
                objects[each["image_id"]].append(([x, y, x + width, y + height], not is_crowd))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(
            f"{annotations}: no annotations in the form of COCO: "
            f"{type(error).__name__}: {first_line(error)}"
        ) from error
    return Dataset(
        [without_suffix(file) for file in files.values()],
        [images / file for file in files.values()],
        [
            np.array([box for box, _ in each], np.float64).reshape(-1, 4)
            for each in objects.values()
        ],
        {ALL: [np.array([counts for _, counts in each], bool) for each in objects.values()]},
    )


def coco_summary(
    truth: Iterable[Truth], found: Iterable[Found], *, crowds: bool = True
) -> CocoSummary:
    """Return COCO's figures of what was found, as pycocotools computes them.

    Parameters
    ----------
    truth : iterable of Truth
        Of each image. The area of a face is that of its box.
    found : iterable of Detections or the like
        Of each image, in the same order. Of an image only the 100 surest are looked at.
    crowds : bool, default True
        Whether faces that do not count are crowds, in which many boxes may lie without being
        wrong. Otherwise each is one that may be found or not, as a difficult one of VOC.

    Raises
    ------
    ValueError
        If there are not as many of one as of the other, they have other shapes, or a number is not
        finite.
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
        for row, counts in zip(*one.checked(), strict=True):
            face = {**_object(image, row, len(faces)), "iscrowd": int(crowds and not counts)}
            if not (crowds or counts):
                face["area"] = _BEYOND_ALL
            faces.append(face)
        found_boxes, scores = boxes_and_scores(other)
        for k in np.argsort(-scores, kind="stable")[:_MOST]:
            box = _object(image, found_boxes[k], len(boxes))
            boxes.append({**box, "score": float(scores[k]), "iscrowd": 0})
    images = [{"id": image} for image in range(len(pairs))]
    tables = []
    with contextlib.redirect_stdout(io.StringIO()):  # which it tells all sorts of things
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
        "id": number + 1,  # 0 would be taken for none
        "image_id": image,
        "category_id": 1,
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "area": (x2 - x1) * (y2 - y1),
    }


def _category(content: Any, name: str | None) -> set[Any] | None:  # noqa: ANN401 (of JSON)
    if name is None:
        return None
    names = {each["id"]: each["name"] for each in content["categories"]}
    if name not in names.values():
        raise DatasetError(
            f"the name of a face must be one of {sorted(names.values())}, got {name!r}"
        )
    return {number for number, each in names.items() if each == name}
