"""WIDER FACE as a source, with the five points of RetinaFace's label file if it is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...evaluation.widerface import box_file, image_folder, widerface_annotations
from .annotated import ImageFile
from .retinaface import LabelledFaces, read_labels
from .source import Source, SourceImage, from_annotations, no_points

_SPLITS = ("train", "val")  # the first that is there is taken
_LABEL_FILES = (
    "label.txt",
    "{split}/label.txt",
    "wider_face_split/label.txt",
    "retinaface_gt_v1.1/{split}/label.txt",
)


def is_widerface(path: Path) -> bool:
    """Return whether a folder has a file of boxes of WIDER FACE or RetinaFace's label file.

    Parameters
    ----------
    path : Path
        Any path.
    """
    return any(box_file(path, split) or _label_file(path, split) for split in _SPLITS)


def read_widerface_source(path: Path) -> Source:
    """Read the training split of WIDER FACE, or the validation split if only that is there.

    Parameters
    ----------
    path : Path
        A folder as `fastmtcnn.evaluation.read_widerface` describes it. RetinaFace's ``label.txt``
        may be in it, in ``train``, ``wider_face_split`` or ``retinaface_gt_v1.1/train``: faces take
        their points from it, by equal boxes. It is enough alone: then its images are in
        ``WIDER_train/images``, in ``images``, or in ``images`` beside the file.

    Raises
    ------
    DatasetError
        If a file is missing or has another format.
    OSError
        If a file cannot be read.
    """
    for split in _SPLITS:
        boxes, labels = box_file(path, split), _label_file(path, split)
        if boxes is not None and labels is not None:
            source = from_annotations("widerface", widerface_annotations(path, split))
            return _with_points(source, read_labels(labels))
        if labels is not None:
            return _of_labels(path, split, labels)
        if boxes is not None:
            break
    else:
        split = _SPLITS[0]  # whose error names the files that are wanted
    return from_annotations("widerface", widerface_annotations(path, split))


def _label_file(root: Path, split: str) -> Path | None:
    paths = (root / name.format(split=split) for name in _LABEL_FILES)
    return next((path for path in paths if path.is_file()), None)


def _with_points(source: Source, labels: dict[str, LabelledFaces]) -> Source:
    images = []
    for image in source.images:
        labelled = labels.get(image.name)
        points = no_points(len(image.boxes))
        if labelled is not None:
            of_box = {tuple(box): k for k, box in enumerate(labelled.boxes.round().tolist())}
            for row, box in enumerate(image.boxes.round().tolist()):
                if tuple(box) in of_box:
                    points[row] = labelled.points[of_box[tuple(box)]]
        images.append(image._replace(points=points))
    return Source(source.format, images)


def _of_labels(root: Path, split: str, file: Path) -> Source:
    beside = file.parent / "images"
    folder = beside if beside.is_dir() else image_folder(root, split)
    images = [
        SourceImage(
            name,
            ImageFile(folder / faces.file),
            faces.boxes,
            np.any(faces.boxes[:, 2:] <= faces.boxes[:, :2], axis=1),
            faces.points,
        )
        for name, faces in read_labels(file).items()
    ]
    return Source("widerface", images)
