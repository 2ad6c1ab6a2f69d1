"""The fingerprint changes with what samples are made of, and with nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastmtcnn.training import ImageFile, TrainingSet
from fastmtcnn.training.data.fingerprints import fingerprint
from tests.training.generated import annotated, archive, photo, training_set


@pytest.fixture
def faces(tmp_path: Path) -> TrainingSet:
    one = photo(tmp_path / "set" / "a.png")
    two = archive(tmp_path / "set" / "images.tar", {"b": b"content"})
    images = [annotated("set/a", path=one), replace(annotated("set/b"), file=ImageFile(two, "b"))]
    return training_set("set", images)


def changed(faces: TrainingSet, **changes: Any) -> list[TrainingSet]:
    last = replace(faces.images[-1], **changes)
    return [replace(faces, images=[*faces.images[:-1], last])]


CHANGES: dict[str, Callable[[TrainingSet], list[TrainingSet]]] = {
    "box": lambda faces: changed(faces, boxes=np.nextafter(faces.images[0].boxes, 99)),
    "ignored": lambda faces: changed(faces, ignored=np.ones(1, bool)),
    "points": lambda faces: changed(faces, points=np.zeros((1, 5, 2))),
    "name": lambda faces: changed(faces, name="set/c"),
    "member": lambda faces: changed(faces, file=replace(faces.images[1].file, member="c")),
    "weight": lambda faces: [replace(faces, weight=2.0)],
    "complete": lambda faces: [replace(faces, complete=False)],
    "order": lambda faces: [replace(faces, images=faces.images[::-1])],
    "fewer": lambda faces: [replace(faces, images=faces.images[:1])],
    "sets": lambda faces: [faces, faces],
    "parted": lambda faces: [
        replace(faces, images=faces.images[:1]),
        replace(faces, images=faces.images[1:]),
    ],
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_changes_with(change: str, faces: TrainingSet) -> None:
    assert fingerprint(CHANGES[change](faces)) != fingerprint([faces])


@pytest.mark.parametrize("index", [0, 1])
def test_it_changes_with_a_file(index: int, faces: TrainingSet) -> None:
    path = faces.images[index].file.path
    before, about = fingerprint([faces]), path.stat()
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns + 1_000_000))
    touched = fingerprint([faces])
    path.write_bytes(path.read_bytes() + b"\0")
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert len({before, touched, fingerprint([faces])}) == 3


def test_it_does_not_change_with_the_folder(faces: TrainingSet, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "set", tmp_path / "moved")  # with times of modification
    moved = [
        replace(image, file=replace(image.file, path=tmp_path / "moved" / image.file.path.name))
        for image in faces.images
    ]
    other = replace(faces, images=moved)
    assert fingerprint([other]) == fingerprint([faces])
    assert len(fingerprint([faces])) == 64


def test_a_file_that_has_disappeared(faces: TrainingSet) -> None:
    faces.images[0].file.path.unlink()
    with pytest.raises(FileNotFoundError):
        fingerprint([faces])
