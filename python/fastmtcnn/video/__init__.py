"""Faces in videos, and videos with changed pictures (needs ``fastmtcnn[video]``)."""

from .faces import FrameFaces, detect_video, map_video
from .reading import Frame, Video
from .writing import VideoWriter

__all__ = ["Frame", "FrameFaces", "Video", "VideoWriter", "detect_video", "map_video"]
