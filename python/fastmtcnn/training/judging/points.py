"""Operating points: recall, precision and landmark error at one set of thresholds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...detections import Detections
from ...evaluation import landmark_errors
from ...evaluation.precision_recall import MatchedScores, match_images
from ..data.annotated import AnnotatedImage
from .searching import Thresholds, ground_truth


@dataclass(frozen=True)
class OperatingPoint:
    """What networks find with one set of thresholds.

    Attributes
    ----------
    thresholds : tuple of three floats
        Scores that a face must exceed after P-Net, R-Net and O-Net.
    recall : float
        Share of the faces that are found, 0 to 1; NaN if there is no face.
    precision : float
        Share of true positives among the boxes that are not ignored, 0 to 1; NaN if there is none.
        A second box on a face is a false positive, and so is any box in a photograph without faces.
    false_positives_per_image : float
        Mean number; NaN if there is no photograph.
    average_precision : float
        Area under the precision-recall curve of these boxes, 0 to 1, by PASCAL VOC's protocol:
        lower thresholds give higher values, since the curve goes on. NaN if there is no face.
    num_faces : int
        Number of faces; ignored ones are not among them.
    seconds_per_image : float
        Mean processor time without decoding; NaN if it is not known.
    """

    thresholds: Thresholds
    recall: float
    precision: float
    false_positives_per_image: float
    average_precision: float
    num_faces: int
    seconds_per_image: float = math.nan


@dataclass(frozen=True)
class LandmarkError:
    """How far landmarks are from the annotated points.

    Attributes
    ----------
    mean : float
        Mean over the landmarks of the faces that were found (NME), as a share of the distance
        between the eyes; NaN if none was found.
    num_found : int
        Number of faces with points that were found.
    num_faces : int
        Number of faces with points. Ignored faces, and those whose eyes coincide, are not among
        them.
    """

    mean: float
    num_found: int
    num_faces: int


def operating_point(
    images: Sequence[AnnotatedImage],
    found: Sequence[Detections],
    thresholds: Thresholds,
    seconds_per_image: float = math.nan,
) -> OperatingPoint:
    """Return recall and precision of detections.

    Parameters
    ----------
    images : sequence of AnnotatedImage
        The photographs.
    found : sequence of Detections
        The detections in each of them, with these thresholds.
    thresholds : tuple of three floats
        For the result.
    seconds_per_image : float
        For the result.
    """
    return point_of(match_images(map(ground_truth, images), found), thresholds, seconds_per_image)


def point_of(
    scores: MatchedScores, thresholds: Thresholds, seconds_per_image: float = math.nan
) -> OperatingPoint:
    """Return the operating point of boxes that are matched with the ground truth.

    Parameters
    ----------
    scores : MatchedScores
        Of `match_images`.
    thresholds, seconds_per_image
        For the result.
    """
    num_true = sum(map(len, scores.true_positives))
    num_false = sum(map(len, scores.false_positives))
    num_faces, num_images = sum(scores.num_faces), len(scores.num_faces)
    return OperatingPoint(
        thresholds=thresholds,
        recall=num_true / num_faces if num_faces else math.nan,
        precision=num_true / (num_true + num_false) if num_true + num_false else math.nan,
        false_positives_per_image=num_false / num_images if num_images else math.nan,
        average_precision=scores.curve().average_precision,
        num_faces=num_faces,
        seconds_per_image=seconds_per_image,
    )


def landmark_error(images: Sequence[AnnotatedImage], found: Sequence[Detections]) -> LandmarkError:
    """Compare landmarks with the annotated points, where there are any.

    Parameters
    ----------
    images : sequence of AnnotatedImage
        The photographs.
    found : sequence of Detections
        The detections in each of them.
    """
    errors = landmark_errors(map(_points, images), found)
    return LandmarkError(errors.mean, errors.num_found, len(errors.points))


def _points(image: AnnotatedImage) -> npt.NDArray[np.float64]:
    points = image.points
    with_points = np.isfinite(points).all(axis=(1, 2)) & ~image.ignored
    eyes_apart = (points[:, 0] != points[:, 1]).any(axis=1)
    annotated: npt.NDArray[np.float64] = points[with_points & eyes_apart]
    return annotated
