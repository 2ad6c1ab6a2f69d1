"""The package onnx is needed to build graphs, not to import what is independent of it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
sys.modules["onnx"] = None  # as if it were not installed
import fastmtcnn.graphs
from fastmtcnn.networks.architecture import find_architecture
print(find_architecture("pnet", "wide").num_parameters)
try:
    import fastmtcnn.graphs.building
except ImportError as error:
    print(type(error).__name__, error)
"""


def test_without_onnx() -> None:
    command = [sys.executable, "-c", PROGRAM]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert out == (
        "19350\nMissingExtraError this needs onnx, which is not installed; "
        'get it with: pip install "fastmtcnn[train]", or from the folder of its source '
        'with: pip install ".[train]"\n'
    )
