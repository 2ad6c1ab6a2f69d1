"""Videos of one moving face which is out of focus, overexposed or hidden on some frames."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

import fastmtcnn
from fastmtcnn.video import Video, detect_tracks

from .make_video import ASTRONAUT, GOLDEN, Boxes, Pixels

Way: TypeAlias = Callable[[int], tuple[float, float]]
Fault: TypeAlias = Literal["defocus", "overexposure", "post"]
FAULTS: tuple[Fault, ...] = ("defocus", "overexposure", "post")

SIZE = (320, 240)
HEIGHT = 60  # of the face
MARGIN = 0.15  # of blur


def straight(frame: int) -> tuple[float, float]:
    return 60 + 2 * frame, 120


def swinging(frame: int) -> tuple[float, float]:
    return 160 + 80 * math.sin(frame / 12), 120 + 20 * math.cos(frame / 9)


def shaken(frame: int) -> tuple[float, float]:
    return 60 + 2 * frame + 4 * math.sin(1.9 * frame), 120 + 4 * math.cos(2.3 * frame)


def out_and_in(frame: int) -> tuple[float, float]:
    """Beyond both borders."""
    return 160 + 230 * math.sin(frame / 14), 120


def moving_face(
    number: int, way: Way, faulty: Container[int] = (), fault: Fault = "defocus", pan: int = 0
) -> Iterator[tuple[Pixels, Boxes]]:
    """Yield pictures, each with the box of the face, shape (1, 4), also if it is not visible.

    Parameters
    ----------
    number : int
        Number of frames.
    way : callable
        The middle of the face on a frame.
    faulty : container of int
        Frames on which the face is not as usual.
    fault : str
        What is wrong with it there.
    pan : int
        Pixels by which the background moves from frame to frame.
    """
    background = Image.open(GOLDEN / "coffee_noface.png").convert("RGB")
    background = background.resize((2 * SIZE[0], SIZE[1]))
    photo, part, face = ASTRONAUT
    scale = HEIGHT / (face[3] - face[1])
    head = Image.open(GOLDEN / photo).convert("RGB").crop(part)
    head = head.resize((round(head.width * scale), round(head.height * scale)))
    within = (np.array(face) - np.tile(part[:2], 2)) * scale
    for frame in range(number):
        left = pan * frame % SIZE[0]
        picture = background.crop((left, 0, left + SIZE[0], SIZE[1]))
        corner = np.rint(np.array(way(frame)) - (within[:2] + within[2:]) / 2).astype(int)
        box = within + np.tile(corner, 2)
        bad = fault if frame in faulty else None
        shown = head.filter(ImageFilter.GaussianBlur(HEIGHT / 12)) if bad == "defocus" else head
        picture.paste(shown, (int(corner[0]), int(corner[1])))
        if bad == "post":
            middle, half = (box[0] + box[2]) / 2, 0.22 * (box[2] - box[0])
            picture.paste((40, 40, 40), (int(middle - half), 0, int(middle + half), SIZE[1]))
        if bad == "overexposure":
            picture = picture.point(lambda level: min(level + 150, 255))
        yield np.array(picture), box[None]


def write(path: Path, scenes: Iterable[tuple[Pixels, Boxes]]) -> list[Boxes]:
    """Write a video without sound, and return the boxes of each frame."""
    truth = []
    with av.open(path, "w") as output:
        options = {"crf": "12", "preset": "ultrafast"}
        stream = output.add_stream("libx264", 25, options, pix_fmt="yuv420p")
        stream.width, stream.height = SIZE
        for number, (picture, boxes) in enumerate(scenes):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")
            frame.pts = number
            output.mux(stream.encode(frame))
            truth.append(boxes)
        output.mux(stream.encode(None))
    return truth


def ellipses(boxes: NDArray[np.floating], margin: float) -> NDArray[np.bool_]:
    """Return which pixels the ellipses within the enlarged boxes cover, shape (height, width)."""
    ys, xs = np.mgrid[: SIZE[1], : SIZE[0]]
    covered = np.zeros(SIZE[::-1], bool)
    for x1, y1, x2, y2 in boxes:
        rx, ry = (x2 - x1) * (0.5 + margin) + 0.5, (y2 - y1) * (0.5 + margin) + 0.5
        covered |= ((xs - (x1 + x2) / 2) / rx) ** 2 + ((ys - (y1 + y2) / 2) / ry) ** 2 <= 1
    return covered


class Outcome:
    """What is covered of the faces of a video, and of what is detected alone.

    Parameters
    ----------
    path : Path
        Where to write the video.
    scenes : iterable of (Pixels, Boxes)
        Its frames and their faces.
    finder : MTCNN
        The detector.
    """

    def __init__(
        self, path: Path, scenes: Iterable[tuple[Pixels, Boxes]], finder: fastmtcnn.MTCNN
    ) -> None:
        self.path = path
        self.truth = write(path, scenes)
        self.frames = list(detect_tracks(Video(path), finder))
        self.bare: list[int] = []  # frames with an uncovered face
        self.bare_without_guesses: list[int] = []
        needed = without_need = 0
        for faces, truth in zip(self.frames, self.truth, strict=True):
            covered = ellipses(faces.detections.boxes, MARGIN)
            detected = ellipses(faces.detections.boxes[~faces.guessed], MARGIN)
            face, allowed = ellipses(truth, -0.05), ellipses(truth, MARGIN)
            needed += allowed.sum()
            without_need += (covered & ~allowed).sum()
            for bare, what in ((self.bare, covered), (self.bare_without_guesses, detected)):
                if (face & ~what).sum() > 0.1 * face.sum():
                    bare.append(faces.frame.index)
        self.without_need = float(without_need / needed)
