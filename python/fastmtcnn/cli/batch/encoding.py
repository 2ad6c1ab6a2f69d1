"""Files of pictures in the formats of their photos, with what these formats can keep of them."""

from __future__ import annotations

import contextlib
import io
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from ...files.colours import PROFILE, to_srgb
from ...files.originals import Original

_QUALITY: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95},
    "WEBP": {"quality": 95},
    "AVIF": {"quality": 90},
}
_WITH_PROFILE = ("JPEG", "PNG", "TIFF", "WEBP", "AVIF", "HEIF")
_WITH_RESOLUTION = ("JPEG", "PNG", "TIFF", "BMP")


class Picture(NamedTuple):
    """A picture that is to be written to a file.

    Attributes
    ----------
    ending : str
        Ending of the file name, which begins like the photo's name without suffix: for example
        ``".jpg"`` or ``"-1.png"``.
    content : bytes
        Content of the file.
    """

    ending: str
    content: bytes


def encoded(picture: Image.Image, suffix: str, original: Original) -> Picture:
    """Encode a picture in the format of a suffix, or as PNG if that format cannot hold it.

    Parameters
    ----------
    picture : PIL.Image.Image
        Picture in RGB or RGBA; its ``info`` may have a profile.
    suffix : str
        Suffix of the photo of which the picture was made.
    original : Original
        That photo, whose quality, resolution and grey the picture keeps if the format can.
    """
    picture = _in_grey(picture) if original.is_grey else picture
    file_format = Image.registered_extensions().get(suffix.lower())
    if file_format in Image.SAVE:
        # Some formats cannot hold the picture, and some only a small version of it.
        with contextlib.suppress(Exception):
            content = _save(picture, file_format, original)
            with Image.open(io.BytesIO(content)) as written:
                is_opaque = "A" not in picture.getbands()
                if written.size == picture.size and (is_opaque or written.has_transparency_data):
                    return Picture(suffix, content)
    return Picture(".png", _save(picture, "PNG", original))


def _save(picture: Image.Image, file_format: str, original: Original) -> bytes:
    options: dict[str, Any] = dict(_QUALITY.get(file_format, {}))
    if file_format == original.file_format and original.encoding:
        options = dict(original.encoding)
    if file_format in _WITH_RESOLUTION and original.dpi is not None:
        options["dpi"] = original.dpi
    if file_format in _WITH_PROFILE:
        options[PROFILE] = picture.info.get(PROFILE)
    else:
        picture = to_srgb(picture)
    if file_format == "GIF" and picture.mode == "RGBA":
        # A pixel of a GIF is transparent or not: otherwise Pillow would show what is half so.
        picture.putalpha(picture.getchannel("A").point(lambda value: 255 if value > 127 else 0))
    content = io.BytesIO()
    picture.save(content, file_format, **options)
    return content.getvalue()


def _in_grey(picture: Image.Image) -> Image.Image:
    """Return a picture without colours in grey."""
    channels = [np.asarray(picture.getchannel(name)) for name in "RGB"]
    if not all(np.array_equal(channels[0], other) for other in channels[1:]):
        return picture
    profile = picture.info.get(PROFILE)
    grey = picture.getchannel("R")
    if "A" in picture.getbands():
        grey = Image.merge("LA", (grey, picture.getchannel("A")))
    if profile is not None:
        grey.info[PROFILE] = profile
    return grey
