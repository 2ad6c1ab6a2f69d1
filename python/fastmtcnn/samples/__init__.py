"""A photograph to try the detector on."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def sample_photo() -> Path:
    """Return the path of the shipped photograph: one face, 512x512 pixels.

    Eileen Collins, portrait by NASA (public domain).
    """
    return Path(str(resources.files(__name__) / "astronaut.jpg"))
