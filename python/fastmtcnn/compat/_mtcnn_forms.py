"""The two interfaces of ``mtcnn``: those of version 1.0 and of versions 0.1."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from .. import _core, checks, detector
from ..cascade.trace import Crops
from ..detections import Detections
from ..errors import unknown_name
from ..networks.native import Engine
from ..options import VIEWS
from ._common import device_number, providers_for
from ._mtcnn_stages import STAGES, Stage, checked_stages

BoxFormat: TypeAlias = Literal["xywh", "xyxy"]
OutputType: TypeAlias = Literal["json", "numpy"]
Faces: TypeAlias = list[dict[str, Any]]
Rows: TypeAlias = npt.NDArray[np.float64]
Pixels: TypeAlias = npt.NDArray[np.uint8]

_MAX_DETECTORS = 8  # size of the cache of detectors, which are opened anew for other options
_JUSTIFICATIONS = (
    *("top", "topleft", "topright", "bottom", "bottomleft", "bottomright"),
    *("left", "right", "center"),
)
_KEYPOINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
_KEYPOINTS_OF_1_0 = ("nose", "mouth_right", "right_eye", "left_eye", "mouth_left")
_DEVICE = re.compile(r"/?(?:device:)?(cpu|gpu)(?::(\d+))?", re.IGNORECASE)


class _Options(NamedTuple):
    """Options of a detector; hashable, since they are the key of the cache."""

    variant: str
    min_face_size: float
    thresholds: tuple[float, ...]
    nms_thresholds: tuple[float, ...] | None
    factor: float
    models: tuple[tuple[str, bytes], ...]
    gpu: str | None
    engine: Engine | None
    views: tuple[str, ...]


@lru_cache(_MAX_DETECTORS)
def _detector(options: _Options) -> detector.MTCNN:
    return detector.MTCNN(
        options.min_face_size,
        options.thresholds,
        options.nms_thresholds,
        options.factor,
        variant=options.variant,
        models=dict(options.models),
        providers=providers_for(options.gpu),
        engine=options.engine,
        views=options.views,
    )


@dataclass(frozen=True)
class Call:
    """The options that version 1.0 accepts with an image."""

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
        """Check the options that the detector does not check itself."""
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

    def options(
        self,
        models: Mapping[str, bytes],
        gpu: str | None,
        engine: Engine | None,
        views: tuple[str, ...],
    ) -> _Options:
        """Return the options of the detector for this call."""

        def fractions(*names: str) -> tuple[float, ...]:
            return tuple(checks.fraction(name, getattr(self, name)) for name in names)

        return _Options(
            # The arithmetic of "mtcnn", but without rounding to integers.
            variant="original",
            min_face_size=checks.pixels("min_face_size", self.min_face_size),
            thresholds=fractions("threshold_pnet", "threshold_rnet", "threshold_onet"),
            nms_thresholds=fractions("nms_pnet1", "nms_pnet2", "nms_rnet", "nms_onet"),
            factor=checks.open_fraction("scale_factor", self.scale_factor),
            models=tuple(models.items()),
            gpu=gpu,
            engine=engine,
            views=views,
        )


class Form10:
    """The interface of version 1.0: stages and device at construction, options with each image.

    Parameters
    ----------
    stages, device, engine, views
        As for `fastmtcnn.compat.mtcnn.MTCNN`.
    """

    def __init__(
        self,
        stages: object = "face_and_landmarks_detection",
        device: object = "CPU:0",
        *,
        engine: Engine | None = None,
        views: Sequence[str] = (),
    ) -> None:
        self._engine = engine
        self._views = checks.distinct_names("views", views, VIEWS)
        self.stages = checked_stages(stages)
        if self._views and len(self.stages) < len(STAGES):
            raise ValueError(
                f"views need all three stages, got {len(self.stages)} with views {self._views!r}"
            )
        wanted = "'CPU:0', 'GPU:0', 'GPU:1' and so on"
        self._gpu = device_number(device, _DEVICE, wanted)
        self.device = str(device)
        self._models = {
            stage.key: Path(stage.weights).read_bytes()
            for stage in self.stages
            if stage.weights is not None
        }
        # Fail at construction, not at the first image, if networks or device cannot be used.
        _detector(self._options(Call()))

    def _options(self, call: Call) -> _Options:
        return call.options(self._models, self._gpu, self._engine, self._views)

    @property
    def min_face_size(self) -> float:
        """Smallest face searched for by default, in pixels."""
        return Call().min_face_size

    @min_face_size.setter
    def min_face_size(self, value: float) -> None:
        raise AttributeError(
            "min_face_size comes with the image in the form of version 1.0: "
            "detect_faces(image, min_face_size=...)"
        )

    def detect(self, images: list[Pixels], call: Call) -> list[Faces] | Rows:
        """Return the faces of each image, or all of them as one array.

        Parameters
        ----------
        images : list of ndarray of uint8, shape (h, w, 3)
            RGB images.
        call : Call
            Options of the call.
        """
        tables = self._find(images, call)
        if call.output_type == "numpy":
            no_rows = np.zeros((0, 16 if len(self.stages) == len(STAGES) else 6))
            return np.concatenate([no_rows, *tables])
        return [_faces_of_1_0(table) for table in tables]

    def _find(self, images: list[Pixels], call: Call) -> list[Rows]:
        """Return the rows of each image, with boxes in the format of the call."""
        native = _detector(self._options(call))
        if len(self.stages) == len(STAGES):
            tables = [_rows(each) for each in native.detect_batch(images)]
        else:
            traces = [native.trace(image) for image in images]
            if len(self.stages) == 1:
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


class Form01:
    """The interface of versions 0.1: all options at construction, none with an image.

    Parameters
    ----------
    weights_file, min_face_size, steps_threshold, scale_factor, engine, views
        As for `fastmtcnn.compat.mtcnn.MTCNN`.
    """

    def __init__(
        self,
        weights_file: object = None,
        min_face_size: object = 20,
        steps_threshold: object = None,
        scale_factor: object = 0.709,
        *,
        engine: Engine | None = None,
        views: Sequence[str] = (),
    ) -> None:
        self.stages: list[Stage] = [stage() for stage in STAGES]
        self.device = "CPU:0"
        models = {} if weights_file is None else _read_weights(weights_file)
        steps = (0.6, 0.7, 0.7) if steps_threshold is None else steps_threshold
        self._options = _Options(
            variant="mtcnn",
            min_face_size=checks.pixels("min_face_size", min_face_size),
            thresholds=checks.fractions("steps_threshold", steps, 3),
            nms_thresholds=None,
            factor=checks.open_fraction("scale_factor", scale_factor),
            models=tuple(models.items()),
            gpu=None,
            engine=engine,
            views=checks.distinct_names("views", views, VIEWS),
        )
        _detector(self._options)  # fail at construction, as in Form10

    @property
    def min_face_size(self) -> float:
        """Smallest face searched for, in pixels."""
        return self._options.min_face_size

    @min_face_size.setter
    def min_face_size(self, value: float) -> None:
        smallest = checks.pixels("min_face_size", value)
        self._options = self._options._replace(min_face_size=smallest)

    def detect(self, images: list[Pixels], call: Call) -> list[Faces]:
        """Return the faces of each image.

        Parameters
        ----------
        images : list of ndarray of uint8, shape (h, w, 3)
            RGB images.
        call : Call
            Options of the call, which have no effect here.
        """
        return [_faces_of_0_1(each) for each in _detector(self._options).detect_batch(images)]


def _read_weights(folder: object) -> dict[str, bytes]:
    wanted = "weights_file must be a folder with pnet.onnx, rnet.onnx and onet.onnx"
    if not isinstance(folder, (str, os.PathLike)):
        raise TypeError(f"{wanted}, got {folder!r}")
    if not Path(folder).is_dir():
        raise ValueError(f"{wanted}, got {os.fspath(folder)!r}, which is not a folder")
    return {stage.key: (Path(folder) / f"{stage.key}.onnx").read_bytes() for stage in STAGES}


def _rows(found: Detections) -> Rows:
    """Return a row x1, y1, x2, y2, score, five x and five y for each face."""
    points = found.landmarks.transpose(0, 2, 1).reshape(-1, 10)
    return np.column_stack([found.boxes, found.scores, points]).astype(np.float64)


def _unique(crops: Crops, threshold: float) -> Rows:
    """Return a row x1, y1, x2, y2, score for each input box of a network, after another NMS."""
    # Version 1.0 applies offsets before NMS, this package after it. Without a second NMS, several
    # boxes of a face would remain, which otherwise the next stage suppresses.
    kept = _core.nms(crops.boxes, crops.scores, threshold, "union")
    return np.column_stack([crops.boxes, crops.scores])[kept]


def _fit(table: Rows, image: Pixels, with_landmarks: bool) -> None:
    height, width = image.shape[:2]
    limits = [width - 1, height - 1, width - 1, height - 1]
    table[:, :4] = np.clip(table[:, :4], 0, limits)
    if with_landmarks and table.shape[1] > 5:
        table[:, 5:] = np.clip(table[:, 5:], 0, [width - 1] * 5 + [height - 1] * 5)


def _faces_of_1_0(table: Rows) -> Faces:
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
