"""Folders of models: what is written, and what a detector makes of it."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from fastmtcnn import MTCNN, _core
from fastmtcnn.files.atomic_write import replacing
from fastmtcnn.graphs import writing
from fastmtcnn.graphs.reading import read_weights
from fastmtcnn.graphs.writing import write_networks
from fastmtcnn.networks.architecture import Architecture, find_architecture
from fastmtcnn.networks.network import PNET
from fastmtcnn.networks.twins import twin_files
from tests.support.helpers import MODELS, assert_same, assert_same_detections, golden_image
from tests.support.weights import random_weights

FILES = [
    "onet.onnx",
    "onet_fast.onnx",
    "pnet.onnx",
    "pnet_fast.onnx",
    "pnet_fast_avx512.onnx",
    "rnet.onnx",
    "rnet_fast.onnx",
]
SMALL = "hopper_61x73.png"

Networks = dict[str, tuple[Architecture, dict[str, NDArray[np.float32]]]]


@pytest.fixture(scope="module")
def shipped() -> Networks:
    """The shipped networks' weights."""
    networks = {}
    for key in ("pnet", "rnet", "onet"):
        architecture = find_architecture(key, "original")
        networks[key] = (
            architecture,
            read_weights((MODELS / f"{key}.onnx").read_bytes(), architecture),
        )
    return networks


def properties(path: Path) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def in_use(detector: MTCNN) -> list[str]:
    return [Path(each.file or "").name for each in detector.cascade.networks]


