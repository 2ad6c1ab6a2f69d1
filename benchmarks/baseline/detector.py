"""The three stages of the cascade."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped, unused-ignore]

from .boxes import (
    Boxes,
    Indices,
    Landmarks,
    Offsets,
    Scores,
    apply_offsets,
    boxes_from_heat_map,
    clip,
    croppable_indices,
    enlarge,
    nms,
    project_landmarks,
    square_boxes,
)
from .crops import crop
from .pyramid import Image, Plane, level_size, pyramid_scales, resample
from .views import Found, fuse, search_views

WINDOW = 12
STRIDE = 2
SIDES = {"rnet": 24, "onet": 48}


@dataclass(frozen=True)
class Trace:
    """What every stage of the cascade made of one image.

    Attributes
    ----------
    scales : list of float
        Scales of the pyramid, largest first.
    proposals : ndarray of float64, shape (n, 9)
        x1, y1, x2, y2, score and four offsets, after both of P-Net's NMS and in their order.
    rnet_boxes : ndarray of float64, shape (n, 4)
        The boxes cut out for R-Net: calibrated, squared and rounded, not yet clipped.
    rnet_scores : ndarray of float32, shape (n,)
        R-Net's face probability of each of them.
    onet_boxes : ndarray of float64, shape (n, 4)
        The boxes cut out for O-Net, likewise not yet clipped.
    onet_scores : ndarray of float32, shape (n,)
        O-Net's face probability of each of them.
    boxes : ndarray of float32, shape (n, 4)
        The faces: x1, y1, x2, y2 in pixels of the image; may reach outside it.
    scores : ndarray of float32, shape (n,)
        Face probability, descending.
    landmarks : ndarray of float32, shape (n, 5, 2)
        x, y of eyes, nose and mouth corners in pixels of the image.
    """

    scales: list[float]
    proposals: npt.NDArray[np.float64]
    rnet_boxes: Boxes
    rnet_scores: Scores
    onet_boxes: Boxes
    onet_scores: Scores
    boxes: npt.NDArray[np.float32]
    scores: Scores
    landmarks: Landmarks


class BaselineMTCNN:
    """MTCNN as TropComplique/mtcnn-pytorch computes it.

    Parameters
    ----------
    models_dir : str or path
        Folder that holds ``pnet.onnx``, ``rnet.onnx`` and ``onet.onnx``.
    min_face_size : float
        Side of the smallest face to find, in pixels.
    thresholds : sequence of three float
        Scores that P-Net, R-Net and O-Net must exceed.
    nms_thresholds : sequence of four float
        Largest overlaps allowed: within a level, between levels, after R-Net, after O-Net.
    factor : float
        Ratio of one pyramid scale to the one before it.
    num_threads : int
        Threads that onnxruntime uses within one operator.
    mirror : sequence of str
        ``"rnet"``, ``"onet"``: networks whose outputs are means with those of mirrored crops.
    joint_scores : bool
        Whether the score of a face is R-Net's times O-Net's.
    second_look : bool
        Whether O-Net sees each face again, in a square around its box, for the mean of both.
    views : sequence of str
        ``"grey"``, ``"mirror"``, ``"half-step"``: views in which `detect` searches too.
    """

    def __init__(
        self,
        models_dir: str | PathLike[str],
        min_face_size: float = 20.0,
        thresholds: Sequence[float] = (0.6, 0.7, 0.8),
        nms_thresholds: Sequence[float] = (0.5, 0.7, 0.7, 0.7),
        factor: float = 0.707,
        num_threads: int = 1,
        mirror: Sequence[str] = (),
        joint_scores: bool = False,
        second_look: bool = False,
        views: Sequence[str] = (),
    ) -> None:
        self.min_face_size = min_face_size
        self.thresholds = thresholds
        self.nms_thresholds = nms_thresholds
        self.factor = factor
        self.mirror = mirror
        self.joint_scores = joint_scores
        self.second_look = second_look
        self.views = views
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._pnet, self._rnet, self._onet = (
            onnxruntime.InferenceSession(
                Path(models_dir) / f"{name}.onnx", options, providers=["CPUExecutionProvider"]
            )
            for name in ("pnet", "rnet", "onet")
        )
        self.crop_scales = {
            "rnet": _stated(self._rnet, "crop_scale", 1.0),
            "onet": _stated(self._onet, "crop_scale", 1.0),
        }
        self.sides = {
            "rnet": int(_stated(self._rnet, "window", SIDES["rnet"])),
            "onet": int(_stated(self._onet, "window", SIDES["onet"])),
        }

    def detect(
        self, image: Image
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Find the faces in an image.

        Parameters
        ----------
        image : ndarray of uint8, shape (h, w, 3)
            RGB pixels.

        Returns
        -------
        boxes : ndarray of float32, shape (n, 4)
            x1, y1, x2, y2 in pixels; may reach outside the image.
        scores : ndarray of float32, shape (n,)
            Face probability, descending.
        landmarks : ndarray of float32, shape (n, 5, 2)
            x, y of eyes, nose and mouth corners in pixels.
        """
        if self.views:
            sizes = self.min_face_size, self.factor
            return fuse(search_views(self._search, image, self.views, *sizes))
        return self._search(image, self.min_face_size)

    def _search(self, image: Image, min_face_size: float) -> Found:
        other = copy.copy(self)
        other.min_face_size = min_face_size
        trace = other.trace(image)
        return trace.boxes, trace.scores, trace.landmarks

    def trace(self, image: Image) -> Trace:
        """Find the faces in an image and keep what every stage returned.

        Parameters
        ----------
        image : ndarray of uint8, shape (h, w, 3)
            RGB pixels.

        Returns
        -------
        Trace
        """
        if image.dtype != np.uint8:
            raise TypeError(f"image must be an array of uint8, got {image.dtype}")
        if image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
            raise ValueError(f"image must have shape (height, width, 3), got {image.shape}")
        height, width = image.shape[:2]

        scales = pyramid_scales(height, width, self.min_face_size, self.factor, WINDOW)
        boxes, scores, offsets = self._propose(image, scales)
        proposals = np.hstack([boxes, scores[:, None], offsets])
        rnet_boxes = self._crop_boxes("rnet", boxes, offsets, height, width)

        rnet_scores, offsets = self._refine(image, rnet_boxes)
        # The original clips the boxes in place while it cuts the crops, so everything after the
        # crop works on clipped boxes.
        boxes = clip(rnet_boxes, height, width)
        kept = np.flatnonzero(rnet_scores.astype(np.float64) > self.thresholds[1])
        kept = kept[nms(boxes[kept], rnet_scores[kept], self.nms_thresholds[2], "union")]
        squares = square_boxes(apply_offsets(boxes[kept], offsets[kept]))
        usable = self._croppable("onet", squares, height, width)
        onet_boxes, entering = squares[usable], rnet_scores[kept][usable]

        onet_scores, offsets, points = self._finish(image, onet_boxes)
        kept = np.flatnonzero(onet_scores.astype(np.float64) > self.thresholds[2])
        boxes, scores = clip(onet_boxes, height, width)[kept], onet_scores[kept]
        entering = entering[kept] if self.joint_scores else np.ones_like(scores)
        landmarks = project_landmarks(boxes, points[kept])
        boxes = apply_offsets(boxes, offsets[kept])
        best = nms(boxes, scores * entering, self.nms_thresholds[3], "min")
        if self.second_look:
            best = best[self._croppable("onet", square_boxes(boxes[best]), height, width)]
            entering, landmarks = entering[best], landmarks[best]
            boxes, scores, landmarks = self._look_again(image, boxes[best], scores[best], landmarks)
            sure = scores.astype(np.float64) > self.thresholds[2]
            boxes, scores, landmarks = boxes[sure], scores[sure], landmarks[sure]
            entering = entering[sure]
            best = nms(boxes, scores * entering, self.nms_thresholds[3], "min")
        scores = scores * entering
        return Trace(
            scales=scales,
            proposals=proposals,
            rnet_boxes=rnet_boxes,
            rnet_scores=rnet_scores,
            onet_boxes=onet_boxes,
            onet_scores=onet_scores,
            boxes=boxes[best].astype(np.float32),
            scores=scores[best],
            landmarks=landmarks[best],
        )

    def _propose(self, image: Image, scales: list[float]) -> tuple[Boxes, Scores, Offsets]:
        """Run P-Net over the pyramid and suppress overlaps within and between its levels."""
        levels = [
            (np.empty((0, 4)), np.empty(0, dtype=np.float32), np.empty((0, 4), dtype=np.float32))
        ]
        height, width = image.shape[:2]
        for scale in scales:
            level = resample(image, *level_size(height, width, scale))
            probabilities, offsets = _run(self._pnet, level[None], "probabilities", "offsets")
            found = boxes_from_heat_map(
                probabilities[0, 1], offsets[0], scale, self.thresholds[0], WINDOW, STRIDE
            )
            kept = nms(found[0], found[1], self.nms_thresholds[0], "union")
            levels.append((found[0][kept], found[1][kept], found[2][kept]))
        boxes, scores, shifts = (np.concatenate(parts) for parts in zip(*levels, strict=True))
        kept = nms(boxes, scores, self.nms_thresholds[1], "union")
        return boxes[kept], scores[kept], shifts[kept]

    def _crop_boxes(
        self, network: str, boxes: Boxes, offsets: Offsets, height: int, width: int
    ) -> Boxes:
        """Turn what one network kept into the boxes that are cut out for the next."""
        squares = square_boxes(apply_offsets(boxes, offsets))
        return squares[self._croppable(network, squares, height, width)]

    def _croppable(self, network: str, squares: Boxes, height: int, width: int) -> Indices:
        """Return which boxes can be cut out for R-Net or O-Net, with what is around them."""
        usable = croppable_indices(squares, height, width)
        wider = enlarge(squares[usable], self.crop_scales[network])
        return usable[croppable_indices(wider, height, width)]

    def _crop(self, network: str, image: Image, boxes: Boxes) -> Plane:
        """Cut boxes out of an image, with what is around them."""
        return crop(image, enlarge(boxes, self.crop_scales[network]), self.sides[network])

    def _refine(self, image: Image, boxes: Boxes) -> tuple[Scores, Offsets]:
        """Return R-Net's scores and offsets of boxes."""
        if len(boxes) == 0:
            return np.empty(0, dtype=np.float32), np.empty((0, 4), dtype=np.float32)
        crops = self._crop("rnet", image, boxes)
        names = "probabilities", "offsets"
        probabilities, offsets = _run(self._rnet, crops, *names)
        if "rnet" in self.mirror:
            others, shifts = _run(self._rnet, crops[..., ::-1], *names)
            probabilities = _mean(probabilities, others)
            offsets = _mean(offsets, _mirrored_offsets(shifts))
        return probabilities[:, 1], offsets

    def _finish(self, image: Image, boxes: Boxes) -> tuple[Scores, Offsets, Plane]:
        """Return O-Net's scores, offsets and landmarks (five x, then five y) of boxes."""
        if len(boxes) == 0:
            empty = np.empty((0, 4), dtype=np.float32)
            return np.empty(0, dtype=np.float32), empty, np.empty((0, 10), dtype=np.float32)
        crops = self._crop("onet", image, boxes)
        names = "probabilities", "offsets", "landmarks"
        probabilities, offsets, points = _run(self._onet, crops, *names)
        if "onet" in self.mirror:
            others, shifts, places = _run(self._onet, crops[..., ::-1], *names)
            probabilities = _mean(probabilities, others)
            offsets = _mean(offsets, _mirrored_offsets(shifts))
            points = _mean(points, _mirrored_points(places))
        return probabilities[:, 1], offsets, points

    def _look_again(
        self, image: Image, boxes: Boxes, scores: Scores, landmarks: Landmarks
    ) -> tuple[Boxes, Scores, Landmarks]:
        """Return the mean of faces and of what O-Net says of the squares around them."""
        height, width = image.shape[:2]
        squares = square_boxes(boxes)
        again, offsets, points = self._finish(image, squares)
        squares = clip(squares, height, width)
        return (
            (boxes + apply_offsets(squares, offsets)) / 2,
            _mean(scores, again),
            _mean(landmarks, project_landmarks(squares, points)),
        )


