"""The command line: photos in; a table, JSON and annotated copies out."""

from . import (  # noqa: F401 (they add themselves)
    bench,
    blur,
    crop,
    detect,
    draw,
    evaluate,
    explain,
    info,
    report,
    video,
)
from .app import app, main

__all__ = ["app", "main"]
