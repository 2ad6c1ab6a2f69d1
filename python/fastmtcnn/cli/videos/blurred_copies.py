"""The work of ``fastmtcnn blur`` on videos, which needs ``fastmtcnn[video]``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from ...cascade.region import RegionLike
from ...detector import MTCNN
from ...errors import FastMTCNNError
from ...extras import importing
from ...faces.blurring import Method, Shape, blur
from ...files.kinds import WRITTEN_VIDEOS
from ...video import FrameFaces, Video
from ..app import usage_errors, work_errors
from ..batch.galleries import Gallery, names_a_file
from ..inputs import PhotoPath
from ..messages import print_error, reason
from ..options import DetectorOptions
from .clips import Wanted, make


def blur_videos(
    videos: Sequence[PhotoPath],
    to: str,
    detector_options: DetectorOptions,
    how: tuple[Method, Shape, float],
    quiet: bool,
) -> bool:
    """Write videos without recognisable faces, and return whether all of them succeeded.

    Parameters
    ----------
    videos : sequence of PhotoPath
        The videos.
    to : str
        Folder of the copies, which have the names of the videos, or the suffix ``.mp4`` if the
        format of the video cannot be written; or the file of the only copy.
    detector_options : DetectorOptions
        Options of the detector.
    how : (str, str, float)
        Method, shape and margin of `fastmtcnn.blur`.
    quiet : bool
        Whether to show errors only.
    """
    with usage_errors(), importing("video"):
        import av  # noqa: F401 (before anything is made)
    detector = detector_options.detector()
    try:
        gallery = Gallery(to)
    except OSError as error:
        return print_error(f"cannot make the folder {error.filename}: {reason(error)}")
    succeeded = True
    with work_errors():
        for path, subfolder in videos:
            suffix = Path(path).suffix
            ending = suffix if suffix.lower() in WRITTEN_VIDEOS else ".mp4"
            ending = Path(to).suffix if names_a_file(to) else ending
            try:
                target = gallery.place(path, ending, subfolder)
            except OSError as error:
                succeeded = print_error(f"cannot make {error.filename}: {reason(error)}")
                continue
            succeeded &= _blur(path, target, detector, how, quiet, detector_options.roi)
    return succeeded


def _blur(
    path: str,
    target: Path,
    detector: MTCNN,
    how: tuple[Method, Shape, float],
    quiet: bool,
    roi: RegionLike | None,
) -> bool:
    method, shape, margin = how

    def picture_of(faces: FrameFaces) -> Image.Image:
        return blur(faces.frame.image, faces.detections, method=method, shape=shape, margin=margin)

    try:
        video = Video(path)
    except (OSError, FastMTCNNError) as error:
        return print_error(f"{path}: {reason(error)}")
    return make(video, detector, Wanted(str(target), picture_of, None, 1, None, quiet, roi))
