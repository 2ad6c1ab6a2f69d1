"""URLs in place of files: nothing is fetched, and the error says so."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from fastmtcnn import MTCNN, ImageError, ModelError

DETECTOR = MTCNN(num_threads=1)
URLS = [
    ("https://example.org/a.jpg", "download it first"),
    ("HTTP://example.org/a.jpg?size=3", "download it first"),
    (PurePosixPath("https://example.org/a.jpg"), "download it first"),  # which has one slash only
    ("s3://bucket/a.jpg", "download it first"),
    ("file:///a.jpg", "pass the path in it"),
    ("data:image/png;base64," + "A" * 100_000, "decode it first"),
]


@pytest.mark.parametrize(("url", "hint"), URLS, ids=[str(url)[:20] for url, _ in URLS])
def test_of_an_image(url: Any, hint: str) -> None:
    message = f"an image must be a file on this machine, got a URL: {hint}$"
    with pytest.raises(ImageError, match=message):
        DETECTOR.detect(url)
    with pytest.raises(ImageError, match=rf"image 0, .*got a URL: {hint}$") as caught:
        DETECTOR.detect_batch([url])
    assert caught.value.kind == "file"
    assert len(str(caught.value)) < 300


def test_of_a_model() -> None:
    with pytest.raises(ModelError, match="a model must be a file on this machine, got a URL"):
        MTCNN(models="https://example.org/models")


@pytest.mark.parametrize("path", ["C:/a.jpg", "nothing.jpg", "a:b.jpg", "folder/http/x", "://"])
def test_paths_are_no_urls(path: str) -> None:
    with pytest.raises(FileNotFoundError):
        DETECTOR.detect(path)


def test_a_file_may_have_the_name_of_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "http:" / "host").mkdir(parents=True)
    (tmp_path / "http:" / "host" / "a.ppm").write_bytes(b"P6 20 20 255\n" + bytes(1200))
    monkeypatch.chdir(tmp_path)
    assert DETECTOR.detect("http://host/a.ppm").num_faces == 0
