"""The work of ``fastmtcnn blur`` on videos, which needs ``fastmtcnn[video]``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from ...detector import MTCNN
from ...errors import FastMTCNNError
from ...extras import importing
from ...faces.blurring import Method, Shape, blur
from ...video import FrameFaces, Video
from ..app import usage_errors, work_errors
from ..batch.galleries import Gallery
from ..messages import print_error, reason
from ..options import DetectorOptions
from .clips import Wanted, make

_WRITTEN = (".mp4", ".m4v", ".mov", ".mkv", ".webm")


def blur_videos(
    paths: Sequence[str],
    folder: str,
    detector_options: DetectorOptions,
    how: tuple[Method, Shape, float],
    quiet: bool,
) -> bool:
    """Write videos without recognisable faces, and return whether all of them succeeded.

    Parameters
    ----------
    paths : sequence of str
        The videos.
    folder : str
        Where the new ones go, by the same names; ``.mp4`` if the format cannot be written.
    detector_options : DetectorOptions
        Of the detector.
    how : (str, str, float)
        Method, shape and margin as for `fastmtcnn.blur`.
    quiet : bool
        Whether to show errors only.
    """
    with usage_errors(), importing("video"):
        import av  # noqa: F401 (before anything is made)
    detector = detector_options.detector()
    try:
        gallery = Gallery(Path(folder), paths)
    except OSError as error:
        return print_error(f"cannot make the folder {folder}: {reason(error)}")
    succeeded = True
    with work_errors():
        for path in paths:
            suffix = Path(path).suffix
            target = gallery.place(path, suffix if suffix.lower() in _WRITTEN else ".mp4")
            succeeded &= _blur(path, target, detector, how, quiet)
    return succeeded


def _blur(
    path: str, target: Path, detector: MTCNN, how: tuple[Method, Shape, float], quiet: bool
) -> bool:
    method, shape, margin = how

    def picture_of(faces: FrameFaces) -> Image.Image:
        return blur(faces.frame.image, faces.detections, method=method, shape=shape, margin=margin)

    try:
        video = Video(path)
    except (OSError, FastMTCNNError) as error:
        return print_error(f"{path}: {reason(error)}")
    return make(video, detector, Wanted(str(target), picture_of, None, 1, None, quiet))
