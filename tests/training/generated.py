"""Small generated sets of annotated photographs."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastmtcnn.training import AnnotatedImage, ImageFile, TrainingSet
from tests.support.helpers import encoded, random_image

POINTS = [[20.0, 30.0], [40.0, 30.0], [30.0, 40.0], [22.0, 52.0], [38.0, 52.0]]


def photo(path: Path, width: int = 80, height: int = 60, seed: int = 0, **options: object) -> Path:
    """Write a photograph of noise; each seed gives another content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = {".jpg": "JPEG", ".png": "PNG"}[path.suffix]
    path.write_bytes(encoded(random_image(height, width, seed), kind, **options))
    return path


def archive(path: Path, members: Mapping[str, bytes]) -> Path:
    """Write a tar archive."""
    with tarfile.open(path, "w") as file:
        for name, content in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            file.addfile(about, io.BytesIO(content))
    return path


def csv_file(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def voc_object(box: Sequence[float], *, name: str = "face", difficult: int = 0) -> str:
    corners = zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
    numbers = "".join(f"<{corner}>{number}</{corner}>" for corner, number in corners)
    return (
        f"<object><name>{name}</name><difficult>{difficult}</difficult>"
        f"<bndbox>{numbers}</bndbox></object>"
    )


def voc_file(path: Path, *objects: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<annotation>{''.join(objects)}</annotation>")
    return path


def coco_file(
    path: Path, images: Sequence[str], faces: Sequence[tuple[int, Sequence[float], int]]
) -> Path:
    """Write a file in the form of COCO: names of images, and image, x y w h, crowd of faces."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "images": [{"id": k, "file_name": name} for k, name in enumerate(images)],
        "annotations": [
            {"image_id": image, "bbox": box, "iscrowd": crowd, "category_id": 1}
            for image, box, crowd in faces
        ],
        "categories": [{"id": 1, "name": "face"}],
    }
    path.write_text(json.dumps(content))
    return path


def annotated(
    name: str,
    boxes: Sequence[Sequence[float]] = ((10, 10, 30, 30),),
    *,
    path: Path = Path("none.jpg"),
    ignored: Sequence[bool] | None = None,
    points: NDArray[np.float64] | None = None,
    group: str = "",
) -> AnnotatedImage:
    array = np.array(boxes, np.float64).reshape(-1, 4)
    return AnnotatedImage(
        name,
        ImageFile(path),
        array,
        np.zeros(len(array), bool) if ignored is None else np.array(ignored, bool),
        np.full((len(array), 5, 2), np.nan) if points is None else points,
        group,
    )


def training_set(
    name: str, images: Sequence[AnnotatedImage], *, complete: bool = True
) -> TrainingSet:
    return TrainingSet(name, list(images), 1.0, complete)
