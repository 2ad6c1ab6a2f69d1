"""Results of evaluations as text and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from ....evaluation import Bin, Curve
from ....files.atomic_write import replacing
from ...messages import count
from ...text_tables import plain_table
from .searching import Searched


def percent(share: float) -> str:
    """Return a share as a percentage, or a dash if there is none.

    Parameters
    ----------
    share : float
        0 to 1 or NaN.
    """
    return "-" if math.isnan(share) else f"{100 * share:.2f} %"


def by_height(bins: Sequence[Bin]) -> str:
    """Return a table of the recall by height.

    Parameters
    ----------
    bins : sequence of Bin
        Recall in each range of heights.
    """
    rows = []
    for each in bins:
        below = f" to {each.below:g}" if math.isfinite(each.below) else " and more"
        share = each.num_found / each.num_faces if each.num_faces else math.nan
        row = (f"{each.lowest:g}{below} px", str(each.num_faces), str(each.num_found))
        rows.append((*row, percent(share)))
    header = ("face height", "faces", "found", "recall")
    return plain_table(header, rows)


def heights_as_json(bins: Sequence[Bin]) -> list[dict[str, object]]:
    """Return the recall by height as JSON values.

    Parameters
    ----------
    bins : sequence of Bin
        Recall in each range of heights.
    """
    return [
        {
            "from": each.lowest,
            "below": each.below if math.isfinite(each.below) else None,
            "num_faces": each.num_faces,
            "num_found": each.num_found,
        }
        for each in bins
    ]


def curve_as_json(curve: Curve) -> dict[str, object]:
    """Return the figures of a curve as JSON values.

    Parameters
    ----------
    curve : Curve
        The curve of precision and recall.
    """
    return {
        "average_precision": number(curve.average_precision),
        "recall": number(curve.highest_recall),
        "num_faces": curve.num_faces,
        "num_wrong": int(curve.num_false_positives[-1]),
    }


def number(value: float) -> float | None:
    """Return a number for JSON, rounded, or None if it is not finite.

    Parameters
    ----------
    value : float
        Any number.
    """
    return round(float(value), 6) if math.isfinite(value) else None


def summary(num_images: int, searched: Searched) -> str:
    """Return a line with the numbers of images, boxes and failures.

    Parameters
    ----------
    num_images : int
        Number of images.
    searched : Searched
        Detections in the images.
    """
    num_boxes = sum(len(each.scores) for each in searched.found)
    text = f"{count(num_images, 'image')}, {num_boxes} {'box' if num_boxes == 1 else 'boxes'} found"
    if "seconds_per_image" in searched.settings:
        text += f", {searched.settings['seconds_per_image']:.3f} s an image"
    if searched.num_failed:
        text += f", {count(searched.num_failed, 'image')} not usable"
    return text + "\n"


def write_json(path: Path, values: Mapping[str, object]) -> None:
    """Write results to a JSON file.

    Parameters
    ----------
    path : Path
        Path of the file, whose folder is created.
    values : mapping of str to JSON values
        The results.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write((json.dumps(values, indent=2, allow_nan=False) + "\n").encode())
