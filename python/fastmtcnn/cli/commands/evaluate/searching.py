"""What is found in the images of a data set, by the detector or by somebody else's."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import typer

from ...._core import __version__
from ....detections import Detections
from ....evaluation import DatasetError, Predictions, read_predictions, write_predictions
from ....runtime.cores import default_num_threads, share_threads
from ....runtime.pipeline import ordered
from ....runtime.workers import Workers
from ...app import usage_errors
from ...messages import count, print_info
from ...options import DetectorOptions
from ...photos import photo_problem
from ...progress import progress_bar

_FOLDER = "predictions"
_AHEAD = 4  # images for each worker that may wait for a slower one before them


class Searched(NamedTuple):
    """What was found.

    Attributes
    ----------
    found : list of Predictions
        In each image.
    settings : dict
        How, as JSON values.
    num_failed : int
        Images that could not be used, in which nothing was found.
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
    """Return the boxes found in images.

    Parameters
    ----------
    names : sequence of str
        Of the images; with ``.txt``, of the files of predictions.
    paths : sequence of Path
        Of the images.
    options : DetectorOptions
        Of the detector that searches.
    predictions : Path or None
        Folder of what another one has found.
    out : Path or None
        Folder below which the boxes are written, if it is this one that searches.
    quiet : bool
        Whether to show no progress.

    Raises
    ------
    DatasetError
        If there is no file of predictions, or one is something else; or none of the images.
    OSError
        If something cannot be read or written.
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
    """Find the faces of images, several at a time.

    Parameters
    ----------
    paths, options, quiet
        As for `boxes_in`.
    note_down : callable
        Called with each image's index and what was found in it, in their order.

    Returns
    -------
    tuple of list of Detections, dict and int
        As the attributes of `Searched`.

    Raises
    ------
    DatasetError
        If none of the images can be used.
    OSError
        As `note_down`.
    typer.BadParameter
        If an option is wrong.
    """
    with usage_errors():
        num_workers, num_threads = share_threads(None, options.num_threads, len(paths))
    detector = options.detector(num_threads)
    if paths and not any(path.exists() for path in paths):
        raise DatasetError(f"none of the images is there, such as {paths[0]}")
    num_failed = 0
    found = []
    began, used = time.perf_counter(), time.process_time()

    def detect(path: Path) -> Detections | Exception:
        try:
            return detector.detect(path)
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
