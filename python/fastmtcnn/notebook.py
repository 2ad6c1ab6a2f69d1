"""Faces that a notebook shows in their image."""

from __future__ import annotations

import io
import sys

import numpy as np
import numpy.typing as npt
from PIL import Image

from .detections import Detections
from .faces.drawing import draw
from .files.images import ImageLike, as_rgb

_LARGEST = 1024  # pixels of the picture's longer side


class ShownDetections(Detections):
    """`Detections` that know their image: see `Detections.on`."""

    image: ImageLike | None = None

    def on(self, image: ImageLike) -> ShownDetections:
        """Return these faces with another image."""
        shown = ShownDetections(*self)
        shown.image = image
        return shown

    def _replace(self, **parts: npt.NDArray[np.float32]) -> ShownDetections:
        """Return them with other arrays, and with the image."""
        shown = super()._replace(**parts)
        shown.image = self.image
        return shown

    def _repr_png_(self) -> bytes | None:
        if self.image is None:
            return None
        picture = Image.fromarray(as_rgb(self.image, "rgb", sys.maxsize))
        before = picture.size
        picture.thumbnail((_LARGEST, _LARGEST))
        scale = np.array(picture.size, np.float32) / np.array(before, np.float32)
        # Of coordinates that are 0 in the middle of the first pixel.
        boxes = (self.boxes + 0.5) * np.tile(scale, 2) - 0.5
        landmarks = ((self.landmarks + 0.5) * scale - 0.5).astype(np.float32)
        small = Detections(boxes, self.scores, landmarks)
        file = io.BytesIO()
        draw(picture, small).save(file, "PNG")
        return file.getvalue()
