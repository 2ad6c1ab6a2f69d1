"""The page, one file that is written photo by photo."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TextIO
from urllib.parse import quote

from .._core import __version__
from ..results.photo import Photo
from .histograms import SCORE_DIGITS, SIZE_DIGITS, score_histogram, size_histogram
from .templates import content_hash, make_environment, read_source
from .thumbnails import face_pictures, thumbnail

if TYPE_CHECKING:
    import jinja2

_BLOCK = 1 << 16  # characters copied at a time


class Summary(NamedTuple):
    """The numbers of a report.

    Attributes
    ----------
    num_photos : int
        Number of photos, including those that cannot be used.
    num_faces : int
        Number of faces in all photos.
    num_without : int
        Number of usable photos without a face.
    failures : dict of str to int
        Number of photos for each reason why photos cannot be used, most frequent first.
    """

    num_photos: int
    num_faces: int
    num_without: int
    failures: dict[str, int]

    @property
    def num_failed(self) -> int:
        """Number of photos that cannot be used."""
        return sum(self.failures.values())


def write_report(
    file: BinaryIO,
    photos: Iterable[Photo],
    *,
    title: str = "Faces",
    settings: Mapping[str, str] | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Summary:
    """Write a page for the browser that needs no network and no other file.

    Photos are consumed one at a time; the memory kept for each does not depend on its size.

    Parameters
    ----------
    file : binary file
        File to write to.
    photos : iterable of ReportedPhoto
        Photos to show. Thumbnails and crops are made of their `pixels`.
    title : str, default "Faces"
        Heading of the page.
    settings : mapping of str to str, optional
        Settings of the detection, which are shown as a table.
    folder : str or path-like, optional
        Folder of the page. If it is given, thumbnails are links to the photos.

    Returns
    -------
    Summary
        The numbers in the heading of the page.

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.
    OSError
        If the page cannot be written.

    Examples
    --------
    >>> import io
    >>> import fastmtcnn
    >>> from fastmtcnn.reporting import ReportedPhoto, write_report
    >>> photo = ReportedPhoto("none.jpg", 640, 480, fastmtcnn.Detections.empty())
    >>> page = io.BytesIO()
    >>> write_report(page, [photo])
    Summary(num_photos=1, num_faces=0, num_without=1, failures={})
    """
    began = datetime.now().astimezone()
    template = _templates().get_template("page.html")
    tally = _Tally()
    # The heading has the numbers of all photos, which therefore wait on disk.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as waiting:
        for number, photo in enumerate(photos):
            tally.add(photo)
            waiting.write(_card(number, photo, folder))
        waiting.seek(0)
        ended = datetime.now().astimezone()
        page = template.generate(
            title=title,
            settings=settings or {},
            summary=tally.summary(),
            histograms=[score_histogram(tally.scores), size_histogram(tally.sizes)],
            version=__version__,
            made=ended.strftime("%Y-%m-%d %H:%M %Z"),
            seconds=(ended - began).total_seconds(),
            cards=_blocks(waiting),
        )
        for part in page:
            file.write(part.encode("utf-8", "replace"))
    return tally.summary()


class _Tally:
    """Numbers of the photos that came before."""

    def __init__(self) -> None:
        self.scores: list[float] = []
        self.sizes: list[float] = []
        self._photos = 0
        self._without = 0
        self._failures: Counter[str] = Counter()

    def add(self, photo: Photo) -> None:
        self._photos += 1
        if photo.problem is not None:
            self._failures[photo.problem] += 1
            return
        self._without += photo.detections.num_faces == 0
        # Rounded as they are shown: filtering by a bar must find the faces counted in it.
        self.scores += [round(score, SCORE_DIGITS) for score in photo.detections.scores.tolist()]
        self.sizes += [round(size, SIZE_DIGITS) for size in photo.sizes.tolist()]

    def summary(self) -> Summary:
        failures = dict(self._failures.most_common())
        return Summary(self._photos, len(self.scores), self._without, failures)


def _card(number: int, photo: Photo, folder: str | os.PathLike[str] | None) -> str:
    """Return the part of the page that shows one photo."""
    pixels, found = photo.pixels, photo.detections
    none: list[str | None] = [None] * found.num_faces
    faces = zip(
        found.boxes.tolist(),
        found.scores.tolist(),
        photo.sizes.tolist(),
        none if pixels is None else face_pictures(pixels, found.boxes),
        strict=True,
    )
    where, name = os.path.split(photo.path)
    return (
        _templates()
        .get_template("photo.html")
        .render(
            number=number,
            photo=photo,
            where=where,
            name=name,
            link=None if folder is None else _link(photo.path, folder),
            thumbnail=None if pixels is None else thumbnail(pixels),
            faces=list(faces),
        )
    )


def _link(path: str, folder: str | os.PathLike[str]) -> str:
    """Return the address of a photo relative to the page."""
    try:
        address = Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # on another drive
        return Path(path).absolute().as_uri()
    return quote(os.fsencode(address))  # also the colon, before which would be a scheme


def _blocks(file: TextIO) -> Iterator[str]:
    from markupsafe import Markup

    while block := file.read(_BLOCK):
        yield Markup(block)  # made of templates above


@cache
def _templates() -> jinja2.Environment:
    environment = make_environment("fastmtcnn.reporting", extra="report")
    from markupsafe import Markup

    style, script = (read_source("fastmtcnn.reporting", f"page.{kind}") for kind in ("css", "js"))
    environment.globals.update(
        score_digits=SCORE_DIGITS,
        size_digits=SIZE_DIGITS,
        style=Markup(style),
        script=Markup(script),
        style_hash=content_hash(style),
        script_hash=content_hash(script),
    )
    return environment
