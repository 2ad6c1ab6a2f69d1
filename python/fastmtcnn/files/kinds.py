"""Kinds of files in folders of photos, by suffix: photos, videos, and formats that are not read."""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal, TypeAlias

from .decoding import HEIF_SUFFIXES, is_named_as_photo

Kind: TypeAlias = Literal["photo", "video", "unread"]

# What `fastmtcnn.video.Video` reads, as cameras, recorders and programs name it.
_MP4 = (".mp4", ".m4v", ".mov", ".qt", ".f4v", ".3gp", ".3g2", ".ismv", ".insv", ".lrv", ".mj2")
_TRANSPORT_STREAMS = (".ts", ".mts", ".m2ts", ".m2t", ".mpegts", ".trp", ".tod")
_PROGRAM_STREAMS = (".mpg", ".mpeg", ".mpe", ".m2p", ".vob", ".vro")
_WITHOUT_CONTAINER = (
    *(".mpv", ".m1v", ".m2v"),
    *(".h264", ".264", ".avc", ".h265", ".265", ".hevc"),
)
_VIDEOS = (
    *_MP4,
    *_TRANSPORT_STREAMS,
    *_PROGRAM_STREAMS,
    *_WITHOUT_CONTAINER,
    *(".mkv", ".mk3d", ".webm", ".avi", ".divx", ".asf", ".wmv", ".wtv", ".flv", ".ogv", ".ogm"),
    *(".mxf", ".dv", ".dif", ".ivf", ".nut"),
)
WRITTEN_VIDEOS = (".mp4", ".m4v", ".mov", ".mkv", ".webm")
_RAW = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mef"),
    *(".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2"),
    *(".srf", ".srw", ".x3f"),
)
# Photos that nothing here decodes, or only with an extra or another build of Pillow.
_UNREAD = (*HEIF_SUFFIXES, ".avif", ".jxl", ".jxr", ".psb", ".psd", ".tga", ".xcf", *_RAW)


def is_video(path: str) -> bool:
    """Return whether a file is a video by its suffix.

    Parameters
    ----------
    path : str
        Path of the file.
    """
    return PurePath(path).suffix.lower() in _VIDEOS


def kind_of(name: str) -> Kind | None:
    """Return the kind of a file, or None if it is hidden or something else than a picture.

    Parameters
    ----------
    name : str
        Name of the file, without folder.
    """
    suffix = PurePath(name).suffix.lower()
    if name.startswith("."):
        return None
    if is_named_as_photo(name):
        return "photo"
    if is_video(name):
        return "video"
    return "unread" if suffix in _UNREAD else None
