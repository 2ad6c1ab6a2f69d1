"""The page of a run: what was trained, how, and what came of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from ..._core import __version__
from ...reporting.templates import make_environment, read_source
from .curves import INK
from .pictures import SIDE, pictures_of, sheet_uri
from .summary import RunSummary, verdicts
from .tables import (
    data_table,
    detector_of,
    duration,
    figures_table,
    option_texts,
    origin_of,
    percent,
    recall_table,
    size_argument,
    stages_table,
    thresholds_table,
    title_of,
)

if TYPE_CHECKING:
    import jinja2

_PACKAGE = "fastmtcnn.training.reporting"
_LONGEST = 500  # characters of a value
_MOST_ERRORS = 48  # of each kind
_MOST_NOTES = 50


def page_of(summary: RunSummary, curves: str, folder: str) -> str:
    """Return the page, which needs no network and no other file.

    Parameters
    ----------
    summary : RunSummary
        The run.
    curves : str
        Its curves as the content of an SVG file, from `save_curves`.
    folder : str
        Path of the folder with the networks.

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.
    """
    from markupsafe import Markup

    errors = {
        title: pictures_of(
            [miss for miss in summary.misses if miss.kind == kind][:_MOST_ERRORS], kind
        )
        for title, kind in (
            ("Largest missed faces", "missed"),
            ("False positives with the highest scores", "false_positive"),
        )
    }
    return (
        _templates()
        .get_template("page.html")
        .render(
            summary=summary,
            verdicts=verdicts(summary),
            headline=_headline(summary),
            version=__version__,
            duration=duration(summary.seconds),
            origin=origin_of(summary),
            detector=detector_of(summary, folder),
            size_argument=size_argument(summary),
            folder_argument=shlex.quote(folder),
            curves=Markup(inline_svg(curves)),
            parts=[(part, figures_table(part)) for part in summary.parts],
            thresholds=None if summary.thresholds is None else thresholds_table(summary.thresholds),
            notes=[*summary.notes, *(summary.thresholds.notes if summary.thresholds else ())][
                :_MOST_NOTES
            ],
            stages=[
                (
                    title_of(stage.key),
                    recall_table(stage),
                    None if stage.sheet is None else sheet_uri(stage.sheet),
                )
                for stage in summary.stages
            ],
            how=stages_table(summary.stages),
            data=data_table(summary.data),
            errors=errors,
            side=SIDE,
            settings=_texts(option_texts(summary.settings)),
            versions=_texts(summary.versions),
        )
    )


def inline_svg(content: str) -> str:
    """Return the element of an SVG file, in the colours of the page around it.

    Parameters
    ----------
    content : str
        Content of a file that matplotlib wrote.
    """
    element = content[content.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    # The background of the figure and of its axes; nothing else is white.
    element = re.sub(r"fill: *#ffffff", "fill: none", element)
    element = element.replace(INK, "currentColor")
    return element.replace("<svg", '<svg role="img" aria-label="Curves of the training"', 1)


def _headline(summary: RunSummary) -> dict[str, str]:
    """Return the numbers at the top of the page by their names."""
    numbers = {}
    for part in summary.parts:
        if part.role == "own":
            numbers["average precision"] = percent(part.after.average_precision)
            if part.after.operating is not None:
                numbers["recall"] = percent(part.after.operating.recall)
                numbers["precision"] = percent(part.after.operating.precision)
            if part.after.landmarks.num_found:
                numbers["landmark error"] = percent(part.after.landmarks.mean)
    numbers["photographs"] = f"{sum(each.num_images for each in summary.data):,}"
    numbers["faces"] = f"{sum(each.num_faces for each in summary.data):,}"
    return numbers


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {
        name: text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        for name, text in ((name, str(value)) for name, value in values.items())
    }


@cache
def _templates() -> jinja2.Environment:
    environment = make_environment(_PACKAGE, extra="train")
    from markupsafe import Markup

    style = read_source("fastmtcnn.reporting", "page.css") + read_source(_PACKAGE, "page.css")
    environment.globals.update(style=Markup(style))
    return environment
