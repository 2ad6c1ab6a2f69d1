"""The parts of the comparison that need no peer installed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.peers import floors, report
from benchmarks.peers.catalogue import PEERS, Peer
from benchmarks.peers.contest import Rules, hold
from benchmarks.peers.environments import REPOSITORY, Environment, SetupError
from benchmarks.peers.pictures import save_picture
from benchmarks.peers.protocol import Settings
from benchmarks.peers.results import Entry, Results, Timing
from benchmarks.peers.stand_ins.torchvision.ops.greedy import suppress

SETTINGS = Settings(
    threads=1, cpus=(), min_face_size=40, models=str(REPOSITORY / "models"), yunet=""
)


def in_this_environment(code: str) -> list[str]:
    """Return what runs code with the benchmarks on its path."""
    return [sys.executable, "-c", f"import sys; sys.path.append({str(REPOSITORY)!r}); {code}"]


def worker(module: str) -> list[str]:
    """Return what runs a worker."""
    run = f"run_module('benchmarks.peers.workers.{module}', run_name='__main__')"
    return in_this_environment(f"from runpy import run_module; {run}")


def peer(name: str) -> Peer:
    """Return a peer of that name."""
    return Peer(name, Environment(name), name)


def results(settings: dict[str, object] | None = None) -> Results:
    """Return a run without entries."""
    machine = {
        "cpu": "a processor",
        "architecture": "x86_64",
        "instructions": ["avx2"],
        "cores": 2,
        "usable_cores": 2,
        "system": "Linux",
        "python": "3.11",
        "load_before": 0.1,
    }
    usual = {"min_face_size": 40, "rounds": 2, "pinning": "not pinned to cores"}
    return Results(machine, {**usual, **(settings or {})}, ["1280x720"])


def test_workers_in_turns(tmp_path: Path) -> None:
    """Peers that work are measured, the others named with the reason."""
    pictures = {size: save_picture(size, tmp_path) for size in ("320x240", "640x480")}
    commands = {
        peer("fastmtcnn"): worker("fastmtcnn"),
        peer("baseline"): worker("baseline"),
        peer("absent"): worker("yunet"),
        peer("mute"): in_this_environment("sys.exit('no such thing')"),
    }
    found = results()
    hold(commands, SETTINGS, pictures, Rules(2, 1, timeout=60), found, lambda line: None)

    ours, theirs = found.entries
    assert (ours.peer, theirs.peer) == ("fastmtcnn", "baseline")
    assert ours.load_ms > 0
    assert ours.peak_mb > 10
    for size in pictures:
        assert len(ours.timings[size].times_ms) == len(ours.timings[size].cpu_ms) == 2
        assert ours.timings[size].faces == theirs.timings[size].faces
    assert ours.timings["640x480"].faces > 0
    absent, mute = found.failures
    assert absent == "absent, threads 1: FileNotFoundError: no model file ''"
    assert "no such thing" in mute


def test_slow_worker_is_left_out() -> None:
    """A peer that does not answer does not hold up the run."""
    commands = {peer("slow"): in_this_environment("import time; time.sleep(60)")}
    found = results()
    hold(commands, SETTINGS, {}, Rules(2, 1, timeout=1), found, lambda line: None)
    assert found.failures == ["slow, threads 1: no answer within 1 s"]


def test_failed_installation_is_told(tmp_path: Path) -> None:
    """A requirement that cannot be met ends with pip's words."""
    with pytest.raises(SetupError, match=r"(?i)error"):
        Environment("wrong", ("no such requirement",)).make(tmp_path)


@pytest.mark.parametrize(("size", "inside"), [("640x480", (640, 400)), ("2560x1440", (2301, 1440))])
def test_picture_fits(tmp_path: Path, size: str, inside: tuple[int, int]) -> None:
    """The picture is shrunk or enlarged to fit, at the top left."""
    pixels = np.load(save_picture(size, tmp_path))
    rows, columns = (np.flatnonzero(pixels.any(axis=axes)) for axes in ((1, 2), (0, 2)))
    assert pixels.dtype == np.uint8
    assert f"{pixels.shape[1]}x{pixels.shape[0]}" == size
    assert (columns[-1] + 1, rows[-1] + 1) == pytest.approx(inside, abs=2)


def one_by_one(boxes: npt.NDArray[np.float32], threshold: float) -> list[int]:
    """Return what torchvision keeps, by its own loop."""
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept: list[int] = []
    for index, box in enumerate(boxes):
        for other in kept:
            low = np.maximum(box[:2], boxes[other, :2])
            width, height = np.maximum(np.minimum(box[2:], boxes[other, 2:]) - low, np.float32(0))
            common = width * height
            if float(common / (areas[other] + areas[index] - common)) > threshold:
                break
        else:
            kept.append(index)
    return kept


@pytest.mark.parametrize("threshold", [0.5, 0.7, 1 / 3])
@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 500])
def test_suppression_of_the_stand_in(count: int, threshold: float) -> None:
    """The stand-in keeps the same boxes as torchvision's loop."""
    rng = np.random.default_rng(count)
    corners = rng.integers(0, 60, (count, 2))
    boxes = np.hstack([corners, corners + rng.integers(1, 30, (count, 2))]).astype(np.float32)
    assert suppress(boxes, threshold).tolist() == one_by_one(boxes, threshold)


def with_times(times: dict[str, float], min_face_size: int = 40) -> Results:
    """Return a run in which each peer took so many milliseconds."""
    found = results({"min_face_size": min_face_size})
    for name, time in times.items():
        timing = Timing([time], [time], faces=16, peak_mb=100)
        found.entries.append(Entry(name, "1.0", 1, 50.0, {"1280x720": timing}))
    return found


def test_floors() -> None:
    """A floor passes, fails, or is not measured."""
    times = {"fastmtcnn": 10.0, "fastmtcnn-native": 6.0, "yunet": 16.0, "mtcnn": 49.0}
    lines, passed = floors.check(with_times(times))
    assert not passed
    verdicts = [(line.split()[0], line.split()[-1]) for line in lines[1:]]
    with_onnxruntime, native = verdicts[1:7], verdicts[8:]
    assert ("yunet", "pass") in with_onnxruntime
    assert ("mtcnn", "FAIL") in with_onnxruntime
    assert ("baseline", "measured") in with_onnxruntime
    assert ("yunet", "pass") in native  # 2.67
    assert ("mtcnn", "FAIL") in native  # 8.17
    del times["fastmtcnn-native"]
    assert floors.check(with_times({**times, "mtcnn": 51}))[1]
    assert floors.check(with_times({"fastmtcnn": 10, "mtcnn": 49}, min_face_size=20))[1]


def test_tables() -> None:
    """Both tables have the times, the notes and the failures."""
    found = with_times({"fastmtcnn": 10, "yunet": 16})
    found.failures.append("dlib-hog: not installed: ERROR: no such package")
    for table in (report.text(found), report.markdown(found)):
        assert "16.0 (1.60; 16)" in table
        assert "NOT MEASURED dlib-hog: not installed: ERROR: no such package" in table
        assert "at full size" in table


def test_every_peer_has_a_worker() -> None:
    """The catalogue names modules that exist."""
    for listed in PEERS:
        assert (REPOSITORY / "benchmarks" / "peers" / "workers" / f"{listed.module}.py").is_file()
