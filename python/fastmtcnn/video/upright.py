"""Decoded pictures as upright RGB arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import av
    from av.video.reformatter import VideoReformatter


class _Turn(NamedTuple):
    """How stored pixels become upright: the axes are transposed first, then flipped."""

    transposes: bool
    flips_x: bool
    flips_y: bool


def _turn_of(picture: av.VideoFrame) -> _Turn:
    """Return the turn of the display matrix, to the nearest quarter turn."""
    for data in picture.side_data:
        if getattr(data.type, "name", "") == "DISPLAYMATRIX":
            # The matrix maps stored x, y to x' = a x + c y, y' = b x + d y.
            a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].astype(np.float64)
            if abs(a) + abs(d) < abs(b) + abs(c):
                return _Turn(True, bool(c < 0), bool(b < 0))
            return _Turn(False, bool(a < 0), bool(d < 0))
    return _Turn(False, False, False)


def exchanges_axes(picture: av.VideoFrame) -> bool:
    """Return whether the width of the stored picture is the height of the upright one.

    Parameters
    ----------
    picture : av.VideoFrame
        Decoded picture.
    """
    return _turn_of(picture).transposes


class ToRGB:
    """Converts the pictures of one video."""

    def __init__(self) -> None:
        self._reformatter: VideoReformatter | None = None

    def __call__(self, picture: av.VideoFrame) -> npt.NDArray[np.uint8]:
        """Return the upright pixels of a picture.

        Parameters
        ----------
        picture : av.VideoFrame
            Decoded picture.

        Returns
        -------
        ndarray of uint8, shape (h, w, 3)
            RGB pixels.
        """
        from av.video.reformatter import VideoReformatter

        if self._reformatter is None:  # one for all pictures, since it caches tables
            self._reformatter = VideoReformatter()
        rgb = self._reformatter.reformat(
            picture,
            format="rgb24",
            src_colorspace=picture.colorspace,
            src_color_range=picture.color_range,
        )
        pixels: npt.NDArray[np.uint8] = rgb.to_ndarray()
        turn = _turn_of(picture)
        if turn.transposes:
            pixels = pixels.swapaxes(0, 1)
        pixels = pixels[:: -1 if turn.flips_y else 1, :: -1 if turn.flips_x else 1]
        return np.ascontiguousarray(pixels)
