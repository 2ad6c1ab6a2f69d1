"""The error of data sets that cannot be evaluated."""

from __future__ import annotations

from ..errors import FastMTCNNError


class DatasetError(FastMTCNNError):
    """A data set or a folder of predictions is incomplete, or in another format than expected."""
