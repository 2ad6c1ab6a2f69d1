"""The size of an image by its header is that of its decoded pixels."""

from __future__ import annotations

import io

import PIL.Image
import PIL.ImageFile
import pytest

from fastmtcnn import ImageError
from fastmtcnn.files.decoding import decode, is_named_as_photo, upright_size
from tests.support.helpers import encoded, random_image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"])
@pytest.mark.parametrize("orientation", [None, *range(10)])
def test_it_is_the_size_of_the_pixels(kind: str, orientation: int | None) -> None:
    exif = PIL.Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    content = encoded(random_image(7, 12), kind, exif=exif)
    height, width, _ = decode(io.BytesIO(content), 1000).shape
    assert upright_size(io.BytesIO(content), 1000) == (width, height)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_pixels_are_not_decoded(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(random_image(50, 70), kind)
    calls = []
    monkeypatch.setattr(PIL.ImageFile.ImageFile, "load", lambda image: calls.append(image))
    assert upright_size(io.BytesIO(content), 10_000) == (70, 50)
    assert not calls


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "format"),
        (b"no image", "format"),
        (encoded(random_image(5, 5), "JPEG")[:20], "damaged"),
        (encoded(random_image(40, 40), "PNG"), "too_large"),
    ],
)
def test_what_is_refused(content: bytes, kind: str) -> None:
    with pytest.raises(ImageError) as raised:
        upright_size(io.BytesIO(content), 1000)
    assert raised.value.kind == kind


def test_names_of_photographs() -> None:
    names = ("a.jpg", "a.JPEG", "a.b.png", "a.webp", ".a.jpg", "a.txt", "jpg", "a.jpg.txt", "a.pdf")
    assert [is_named_as_photo(name) for name in names] == [True] * 4 + [False] * 5
