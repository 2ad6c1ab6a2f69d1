"""What is measured of a detector, and compared with what is recorded."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmtcnn import Detections

from .pasting import Picture
from .series import NAMES, pictures

RECORDED = Path(__file__).resolve().parent / "levels.json"
OVERLAP = 0.5  # intersection over union from which on a face counts as found
DIGITS = 4

Detect = Callable[[Sequence[Any]], list[Detections]]


class Found(NamedTuple):
    """What was found in one picture.

    Attributes
    ----------
    faces, false : int
        Faces that there are; boxes on none of them, or on one that has a box.
    overlaps, errors : ndarray of float64, shape (n,)
        Of the faces found: intersection over union of the box with the true one, and mean distance
        of the landmarks from the true ones, in distances between the eyes.
    """

    faces: int
    false: int
    overlaps: NDArray[np.float64]
    errors: NDArray[np.float64]


class Level(NamedTuple):
    """What is recorded of some pictures.

    Attributes
    ----------
    faces, found, false : int
        Faces that there are and that were found; boxes on none.
    overlap, least_overlap : float
        Intersection over union with the true boxes: mean, but of the lowest and highest eighth,
        and least; 0 if no face was found.
    error, greatest_error : float
        Distance of the landmarks from the true ones, in distances between the eyes: mean, but of
        the lowest and highest eighth, and greatest mean of a face; 0 if no face was found.
    """

    faces: int
    found: int
    false: int
    overlap: float
    least_overlap: float
    error: float
    greatest_error: float


# At least twice what changes if up to 1e-5 is added to all that the networks say, which is more
# than processors and runtimes differ by: of boxes with a score of just 1, another stays then. Of
# one level, of all of a series, of all series, and where few faces are found.
_LEVEL = Level(0, 1, 1, 0.02, 0.15, 0.015, 0.2)
_SERIES = Level(0, 1, 1, 0.007, 0.15, 0.005, 0.2)
_ALL = Level(0, 2, 2, 0.0004, 0.15, 0.0003, 0.2)
_FEW = Level(0, 1, 1, 0.08, 0.2, 0.06, 0.3)
_ENOUGH = 8  # faces found: not few
_MANY = 12  # faces that there are, of which one more or one fewer may be found


def compare(found: Detections, picture: Picture) -> Found:
    """Say what was found of what there is.

    Boxes are taken from the highest score to the lowest, each for the face that it overlaps most
    of those that have none yet.
    """
    overlaps = _overlaps(found.boxes.astype(float), picture.boxes)
    pairs: dict[int, int] = {}
    for k in np.argsort(-found.scores, kind="stable"):
        overlaps[k, list(pairs)] = 0
        if len(picture.boxes) and overlaps[k].max() >= OVERLAP:
            pairs[int(overlaps[k].argmax())] = int(k)
    faces, boxes = list(pairs), list(pairs.values())
    true = picture.landmarks[faces]
    distances = np.linalg.norm(found.landmarks[boxes] - true, axis=2).mean(axis=1)
    return Found(
        len(picture.boxes),
        found.num_faces - len(pairs),
        _overlaps(found.boxes[boxes].astype(float), picture.boxes[faces]).diagonal(),
        distances / np.linalg.norm(true[:, 0] - true[:, 1], axis=1),
    )


def level(pictures: Iterable[Found]) -> Level:
    """Return what is recorded of some pictures."""
    all_ = list(pictures)
    overlaps = np.concatenate([each.overlaps for each in all_])
    errors = np.concatenate([each.errors for each in all_])
    shares = _middle(overlaps), overlaps.min(initial=1), _middle(errors), errors.max(initial=0)
    return Level(
        sum(each.faces for each in all_),
        len(overlaps),
        sum(each.false for each in all_),
        *(round(float(share), DIGITS) if len(overlaps) else 0.0 for share in shares),
    )


def _middle(values: NDArray[np.float64]) -> float:
    """Return the mean of all but the lowest and highest eighth, which a single face can move."""
    off = len(values) // 8
    return float(np.sort(values)[off : len(values) - off].mean()) if len(values) else 0.0


def _overlaps(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return intersection over union of each box with each of the others."""
    first, second = boxes[:, None], others[None]
    sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(
        first[..., :2], second[..., :2]
    )
    common = sides.clip(0).prod(axis=2)
    areas = [(each[..., 2:] - each[..., :2]).prod(axis=2) for each in (first, second)]
    shares: NDArray[np.float64] = common / (areas[0] + areas[1] - common)
    return shares


