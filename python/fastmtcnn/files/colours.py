"""ICC profiles: which pixels they are of, and conversion to sRGB."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

PROFILE = "icc_profile"  # key of Pillow's `info`
_SPACE = slice(16, 20)  # of a profile: the colour space that it is of
_SPACES = {b"RGB ": ("RGB", "RGBA", "RGBa", "RGBX", "P", "PA"), b"CMYK": ("CMYK",)}
_GREY = b"GRAY"
GREY_MODES = ("1", "L", "LA", "La")  # of Pillow


def matches(profile: bytes, mode: str) -> bool:
    """Return whether a profile says something of pixels of a mode.

    Parameters
    ----------
    profile : bytes
        The profile, as it is in a file.
    mode : str
        Mode of Pillow.
    """
    space = profile[_SPACE]
    if mode in GREY_MODES:
        return space in (_GREY, b"RGB ")
    return mode in _SPACES.get(space, ())


def to_srgb(picture: Image.Image) -> Image.Image:
    """Return a picture whose colours need no profile.

    Parameters
    ----------
    picture : PIL.Image.Image
        RGB or RGBA; the profile in its ``info`` is of RGB or of grey.
    """
    profile = picture.info.get(PROFILE)
    if profile is None:
        return picture
    colours = picture.convert("L" if profile[_SPACE] == _GREY else "RGB")
    converted = _converted(colours, profile)
    if converted is None:
        converted = picture.convert("RGB")
    if picture.mode == "RGBA":
        converted.putalpha(picture.getchannel("A"))
    converted.info.pop(PROFILE, None)
    return converted


def from_cmyk(
    image: Image.Image, profile: bytes, otherwise: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """Return the sRGB pixels of an image in CMYK.

    Parameters
    ----------
    image : PIL.Image.Image
        The image.
    profile : bytes
        Its profile.
    otherwise : ndarray of uint8, shape (h, w, 3)
        Pixels to return if the profile is damaged.
    """
    converted = _converted(image, profile)
    return otherwise if converted is None else np.asarray(converted)


def _converted(picture: Image.Image, profile: bytes) -> Image.Image | None:
    """Return the picture in sRGB, or None if the profile is sRGB already, or damaged."""
    try:
        from PIL import ImageCms  # a Pillow may have been built without it

        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if ImageCms.getProfileDescription(source).startswith("sRGB"):
            return None  # as most profiles are: there is nothing to convert
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
    except Exception:  # LittleCMS raises any error
        return None
