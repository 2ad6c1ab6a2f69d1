"""A face detector for deepface, and the function that registers it with deepface.

After ``fastmtcnn.compat.deepface.register()``, deepface's ``detector_backend="fastmtcnn"`` uses
this package instead of facenet-pytorch; see `register`.
"""

from __future__ import annotations

import importlib
import inspect
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeAlias, cast, overload

import numpy as np
import numpy.typing as npt

from ..detections import Detections, Face
from ..detector import MTCNN
from ..faces.overlaps import areas
from ..faces.selection import descending
from ..files.images import DEFAULT_MAX_PIXELS, ImageLike, as_rgb
from ..networks.native import Engine
from ..networks.providers import Providers
from ..variants import Variant
from ._common import uint8_pixels

BgrImage: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.floating[Any]]

_TASK = "face_detector"
_POINTS = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")  # the person's left, right
_UNKNOWN_DEEPFACE = (
    "register works with deepface 0.0.93 and newer, but the one installed does not keep its "
    "models where these do"
)


@dataclass
class FacialAreaRegion:
    """A face, in place of deepface's class of this name if deepface is not installed.

    Attributes
    ----------
    x, y, w, h : int
        First corner, width and height of the box in pixels, within the image.
    left_eye, right_eye : tuple of two ints
        x and y of the eyes; left and right are the person's: the right eye is at image left.
    confidence : float
        Probability, 0 to 1, that this is a face.
    nose, mouth_right, mouth_left : tuple of two ints
        x and y; left and right are the person's.
    """

    x: int
    y: int
    w: int
    h: int
    left_eye: tuple[int, int] | None = None
    right_eye: tuple[int, int] | None = None
    confidence: float | None = None
    nose: tuple[int, int] | None = None
    mouth_right: tuple[int, int] | None = None
    mouth_left: tuple[int, int] | None = None


class FastMtCnnClient:
    """A detector with the interface and the name of deepface's detector for facenet-pytorch.

    With the defaults it returns the same boxes in the same order. If deepface is installed, the
    detector is an instance of deepface's ``Detector``.

    Parameters
    ----------
    min_face_size, thresholds, variant, min_score, providers, engine, views, num_threads
        Options of `fastmtcnn.MTCNN`.

    Attributes
    ----------
    model : MTCNN
        The underlying detector.

    Raises
    ------
    ValueError, TypeError
        If an option is invalid.
    """

    def __init__(
        self,
        *,
        min_face_size: float = 20.0,
        thresholds: Sequence[float] | None = None,
        variant: str | Variant = "facenet-pytorch",
        min_score: float | None = None,
        providers: Providers | None = None,
        engine: Engine | None = None,
        views: Sequence[str] = (),
        num_threads: int | None = None,
    ) -> None:
        self.model = MTCNN(
            min_face_size,
            thresholds,
            variant=variant,
            min_score=min_score,
            providers=providers,
            engine=engine,
            views=views,
            num_threads=num_threads,
        )
        self._region_type = _region_type()
        fields = inspect.signature(self._region_type).parameters
        # Older versions of deepface have the eyes only.
        self._points = [name for name in _POINTS if name in fields]

    @overload
    def detect_faces(self, img: BgrImage) -> list[FacialAreaRegion]: ...

    @overload
    def detect_faces(self, img: Sequence[BgrImage]) -> list[list[FacialAreaRegion]]: ...

    def detect_faces(
        self, img: BgrImage | Sequence[BgrImage]
    ) -> list[FacialAreaRegion] | list[list[FacialAreaRegion]]:
        """Detect the faces of one image or several.

        Parameters
        ----------
        img : ndarray of shape (height, width, 3), or list of such
            BGR pixels, uint8 or floats from 0 to 255, whose fractions are truncated. The shapes
            (height, width, 4), whose alpha is dropped, (height, width) and (height, width, 1) are
            accepted, too.

        Returns
        -------
        list of FacialAreaRegion, or list of such lists
            Faces of each image, the largest box first. Boxes have integer coordinates and are
            clipped to the image; boxes without a pixel in it are left out. An empty list if there
            is no face.

        Raises
        ------
        TypeError, ImageError
            If an image is of another kind, or has floats out of the range from 0 to 255.
        """
        if isinstance(img, (list, tuple)):
            images = [_pixels(each) for each in img]
            batch = self.model.detect_batch(images)
            return [
                self._regions(found, image.shape)
                for image, found in zip(images, batch, strict=True)
            ]
        image = _pixels(img)
        return self._regions(self.model.detect(image), image.shape)

    def _regions(self, found: Detections, shape: tuple[int, ...]) -> list[FacialAreaRegion]:
        found = found.select(descending(areas(found.boxes)))
        whole = _whole_boxes(found.boxes, shape)
        return [
            self._region(box, face)
            for box, face in zip(whole, found.faces(), strict=True)
            if box[2] > 0 and box[3] > 0
        ]

    def _region(self, box: list[int], face: Face) -> FacialAreaRegion:
        points = dict(zip(_POINTS, map(tuple, face.landmarks.astype(int).tolist()), strict=True))
        x, y, w, h = box
        return self._region_type(
            x=x,
            y=y,
            w=w,
            h=h,
            confidence=face.score,
            **{name: points[name] for name in self._points},
        )


