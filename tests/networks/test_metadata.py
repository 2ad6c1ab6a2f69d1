"""What a model states about itself."""

from __future__ import annotations

import numpy as np
import pytest

from fastmtcnn import MTCNN, ModelError
from fastmtcnn.networks.metadata import Metadata
from fastmtcnn.networks.network import ONET, PNET, RNET, Role, WrappedNetwork
from tests.support.helpers import MODELS
from tests.support.metadata import with_metadata
from tests.support.networks import open_network
from tests.support.own_models import indifferent_model, own_model, shipped

FULL = Metadata("context64", 64, 2, 1.5, 0.25, "0123456789abcdef" * 4, 16362176)
CPU = ("CPUExecutionProvider",)


def test_what_is_written_is_read() -> None:
    assert Metadata.from_properties(FULL.to_properties()) == FULL
    assert Metadata.from_properties({**FULL.to_properties(), "author": "x"}) == FULL
    assert Metadata().to_properties() == {}
    assert Metadata.from_properties({"window": "64"}) == Metadata()


def test_texts() -> None:
    assert FULL.to_properties() == {
        "fastmtcnn.architecture": "context64",
        "fastmtcnn.window": "64",
        "fastmtcnn.stride": "2",
        "fastmtcnn.crop_scale": "1.5",
        "fastmtcnn.threshold": "0.25",
        "fastmtcnn.plain_sha256": "0123456789abcdef" * 4,
        "fastmtcnn.multiply_adds": "16362176",
    }


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("window", "0", "a whole number from 1 to 512, got '0'"),
        ("window", "513", "a whole number from 1 to 512, got '513'"),
        ("window", "48.0", "a whole number from 1 to 512, got '48.0'"),
        ("window", "\u0664\u0668", "a whole number from 1 to 512"),
        ("stride", "-2", "a whole number from 1 to 512, got '-2'"),
        ("multiply_adds", "9" * 30, "a whole number from 1 to 1000000000000, got '999"),
        ("crop_scale", "0.9", "a number from 1 to 4, got '0.9'"),
        ("crop_scale", "inf", "a number from 1 to 4, got 'inf'"),
        ("crop_scale", "", "a number from 1 to 4, got ''"),
        ("threshold", "nan", "a number from 0 to 1, got 'nan'"),
        ("threshold", "1.01", "a number from 0 to 1, got '1.01'"),
        ("plain_sha256", "abc", "a SHA-256 in hexadecimal, got 'abc'"),
    ],
)
def test_wrong_values(name: str, text: str, wanted: str) -> None:
    with pytest.raises(ValueError, match=f"^fastmtcnn.{name} in the metadata must be {wanted}"):
        Metadata.from_properties({f"fastmtcnn.{name}": text})
    content = with_metadata(shipped("rnet"), **{name: text})
    with pytest.raises(ModelError, match=f"R-Net from .* bytes: fastmtcnn.{name} in the metadata"):
        MTCNN(models={"rnet": content})


@pytest.mark.parametrize(
    ("role", "entries", "wanted"),
    [
        (PNET, {"crop_scale": 1.5}, "P-Net from a test must have no fastmtcnn.crop_scale .* '1.5'"),
        (RNET, {"stride": 2}, "R-Net from a test must have no fastmtcnn.stride in its metadata"),
        (ONET, {"window": 64}, r"O-Net .* one float32 input \(n, 3, 64, 64\), got .*48"),
        (RNET, {"window": 25}, r"R-Net .* one float32 input \(n, 3, 25, 25\), got .*24"),
    ],
)
def test_what_does_not_fit(role: Role, entries: dict[str, object], wanted: str) -> None:
    with pytest.raises(ModelError, match=wanted):
        open_network(role, with_metadata(shipped(role.key), **entries))


@pytest.mark.parametrize(("role", "window"), [(PNET, 0), (RNET, 24), (ONET, 48)])
def test_the_shipped_ones_state_nothing(role: Role, window: int) -> None:
    network = open_network(role, MODELS / f"{role.key}.onnx")
    assert network.metadata == Metadata()
    stated = (network.window, network.stride, network.crop_scale, network.threshold)
    assert stated == (window, 0, 1.0, None)


def test_another_side_must_be_stated() -> None:
    model = indifferent_model(64, [0.1, 0.9], [0] * 4, [0.5] * 10)
    with pytest.raises(ModelError, match=r"\(n, 3, 48, 48\), got .*64"):
        open_network(ONET, model)
    assert open_network(ONET, with_metadata(model, window=64)).window == 64


def test_a_wrapped_network_states_the_same() -> None:
    network = open_network(RNET, with_metadata(shipped("rnet"), crop_scale=1.5, threshold=0.5))
    wrapped = WrappedNetwork(network)
    names = ("window", "stride", "crop_scale", "threshold", "metadata", "file")
    assert [getattr(wrapped, name) for name in names] == [
        24,
        0,
        1.5,
        0.5,
        network.metadata,
        None,
    ]


# A P-Net of another window


@pytest.fixture(scope="module")
def wide_pnet() -> bytes:
    """A P-Net of window 16 and stride 4, sure of a face where its first pixel is white."""
    weights = np.zeros((6, 3, 16, 16), np.float32)
    weights[5, 1, 0, 0] = 1
    return own_model(weights, [0, 0, 0, 0, 0.25, 0], 4, [4, 2])


def test_window_and_stride_of_pnet(wide_pnet: bytes) -> None:
    image = np.zeros((40, 50, 3), np.uint8)
    image[12, 8] = 255
    stating = MTCNN(16, models={"pnet": with_metadata(wide_pnet, window=16, stride=4)})
    trace = stating.trace(image)
    assert trace.scales[0] == 1.0
    first = trace.proposals[trace.proposals[:, 4] > 0.99]
    assert first[:, :4].tolist() == [[9, 13, 25, 29]]
    variant = stating.cascade.options.variant
    assert (variant.window, variant.stride, variant.name) == (16, 4, "mtcnn-pytorch")
    # A change of the variant keeps the window of the network.
    other = stating.cascade.replace(variant="original").options.variant
    assert (other.window, other.stride, other.name) == (16, 4, "original")


def test_without_metadata_the_variant_has_the_window(wide_pnet: bytes) -> None:
    detector = MTCNN(models={"pnet": wide_pnet})
    assert detector.cascade.options.variant.window == 12
