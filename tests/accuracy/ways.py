"""The ways to use the detector that are measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from fastmtcnn import MTCNN
from fastmtcnn.presets import PRESETS
from tests.support.helpers import MODELS

from .measure import Detect
from .series import NAMES

_FEW = ("golden", "size", "crowd", "faceless")
_WITH_SEAMS = (*_FEW, "many")


class Way(NamedTuple):
    """A way to use the detector.

    Attributes
    ----------
    make : callable
        Returns what takes pictures and returns the detections in each.
    series : tuple of str
        On which it is measured.
    like : str
        Whose recorded levels it must have: its own, or another's if it must not change anything.
    """

    make: Callable[[], Detect]
    series: tuple[str, ...]
    like: str


def _threads_on_each() -> Detect:
    detector = MTCNN(num_threads=3)
    return lambda images: [detector.detect(image) for image in images]


def _batches(**options: Any) -> Detect:
    """Return what looks at each picture in one thread, at two of them at a time."""
    return MTCNN(num_threads=2, **options).detect_batch


def _own(name: str, series: tuple[str, ...] = _FEW, **options: Any) -> tuple[str, Way]:
    return name, Way(partial(_batches, **options), series, like=name)


def _preset(name: str) -> tuple[str, Way]:
    way = f"preset {name}"
    series = _FEW if name in ("fast", "balanced") else ("golden", "size", "faceless")
    return way, Way(lambda: MTCNN.preset(name, num_threads=2).detect_batch, series, like=way)


WAYS = dict([
    ("three threads on each", Way(_threads_on_each, ("golden", "many"), like="default")),
    ("networks as published", Way(partial(_batches, models=MODELS), _WITH_SEAMS, like="default")),
    _own("default", NAMES),
    _own("min_face_size 40", min_face_size=40),
    _own("factor 0.5", factor=0.5),
    _own("low thresholds", thresholds=(0.4, 0.4, 0.1)),
    _own("second look", second_look=True),
    # Without `mirror`, scores of both ways round may be 1, and either may be the one that stays.
    _own("rotations", ("golden", "roll"), rotations=(90, 180, 270), mirror=("onet",)),
    _own("views", ("golden", "size", "faceless"), views=("grey", "mirror", "half-step")),
    _own("facenet-pytorch", variant="facenet-pytorch"),
    _own("original", variant="original"),
    *map(_preset, PRESETS),
])  # fmt: skip
