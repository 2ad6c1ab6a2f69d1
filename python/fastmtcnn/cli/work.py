"""The work of ``fastmtcnn detect``."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ..detector import MTCNN
from ..draw import draw
from ..errors import ImageError
from ..images import DEFAULT_MAX_PIXELS, as_rgb
from .files import Gallery, State, is_special, replacing
from .journal import Finished, Journal, numbered
from .messages import complain, count, note, put, reason
from .photos import Photo
from .tables import as_json, as_table


def run(
    paths: Sequence[str],
    detector: MTCNN,
    json_to: str | None,
    draw_to: str | None,
    settings: Mapping[str, Any],
    resume: bool,
) -> bool:
    """Do what was asked for, and return whether all of it succeeded.

    Parameters
    ----------
    paths : sequence of str
        The photos.
    detector : MTCNN
        Finds the faces.
    json_to : str or None
        A file, ``"-"`` for standard output, or None for a table there only.
    draw_to : str or None
        Folder of annotated copies.
    settings : mapping of str to JSON values
        What the results depend on.
    resume : bool
        Whether to leave out what a run that did not come to its end has finished.

    Raises
    ------
    JournalError
        If that run had other settings.
    """
    result = None if json_to in (None, "-") else Path(str(json_to))
    gallery = journal = None
    try:
        with contextlib.ExitStack() as stack:
            # Before the work: if it cannot be written, that had better show now.
            file = None
            if result is not None and is_special(result):
                file = stack.enter_context(replacing(result))
            elif result is not None:
                journal = stack.enter_context(contextlib.closing(Journal(result, settings, resume)))
            if draw_to is not None:
                try:
                    gallery = Gallery(Path(draw_to), paths)
                except OSError as error:
                    return complain(f"cannot make the folder {draw_to}: {reason(error)}")
            found, succeeded = _detect_all(paths, detector, gallery, journal)
            text = as_json(found)
            succeeded &= put(text if json_to == "-" else as_table(found, len(paths), draw_to))
            if result is not None and file is None:
                file = stack.enter_context(replacing(result))
            if file:
                file.write(text.encode())
    except OSError as error:
        return complain(f"cannot write {json_to}: {reason(error)}{_rest(journal)}")
    except KeyboardInterrupt:
        if journal and journal.num_finished:
            note(f"interrupted{_rest(journal)}")
        raise
    if journal:
        journal.remove()
    return succeeded


def _rest(journal: Journal | None) -> str:
    if journal is None or journal.num_finished == 0:
        return ""
    return f"; with --resume, {count(journal.num_finished, 'photo')} need not be done again"


def _detect_all(
    paths: Sequence[str], detector: MTCNN, gallery: Gallery | None, journal: Journal | None
) -> tuple[list[Photo], bool]:
    todo = [
        (path, occurrence, _finished(path, occurrence, gallery, journal))
        for path, occurrence in numbered(paths)
    ]
    found = []
    succeeded = True
    for path, occurrence, finished in todo:
        if finished is not None:
            found.append(finished.photo)
            continue
        state = State.of(path)
        try:
            photo, picture = _detect(path, detector, gallery is not None)
        except (OSError, ImageError) as error:
            succeeded = complain(f"{path}: {reason(error).removeprefix(f'{path!r}: ')}")
            continue
        except MemoryError:
            succeeded = complain(f"{path}: there is not enough memory for it")
            continue
        except Exception as error:  # nobody knows of what; it must not cost the other photos
            succeeded = complain(f"{path}: {type(error).__name__}: {reason(error)}")
            continue
        found.append(photo)
        copy = None
        if gallery is not None and picture is not None:
            try:
                copy = gallery.add(path, picture)
            except OSError as error:
                succeeded = complain(f"cannot write {error.filename}: {reason(error)}")
                continue
        if journal is not None:
            journal.add(Finished(photo, occurrence, state, copy))
    return found, succeeded


def _finished(
    path: str, occurrence: int, gallery: Gallery | None, journal: Journal | None
) -> Finished | None:
    """Return what an earlier run has finished, if that still holds."""
    finished = None if journal is None else journal.find(path, occurrence)
    if finished is None or finished.state is None or finished.state != State.of(path):
        return None
    if gallery is not None:
        if finished.copy not in gallery:
            return None
        gallery.reserve(str(finished.copy))
    return finished


def _detect(path: str, detector: MTCNN, wants_copy: bool) -> tuple[Photo, Image.Image | None]:
    if os.path.isdir(path):  # noqa: PTH112 (Path("") is the current folder)
        raise ImageError("is a folder; name the photos in it")
    pixels = as_rgb(path, "rgb", DEFAULT_MAX_PIXELS)
    height, width = pixels.shape[:2]
    detections = detector.detect(pixels)
    picture = draw(pixels, detections) if wants_copy else None
    return Photo(path, width, height, detections), picture