def register(
    detector: FastMtCnnClient | None = None, *, name: str = "fastmtcnn"
) -> FastMtCnnClient:
    """Make deepface use a detector of this package, in this process.

    The detector is added to the store in which deepface keeps its models; nothing else is changed.
    ``DeepFace.extract_faces(..., detector_backend=name)`` and all other functions with a
    ``detector_backend`` find it there.

    Parameters
    ----------
    detector : FastMtCnnClient, optional
        The detector. Default: a detector with default options.
    name : str, default "fastmtcnn"
        The ``detector_backend``. The default replaces deepface's backend of this name, which needs
        facenet-pytorch; any other name adds a backend.

    Returns
    -------
    FastMtCnnClient
        The detector that deepface will call.

    Raises
    ------
    ImportError
        If deepface is not installed, or is older than 0.0.93 or otherwise incompatible.
    TypeError
        If an argument has another type.

    Examples
    --------
    >>> from fastmtcnn.compat.deepface import FastMtCnnClient, register
    >>> register(FastMtCnnClient(min_face_size=40))  # doctest: +SKIP
    >>> DeepFace.extract_faces("a.jpg", detector_backend="fastmtcnn")  # doctest: +SKIP
    """
    if detector is not None and not isinstance(detector, FastMtCnnClient):
        raise TypeError(f"detector must be a FastMtCnnClient, got {type(detector).__name__}")
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, got {name!r}")
    modeling = _import("deepface.modules.modeling")
    if modeling is None:
        raise ImportError("register needs deepface 0.0.93 or newer: pip install deepface")
    if detector is None:
        detector = FastMtCnnClient()
    # deepface creates its store with the first model that it builds, with an entry for each task.
    store = vars(modeling).setdefault("cached_models", defaultdict(dict))
    store[_TASK][name] = detector
    try:
        used: object = modeling.build_model(task=_TASK, model_name=name)
    except Exception as error:  # an incompatible deepface may raise any error here
        raise ImportError(_UNKNOWN_DEEPFACE) from error
    if used is not detector:
        raise ImportError(_UNKNOWN_DEEPFACE)
    return detector


def _whole_boxes(boxes: npt.NDArray[np.float32], shape: tuple[int, ...]) -> list[list[int]]:
    """Return x, y, w, h in integer pixels, truncated as deepface does and clipped to the image."""
    limits = np.array([shape[1], shape[0]], np.float32)
    corners = np.trunc(boxes[:, :2])
    opposite = np.clip(corners + np.trunc(boxes[:, 2:] - boxes[:, :2]), 0, limits)
    corners = np.clip(corners, 0, limits)
    whole: list[list[int]] = np.hstack([corners, opposite - corners]).astype(int).tolist()
    return whole


def _region_type() -> Callable[..., FacialAreaRegion]:
    detectors = _import("deepface.models.Detector")
    if detectors is None:
        return FacialAreaRegion
    detectors.Detector.register(FastMtCnnClient)
    region_type: Callable[..., FacialAreaRegion] = detectors.FacialAreaRegion
    return region_type


def _import(name: str) -> ModuleType | None:
    """Return a module of deepface, or None if there is no such module."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # deepface is installed, but one of its dependencies is not
        return None


def _pixels(image: object) -> npt.NDArray[np.uint8]:
    if isinstance(image, np.ndarray) and image.dtype.kind == "f":
        image = uint8_pixels(image, rounded=False)
    return as_rgb(cast(ImageLike, image), "bgr", DEFAULT_MAX_PIXELS)
