"""The log of a run: what happens while it trains, and figures of the networks so far."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ..files.atomic_write import replacing
from .checking.sample_pictures import records_picture
from .data.annotated import AnnotatedImage
from .folder import RunFolder
from .judging.figures import cascade_figures
from .judging.stages import JudgedStage, stage_recall
from .observer import Observer, Progress, Subject
from .reporting.log import RunLog
from .samples.records import Kind, Records
from .settings import Stage

_FILES_OF_A_SHEET = 12
_OF_A_FILE = 3  # samples of each kind


class Recorder(Observer):
    """Writes all that happens to the log, judges the networks, and tells another observer.

    Parameters
    ----------
    log : RunLog
        The log.
    folder : RunFolder
        The folder of the run.
    watched : sequence of AnnotatedImage
        Photographs that the networks are judged on.
    min_face_size : float
        Smallest face searched for in them, in pixels.
    num_threads : int
        Number of threads to judge with.
    other : Observer
        Is told everything, too.
    """

    def __init__(
        self,
        log: RunLog,
        folder: RunFolder,
        watched: Sequence[AnnotatedImage],
        min_face_size: float,
        num_threads: int,
        other: Observer,
    ) -> None:
        self._log, self._folder, self._watched, self._other = log, folder, watched, other
        self._options = {"min_face_size": min_face_size}
        self._num_threads = num_threads

    def mining(self, key: Stage, done: int, total: int, problems: list[str]) -> None:
        """Log the end of it, and every problem."""
        for problem in problems:
            self._log.append(key, "problem", 0, text=problem)
        if done == total:
            self._log.append(key, "mining", 0, photographs=total)
        self._other.mining(key, done, total, problems)

    def samples(self, key: Stage, totals: Mapping[Kind, int], files: list[Path]) -> None:
        """Log the numbers of samples."""
        counts = {kind.name.lower(): number for kind, number in totals.items()}
        size = sum(path.stat().st_size for path in files)
        self._log.append(key, "samples", 0, counts=counts, bytes=size)
        sheet = self._folder.sample_sheet(key)
        sheet.parent.mkdir(parents=True, exist_ok=True)
        with replacing(sheet) as file:
            sheet_of(files).save(file, "PNG")
        self._other.samples(key, totals, files)

    def progress(self, key: Stage, progress: Progress) -> None:
        """Log losses and learning rate."""
        losses = progress.losses
        self._log.append(
            key,
            "loss",
            progress.step,
            steps=progress.steps,
            loss=losses["total"],
            class_loss=losses["face"],
            box_loss=losses["box"],
            landmark_loss=losses["landmark"],
            rate=progress.rate,
            samples_per_second=progress.samples_per_second,
        )
        self._other.progress(key, progress)

    def judge(self, key: Stage, step: int, folder: Path) -> None:
        """Measure recall or average precision on the watched photographs, and log it."""
        began = time.monotonic()
        if key == "onet":
            figures = self._judge_cascade(step, folder, began)
        else:
            figures = self._judge_stage(key, step, folder, began)
        self._other.judge(key, step, folder)
        self._other.figures(key, step, figures)

    def _judge_cascade(self, step: int, folder: Path, began: float) -> dict[str, float]:
        figures = cascade_figures(
            folder,
            self._watched,
            options=self._options,
            operating=False,
            num_threads=self._num_threads,
        )
        values = {
            "average_precision": figures.average_precision,
            "recall": figures.highest_recall,
            "landmark_error": figures.landmarks.mean,
        }
        took = time.monotonic() - began
        self._log.append("onet", "figures", step, **values, took=took)
        return values

    def _judge_stage(
        self, key: JudgedStage, step: int, folder: Path, began: float
    ) -> dict[str, float]:
        found = stage_recall(
            folder,
            self._watched,
            key,
            options=self._options,
            num_threads=self._num_threads,
        )
        recall = {str(number): share for number, share in found.recall.items()}
        took = time.monotonic() - began
        boxes = found.boxes_per_image
        self._log.append(key, "figures", step, recall=recall, boxes_per_image=boxes, took=took)
        return {f"recall at {number} boxes": share for number, share in recall.items()}

    def note(self, key: Subject, text: str) -> None:
        """Log it."""
        self._log.append(key, "note", 0, text=text)
        self._other.note(key, text)

    def finishing(self, num_photos: int) -> None:
        """Tell the other observer."""
        self._other.finishing(num_photos)

    def check(self) -> None:
        """Ask the other observer."""
        self._other.check()


def sheet_of(files: Sequence[Path]) -> Image.Image:
    """Return a picture of some of the samples in files.

    Parameters
    ----------
    files : sequence of Path
        The files.
    """
    few: list[Records] = []
    for path in files[:: max(len(files) // _FILES_OF_A_SHEET, 1)][:_FILES_OF_A_SHEET]:
        records = np.load(path)
        places = [np.flatnonzero(records["kind"] == kind)[:_OF_A_FILE] for kind in Kind]
        few.append(records[np.concatenate(places)])
    return records_picture(np.concatenate(few))