def test_the_files_and_their_metadata(shipped: Networks, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "run"
    written = write_networks(
        folder, shipped, thresholds={"pnet": 0.5, "onet": 0.25}, description="Trained here."
    )
    assert names(folder) == FILES
    assert [each.key for each in written] == ["pnet", "rnet", "onet"]
    assert [each.problem for each in written] == [None] * 3
    assert sorted(path.name for each in written for path in (each.plain, *each.twins)) == FILES
    for key, threshold in [("pnet", "0.5"), ("rnet", None), ("onet", "0.25")]:
        stated = {"fastmtcnn.architecture": "original"}
        if threshold is not None:
            stated["fastmtcnn.threshold"] = threshold
        plain = folder / f"{key}.onnx"
        assert properties(plain) == stated
        assert onnx.load(plain).doc_string == "Trained here."
        sha256 = hashlib.sha256(plain.read_bytes()).hexdigest()
        for twin in folder.glob(f"{key}_fast*.onnx"):
            assert properties(twin) == {**stated, "fastmtcnn.plain_sha256": sha256}


def test_the_graphs_are_those_of_the_shipped_files(shipped: Networks, tmp_path: Path) -> None:
    write_networks(tmp_path, shipped, description="")
    for name in FILES:
        mine, theirs = onnx.load(tmp_path / name), onnx.load(MODELS / name)
        assert mine.graph == theirs.graph
        assert (mine.ir_version, mine.opset_import) == (theirs.ir_version, theirs.opset_import)


def test_the_same_bytes_again(shipped: Networks, tmp_path: Path) -> None:
    for folder in ("one", "other"):
        write_networks(tmp_path / folder, shipped, thresholds={"rnet": 0.1}, description="x")
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_network_that_cannot_be_rewritten(shipped: Networks, tmp_path: Path) -> None:
    write_networks(tmp_path, shipped, description="")
    architecture, weights = shipped["rnet"]
    bent = {**weights, "prelu3.weight": np.ones(64, np.float32)}
    (written,) = write_networks(tmp_path, {"rnet": (architecture, bent)}, description="")
    assert written.problem == "prelu3 has a slope of 1"
    assert written.twins == ()
    assert names(tmp_path) == [name for name in FILES if name != "rnet_fast.onnx"]
    assert in_use(MTCNN(models=tmp_path, num_threads=1))[1:] == ["rnet.onnx", "onet_fast.onnx"]


def test_a_twin_that_does_not_agree(
    shipped: Networks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "TOLERANCE", 1e-9)
    (written,) = write_networks(tmp_path, {"onet": shipped["onet"]}, description="")
    assert written.problem is not None
    assert "the outputs of O-Net and its fast twin differ by" in written.problem
    assert names(tmp_path) == ["onet.onnx"]


def test_nothing_is_written_if_anything_is_wrong(shipped: Networks, tmp_path: Path) -> None:
    wide = find_architecture("pnet", "wide")
    nan = {**shipped["pnet"][1], "conv1.bias": np.full(10, np.nan, np.float32)}
    cases: list[tuple[dict[str, Any], dict[str, float], str]] = [
        ({"qnet": shipped["pnet"]}, {}, "a key of networks must be one of .*, got 'qnet'"),
        ({"rnet": shipped["pnet"]}, {}, "must have an architecture of rnet, got one of pnet"),
        ({"pnet": (wide, shipped["pnet"][1])}, {}, "must be float32 of shape"),
        ({"pnet": (shipped["pnet"][0], nan)}, {}, r"conv1.bias .* must be finite"),
        (shipped, {"rnet": 1.5}, "thresholds.*rnet.* must be a number from 0 to 1, got 1.5"),
        ({"pnet": shipped["pnet"]}, {"rnet": 0.5}, "a key of thresholds must be .*, got 'rnet'"),
    ]
    for networks, thresholds, message in cases:
        with pytest.raises(ValueError, match=message):
            write_networks(tmp_path / "folder", networks, thresholds=thresholds, description="")
    assert not (tmp_path / "folder").exists()


def test_an_error_while_writing_leaves_whole_files(
    shipped: Networks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_networks(tmp_path, shipped, description="before")
    before = {name: (tmp_path / name).read_bytes() for name in FILES}
    calls = []

    def full(path: Path) -> Any:
        calls.append(path.name)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", str(path))
        return replacing(path)

    monkeypatch.setattr(writing, "replacing", full)
    with pytest.raises(OSError, match="No space left"):
        write_networks(tmp_path, shipped, description="after")
    assert calls == ["pnet.onnx", "pnet_fast.onnx"]
    after = {name: (tmp_path / name).read_bytes() for name in FILES}
    assert [name for name in FILES if after[name] != before[name]] == ["pnet.onnx"]
    # The twins of the earlier P-Net are not taken.
    assert in_use(MTCNN(models=tmp_path, num_threads=1))[0] == "pnet.onnx"


# What a detector makes of a folder


def test_a_detector_takes_the_twins(shipped: Networks, tmp_path: Path) -> None:
    write_networks(tmp_path, shipped, description="")
    detector = MTCNN(models=tmp_path, num_threads=1)
    assert in_use(detector) == [twin_files(PNET)[0], "rnet_fast.onnx", "onet_fast.onnx"]
    expected = MTCNN(num_threads=1)
    for one, other in zip(detector.cascade.networks, expected.cascade.networks, strict=True):
        assert (one.max_tile, one.prefetch) == (other.max_tile, other.prefetch)
    image = golden_image("crowd.png")
    assert_same_detections(detector.detect(image), expected.detect(image))
    assert detector.options == expected.options


def test_twins_that_are_stale_broken_or_without_hash(shipped: Networks, tmp_path: Path) -> None:
    write_networks(tmp_path, shipped, description="")
    stale = {"rnet": (shipped["rnet"][0], random_weights(shipped["rnet"][0]))}
    write_networks(tmp_path / "other", stale, description="")
    (tmp_path / "rnet.onnx").write_bytes((tmp_path / "other" / "rnet.onnx").read_bytes())
    for name in twin_files(PNET):
        (tmp_path / name).write_bytes(b"broken")
    (tmp_path / "onet_fast.onnx").write_bytes((MODELS / "onet_fast.onnx").read_bytes())
    assert in_use(MTCNN(models=tmp_path)) == ["pnet.onnx", "rnet.onnx", "onet.onnx"]


def test_the_second_twin_serves_if_the_first_is_missing(
    shipped: Networks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_networks(tmp_path, shipped, description="")
    monkeypatch.setattr(_core, "has_avx512f", lambda: True)
    assert in_use(MTCNN(models=tmp_path))[0] == "pnet_fast_avx512.onnx"
    (tmp_path / "pnet_fast_avx512.onnx").unlink()
    assert in_use(MTCNN(models=tmp_path))[0] == "pnet_fast.onnx"
    monkeypatch.setattr(_core, "has_avx512f", lambda: False)
    assert in_use(MTCNN(models=tmp_path))[0] == "pnet_fast.onnx"


def test_single_files_have_no_twins(shipped: Networks, tmp_path: Path) -> None:
    write_networks(tmp_path, shipped, description="")
    detector = MTCNN(models={"rnet": tmp_path / "rnet.onnx"})
    assert in_use(detector)[1] == "rnet.onnx"


def test_stated_thresholds_are_the_defaults(shipped: Networks, tmp_path: Path) -> None:
    write_networks(tmp_path, shipped, thresholds={"pnet": 0.5, "onet": 0.25}, description="")
    detector = MTCNN(models=tmp_path, num_threads=1)
    assert detector.options["thresholds"] == (0.5, 0.7, 0.25)  # R-Net's is the variant's
    assert "thresholds=(0.5, 0.7, 0.25), models=" in repr(detector)
    explicit = MTCNN(thresholds=(0.5, 0.7, 0.25), num_threads=1)
    image = golden_image("crowd.png")
    assert_same_detections(detector.detect(image), explicit.detect(image))
    again = pickle.loads(pickle.dumps(detector))
    assert again.options == detector.options
    assert_same_detections(again.detect(image), detector.detect(image))


def test_what_overrides_stated_thresholds(shipped: Networks, tmp_path: Path) -> None:
    write_networks(tmp_path, shipped, thresholds={"pnet": 0.5, "onet": 0.25}, description="")
    given = MTCNN(models=tmp_path, thresholds=(0.6, 0.7, 0.8))  # the variant's, but explicit
    assert given.options["thresholds"] == (0.6, 0.7, 0.8)
    assert MTCNN.preset("paper", models=tmp_path).options["thresholds"] == (0.5, 0.5, 0.3)
    other = MTCNN(models=tmp_path, variant="original")
    assert other.options["thresholds"] == (0.5, 0.7, 0.25)
    single = MTCNN(models={"onet": tmp_path / "onet.onnx"})
    assert single.options["thresholds"] == (0.6, 0.7, 0.25)
    # Mirroring wraps R-Net and O-Net.
    mirrored = MTCNN(models=tmp_path, mirror=("rnet", "onet"))
    assert mirrored.options["thresholds"] == (0.5, 0.7, 0.25)


def test_the_detector_gives_the_trace_of_a_spelled_out_one(
    shipped: Networks, tmp_path: Path
) -> None:
    write_networks(tmp_path, shipped, thresholds={"rnet": 0.3}, description="")
    image = golden_image(SMALL)
    actual = MTCNN(models=tmp_path, num_threads=1).trace(image)
    expected = MTCNN(thresholds=(0.6, 0.3, 0.8), num_threads=1).trace(image)
    assert_same(actual.onet.boxes, expected.onet.boxes)
