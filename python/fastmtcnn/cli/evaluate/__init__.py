"""``fastmtcnn evaluate``: accuracy on data sets with ground truth."""

from . import widerface  # noqa: F401 (they add themselves)