def _stated(session: onnxruntime.InferenceSession, name: str, default: float) -> float:
    """Return a number of a model's metadata."""
    properties: dict[str, str] = session.get_modelmeta().custom_metadata_map
    return float(properties.get(f"fastmtcnn.{name}", default))


def _mean(values: Plane, others: Plane) -> Plane:
    mean: Plane = np.mean([values, others], axis=0, dtype=np.float32)
    return mean


def _mirrored_offsets(offsets: Offsets) -> Offsets:
    x1, y1, x2, y2 = offsets.T
    return np.stack([-x2, y1, -x1, y2], axis=1)


def _mirrored_points(points: Plane) -> Plane:
    x_eye, x_other_eye, x_nose, x_mouth, x_other_mouth = points[:, :5].T
    y_eye, y_other_eye, y_nose, y_mouth, y_other_mouth = points[:, 5:].T
    xs = [1 - x for x in (x_other_eye, x_eye, x_nose, x_other_mouth, x_mouth)]
    return np.stack([*xs, y_other_eye, y_eye, y_nose, y_other_mouth, y_mouth], axis=1)


def _run(session: onnxruntime.InferenceSession, batch: Plane, *outputs: str) -> list[Plane]:
    results: list[Plane] = session.run(outputs, {"image": np.ascontiguousarray(batch)})
    return results
