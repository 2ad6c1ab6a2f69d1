"""Detections in the images of a data set: by this detector, or predictions of another one."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import typer

from ...._core import __version__
from ....detections import Detections
from ....evaluation import DatasetError, Predictions, read_predictions, write_predictions
from ....files.photos import photo_problem, refuse_folder
from ....runtime.cores import default_num_threads, share_threads
from ....runtime.pipeline import ordered
from ....runtime.workers import Workers
from ...app import usage_errors
from ...messages import count, print_info
from ...options import DetectorOptions
from ...progress import progress_bar

_FOLDER = "predictions"
_AHEAD = 4  # images for each worker that may wait for a slower one before them


class Searched(NamedTuple):
    """Detections in the images of a data set.

    Attributes
    ----------
    found : list of Predictions
        Boxes and scores of each image.
    settings : dict
        Options of the detector and times, as JSON values.
    num_failed : int
        Number of images that cannot be used, which have no boxes.
    """

    found: list[Predictions]
    settings: dict[str, object]
    num_failed: int


def boxes_in(
    names: Sequence[str],
    paths: Sequence[Path],
    options: DetectorOptions,
    predictions: Path | None,
    out: Path | None,
    quiet: bool,
) -> Searched:
    """Return the boxes in images.

    Parameters
    ----------
    names : sequence of str
        Names of the images; with the suffix ``.txt``, names of the files of predictions.
    paths : sequence of Path
        Paths of the images.
    options : DetectorOptions
        Options of the detector.
    predictions : Path or None
        Folder with the predictions of another detector, which are read instead of searching.
    out : Path or None
        Folder to which the boxes of this detector are written.
    quiet : bool
        Whether to show no progress.

    Raises
    ------
    DatasetError
        If no file of predictions exists, a file of predictions is not valid, or no image exists.
    OSError
        If a file cannot be read or written.
    typer.BadParameter
        If an option is wrong.
    """
    if not names:
        raise DatasetError("there is no image to search")
    if predictions is not None:
        if options != DetectorOptions():
            raise typer.BadParameter(
                "options of the detector are for searching, which --predictions does without"
            )
        return _read(names, predictions)

    def write(index: int, detections: Detections) -> None:
        if out is not None:
            name = names[index]
            write_predictions(out / _FOLDER / f"{name}.txt", name, detections)

    found, settings, num_failed = search(paths, options, quiet, write)
    return Searched([Predictions.of(each) for each in found], settings, num_failed)


def search(
    paths: Sequence[Path],
    options: DetectorOptions,
    quiet: bool,
    note_down: Callable[[int, Detections], None] = lambda index, detections: None,
) -> tuple[list[Detections], dict[str, object], int]:
    """Find the faces of several images at the same time.

    Parameters
    ----------
    paths, options, quiet
        As for `boxes_in`.
    note_down : callable
        Function that is called with the index and the detections of each image, in order.

    Returns
    -------
    tuple of list of Detections, dict and int
        Detections of each image, and settings and number of failures as in `Searched`.

    Raises
    ------
    DatasetError
        If none of the images can be used.
    OSError
        If `note_down` raises it.
    typer.BadParameter
        If an option is wrong.
    """
    with usage_errors():
        num_workers, num_threads = share_threads(None, options.num_threads, len(paths))
    detector = options.detector(num_threads)
    if paths and not any(map(os.path.exists, paths)):  # no error where it is not allowed to look
        raise DatasetError(f"none of the images is there, such as {paths[0]}")
    num_failed = 0
    found = []
    began, used = time.perf_counter(), time.process_time()

    def detect(path: Path) -> Detections | Exception:
        try:
            refuse_folder(str(path))
            return detector.detect(path, roi=options.roi)
        except Exception as error:  # one unusable image must not stop the evaluation
            return error.with_traceback(None)  # which would keep the pixels

    with (
        progress_bar(len(paths), "image", quiet) as progress,
        contextlib.closing(
            ordered(detect, paths, Workers(num_workers), _AHEAD * num_workers)
        ) as results,
    ):
        for index, (path, result) in enumerate(zip(paths, results, strict=True)):
            if isinstance(result, Exception):
                num_failed += 1
                progress.error(f"{path}: {photo_problem(result, str(path))}")
                result = Detections.empty()
            note_down(index, result)
            found.append(result)
            progress.advance()
    if num_failed == len(paths):
        raise DatasetError("none of the images can be used")
    settings = {
        "detector": {
            "fastmtcnn": __version__,
            "models": options.given.get("models"),
            "roi": options.roi,
            **detector.options,
            "num_threads": options.num_threads or default_num_threads(),
        },
        "seconds_per_image": round((time.perf_counter() - began) / len(paths), 4),
        "processor_seconds_per_image": round((time.process_time() - used) / len(paths), 4),
    }
    return found, settings, num_failed


def _read(names: Sequence[str], folder: Path) -> Searched:
    files = [folder / f"{name}.txt" for name in names]
    there = [file.is_file() for file in files]
    if not any(there):
        raise DatasetError(f"{folder}: no predictions in it, such as {names[0]}.txt")
    if not all(there):
        missing = count(there.count(False), "image")
        print_info(
            f"no predictions for {missing}, such as {names[there.index(False)]}: nothing found"
        )
    found = [
        read_predictions(file) if is_there else Predictions.of(Detections.empty())
        for file, is_there in zip(files, there, strict=True)
    ]
    settings = {"predictions": str(folder), "num_missing": there.count(False)}
    return Searched(found, settings, 0)
