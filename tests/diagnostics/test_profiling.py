"""The stages of a detection, counted and timed."""

from __future__ import annotations

import pytest

from fastmtcnn import MTCNN, _core
from fastmtcnn.cascade.tiles import cut_into_tiles
from fastmtcnn.diagnostics.profiling import profile
from fastmtcnn.networks.native import native_target
from tests.support.helpers import GOLDEN, golden_image

NAME = "astronaut.png"


def test_counts_are_those_of_the_trace(detector: MTCNN) -> None:
    trace = detector.trace(golden_image(NAME))
    total, cpu_total, stages = profile(detector, GOLDEN / NAME, rounds=3)
    by_name = {stage.name: stage for stage in stages}
    height, width = golden_image(NAME).shape[:2]
    sizes = [_core.level_size(height, width, scale) for scale in trace.scales]
    cells = sum((-(-(h - 2) // 2) - 4) * (-(-(w - 2) // 2) - 4) for h, w in sizes)
    assert by_name["pnet"].items == cells
    assert by_name["rnet"].items == len(trace.rnet.boxes)
    assert by_name["onet"].items == len(trace.onet.boxes)
    cascade = detector.cascade
    largest, variant = cascade.networks.pnet.max_tile, cascade.options.variant
    parts = sum(len(cut_into_tiles(*size, largest, variant)) for size in sizes)
    assert by_name["resample"].calls == by_name["pnet"].calls == parts
    assert by_name["nms"].calls == len(sizes) + 3
    assert {"ResampleSource", "crop", "boxes_from_heat_map", "rest"} < set(by_name)
    for stage in stages:
        assert min(stage.seconds, stage.cpu_seconds) >= 0
        is_network = stage.name in ("pnet", "rnet", "onet")
        assert (stage.rate > 0) == is_network
        assert stage.engine == ("onnxruntime" if is_network else "")
        assert stage.issued_rate == 0
    pnet = by_name["pnet"]
    assert pnet.rate == pytest.approx(cells * 7320 / pnet.cpu_seconds)
    # Medians of the parts: near the median of the whole, not equal to it.
    assert sum(stage.seconds for stage in stages) == pytest.approx(total, rel=0.5)
    assert sum(stage.cpu_seconds for stage in stages) == pytest.approx(cpu_total, rel=0.5)
    assert min(total, cpu_total) > 0


@pytest.mark.skipif(native_target() is None, reason="needs AVX2, AVX-512 or NEON")
def test_what_the_native_engine_issues(detector: MTCNN) -> None:
    native = MTCNN(engine="native", num_threads=1)
    (_, _, stages), (_, _, others) = (
        profile(each, golden_image(NAME), rounds=1) for each in (native, detector)
    )
    by_name, expected = ({each.name: each for each in one} for one in (stages, others))
    for name, issued in {"pnet": 2_716, "rnet": 655_424, "onet": 4_679_168}.items():
        stage = by_name[name]
        assert (stage.engine, stage.items) == ("native", expected[name].items)
        assert stage.issued_rate == pytest.approx(stage.items * issued / stage.cpu_seconds)
        assert stage.issued_rate < stage.rate
    assert by_name["rest"].engine == ""


def test_mirrored_networks_count_twice() -> None:
    image = golden_image(NAME)
    plain = profile(MTCNN(num_threads=1), image, rounds=1).stages
    mirrored = profile(MTCNN(num_threads=1, mirror=("onet",)), image, rounds=1).stages
    before, after = ({stage.name: stage for stage in stages} for stages in (plain, mirrored))
    assert after["onet"].items == 2 * before["onet"].items > 0
    assert after["onet"].calls == 2 * before["onet"].calls
    assert after["onet"].rate == pytest.approx(
        after["onet"].items * 12_909_952 / after["onet"].cpu_seconds
    )
    assert after["rnet"].items == before["rnet"].items


def test_rotated_images_are_searched_too() -> None:
    """The image is square, so that it has as many cells in each orientation."""
    image = golden_image(NAME)
    plain = profile(MTCNN(num_threads=1), image, rounds=1).stages
    rotated = profile(MTCNN(num_threads=1, rotations=(90, 180)), image, rounds=1).stages
    before, after = ({stage.name: stage for stage in stages} for stages in (plain, rotated))
    assert image.shape[0] == image.shape[1]
    assert after["pnet"].items == 3 * before["pnet"].items
    assert after["ResampleSource"].calls == 3


def test_views_are_searched_too() -> None:
    image = golden_image(NAME)
    plain = profile(MTCNN(num_threads=1), image, rounds=1).stages
    views = profile(MTCNN(num_threads=1, views=("grey", "mirror")), image, rounds=1).stages
    before, after = ({stage.name: stage for stage in stages} for stages in (plain, views))
    assert after["pnet"].items == 3 * before["pnet"].items
    assert after["ResampleSource"].calls == 3


def test_peak() -> None:
    # Slower than a multiply-add every ten cycles of 1 GHz, or faster than 64 of them in each of
    # 8 GHz, no processor of today can be.
    assert 1e8 < _core.measure_peak_macs(0.01) < 5.2e11
