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


class Level(NamedTuple):
    """What came of one picture, or several.

    Attributes
    ----------
    faces, found, false : int
        Faces that there are, that were found, and boxes on none (or on one that has a box).
    overlap, least_overlap : float
        Intersection over union of the boxes found with the true ones: mean and least; 0 if no
        face was found.
    error, greatest_error : float
        Distance of the landmarks from the true ones, in distances between the eyes: mean, and
        mean of the face where it is greatest; 0 if no face was found.
    """

    faces: int
    found: int
    false: int
    overlap: float
    least_overlap: float
    error: float
    greatest_error: float


# Several times what changes if up to 1e-5 is added to all that the networks say, which is more than
# processors and runtimes differ by: of boxes with a score of just 1, another stays then. Of one
# level, and of all of a series.
_LEVEL = Level(0, 1, 1, 0.015, 0.06, 0.012, 0.15)
_SERIES = Level(0, 1, 1, 0.004, 0.06, 0.003, 0.15)
_MANY = 12  # faces, of which one more or one fewer may be found
_ENOUGH = 6  # faces found, from which on overlaps and errors are compared


def compare(found: Detections, picture: Picture) -> Level:
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
    errors = distances / np.linalg.norm(true[:, 0] - true[:, 1], axis=1)
    shares = _overlaps(found.boxes[boxes].astype(float), picture.boxes[faces]).diagonal()
    return Level(
        len(picture.boxes),
        len(pairs),
        found.num_faces - len(pairs),
        *(
            round(float(how(of)), DIGITS) if pairs else 0.0
            for how, of in (
                (np.mean, shares),
                (np.min, shares),
                (np.mean, errors),
                (np.max, errors),
            )
        ),
    )


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
        level: together(compare(next(found), picture) for picture in each)
        for level, each in made.items()
    }


def together(levels: Iterable[Level]) -> Level:
    """Return the levels of several pictures as that of one."""
    rows = np.array(list(levels), float).reshape(-1, len(Level._fields))
    weighted = rows[:, 1] @ rows[:, 3:] / max(rows[:, 1].sum(), 1)
    with_faces = rows[rows[:, 1] > 0]
    faces, found, false = (int(count) for count in rows[:, :3].sum(axis=0))
    least, greatest = (
        with_faces[:, 4].min(initial=float(found > 0)),
        with_faces[:, 6].max(initial=0),
    )
    shares = (weighted[0], least, weighted[2], greatest)
    return Level(faces, found, false, *(round(float(share), DIGITS) for share in shares))


def differences(now: Mapping[str, Level], recorded: Mapping[str, Level]) -> list[str]:
    """Say what is more than a tolerance away from what is recorded of a series.

    Better is away, too: what is gained shall be recorded, or it can be lost again unseen.
    """
    if list(now) != list(recorded):
        return [f"levels {list(recorded)} are recorded, there are {list(now)}"]
    pairs = [(level, now[level], recorded[level], _LEVEL) for level in now]
    pairs.append(("all together", together(now.values()), together(recorded.values()), _SERIES))
    said = []
    for level, row, old, tolerances in pairs:
        counts = tolerances[:3] if old.faces >= _MANY else (0, 0, 0)
        shares = tolerances[3:] if min(row.found, old.found) >= _ENOUGH else [math.inf] * 4
        said += [
            f"{level}: {name} is {is_:.4g}, recorded is {was:.4g}"
            for name, is_, was, most in zip(
                Level._fields, row, old, (*counts, *shares), strict=True
            )
            if abs(is_ - was) > most
        ]
    return said


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
