"""The command line: photos in; a table, JSON and annotated copies out."""

from . import (  # noqa: F401 (they add themselves)
    bench,
    blur,
    crop,
    detect,
    draw,
    evaluate,
    info,
    report,
    video,
)
from . import bench, detect, explain, info, report  # noqa: F401 (they add themselves)
from .app import app, main

__all__ = ["app", "main"]
