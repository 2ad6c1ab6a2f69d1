"""The interface of ipazc's ``mtcnn``: of version 1.0 and of versions 0.1."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias, get_args, overload

import numpy as np
import numpy.typing as npt
from PIL import Image

from .. import _core, checks, detector
from ..cascade.trace import Crops
from ..detections import Detections
from ..errors import ImageError, unknown_name
from ..files.images import DEFAULT_MAX_PIXELS, as_rgb

__all__ = ["MTCNN", "StageONet", "StagePNet", "StageRNet", "load_image"]

BoxFormat: TypeAlias = Literal["xywh", "xyxy"]
OutputType: TypeAlias = Literal["json", "numpy"]
Faces: TypeAlias = list[dict[str, Any]]
Rows: TypeAlias = npt.NDArray[np.float64]
Pixels: TypeAlias = npt.NDArray[np.uint8]

_MOST_DETECTORS = 8  # that are kept, of all options ever asked for
_JUSTIFICATIONS = (
    *("top", "topleft", "topright", "bottom", "bottomleft", "bottomright"),
    *("left", "right", "center"),
)
_KEYPOINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
_KEYPOINTS_OF_1_0 = ("nose", "mouth_right", "right_eye", "left_eye", "mouth_left")
_DEVICE = re.compile(r"/?(?:device:)?(cpu|gpu)(?::(\d+))?", re.IGNORECASE)


class Stage:
    """One network of the cascade, as the 1.0 constructor takes a list of.

    Parameters
    ----------
    stage_name : str, optional
        Default: as in the original, such as ``"Stage PNET"``.
    stage_id : int, optional
        Default: as in the original, 1 to 3.
    weights : str or path-like, optional
        An ONNX file to use in place of the shipped network. (Files of weights as the original
        has them are not read.)

    Attributes
    ----------
    name : str
        `stage_name`.
    id : int
        `stage_id`.
    weights : str, path-like or None
        As given.
    """

    key: ClassVar[str]
    _default: ClassVar[tuple[str, int]]

    def __init__(
        self,
        stage_name: str | None = None,
        stage_id: int | None = None,
        weights: str | os.PathLike[str] | None = None,
    ) -> None:
        self.name = self._default[0] if stage_name is None else stage_name
        self.id = self._default[1] if stage_id is None else stage_id
        self.weights = weights


class StagePNet(Stage):
    """P-Net, which proposes boxes."""

    key = "pnet"
    _default = ("Stage PNET", 1)


class StageRNet(Stage):
    """R-Net, which refines them."""

    key = "rnet"
    _default = ("Stage RNET", 2)


class StageONet(Stage):
    """O-Net, which refines them again and finds the landmarks."""

    key = "onet"
    _default = ("Stage ONET", 3)


_STAGES = (StagePNet, StageRNet, StageONet)
_NAMED_STAGES: dict[str, tuple[type[Stage], ...]] = {
    "face_and_landmarks_detection": _STAGES,
    "face_detection_only": _STAGES[:2],
}


class _Options(NamedTuple):
    """What a detector is made of; hashable."""

    variant: str
    min_face_size: float
    thresholds: tuple[float, ...]
    nms_thresholds: tuple[float, ...] | None
    factor: float
    models: tuple[tuple[str, bytes], ...]
    gpu: int | None


@lru_cache(_MOST_DETECTORS)
def _detector(options: _Options) -> detector.MTCNN:
    return detector.MTCNN(
        options.min_face_size,
        options.thresholds,
        options.nms_thresholds,
        options.factor,
        variant=options.variant,
        models=dict(options.models),
        providers=(
            None
            if options.gpu is None
            else [("CUDAExecutionProvider", {"device_id": str(options.gpu)})]
        ),
    )


@dataclass(frozen=True)
class _Call:
    """What version 1.0 takes with an image."""

    fit_to_image: bool = True
    limit_boundaries_landmarks: bool = False
    box_format: BoxFormat = "xywh"
    output_type: OutputType = "json"
    postprocess: bool = True
    batch_stack_justification: str = "center"
    min_face_size: float = 20
    min_size: float = 12
    scale_factor: float = 0.709
    threshold_pnet: float = 0.6
    nms_pnet1: float = 0.5
    nms_pnet2: float = 0.7
    threshold_rnet: float = 0.7
    nms_rnet: float = 0.7
    threshold_onet: float = 0.8
    nms_onet: float = 0.7

    def check(self) -> None:
        for name in ("fit_to_image", "limit_boundaries_landmarks", "postprocess"):
            checks.flag(name, getattr(self, name))
        choices: dict[str, Sequence[str]] = {
            "box_format": get_args(BoxFormat),
            "output_type": get_args(OutputType),
            "batch_stack_justification": _JUSTIFICATIONS,
        }
        for name, valid in choices.items():
            if getattr(self, name) not in valid:
                raise unknown_name(name, getattr(self, name), valid)
        checks.pixels("min_size", self.min_size)

    def options(self, models: Mapping[str, bytes], gpu: int | None) -> _Options:
        def fractions(*names: str) -> tuple[float, ...]:
            return tuple(checks.fraction(name, getattr(self, name)) for name in names)

        return _Options(
            # The same arithmetic as "mtcnn", but not in whole pixels.
            variant="original",
            min_face_size=checks.pixels("min_face_size", self.min_face_size),
            thresholds=fractions("threshold_pnet", "threshold_rnet", "threshold_onet"),
            nms_thresholds=fractions("nms_pnet1", "nms_pnet2", "nms_rnet", "nms_onet"),
            factor=checks.open_fraction("scale_factor", self.scale_factor),
            models=tuple(models.items()),
            gpu=gpu,
        )


class MTCNN:
    """A face detector with the interface of ``mtcnn.MTCNN``, in either of its two forms.

    ``MTCNN(stages="face_and_landmarks_detection", device="CPU:0")`` is the form of version 1.0,
    where all other options come with the image. ``MTCNN(weights_file=None, min_face_size=20,
    steps_threshold=(0.6, 0.7, 0.7), scale_factor=0.709)`` is the one of versions 0.1. A bare
    ``MTCNN()`` is of the form of 1.0; so is whatever names `stages` or `device`. It is of the
    form of 0.1 if it names one of the others, or if the first positional argument is None or a
    path: of a folder, or with a separator or a suffix in it. The forms also differ in what
    `detect_faces` returns, each as in its version.

    Parameters
    ----------
    stages : str or sequence of Stage, default "face_and_landmarks_detection"
        That, or ``"face_detection_only"``, which leaves out O-Net and so has no landmarks and
        coarser, square boxes. Or the stages themselves, classes or instances: `StagePNet`, then
        `StageRNet`, then `StageONet`; the last ones may be left out.
    device : str, default "CPU:0"
        ``"CPU:0"``, or ``"GPU:0"`` and so on, which needs onnxruntime's CUDA provider.
    weights_file : str or path-like, optional
        A folder with own ``pnet.onnx``, ``rnet.onnx`` and ``onet.onnx``. Default: the shipped
        networks.
    min_face_size : float, default 20
        Smallest face searched for, in pixels.
    steps_threshold : sequence of three floats, optional
        Probabilities, 0 to 1, that a face must exceed after P-Net, R-Net and O-Net.
        Default: 0.6, 0.7, 0.7.
    scale_factor : float, default 0.709
        Scale of each pyramid level relative to the one before.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong, arguments of both forms are mixed, or the device is not there.
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
    ) -> None: ...

    @overload
    def __init__(
        self,
        weights_file: str | os.PathLike[str] | None = None,
        min_face_size: float = 20,
        steps_threshold: Sequence[float] | None = None,
        scale_factor: float = 0.709,
    ) -> None: ...

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._old: _Options | None = None
        self._stages: list[Stage] = [stage() for stage in _STAGES]
        self._device = "CPU:0"
        self._gpu: int | None = None
        self._models: dict[str, bytes] = {}
        start = self._start_old if _is_old(args, kwargs) else self._start_new
        try:
            inspect.signature(start).bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(
                "MTCNN takes stages and device, or weights_file, min_face_size, steps_threshold "
                f"and scale_factor, and not of both: {error}"
            ) from None
        start(*args, **kwargs)
        # At once, not with the first image, since networks and device may not be usable.
        _detector(self._options(_Call()))

    def _start_new(
        self, stages: object = "face_and_landmarks_detection", device: object = "CPU:0"
    ) -> None:
        self._stages = _stages(stages)
        self._gpu = _gpu(device)
        self._device = str(device)
        self._models = {
            stage.key: Path(stage.weights).read_bytes()
            for stage in self._stages
            if stage.weights is not None
        }

    def _start_old(
        self,
        weights_file: object = None,
        min_face_size: object = 20,
        steps_threshold: object = None,
        scale_factor: object = 0.709,
    ) -> None:
        if weights_file is not None:
            self._models = _own_weights(weights_file)
        steps = (0.6, 0.7, 0.7) if steps_threshold is None else steps_threshold
        self._old = _Options(
            variant="mtcnn",
            min_face_size=checks.pixels("min_face_size", min_face_size),
            thresholds=checks.fractions("steps_threshold", steps, 3),
            nms_thresholds=None,
            factor=checks.open_fraction("scale_factor", scale_factor),
            models=tuple(self._models.items()),
            gpu=None,
        )

    def _options(self, call: _Call) -> _Options:
        return call.options(self._models, self._gpu) if self._old is None else self._old

    @property
    def device(self) -> str:
        """The device, as given."""
        return self._device

    @property
    def stages(self) -> list[Stage]:
        """The stages in use."""
        return self._stages

    def get_stage(self, stage_id: int | None = None, stage_name: str | None = None) -> Stage | None:
        """Return the stage with this number or this name, or None."""
        for stage in self._stages:
            if stage.id == stage_id or stage.name == stage_name:
                return stage
        return None

    @property
    def min_face_size(self) -> float:
        """Smallest face searched for, in pixels; may be set in the form of versions 0.1."""
        return _Call().min_face_size if self._old is None else self._old.min_face_size

    @min_face_size.setter
    def min_face_size(self, value: float) -> None:
        if self._old is None:
            raise AttributeError(
                "min_face_size comes with the image in the form of version 1.0: "
                "detect_faces(image, min_face_size=...)"
            )
        self._old = self._old._replace(min_face_size=checks.pixels("min_face_size", value))

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
        """Find the faces of one image or of several.

        All arguments but the first belong to version 1.0. In the form of versions 0.1 they must
        be left at their defaults, which then mean nothing.

        Parameters
        ----------
        image : str, path-like, bytes, ndarray, tensor, PIL.Image.Image, or list of these
            A path or the bytes of an image file, turned upright by its EXIF orientation; or RGB
            values 0 to 255 of shape (h, w, 3), or (h, w, 4), (h, w, 1) or (h, w), as integers or
            floats. Those of a list may be of different sizes; each is searched by itself.
        fit_to_image : bool, default True
            Limit the boxes to the image.
        limit_boundaries_landmarks : bool, default False
            Limit the keypoints as well; nothing without `fit_to_image`.
        box_format : {"xywh", "xyxy"}, default "xywh"
            A box as its first corner, width and height, or as its two corners.
        output_type : {"json", "numpy"}, default "json"
            What to return.
        postprocess : bool, default True
            False leaves out `fit_to_image` as well.
        batch_stack_justification : str, default "center"
            Checked, but without a meaning here: images are not padded.
        min_face_size : float, default 20
            Smallest face searched for, in pixels.
        min_size : float, default 12
            Checked, but without a meaning, as in the original.
        scale_factor : float, default 0.709
            Scale of each pyramid level relative to the one before.
        threshold_pnet, threshold_rnet, threshold_onet : float, defaults 0.6, 0.7, 0.8
            Probabilities, 0 to 1, that a face must exceed after each network.
        nms_pnet1, nms_pnet2, nms_rnet, nms_onet : float, defaults 0.5, 0.7, 0.7, 0.7
            Overlaps above which the box with the lower score goes: within a pyramid level, across
            levels, after R-Net and after O-Net.

        Returns
        -------
        list of dict, list of list of dict, or ndarray
            For each face, highest score first, ``"box"`` (four int, in pixels), ``"confidence"``
            (float, 0 to 1) and, if O-Net is among the stages, ``"keypoints"``: x, y of
            ``"nose"``, ``"mouth_right"``, ``"right_eye"``, ``"left_eye"``, ``"mouth_left"``,
            where left is the left of the image. A list of such lists for a list of images; always
            a list, empty where there is no face, and of plain Python numbers, rounded to whole
            pixels. In the form of versions 0.1 the numbers are cut to whole pixels, boxes reach
            down to 0 but may pass the other borders, and points are tuples, eyes first.

            With ``output_type="numpy"`` a float64 array of one row a face, whatever was given:
            the number of the image in the list, the box (four columns, not rounded), the score,
            and with O-Net five x and five y, in the order of versions 0.1. Its shape is (n, 16),
            or (n, 6) without O-Net.

        Raises
        ------
        ValueError, TypeError
            If an argument is wrong.
        TypeError, ImageError
            If an image is of another kind or damaged.
        OSError
            If a file cannot be read.
        """
        call = _Call(
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
        if self._old is not None:
            if call != _Call():
                raise TypeError(
                    "detect_faces takes options only if the detector was made in the form of "
                    "version 1.0, MTCNN(stages=..., device=...)"
                )
            found = _detector(self._options(call)).detect_batch([_pixels(each) for each in images])
            faces = [_faces_of_0_1(each) for each in found]
            return faces if is_batch else faces[0]
        call.check()
        tables = self._find([_pixels(each) for each in images], call)
        if call.output_type == "numpy":
            return np.concatenate([self._no_rows(), *tables])
        faces = [_faces_of_1_0(table, call.box_format) for table in tables]
        return faces if is_batch else faces[0]

    predict = detect_faces

    def _find(self, images: list[Pixels], call: _Call) -> list[Rows]:
        """Return the rows of each image, with boxes in the format wanted."""
        native = _detector(self._options(call))
        if len(self._stages) == len(_STAGES):
            tables = [_rows(each) for each in native.detect_batch(images)]
        else:
            traces = [native.trace(image) for image in images]
            if len(self._stages) == 1:
                tables = [_unique(trace.rnet, call.nms_pnet2) for trace in traces]
            else:
                tables = [_unique(trace.onet, call.nms_rnet) for trace in traces]
        for k, (table, image) in enumerate(zip(tables, images, strict=True)):
            if call.postprocess and call.fit_to_image:
                _fit(table, image, call.limit_boundaries_landmarks)
            if call.box_format == "xywh":
                table[:, 2:4] -= table[:, :2]
            tables[k] = np.insert(table, 0, k, axis=1)
        return tables

    def _no_rows(self) -> Rows:
        return np.zeros((0, 16 if len(self._stages) == len(_STAGES) else 6))


def load_image(
    image: object, dtype: npt.DTypeLike = np.float32, device: str = "CPU:0"
) -> npt.NDArray[Any]:
    """Load an image, like ``mtcnn.utils.images.load_image``.

    Parameters
    ----------
    image : str, path-like, bytes, ndarray or tensor
        As `MTCNN.detect_faces` takes it.
    dtype : dtype, default numpy.float32
        Of the result; values are 0 to 255 in any.
    device : str, default "CPU:0"
        Without a meaning here.

    Returns
    -------
    ndarray, shape (h, w, 3)
        RGB values 0 to 255.
    """
    # TensorFlow's dtypes know the one of numpy.
    return _pixels(image).astype(getattr(dtype, "as_numpy_dtype", dtype))


def _is_old(args: tuple[object, ...], kwargs: Mapping[str, object]) -> bool:
    """Tell whether the constructor was called as in versions 0.1."""
    first = args[0] if args else None
    names_stages = isinstance(first, (list, tuple)) or (
        isinstance(first, str) and first in _NAMED_STAGES
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


def _stages(stages: object) -> list[Stage]:
    if isinstance(stages, str):
        if stages not in _NAMED_STAGES:
            raise unknown_name("stages", stages, _NAMED_STAGES)
        return [stage() for stage in _NAMED_STAGES[stages]]
    wanted = (
        f"stages must be one of {', '.join(map(repr, _NAMED_STAGES))}, or a list of this module's "
        "StagePNet, StageRNet and StageONet in this order, of which the last may be left out"
    )
    if not isinstance(stages, (list, tuple)):
        raise TypeError(f"{wanted}, got {stages!r}")
    made = [stage() if isinstance(stage, type) else stage for stage in stages]
    fits = 0 < len(made) <= len(_STAGES) and all(map(isinstance, made, _STAGES))
    if not fits:
        raise ValueError(f"{wanted}, got {stages!r}")
    return made


def _gpu(device: object) -> int | None:
    """Return the number of the GPU that a device names, None for the CPU."""
    match = _DEVICE.fullmatch(device) if isinstance(device, str) else None
    if match is None:
        raise ValueError(f"device must be 'CPU:0', 'GPU:0', 'GPU:1' and so on, got {device!r}")
    kind, number = match.groups()
    return None if kind.lower() == "cpu" else int(number or 0)


def _own_weights(folder: object) -> dict[str, bytes]:
    wanted = "weights_file must be a folder with pnet.onnx, rnet.onnx and onet.onnx"
    if not isinstance(folder, (str, os.PathLike)):
        raise TypeError(f"{wanted}, got {folder!r}")
    if not Path(folder).is_dir():
        raise ValueError(f"{wanted}, got {os.fspath(folder)!r}, which is no folder")
    return {stage.key: (Path(folder) / f"{stage.key}.onnx").read_bytes() for stage in _STAGES}


def _pixels(image: object) -> Pixels:
    """Turn an image of any kind that the original takes, and some more, into RGB pixels."""
    if not isinstance(image, (np.ndarray, Image.Image)) and hasattr(image, "__array__"):
        try:
            image = np.asarray(image)
        except Exception as error:  # whatever a tensor raises that is elsewhere, say on a GPU
            raise TypeError(
                f"an image must be convertible to an array, got {type(image).__name__}: {error}"
            ) from error
    if isinstance(image, np.ndarray) and image.dtype != np.uint8 and image.dtype.kind in "iuf":
        image = _whole_numbers(image)
    return as_rgb(image, "rgb", DEFAULT_MAX_PIXELS)  # type: ignore[arg-type]


def _whole_numbers(image: npt.NDArray[Any]) -> Pixels:
    """Return other numbers from 0 to 255 as uint8."""
    least, most = (float(image.min()), float(image.max())) if image.size else (0.0, 0.0)
    if not (least >= 0 and most <= 255):  # so that NaN is refused as well
        raise ImageError(
            f"an image array must have values from 0 to 255, got {least:g} to {most:g}"
        )
    if image.dtype.kind == "f" and 0 < most <= 1:
        raise ImageError(
            f"an image array must have values from 0 to 255, got floats from {least:g} to "
            f"{most:g}; multiply them by 255"
        )
    whole: Pixels = np.rint(image).astype(np.uint8)
    return whole


def _rows(found: Detections) -> Rows:
    """Return x1, y1, x2, y2, score, five x and five y of each face."""
    points = found.landmarks.transpose(0, 2, 1).reshape(-1, 10)
    return np.column_stack([found.boxes, found.scores, points]).astype(np.float64)


def _unique(crops: Crops, threshold: float) -> Rows:
    """Return x1, y1, x2, y2 and score of the boxes that would enter the next network."""
    # Version 1.0 refines boxes before NMS, here it is the other way round; without a second one
    # several boxes of a face would be left, which otherwise the next stage takes care of.
    kept = _core.nms(crops.boxes, crops.scores, threshold, "union")
    return np.column_stack([crops.boxes, crops.scores])[kept]


def _fit(table: Rows, image: Pixels, with_landmarks: bool) -> None:
    height, width = image.shape[:2]
    limits = [width - 1, height - 1, width - 1, height - 1]
    table[:, :4] = np.clip(table[:, :4], 0, limits)
    if with_landmarks and table.shape[1] > 5:
        table[:, 5:] = np.clip(table[:, 5:], 0, [width - 1] * 5 + [height - 1] * 5)


def _faces_of_1_0(table: Rows, box_format: BoxFormat) -> Faces:
    faces = []
    for row in table:
        whole = np.rint(row).astype(int).tolist()
        face: dict[str, Any] = {"box": whole[1:5], "confidence": float(row[5])}
        if len(row) > 6:
            points = dict(zip(_KEYPOINTS, zip(whole[6:11], whole[11:16], strict=True), strict=True))
            face["keypoints"] = {name: list(points[name]) for name in _KEYPOINTS_OF_1_0}
        faces.append(face)
    return faces


def _faces_of_0_1(found: Detections) -> Faces:
    faces = []
    for face in found.faces():
        x1, y1, x2, y2 = map(int, face.box)
        points = [(int(x), int(y)) for x, y in face.landmarks]
        faces.append(
            {
                "box": [x1, y1, x2 - x1, y2 - y1],
                "confidence": face.score,
                "keypoints": dict(zip(_KEYPOINTS, points, strict=True)),
            }
        )
    return faces
