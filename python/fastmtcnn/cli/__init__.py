"""The command line ``fastmtcnn``."""

from .app import app, main
from .commands import (  # noqa: F401 (they add themselves)
    bench,
    blur,
    crop,
    detect,
    draw,
    evaluate,
    explain,
    info,
    report,
    train,
    video,
)

__all__ = ["app", "main"]
