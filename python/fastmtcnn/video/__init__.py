"""Faces in videos, and videos with changed pictures (needs ``fastmtcnn[video]``)."""

from .covering import TrackedFaces, blur_video, detect_tracks
from .faces import FrameFaces, detect_video, map_video
from .reading import Frame, Video
from .writing import VideoWriter

__all__ = [
    "Frame",
    "FrameFaces",
    "TrackedFaces",
    "Video",
    "VideoWriter",
    "blur_video",
    "detect_tracks",
    "detect_video",
    "map_video",
]