def measure(series: str, detect: Detect) -> dict[str, Level]:
    """Return what came of each level of a series."""
    made = pictures(series)
    found = iter(detect([picture.pixels for each in made.values() for picture in each]))
    return {
        name: level(compare(next(found), picture) for picture in each)
        for name, each in made.items()
    }


def together(levels: Iterable[Level]) -> Level:
    """Return several levels as one: sums, means by faces found, and extremes."""
    rows = np.array(list(levels), float)
    counts = [int(count) for count in rows[:, :3].sum(axis=0)]
    overlap, _, error, _ = rows[:, 1] @ rows[:, 3:] / max(counts[1], 1)
    least = rows[rows[:, 1] > 0, 4].min(initial=1)
    greatest = rows[:, 6].max()
    return Level(
        counts[0], counts[1], counts[2], float(overlap), float(least), float(error), float(greatest)
    )


def differences(now: Mapping[str, Level], recorded: Mapping[str, Level]) -> list[str]:
    """Say what is more than a tolerance away from what is recorded of a series.

    Better is away, too: what is gained shall be recorded, or it can be lost again unseen.
    """
    if list(now) != list(recorded):
        return [f"levels {list(recorded)} are recorded, there are {list(now)}"]
    apart = [line for name in now for line in _apart(name, now[name], recorded[name], _LEVEL)]
    return apart + _apart(
        "all together", together(now.values()), together(recorded.values()), _SERIES
    )


def differences_of_all(
    now: Mapping[str, Mapping[str, Level]], recorded: Mapping[str, Mapping[str, Level]]
) -> list[str]:
    """Say what is more than a tolerance away of several series as one."""
    rows = [
        together(level for series in each.values() for level in series.values())
        for each in (now, recorded)
    ]
    return _apart("all series", rows[0], rows[1], _ALL)


def _apart(name: str, row: Level, old: Level, tolerances: Level) -> list[str]:
    fewest = min(row.found, old.found)
    counts = tolerances[:3] if old.faces >= _MANY else (0, 0, 0)
    shares = tolerances[3:] if fewest >= _ENOUGH else _FEW[3:] if fewest else [math.inf] * 4
    return [
        f"{name}: {field} is {is_:.4g}, recorded is {was:.4g}"
        for field, is_, was, most in zip(Level._fields, row, old, (*counts, *shares), strict=True)
        if abs(is_ - was) > most
    ]


def read() -> tuple[dict[str, float], dict[str, dict[str, dict[str, Level]]]]:
    """Return what is recorded: the mean of each picture, and levels by way, series and name."""
    content = json.loads(RECORDED.read_text(encoding="ascii"))
    levels = {
        way: {
            name: {level: Level(*row) for level, row in rows.items()}
            for name, rows in series.items()
        }
        for way, series in content["levels"].items()
    }
    return content["means"], levels


def write(levels: Mapping[str, Mapping[str, Mapping[str, Level]]]) -> None:
    """Record levels, each on a line, and the means of the pictures."""
    lines = [f'{{\n"columns": {json.dumps(Level._fields)},', '"means": {']
    lines.append(_joined((json.dumps(name), f"{mean:.2f}") for name, mean in means().items()))
    lines.append('},\n"levels": {')
    lines.append(
        _joined(
            (
                json.dumps(way),
                _braced((json.dumps(name), _rows(rows)) for name, rows in each.items()),
            )
            for way, each in levels.items()
        )
    )
    RECORDED.write_text("\n".join([*lines, "}\n}\n"]), encoding="ascii")


def means() -> dict[str, float]:
    """Return the mean of the pictures of each level, by which one sees whether it is the same."""
    return {
        f"{series}: {level}": float(np.mean([picture.pixels.mean() for picture in each]))
        for series in NAMES
        for level, each in pictures(series).items()
    }


def _rows(rows: Mapping[str, Level]) -> str:
    return _braced((json.dumps(level), json.dumps(row)) for level, row in rows.items())


def _braced(items: Iterable[tuple[str, str]]) -> str:
    return f"{{\n{_joined(items)}\n}}"


def _joined(items: Iterable[tuple[str, str]]) -> str:
    return ",\n".join(f"{key}: {value}" for key, value in items)
