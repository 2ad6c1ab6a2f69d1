"""Photos as copies of them show them: with transparency, colour profile, resolution and quality."""

from __future__ import annotations

import contextlib
import math
import os
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, JpegImagePlugin, PngImagePlugin

from ..errors import ImageError
from .colours import GREY_MODES, PROFILE, from_cmyk, matches, to_srgb
from .decoding import from_pil, lies_on_its_side, load, opened, upright
from .images import (
    DEFAULT_MAX_PIXELS,
    ChannelOrder,
    ImageLike,
    array_or_buffer,
    as_rgb,
    read_content,
    read_path,
)

_PNG, _DEPTH = b"\x89PNG\r\n\x1a\n", 24  # first bytes of a PNG, and offset of its bits a channel
_PNG_UNITS = 100_000  # of gamma and chromaticity
_LOSSLESS_TIFF = ("tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits", "zstd", "lzma")
_HIGHEST_RESOLUTION = 65535  # dots an inch that all formats can state
_NONE, _ACROSS_ONLY = 0, 1  # subsampling of a JPEG, as Pillow numbers it
_INVISIBLE = 3  # highest alpha of which nothing is seen: lossy formats make some of 0
_MAX_CHUNKS = 100  # of a WebP before its pixels: an honest one has a handful


class Original(NamedTuple):
    """A photo with all that its copies keep.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (h, w, 3)
        RGB pixels as detection sees them, those of `as_rgb`.
    colours : ndarray of uint8, shape (h, w, 3)
        RGB pixels for copies: black where the photo is transparent, since its file may have colours
        there that nobody sees, and converted to sRGB if they are of CMYK with a profile.
    alpha : ndarray of uint8, shape (h, w), or None
        Opacity, None if all of the photo is opaque.
    profile : bytes or None
        ICC profile of `colours`, or of their grey.
    is_grey : bool
        Whether the photo has no colours.
    has_several_frames : bool
        Whether this is the first of several frames or pages of the file.
    encoding : mapping
        Options of Pillow's `save` by which a copy in the same format has the same quality.
    file_format : str or None
        Pillow's name of the format that the options are for.
    dpi : (float, float) or None
        Resolution in dots an inch, across and down.
    """

    pixels: npt.NDArray[np.uint8]
    colours: npt.NDArray[np.uint8]
    alpha: npt.NDArray[np.uint8] | None = None
    profile: bytes | None = None
    is_grey: bool = False
    has_several_frames: bool = False
    encoding: Mapping[str, Any] = {}
    file_format: str | None = None
    dpi: tuple[float, float] | None = None

    def check_single(self) -> None:
        """Refuse a file with several frames or pages, of which a copy would have only the first.

        Raises
        ------
        ImageError
            If there are several.
        """
        if self.has_several_frames:
            raise ImageError(
                "pictures are made of files with one frame or page, got several: save them one "
                "by one",
                kind="frames",
            )

    def picture(self, *, in_colour: bool = False) -> Image.Image:
        """Return a new picture in RGB or RGBA; its ``info`` has the profile.

        Parameters
        ----------
        in_colour : bool, default False
            Whether colours will be added, which a profile of grey says nothing of.
        """
        picture = Image.fromarray(self.colours)
        if self.alpha is not None:
            picture.putalpha(Image.fromarray(self.alpha))
        if self.profile is not None:
            picture.info[PROFILE] = self.profile
            if in_colour and not matches(self.profile, "RGB"):
                return to_srgb(picture)
        return picture

    def shown(self) -> npt.NDArray[np.uint8]:
        """Return the pixels as a screen shows them on white, in sRGB, uint8 of shape (h, w, 3)."""
        if self.alpha is None and self.profile is None:
            return self.colours
        picture = to_srgb(self.picture())
        if picture.mode == "RGBA":
            ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
            picture = Image.alpha_composite(ground, picture)
        return np.asarray(picture.convert("RGB"))


def original_of(
    image: ImageLike,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    channel_order: ChannelOrder = "rgb",
) -> Original:
    """Return an image of any kind with all that its copies keep.

    Parameters
    ----------
    image, max_pixels, channel_order
        As for `as_rgb`.

    Raises
    ------
    TypeError, ImageError, OSError
        If the image cannot be used, as for `as_rgb`.
    """
    if isinstance(image, Image.Image):
        pixels = as_rgb(image, "rgb", max_pixels)
        load(image)
        return _of_loaded(image, pixels)
    if isinstance(image, (str, os.PathLike)):
        return read_path(image, lambda file: _of_file(file, max_pixels))
    data = array_or_buffer(image)
    if data is None or isinstance(data, np.ndarray):
        pixels = as_rgb(image, channel_order, max_pixels)
        has_alpha = data is not None and data.ndim == 3 and data.shape[2] == 4
        return _composed(pixels, np.asarray(data)[:, :, 3] if has_alpha else None)
    return read_content(data, lambda file: _of_file(file, max_pixels))


