"""Views of an image: what is searched, and how the faces of several views become one list.

Plain loops over boxes. The fusion is that of Solovyev et al. 2021, but that groups form around
their highest-scoring box.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from .pyramid import Image

Found = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]
SAME_FACE = 0.5


def search_views(
    search: Callable[[Image, float], Found],
    image: Image,
    views: Sequence[str],
    min_face_size: float,
    factor: float,
) -> list[Found]:
    """Search an image as it is and in each view.

    Parameters
    ----------
    search : callable
        Takes pixels and the smallest face to find; returns boxes, scores and landmarks.
    image : ndarray of uint8, shape (h, w, 3)
        RGB pixels.
    views : sequence of str
        Some of ``"grey"``, ``"mirror"`` and ``"half-step"``.
    min_face_size : float
        Side of the smallest face to find, in pixels.
    factor : float
        Ratio of one pyramid scale to the one before it.

    Returns
    -------
    list of tuple
        Boxes, scores and landmarks of the image and of each view, in pixels of the image.
    """
    results = [search(image, min_face_size)]
    for view in views:
        if view == "grey":
            results.append(search(grey(image), min_face_size))
        elif view == "mirror":
            mirrored = search(np.flip(image, axis=1).copy(), min_face_size)
            results.append(mirror_back(mirrored, image.shape[1]))
        elif view == "half-step":
            results.append(search(image, min_face_size / np.sqrt(factor)))
        else:
            raise ValueError(f"view must be 'grey', 'mirror' or 'half-step', got {view!r}")
    return results


def grey(image: Image) -> Image:
    """Return the luma of ITU-R BT.601 in all three channels, in fixed point of 16 bits."""
    weights = np.array([19595, 38470, 7471])
    luma = (image.astype(np.int64) @ weights + 32768) // 65536
    return np.repeat(luma[..., None], 3, axis=2).astype(np.uint8)


def mirror_back(found: Found, width: int) -> Found:
    """Return faces of a mirrored image, `width` pixels wide, in pixels of the image."""
    boxes, scores, landmarks = (part.copy() for part in found)
    for k in range(len(boxes)):
        x1, y1, x2, y2 = found[0][k]
        boxes[k] = width - 1 - x2, y1, width - 1 - x1, y2
        for place, other in enumerate((1, 0, 2, 4, 3)):  # eyes and corners of the mouth
            x, y = found[2][k][other]
            landmarks[k][place] = width - 1 - x, y
    return boxes, scores, landmarks


def fuse(results: Sequence[Found]) -> Found:
    """Return one face for each group of boxes of several views, highest score first."""
    faces = [
        (float(score), view, box.astype(float).tolist(), points.astype(float).tolist())
        for view, found in enumerate(results)
        for box, score, points in zip(*found, strict=True)
    ]
    faces.sort(key=lambda face: -face[0])  # stable
    fused = []
    while faces:
        first = faces[0]
        group = [first, *(face for face in faces[1:] if _iou(first[2], face[2]) > SAME_FACE)]
        faces = [face for face in faces[1:] if not _iou(first[2], face[2]) > SAME_FACE]
        highest = [0.0] * len(results)
        for score, view, _, _ in group:
            highest[view] = max(highest[view], score)
        total = sum(score for score, _, _, _ in group)
        weights = [score / total if total > 0 else 1 / len(group) for score, _, _, _ in group]
        box = [
            sum(weight * face[2][n] for weight, face in zip(weights, group, strict=True))
            for n in range(4)
        ]
        points = [
            [
                sum(weight * face[3][n][axis] for weight, face in zip(weights, group, strict=True))
                for axis in range(2)
            ]
            for n in range(5)
        ]
        wrong = 1.0  # the probability that no view is right
        for score in highest:
            wrong *= 1 - score
        fused.append((1 - wrong, box, points))
    fused.sort(key=lambda face: -face[0])
    return (
        np.array([box for _, box, _ in fused], np.float32).reshape(-1, 4),
        np.array([score for score, _, _ in fused], np.float32),
        np.array([points for _, _, points in fused], np.float32).reshape(-1, 5, 2),
    )


def _iou(box: Sequence[float], other: Sequence[float]) -> float:
    """Return intersection over union of two boxes whose second corners are pixels of them."""
    width = min(box[2], other[2]) - max(box[0], other[0]) + 1
    height = min(box[3], other[3]) - max(box[1], other[1]) + 1
    common = max(width, 0.0) * max(height, 0.0)
    if common == 0:
        return 0.0
    areas = [(each[2] - each[0] + 1) * (each[3] - each[1] + 1) for each in (box, other)]
    return common / (sum(areas) - common)
