"""The check of annotated photographs: ``fastmtcnn train --check``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import FastMTCNNError, printable, reason
from ..extras import MissingExtraError
from ..files.atomic_write import replacing
from ..training.checking.check import check, without_damaged
from ..training.checking.preview import preview_samples
from ..training.checking.report import CheckReport
from ..training.checking.tables import check_tables
from ..training.data.annotated import TrainingSet
from ..training.data.shared_photos import without_shared
from ..training.data.splitting import Split, require_complete, take_replay
from ..training.errors import TrainingError
from ..training.folder import RunFolder
from ..training.inputs import Data, ReadSets
from .app import usage_errors, work_errors
from .messages import count, describe, print_error, print_info, write_stdout
from .progress import progress_bar
from .text_tables import plain_table

_MOST_LISTED = 20


def check_data(data: Data, preset: str, out: Path | None, quiet: bool, *, fine_tunes: bool) -> bool:
    """Check annotated photographs, print the findings, and return whether nothing failed.

    Parameters
    ----------
    data : Data
        The sets, all of which are checked.
    preset : str
        Recipe whose samples are estimated and drawn.
    out : Path, optional
        Folder of the run, whose folder ``check`` gets ``check.json`` and ``samples.png``.
    quiet : bool
        Whether to show no progress.
    fine_tunes : bool
        Whether networks are fine-tuned, which learn from half of the guard.
    """
    parts, failure = None, None
    try:
        with work_errors():
            read = data.read_sets()
            sets = [*read.training, *read.validation]
            sets += [each for each in without_shared(read.guard, sets) if each.images]
            total = sum(len(each.images) for each in sets)
            with progress_bar(total, "photograph", quiet) as progress:
                sets = [without_damaged(each, progress.advance) for each in sets]
            try:
                parts = _split(data, _only(read, sets), fine_tunes)
            except TrainingError as error:
                failure = error
            with usage_errors():
                report = check(
                    sets, training=None if parts is None else parts.training, preset=preset
                )
            if out is not None:
                _write(report, sets, preset, RunFolder(out).check)
    except (FastMTCNNError, MissingExtraError) as error:
        return print_error(describe(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return print_error(f"{where}{reason(error)}")
    for warning in report.warnings(fine_tunes=fine_tunes):
        print_info(f"warning: {warning}")
    uses = "" if parts is None else f"\n{_uses(parts)}"
    is_written = write_stdout(f"{check_text(report)}{uses}")
    if failure is not None:
        return print_error(describe(failure))
    return is_written


def check_text(report: CheckReport) -> str:
    """Return the findings of a check: tables, and the photographs that cannot be read.

    Parameters
    ----------
    report : CheckReport
        The findings.
    """
    parts = []
    for table in check_tables(report):
        rows = [[printable(cell) for cell in row] for row in table.rows]
        num_left = 2 if table.header[1] == "format" else 1
        parts.append(plain_table(table.header, rows, num_left=num_left))
    unreadable = [
        f"{printable(problem.where)}: {printable(problem.detail)}"
        for each in report.sets
        for problem in each.problems
        if problem.kind in ("photo_missing", "photo_unreadable")
    ]
    if unreadable:
        more = len(unreadable) - _MOST_LISTED
        listed = unreadable[:_MOST_LISTED] + ([f"and {more} more"] if more > 0 else [])
        parts.append("".join(f"{line}\n" for line in ["photographs that cannot be used:", *listed]))
    return "\n".join(parts)


def _only(read: ReadSets, decoded: Sequence[TrainingSet]) -> ReadSets:
    """Return sets without the photographs that could not be decoded."""
    damaged = {
        problem.where
        for each in decoded
        for problem in each.problems
        if problem.kind == "photo_unreadable"
    }

    def usable(sets: Sequence[TrainingSet]) -> list[TrainingSet]:
        return [
            replace(each, images=[image for image in each.images if str(image.file) not in damaged])
            for each in sets
        ]

    return ReadSets(*map(usable, read))


def _split(data: Data, sets: ReadSets, fine_tunes: bool) -> Split:
    """Return photographs by the use that a training makes of them."""
    parts = data.split(sets)
    if fine_tunes:
        parts = take_replay(parts)
    require_complete(each.complete for each in parts.training)
    return parts


def _uses(parts: Split) -> str:
    lines = [
        f"{what}: {_amount(sets)}\n"
        for what, sets in (
            ("to train with", parts.training),
            ("held back", parts.held_back),
            ("guard", parts.guard),
        )
        if sets
    ]
    return "".join(lines)


def _amount(sets: Sequence[TrainingSet]) -> str:
    images = [image for each in sets for image in each.images]
    faces = sum(int(np.sum(~image.ignored)) for image in images)
    return f"{count(len(images), 'photograph')}, {count(faces, 'face')}"


def _write(report: CheckReport, sets: Sequence[TrainingSet], preset: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "check.json") as file:
        file.write(json.dumps(report.to_dict(), indent=1, allow_nan=False).encode())
    with replacing(folder / "samples.png") as file:
        preview_samples(sets, preset=preset).save(file, "PNG")
