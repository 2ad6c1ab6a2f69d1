"""The interface of ipazc's ``mtcnn``, both of version 1.0 and of versions 0.1."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt
from PIL import Image

from ..files.images import DEFAULT_MAX_PIXELS, as_rgb
from ..networks.native import Engine
from ._common import uint8_pixels
from ._mtcnn_forms import BoxFormat, Call, Faces, Form01, Form10, OutputType, Pixels, Rows
from ._mtcnn_stages import NAMED_STAGES, Stage, StageONet, StagePNet, StageRNet

__all__ = ["MTCNN", "StageONet", "StagePNet", "StageRNet", "load_image"]


class MTCNN:
    """A face detector with the interface of ``mtcnn.MTCNN``, in either of its two forms.

    ``MTCNN(stages="face_and_landmarks_detection", device="CPU:0")`` has the form of version 1.0:
    all other options are passed with the image. ``MTCNN(weights_file=None, min_face_size=20,
    steps_threshold=(0.6, 0.7, 0.7), scale_factor=0.709)`` has the form of versions 0.1. A call
    without arguments, or with `stages` or `device`, has the form of 1.0. A call has the form of 0.1
    if it contains one of the other keywords, or if the first positional argument is None or a path:
    an existing one, or a string with a separator or a suffix. `detect_faces` returns the results of
    the respective version.

    Parameters
    ----------
    stages : str or sequence of Stage, default "face_and_landmarks_detection"
        The default, or ``"face_detection_only"``, which omits O-Net: there are no landmarks, and
        boxes are coarser and square. Or a list of stages, classes or instances: `StagePNet`, then
        `StageRNet`, then `StageONet`; the last ones may be omitted.
    device : str, default "CPU:0"
        ``"CPU:0"``, or ``"GPU:0"`` and so on, which needs onnxruntime's CUDA provider.
    weights_file : str or path-like, optional
        A folder with custom ``pnet.onnx``, ``rnet.onnx`` and ``onet.onnx``. Default: the shipped
        networks.
    min_face_size : float, default 20
        Smallest face searched for, in pixels.
    steps_threshold : sequence of three floats, optional
        Probabilities, 0 to 1, that a face must exceed after P-Net, R-Net and O-Net.
        Default: 0.6, 0.7, 0.7.
    scale_factor : float, default 0.709
        Scale of each pyramid level relative to the one before.
    engine : {"onnxruntime", "native", "auto"}, optional
        What runs the networks, as for `fastmtcnn.MTCNN`. A keyword of both forms.
    views : sequence of str, default ()
        Views in which the image is also searched, as for `fastmtcnn.MTCNN`; only with all three
        stages. A keyword of both forms.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid, arguments of both forms are mixed, or the device is not
        available.
    ModelError
        If a network cannot be loaded or the device cannot be used.
    OSError
        If a file of weights cannot be read.

    Notes
    -----
    A detector may be shared between threads, used after a fork, copied and pickled.

    Examples
    --------
    >>> import fastmtcnn
    >>> from fastmtcnn.compat.mtcnn import MTCNN
    >>> faces = MTCNN().detect_faces(fastmtcnn.sample_photo())
    >>> len(faces), sorted(faces[0])
    (1, ['box', 'confidence', 'keypoints'])
    """

    @overload
    def __init__(
        self,
        stages: str | Sequence[Stage | type[Stage]] = "face_and_landmarks_detection",
        device: str = "CPU:0",
        *,
        engine: Engine | None = None,
        views: Sequence[str] = (),
    ) -> None: ...

    @overload
    def __init__(
        self,
        weights_file: str | os.PathLike[str] | None = None,
        min_face_size: float = 20,
        steps_threshold: Sequence[float] | None = None,
        scale_factor: float = 0.709,
        *,
        engine: Engine | None = None,
        views: Sequence[str] = (),
    ) -> None: ...

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        form = Form01 if _is_old(args, kwargs) else Form10
        try:
            inspect.signature(form).bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(
                "MTCNN takes stages and device, or weights_file, min_face_size, steps_threshold "
                f"and scale_factor, but not both: {error}"
            ) from None
        self._form: Form01 | Form10 = form(*args, **kwargs)

    @property
    def device(self) -> str:
        """The device that was passed, such as ``"CPU:0"``."""
        return self._form.device

    @property
    def stages(self) -> list[Stage]:
        """The stages in use."""
        return self._form.stages

    def get_stage(self, stage_id: int | None = None, stage_name: str | None = None) -> Stage | None:
        """Return the stage with this number or this name, or None."""
        for stage in self._form.stages:
            if stage.id == stage_id or stage.name == stage_name:
                return stage
        return None

    @property
    def min_face_size(self) -> float:
        """Smallest face searched for, in pixels; may be set in the form of versions 0.1."""
        return self._form.min_face_size

    @min_face_size.setter
    def min_face_size(self, value: float) -> None:
        self._form.min_face_size = value

    def detect_faces(
        self,
        image: object,
        fit_to_image: bool = True,
        limit_boundaries_landmarks: bool = False,
        box_format: BoxFormat = "xywh",
        output_type: OutputType = "json",
        postprocess: bool = True,
        batch_stack_justification: str = "center",
        *,
        min_face_size: float = 20,
        min_size: float = 12,
        scale_factor: float = 0.709,
        threshold_pnet: float = 0.6,
        nms_pnet1: float = 0.5,
        nms_pnet2: float = 0.7,
        threshold_rnet: float = 0.7,
        nms_rnet: float = 0.7,
        threshold_onet: float = 0.8,
        nms_onet: float = 0.7,
    ) -> Faces | list[Faces] | Rows:
        """Detect the faces of one image or of several.

        All arguments except the first belong to version 1.0. In the form of versions 0.1 they must
        be left at their defaults, which have no effect then.

        Parameters
        ----------
        image : str, path-like, bytes, ndarray, tensor, PIL.Image.Image, or list of these
            A path or the bytes of an image file, whose EXIF orientation is applied; or RGB values
            0 to 255 of shape (h, w, 3), (h, w, 4), (h, w, 1) or (h, w), as integers or floats. The
            images of a list may have different sizes; each is searched separately.
        fit_to_image : bool, default True
            Whether to clip the boxes to the image.
        limit_boundaries_landmarks : bool, default False
            Whether to clip the keypoints as well. Needs `fit_to_image`.
        box_format : {"xywh", "xyxy"}, default "xywh"
            Format of a box: its first corner, width and height, or its two corners.
        output_type : {"json", "numpy"}, default "json"
            Format of the result: dicts or one array.
        postprocess : bool, default True
            False disables `fit_to_image` as well.
        batch_stack_justification : str, default "center"
            Checked, but without effect: images are not padded.
        min_face_size : float, default 20
            Smallest face searched for, in pixels.
        min_size : float, default 12
            Checked, but without effect, as in the original.
        scale_factor : float, default 0.709
            Scale of each pyramid level relative to the one before.
        threshold_pnet, threshold_rnet, threshold_onet : float, defaults 0.6, 0.7, 0.8
            Probabilities, 0 to 1, that a face must exceed after each network.
        nms_pnet1, nms_pnet2, nms_rnet, nms_onet : float, defaults 0.5, 0.7, 0.7, 0.7
            Overlaps above which non-maximum suppression drops the box with the lower score: within
            a pyramid level, across levels, after R-Net (intersection over union), and after O-Net
            (intersection over the smaller box).

        Returns
        -------
        list of dict, list of list of dict, or ndarray
            A dict for each face, highest score first: ``"box"`` (four int, in pixels),
            ``"confidence"`` (float, 0 to 1) and, if O-Net is among the stages, ``"keypoints"``: x,
            y of ``"nose"``, ``"mouth_right"``, ``"right_eye"``, ``"left_eye"``, ``"mouth_left"``,
            where left is the left of the image. A list of such lists for a list of images. Lists
            are empty if there is no face; coordinates are rounded to the nearest integer. In the
            form of versions 0.1, coordinates are truncated, first corners are at least 0 but boxes
            may pass the other borders, and points are tuples, eyes first.

            With ``output_type="numpy"``, a float64 array with a row for each face of all images:
            the index of the image, the box (four columns, not rounded), the score, and with O-Net
            five x and five y, in the order of versions 0.1. Its shape is (n, 16), or (n, 6) without
            O-Net.

        Raises
        ------
        ValueError, TypeError
            If an argument is invalid.
        TypeError, ImageError
            If an image is of another kind or damaged.
        OSError
            If a file cannot be read.
        """
        call = Call(
            fit_to_image,
            limit_boundaries_landmarks,
            box_format,
            output_type,
            postprocess,
            batch_stack_justification,
            min_face_size,
            min_size,
            scale_factor,
            threshold_pnet,
            nms_pnet1,
            nms_pnet2,
            threshold_rnet,
            nms_rnet,
            threshold_onet,
            nms_onet,
        )
        is_batch = isinstance(image, (list, tuple))
        images: Iterable[object] = image if is_batch else [image]  # type: ignore[assignment]
        if isinstance(self._form, Form10):
            call.check()
        elif call != Call():
            raise TypeError(
                "detect_faces takes options only if the detector was made in the form of "
                "version 1.0, MTCNN(stages=..., device=...)"
            )
        found = self._form.detect([_pixels(each) for each in images], call)
        return found if is_batch or isinstance(found, np.ndarray) else found[0]

    predict = detect_faces


def load_image(
    image: object, dtype: npt.DTypeLike = np.float32, device: str = "CPU:0"
) -> npt.NDArray[Any]:
    """Load an image, like ``mtcnn.utils.images.load_image``.

    Parameters
    ----------
    image : str, path-like, bytes, ndarray or tensor
        An image that `MTCNN.detect_faces` accepts.
    dtype : dtype, default numpy.float32
        dtype of the result; values are 0 to 255 whatever it is.
    device : str, default "CPU:0"
        Has no effect.

    Returns
    -------
    ndarray, shape (h, w, 3)
        RGB values 0 to 255.
    """
    # A dtype of TensorFlow has numpy's as an attribute.
    return _pixels(image).astype(getattr(dtype, "as_numpy_dtype", dtype))


def _is_old(args: tuple[object, ...], kwargs: Mapping[str, object]) -> bool:
    """Return whether the constructor was called as in versions 0.1."""
    first = args[0] if args else None
    names_stages = isinstance(first, (list, tuple)) or (
        isinstance(first, str) and first in NAMED_STAGES
    )
    if names_stages or not kwargs.keys().isdisjoint({"stages", "device"}):
        return False
    old_names = {"weights_file", "min_face_size", "steps_threshold", "scale_factor"}
    if not kwargs.keys().isdisjoint(old_names) or len(args) > 2:
        return True
    if len(args) == 2:
        return not isinstance(args[1], str)
    return len(args) == 1 and (first is None or _is_path(first))


def _is_path(value: object) -> bool:
    if not isinstance(value, str):
        return isinstance(value, os.PathLike)
    path = Path(value)
    return len(path.parts) > 1 or path.suffix != "" or path.exists()


def _pixels(image: object) -> Pixels:
    """Convert an image of any kind that the original accepts, or a PIL image, to RGB pixels."""
    if not isinstance(image, (np.ndarray, Image.Image)) and hasattr(image, "__array__"):
        try:
            image = np.asarray(image)
        except Exception as error:  # a tensor on a GPU, for example, may raise any error
            raise TypeError(
                f"an image must be convertible to an array, got {type(image).__name__}: {error}"
            ) from error
    if isinstance(image, np.ndarray) and image.dtype != np.uint8 and image.dtype.kind in "iuf":
        image = uint8_pixels(image)
    return as_rgb(image, "rgb", DEFAULT_MAX_PIXELS)  # type: ignore[arg-type]
