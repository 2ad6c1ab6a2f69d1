"""The networks that a training begins with."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")

import onnx
from onnx import numpy_helper

from fastmtcnn import ModelError
from fastmtcnn.errors import FastMTCNNError
from fastmtcnn.networks.loading import read_shipped
from fastmtcnn.training.start import read_old_networks

pytestmark = pytest.mark.optional

KEYS = ("pnet", "rnet", "onet")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped networks."""
    for key in KEYS:
        (tmp_path / f"{key}.onnx").write_bytes(read_shipped(f"{key}.onnx"))
    return tmp_path


def test_a_folder_as_the_shipped_ones(folder: Path) -> None:
    old, shipped = read_old_networks(str(folder)), read_old_networks("shipped")
    assert tuple(old) == KEYS
    assert [each.content for each in old.values()] == [each.content for each in shipped.values()]
    assert read_old_networks(None) == {}


def not_finite() -> bytes:
    model = onnx.load_model_from_string(read_shipped("onet.onnx"))
    tensor = model.graph.initializer[0]
    values = np.full_like(numpy_helper.to_array(tensor), np.nan)
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    return bytes(model.SerializeToString())


def refusal(folder: Path) -> FastMTCNNError:
    with pytest.raises(FastMTCNNError) as caught:
        read_old_networks(str(folder))
    assert str(folder / "onet.onnx") in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


def test_damaged_files_are_named(folder: Path) -> None:
    path = folder / "onet.onnx"
    whole = path.read_bytes()
    for content, words in (
        (whole[: len(whole) // 2], "not a valid ONNX file"),
        (b"", "not a valid ONNX file"),
        (read_shipped("onet_fast.onnx"), "must come from the plain file, got its fast twin"),
        (not_finite(), " is not finite"),
    ):
        path.write_bytes(content)
        error = refusal(folder)
        assert isinstance(error, ModelError)
        assert words in str(error)


def test_files_in_wrong_places_are_named(folder: Path) -> None:
    shutil.copy(folder / "rnet.onnx", folder / "onet.onnx")
    assert "the network must be onet, got rnet" in str(refusal(folder))
    (folder / "onet.onnx").unlink()
    assert "networks to begin with must be" in str(refusal(folder))
