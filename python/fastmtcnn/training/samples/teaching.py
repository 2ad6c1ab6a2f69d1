"""Landmarks by distillation: what an O-Net that knows them sees in samples that have none."""

from __future__ import annotations

import numpy as np

from ...networks.network import ONET
from ...networks.onnx import OnnxNetwork
from .records import Kind, Records

_PROVIDERS = ("CPUExecutionProvider",)
_SURE = 0.5  # score below which the points of the teacher are not taken


class Teacher:
    """An O-Net that gives its landmarks to samples of the same form.

    Parameters
    ----------
    model : bytes
        The ONNX model.
    """

    def __init__(self, model: bytes) -> None:
        self._network = OnnxNetwork(ONET, model, "the teacher", _PROVIDERS)

    def teach(self, records: Records) -> None:
        """Fill in the points of positives that have none, where the teacher sees a face.

        Parameters
        ----------
        records : ndarray of `record_type`, shape (n,)
            Samples, which are changed.
        """
        missing = np.isnan(records["points"]).any(axis=1)
        chosen = np.flatnonzero(missing & (records["kind"] == Kind.POSITIVE))
        if len(chosen) == 0:
            return
        images = (records["pixels"][chosen].astype(np.float32) - np.float32(127.5)) / np.float32(
            128
        )
        outputs = self._network(images)
        sure = outputs.scores >= _SURE
        records["points"][chosen[sure]] = outputs.points[sure]
