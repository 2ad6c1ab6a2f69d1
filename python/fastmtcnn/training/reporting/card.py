"""The model card of a run: README.md beside the networks.

Its form follows Mitchell and others, "Model Cards for Model Reporting", FAT* 2019.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..._core import __version__
from ...errors import printable
from ..checking.tables import Table
from .summary import RunSummary, verdicts
from .tables import (
    NOTHING,
    data_table,
    detector_of,
    duration,
    figures_table,
    option_texts,
    origin_of,
    recall_table,
    stages_table,
    thresholds_table,
    title_of,
)

_LONGEST = 500  # characters of a value
_SPECIAL = re.compile(r"([\\`*_\[\]#|~<>&$]|^[-+](?=\s)|(?<=^\d)[.)](?=\s))")

_USE = (
    "The networks find faces in photographs and videos, with five landmarks each. They were made "
    "for photographs like those listed below, and the figures hold for such photographs only: "
    "measure them on your own before you rely on them (`fastmtcnn evaluate`)."
)
_LIMITS = (
    "Faces that are rare in the training photographs are missed more often: which ages, skin "
    "colours, poses, occlusions and qualities of images the photographs have decides who is found. "
    "Nobody has checked this for these networks unless it is said here.",
    "The networks find faces; they do not tell whose face it is. Whoever processes photographs of "
    "people needs a right to do so.",
    "The licences of the photographs may limit what the networks may be used for, even if the "
    "package itself is free software.",
)


def card_of(summary: RunSummary, folder: str) -> str:
    """Return the model card, in Markdown.

    Parameters
    ----------
    summary : RunSummary
        The run.
    folder : str
        Path of the folder with the networks.
    """
    origin = origin_of(summary)
    blocks = [
        f"# {escape(summary.name)}",
        "Networks of MTCNN for face detection: `pnet.onnx`, `rnet.onnx` and `onet.onnx`, trained "
        f"from {escape(origin)} by fastmtcnn {escape(__version__)}. "
        f"Finished {escape(summary.finished)}, after {escape(duration(summary.seconds))}.",
        *(f"**{escape(each.text)}**" for each in verdicts(summary)),
        "## How to load them",
        _code(f"import fastmtcnn\n\ndetector = {detector_of(summary, folder)}", "python"),
        *_thresholds(summary),
        "## Intended use",
        _USE,
        "## Figures",
        *_figures(summary),
        "## Training data",
        _markdown(data_table(summary.data)),
        "Held-back photographs were not trained with. The others are named in `log.jsonl` only if "
        "they could not be used; those held back are listed in `held_back.txt` and `guard.txt`.",
        "## Training",
        _markdown(stages_table(summary.stages)),
        *_recalls(summary),
        *(escape(note) for note in summary.notes),
        *([_code(summary.command, "sh")] if summary.command else []),
        _listed("Settings", option_texts(summary.settings)),
        _listed("Versions", summary.versions),
        "## Limits and bias",
        "\n".join(f"* {each}" for each in _LIMITS),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def escape(text: str) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", printable(" ".join(text.split())))


def _thresholds(summary: RunSummary) -> list[str]:
    choice = summary.thresholds
    if choice is None:
        return []
    values = ", ".join(f"{each:g}" for each in choice.thresholds)
    wanted = choice.goal.kind.replace("_", " ")
    return [
        f"The thresholds {values} are stored in the networks. They were chosen on the held-back "
        f"part for {wanted} {escape(f'{choice.goal.value:.1%}')}.",
        *(escape(note) for note in choice.notes),
        _markdown(thresholds_table(choice)),
    ]


def _figures(summary: RunSummary) -> Iterable[str]:
    for part in summary.parts:
        yield f"### {escape(part.name.capitalize())}"
        yield (
            f"{part.after.num_images:,} photographs that were not trained with, "
            f"{part.after.num_faces:,} faces."
        )
        yield _markdown(figures_table(part))
    yield (
        "Average precision is that of WIDER FACE's protocol at low thresholds; recall, precision, "
        "landmark error and time are those at the thresholds of the last row. A box is a true "
        "positive if its IoU with a face is 0.5 or more. The landmark error "
        "is relative to the distance between the eyes. Thresholds, and the mixture of old and new "
        "weights if there is one, were chosen on the held-back part: other photographs like these "
        "may give somewhat lower figures."
    )


def _recalls(summary: RunSummary) -> Iterable[str]:
    for stage in summary.stages:
        table = recall_table(stage)
        if table is not None:
            yield f"Recall of {title_of(stage.key)} on the held-back part:"
            yield _markdown(table)


def _listed(title: str, values: Mapping[str, object]) -> str:
    rows = [
        [name, text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."]
        for name, text in ((name, str(value)) for name, value in values.items())
    ]
    return f"### {title}\n\n{_markdown(Table(['name', 'value'], rows))}" if rows else ""


def _markdown(table: Table) -> str:
    def line(cells: Iterable[str]) -> str:
        return f"| {' | '.join(cells)} |"

    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.header)
    head = line(escape(each) or " " for each in table.header)
    rule = line("---:" if all(map(_is_figure, cells)) else "---" for cells in columns)
    return "\n".join([head, rule, *(line(map(escape, row)) for row in table.rows)])


def _is_figure(cell: str) -> bool:
    return cell == NOTHING or cell.lstrip("+-")[:1].isdigit()


def _code(text: str, language: str) -> str:
    """Return a block of code, within a fence that is longer than any in it."""
    lines = [printable(line) for line in text.splitlines()]
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *lines, fence])
