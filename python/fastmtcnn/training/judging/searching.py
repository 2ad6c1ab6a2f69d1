"""Searches of annotated photographs by networks that are judged."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from ...cascade.cascade import Cascade
from ...detector import MTCNN
from ...errors import FastMTCNNError, ImageError, ModelError, first_line
from ...evaluation import GroundTruth
from ...files.images import DEFAULT_MAX_PIXELS, as_rgb
from ...networks.loading import Models, Networks
from ...networks.native import engine_of_environment
from ...options import Options
from ...runtime.cores import default_num_threads
from ...runtime.pipeline import ordered
from ...runtime.workers import Workers
from ..data.annotated import AnnotatedImage
from ..errors import TrainingError

Pixels: TypeAlias = npt.NDArray[np.uint8]
NetworkSource: TypeAlias = Networks | Models | None
Thresholds: TypeAlias = tuple[float, float, float]

# So low that nearly all that the shipped networks can find is found, and average precision is that
# of their ranking; lower ones cost time and bring next to nothing. `ranking_thresholds` lowers them
# for other networks.
RANKING_THRESHOLDS: Thresholds = (0.2, 0.1, 0.02)
MOST_PROPOSALS = 6000  # of an image that R-Net sees: P-Nets that are hardly trained have far more

_AHEAD = 4  # images for each thread that may wait for a slower one before them

_T = TypeVar("_T")


@dataclass(frozen=True)
class Judged(Generic[_T]):
    """What came of one photograph.

    Attributes
    ----------
    image : AnnotatedImage
        The photograph.
    value : object or None
        What the function returned for its pixels; None if the photograph cannot be read.
    seconds : float
        Processor time that the function took, in seconds.
    problem : str
        Why the photograph cannot be read; empty if it can.
    """

    image: AnnotatedImage
    value: _T | None
    seconds: float = 0.0
    problem: str = ""


def open_cascade(networks: NetworkSource, options: Mapping[str, Any] | None = None) -> Cascade:
    """Return a cascade of the networks that are to be judged.

    Parameters
    ----------
    networks : Networks, mapping, str, path-like or None
        The three networks, or the `models` of `MTCNN`: ``{"pnet": b"...", ...}`` with the content
        of ONNX files, files or a folder. The shipped networks replace missing ones.
    options : mapping of str to object, optional
        Options of `MTCNN`, such as `min_face_size` and `variant`. The native engine runs the
        networks where it can, unless they or the environment name another.

    Raises
    ------
    ValueError, TypeError
        If an option is wrong, or is one of `rotations`, `views`, `second_look` and
        `joint_scores`, which would judge the options rather than the networks.
    ModelError
        If a network cannot be used.
    """
    given = dict(options or {})
    for name in ("rotations", "views", "second_look", "joint_scores"):
        if given.get(name):
            raise ValueError(f"networks are judged without {name}, got {given[name]!r}")
    if isinstance(networks, Networks):
        return Cascade(lambda: networks, Options(**given))
    given.setdefault("engine", engine_of_environment("auto"))
    return MTCNN(models=networks, **given).cascade


def over_images(
    images: Sequence[AnnotatedImage],
    function: Callable[[Pixels], _T],
    num_threads: int | None = None,
) -> Iterator[Judged[_T]]:
    """Call a function with the pixels of each photograph, in several threads.

    Parameters
    ----------
    images : sequence of AnnotatedImage
        The photographs. A few of them are in memory at a time.
    function : callable
        Takes an ndarray of uint8 of shape (height, width, 3), RGB, of the upright image. It works
        in the thread that calls it, so that its processor time can be told.
    num_threads : int, optional
        Number of threads. Default: the number of cores that may be used.

    Yields
    ------
    Judged
        One for each photograph, in order.

    Raises
    ------
    TrainingError
        After the last photograph, if none of them can be read.
    """

    def judge(image: AnnotatedImage) -> Judged[_T]:
        try:
            pixels = as_rgb(image.file.read(), "rgb", DEFAULT_MAX_PIXELS)
            began = time.thread_time()
            value = function(pixels)
        except ModelError:
            raise
        except (FastMTCNNError, OSError, MemoryError) as error:
            return Judged(image, None, problem=why_unreadable(error))
        return Judged(image, value, time.thread_time() - began)

    workers = Workers(min(num_threads or default_num_threads(), max(len(images), 1)))
    last, num_read = "", 0
    results = ordered(judge, images, workers, _AHEAD * workers.num_threads)
    with contextlib.closing(results):
        for result in results:
            num_read += result.value is not None
            last = f"{result.image.file}: {result.problem}"
            yield result
    if images and not num_read:
        raise TrainingError(f"none of {len(images)} photographs can be read, such as {last}")


def why_unreadable(error: Exception) -> str:
    """Return why a photograph cannot be read, without its path.

    Parameters
    ----------
    error : Exception
        What reading it raised.
    """
    said = error.reason if isinstance(error, ImageError) else getattr(error, "strerror", None)
    return said or first_line(error)


def ground_truth(image: AnnotatedImage) -> GroundTruth:
    """Return the faces of a photograph, of which ignored ones are not valid."""
    return GroundTruth(image.boxes, ~image.ignored)
