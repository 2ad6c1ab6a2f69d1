"""The search of one photo, of which the result is a row whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import checks
from ..detections import Detections
from ..detector import MTCNN
from ..errors import unknown_name
from ..faces.alignment import align
from ..files.images import as_rgb
from ..files.photos import photo_problem, problem_kind, read_photo
from ..results.photo import Photo
from ..results.photo_columns import CROP_FORMATS, CropFormat, encoded_crop


class AlignedCrops(NamedTuple):
    """How faces are cut out.

    Attributes
    ----------
    form : {"png", "jpeg"}
        Format of the crops.
    size : int
        Side of the crops in pixels.
    margin : float
        Margin as for `fastmtcnn.align`.
    """

    form: CropFormat
    size: int = 112
    margin: float = 0.0

    def checked(self) -> AlignedCrops:
        """Return the same, or raise a ValueError or TypeError if something is wrong."""
        if self.form not in CROP_FORMATS:
            raise unknown_name("crops", self.form, CROP_FORMATS)
        return AlignedCrops(
            self.form,
            checks.side("crop_size", self.size),
            checks.margin("crop_margin", self.margin),
        )

    def of(self, pixels: npt.NDArray[np.uint8], found: Detections) -> list[bytes]:
        """Return the crops of faces as contents of image files.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (height, width, 3)
            RGB pixels of the photo.
        found : Detections
            The faces.
        """
        crops = align(pixels, found, size=self.size, margin=self.margin)
        return [encoded_crop(crop, self.form) for crop in crops]


class Searched(NamedTuple):
    """What came of a search.

    Attributes
    ----------
    photo : Photo
        The photo with its faces, or with the problem.
    crops : list of bytes
        The crops of the faces.
    error : Exception or None
        What the search failed with, without its traceback.
    """

    photo: Photo
    crops: list[bytes]
    error: Exception | None = None


def search(
    detector: MTCNN,
    name: str,
    content: bytes | Callable[[], bytes] | None = None,
    *,
    roi: Sequence[int] | None = None,
    crops: AlignedCrops | None = None,
) -> Searched:
    """Find the faces of one photo; what fails is part of the result.

    Parameters
    ----------
    detector : MTCNN
        The detector.
    name : str
        Path of the photo, or what it is called if its content is passed.
    content : bytes or callable, optional
        Content of the image file, or a function that returns it. Default: that of the file at
        `name`.
    roi : sequence of four int, optional
        The part to search, for `MTCNN.detect`.
    crops : AlignedCrops, optional
        How to cut the faces out. Default: not at all.
    """
    width = height = 0
    try:
        max_pixels = detector.cascade.options.max_pixels
        if content is None:
            pixels = read_photo(name, max_pixels)
        else:
            pixels = as_rgb(content() if callable(content) else content, "rgb", max_pixels)
        height, width = pixels.shape[:2]
        found = detector.detect(pixels, roi=roi)
        pictures = [] if crops is None else crops.of(pixels, found)
    except Exception as error:  # one bad photo must not stop the run
        problem = photo_problem(error, name)
        failed = Photo.failed(name, problem, problem_kind(error))
        # The traceback would keep the pixels.
        return Searched(failed._replace(width=width, height=height), [], error.with_traceback(None))
    return Searched(Photo(name, width, height, found), pictures)
