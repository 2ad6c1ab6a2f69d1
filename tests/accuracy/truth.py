"""Where the faces of the photographs in tests/golden are, marked by hand.

Marked in the photographs enlarged 4 to 7 times, none of it taken from a detector: good to about
a pixel. The coordinates are those of the detector: 0 is the left edge of the first pixel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Marked(NamedTuple):
    """A face in a photograph.

    Attributes
    ----------
    photo : str
        File in tests/golden.
    box : ndarray of float64, shape (4,)
        x1, y1, x2, y2 around the skin of forehead, cheeks and chin; no hair, hat or ear.
    landmarks : ndarray of float64, shape (5, 2)
        x, y of both pupils, the tip of the nose and both corners of the mouth, as a viewer sees
        them from left to right.
    head : ndarray of float64, shape (4,)
        Around all that is cut out when the face is pasted elsewhere.
    """

    photo: str
    box: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    head: NDArray[np.float64]


FACES = (
    Marked(
        "astronaut.png",
        box=np.array([181.0, 78, 268, 178]),
        landmarks=np.array(
            [[203.0, 101.0], [246.5, 103.5], [223.8, 127.0], [203.5, 139.5], [244.5, 141.2]]
        ),
        head=np.array([144.0, 8, 308, 204]),
    ),
    Marked(
        "grace_hopper.png",
        box=np.array([180.0, 131, 347, 328]),
        landmarks=np.array(
            [[221.7, 190.2], [305.2, 187.3], [267.0, 236.0], [229.0, 281.3], [309.5, 280.5]]
        ),
        head=np.array([122.0, 14, 406, 376]),
    ),
)

# x1, y1, x2, y2 of parts of photographs that show no face.
FACELESS = {
    "coffee": ("coffee_noface.png", (0, 0, 600, 400)),
    "suit": ("astronaut.png", (0, 215, 512, 512)),
    "uniform": ("grace_hopper.png", (0, 375, 512, 600)),
    "flag": ("grace_hopper.png", (0, 0, 120, 375)),
    "model of a shuttle": ("astronaut.png", (325, 0, 512, 300)),
}
