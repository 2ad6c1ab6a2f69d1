"""How windows are drawn and labelled, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Reference: TypeAlias = Literal["square", "rectangle"]

POSITIVE_IOU = 0.65
PART_IOU = 0.4
NEGATIVE_IOU = 0.3


@dataclass(frozen=True)
class WindowSettings:
    """How the windows of a photograph are drawn and labelled.

    A window is positive from an IoU of 0.65 with a face, a part face from 0.4 to 0.65, negative
    below 0.3, and otherwise not used.

    Attributes
    ----------
    reference : {"square", "rectangle"}
        What the IoU is taken with: the square around a face, as the cascade cuts its crops, or the
        annotated rectangle, which a square window cannot fit if the face is narrow.
    min_face : float
        Faces whose longer side is shorter, in pixels, are neither positive nor negative.
    tries : int
        Windows drawn around each face.
    crop_tries : int
        Windows drawn around the face of a crop, of sets of which not every face is annotated: they
        serve for landmarks alone, and such sets have many crops.
    smallest, largest : float
        Range of the sides of these windows, log-uniform, in units of the face's side.
    shift : float
        Largest shift of a window's centre from the face's, along either axis, in units of the
        window's side.
    rotated : float
        Share of these windows for which the photograph is rotated about the face.
    max_angle : float
        Largest rotation, in degrees.
    beside : int
        Windows drawn beside each face, of which those that are negative are used.
    anywhere : int
        Windows drawn anywhere in a photograph, of which those that are negative are used.
    """

    reference: Reference = "square"
    min_face: float = 10.0
    tries: int = 16
    crop_tries: int = 4
    smallest: float = 0.74
    largest: float = 1.35
    shift: float = 0.25
    rotated: float = 0.3
    max_angle: float = 30.0
    beside: int = 4
    anywhere: int = 30
