"""The findings of a check as tables."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from ...evaluation.height_bins import EDGES
from ..settings import PRESETS
from .report import CheckReport, SetReport

_MEGABYTE = 1e6
_POINTS = ("points", "outside", "swapped")


class Table(NamedTuple):
    """A table of texts.

    Attributes
    ----------
    header : list of str
        Names of the columns; the first is that of the rows' names.
    rows : list of list of str
        The cells of each row.
    """

    header: list[str]
    rows: list[list[str]]


def check_tables(report: CheckReport) -> list[Table]:
    """Return the tables of a check: the sets, faces by height, points, and samples.

    Parameters
    ----------
    report : CheckReport
        The findings.
    """
    sets = report.sets
    names = [f"{low}-{high - 1} px" for low, high in itertools.pairwise(EDGES)] + [
        f"{EDGES[-1]} px or more"
    ]
    tables = [
        Table(
            ["set", "format", "weight", "photos", "without face", "faces", "ignored"],
            [
                [
                    *(each.name, each.format, f"{each.weight:g}", f"{each.num_photos:,}"),
                    *(f"{each.num_without_face:,}", f"{each.num_faces:,}"),
                    f"{each.num_ignored:,}",
                ]
                for each in sets
            ],
        )
    ]
    with_faces = [each for each in sets if each.num_faces]
    if with_faces:
        tables += [
            Table(
                ["faces by height", *(each.name for each in with_faces)],
                [
                    [name, *(f"{each.by_height[k][1]:,}" for each in with_faces)]
                    for k, name in enumerate(names)
                ],
            ),
            Table(
                ["set", *(f"positive, {name}" for name in PRESETS), *_POINTS],
                [_of_faces(each) for each in with_faces],
            ),
        ]
    tables.append(
        Table(
            ["samples", "at most", "MB"],
            [
                [each.stage, f"{each.num_samples:,}", f"{each.num_bytes / _MEGABYTE:,.0f}"]
                for each in report.estimates
            ],
        )
    )
    return tables


def _of_faces(each: SetReport) -> list[str]:
    return [
        each.name,
        *(f"{each.num_positive[name] / each.num_faces:.1%}" for name in PRESETS),
        *(f"{each.num_with_points:,}", f"{each.num_points_outside:,}", f"{each.num_swapped:,}"),
    ]
