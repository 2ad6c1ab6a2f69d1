"""The files of this repository that benchmarks measure with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL.Image

REPOSITORY = Path(__file__).resolve().parents[1]
MODELS = REPOSITORY / "models"
CROWD = REPOSITORY / "tests" / "golden" / "crowd.png"


def crowd() -> npt.NDArray[np.uint8]:
    """Return a collage of 20 faces.

    Returns
    -------
    ndarray of uint8, shape (801, 1280, 3)
        RGB.
    """
    with PIL.Image.open(CROWD) as file:
        return np.asarray(file.convert("RGB"))