def _of_file(file: BinaryIO, max_pixels: int) -> Original:
    header = file.read(_DEPTH + 1)
    file.seek(0)
    with opened(file, max_pixels) as image:
        image.load()
        encoding = _encoding(image, file)
        dpi = _resolution(image)
        if header.startswith(_PNG):
            _scale_transparent_colour(image, header[_DEPTH])
        turned = upright(image)
        if lies_on_its_side(image):
            dpi = None if dpi is None else (dpi[1], dpi[0])
            if encoding.get("subsampling") == _ACROSS_ONLY:
                encoding["subsampling"] = _NONE
        return _of_loaded(turned, from_pil(turned))._replace(
            # Last, since it may go to another frame.
            has_several_frames=_has_several_frames(image),
            encoding=encoding,
            file_format=image.format,
            dpi=dpi,
        )


def _of_loaded(image: Image.Image, pixels: npt.NDArray[np.uint8]) -> Original:
    colours, profile = pixels, image.info.get(PROFILE)
    if not isinstance(profile, bytes) or not matches(profile, image.mode):
        profile = None
    elif image.mode == "CMYK":
        colours, profile = from_cmyk(image, profile, pixels), None
    return _composed(colours, _alpha(image))._replace(
        pixels=pixels, profile=profile, is_grey=image.mode in GREY_MODES
    )


def _composed(colours: npt.NDArray[np.uint8], alpha: npt.NDArray[np.uint8] | None) -> Original:
    if alpha is None or alpha.min() == 255:
        return Original(colours, colours)
    visible = np.where(alpha[:, :, None] <= _INVISIBLE, np.uint8(0), colours)
    return Original(colours, visible, np.ascontiguousarray(alpha))


def _alpha(image: Image.Image) -> npt.NDArray[np.uint8] | None:
    if not image.has_transparency_data:
        return None
    if image.mode not in ("LA", "RGBA", "PA"):
        image = image.convert("LA" if image.mode == "La" else "RGBA")
    return np.asarray(image.getchannel("A"))


def _scale_transparent_colour(image: Image.Image, depth: int) -> None:
    """Bring the transparent colour of a PNG, which is stored as in the file, to 8 bits."""
    colour = image.info.get("transparency")
    if image.mode == "L" and isinstance(colour, int) and depth < 8:
        image.info["transparency"] = colour * 255 // (2**depth - 1)
    elif image.mode == "RGB" and isinstance(colour, tuple) and depth == 16:
        # All pixels that have the upper 8 bits of the colour: rather too many than one too few.
        image.info["transparency"] = tuple(value >> 8 for value in colour)


def _has_several_frames(image: Image.Image) -> bool:
    # The further pictures of an MPO are the camera's: a preview, the depth, the highlights.
    if image.format == "MPO":
        return False
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # the next frame is damaged
        return True


def _encoding(image: Image.Image, file: BinaryIO) -> dict[str, Any]:
    if isinstance(image, JpegImagePlugin.JpegImageFile) and image.mode in ("L", "RGB"):
        subsampling = JpegImagePlugin.get_sampling(image)
        return {
            "qtables": [list(image.quantization[number]) for number in sorted(image.quantization)],
            "progressive": bool(image.info.get("progressive")),
            **({"subsampling": subsampling} if subsampling >= 0 else {}),
        }
    if isinstance(image, PngImagePlugin.PngImageFile):
        return {"pnginfo": _colour_chunks(image)}
    if image.format == "WEBP" and _is_lossless_webp(file):
        return {"lossless": True, "exact": True}
    if image.format == "TIFF" and image.info.get("compression") in _LOSSLESS_TIFF:
        return {"compression": image.info["compression"]}
    return {}


def _colour_chunks(image: Image.Image) -> PngImagePlugin.PngInfo:
    """Return what a PNG without a profile states of its colours in chunks of their own."""
    chunks = PngImagePlugin.PngInfo()
    if PROFILE not in image.info:
        if "gamma" in image.info:
            chunks.add(b"gAMA", struct.pack(">I", round(image.info["gamma"] * _PNG_UNITS)))
        if "chromaticity" in image.info:
            values = [round(value * _PNG_UNITS) for value in image.info["chromaticity"]]
            chunks.add(b"cHRM", struct.pack(f">{len(values)}I", *values))
        if "srgb" in image.info:
            chunks.add(b"sRGB", bytes([image.info["srgb"]]))
    return chunks


def _is_lossless_webp(file: BinaryIO) -> bool:
    """Return whether the first pixels in a WebP are of its lossless kind."""
    file.seek(12)
    for _ in range(_MAX_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8 or chunk.startswith(b"VP8 "):
            return False
        if chunk.startswith(b"VP8L"):
            return True
        size = int.from_bytes(chunk[4:], "little")
        if chunk.startswith(b"ANMF"):
            size = 16  # a frame, whose chunks follow its header
        file.seek(size + size % 2, 1)
    return False


def _resolution(image: Image.Image) -> tuple[float, float] | None:
    with contextlib.suppress(KeyError, TypeError, ValueError, ZeroDivisionError):
        across, down = (float(value) for value in image.info["dpi"])
        if all(
            math.isfinite(value) and 0 < value <= _HIGHEST_RESOLUTION for value in (across, down)
        ):
            return across, down
    return None
