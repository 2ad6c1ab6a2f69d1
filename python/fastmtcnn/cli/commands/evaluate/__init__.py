"""``fastmtcnn evaluate``: accuracy on data sets with ground truth."""

from . import boxes, landmarks, negatives, widerface  # noqa: F401 (they add themselves)
