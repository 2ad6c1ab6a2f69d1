"""The parts of the agreement job that need no peer installed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from benchmarks.peers import agreement
from benchmarks.peers.catalogue import PEERS
from benchmarks.peers.environments import REPOSITORY
from benchmarks.peers.matching import match, overlaps
from benchmarks.peers.outcome import Outcome, Pairing
from benchmarks.peers.workers.agreement import PEERS as WORKERS
from benchmarks.peers.workers.agreement import _read_faces
from fastmtcnn import Detections


def faces(*boxes: tuple[float, float, float, float], scores: tuple[float, ...] = ()) -> Detections:
    """Return faces with these boxes, scores 0.9 and all landmarks at (10, 20)."""
    count = len(boxes)
    return Detections(
        np.array(boxes, np.float32).reshape(count, 4),
        np.array(scores or [0.9] * count, np.float32),
        np.tile(np.array([10, 20], np.float32), (count, 5, 1)),
    )


def test_overlaps() -> None:
    """Half of a box covered is a third of the union; apart, or without area, it is 0."""
    some = faces((0, 0, 10, 10), (30, 30, 30, 30)).boxes
    others = faces((0, 5, 10, 15), (0, 0, 10, 10), (20, 0, 30, 10)).boxes
    expected = np.array([[1 / 3, 1, 0], [0, 0, 0]])
    np.testing.assert_allclose(overlaps(some, others), expected)


def test_each_face_is_matched_once_and_the_best_first() -> None:
    """Of two candidates the nearer gets the face, in whatever order they come."""
    theirs = faces((0, 0, 100, 100), (200, 0, 300, 100))
    ours = faces((0, 0, 100, 90), (201, 0, 301, 100), (0, 0, 100, 98))
    pairs = match(theirs, ours)
    assert [(pair.theirs, pair.ours) for pair in pairs] == [(0, 2), (1, 1)]
    assert pairs[0].overlap == pytest.approx(0.98)
    assert (pairs[0].box, pairs[1].box) == (2, 1)


def test_too_little_overlap_is_no_match() -> None:
    """Two boxes that share 60 percent are two faces."""
    assert match(faces((0, 0, 100, 100)), faces((0, 0, 100, 60))) == []
    assert len(match(faces((0, 0, 100, 100)), faces((0, 0, 100, 61)))) == 1
    assert match(faces(), faces((0, 0, 100, 60))) == match(faces((0, 0, 9, 9)), faces()) == []


def test_disagreements_are_named() -> None:
    """A face too far off, one of theirs alone and one of ours alone each get a line."""
    outcome = Outcome(Pairing("peer", "mtcnn", tolerance=1.0), "peer 1")
    theirs = faces((0, 0, 100, 100), (200, 0, 300, 100), (400, 0, 500, 100))
    ours = faces((0, 0, 101, 100), (200, 0, 300, 102), (400, 50, 500, 150))
    outcome.add("a.png", theirs, ours)
    assert (outcome.images, outcome.theirs, outcome.ours, outcome.faces) == (1, 3, 3, 4)
    assert (len(outcome.matches), outcome.within) == (2, 1)
    assert not outcome.reached
    off, missing, extra = outcome.disagreements
    assert off == (
        "a.png: theirs [200 0 300 100] score 0.90000, ours [200 0 300 102] score 0.90000: "
        "box 2 px, landmarks 0 px, score 0 apart"
    )
    assert missing.startswith("a.png: only theirs [400 0 500 100]")
    assert missing.endswith("overlaps by 0.33")
    assert extra.startswith("a.png: only ours [400 50 500 150]")
    assert "1, 25.00% of the 4 faces of either; wanted 99.5%: FAIL" in outcome.text()
    assert off in outcome.text()
    assert outcome.to_dict()["matches"][1]["box"] == 2


def test_landmarks_count() -> None:
    """Equal boxes with a landmark elsewhere do not agree."""
    outcome = Outcome(Pairing("peer", "mtcnn", tolerance=0.1), "peer 1")
    ours = faces((0, 0, 100, 100))
    ours.landmarks[0, 3, 1] += 0.25
    outcome.add("a.png", faces((0, 0, 100, 100)), ours)
    assert outcome.within == 0
    assert outcome.matches[0].landmarks == 0.25


def test_order_is_told_unless_it_is_a_tie() -> None:
    """Faces whose scores are the same but for rounding may come in either order."""
    pairing = Pairing("peer", "mtcnn", tolerance=1.0)
    left, right = (0, 0, 100, 100), (200, 0, 300, 100)
    for second, told in ((0.8, ["a.png"]), (0.89999, [])):
        outcome = Outcome(pairing, "peer 1")
        outcome.add("a.png", faces(left, right, scores=(0.9, second)), faces(right, left))
        assert outcome.reordered == told
        assert outcome.disagreements == []


def test_nothing_to_compare() -> None:
    """Images without a face on either side agree; without a tolerance nothing can be missed."""
    outcome = Outcome(Pairing("peer", "mtcnn", tolerance=1.0), "peer 1")
    outcome.add("a.png", faces(), faces())
    assert outcome.reached
    assert "images compared     1" in outcome.text()
    free = Outcome(Pairing("peer", "mtcnn"), "peer 1")
    free.add("a.png", faces((0, 0, 100, 100)), faces((10, 0, 110, 100)))
    assert free.reached
    assert free.disagreements == []
    assert "within" not in free.text()


def test_images_of_a_folder(tmp_path: Path) -> None:
    """Folders are searched to the bottom and sampled evenly, after the golden images."""
    (tmp_path / "b").mkdir()
    for name in ("a1.jpg", "a2.PNG", "b/c.jpeg", "b/d.jpg", "note.txt"):
        (tmp_path / name).touch()
    golden = len(list((REPOSITORY / "tests" / "golden").glob("*.png")))
    every = list(agreement._images([tmp_path], None))
    folder = tmp_path.name
    names = [f"{folder}/{name}" for name in ("a1.jpg", "a2.PNG", "b/c.jpeg", "b/d.jpg")]
    assert golden > 0
    assert every[golden:] == names
    assert list(agreement._images([tmp_path], 2))[golden:] == names[::2]
    assert list(agreement._images([tmp_path], 9))[golden:] == names
    assert list(agreement._images([tmp_path / "b" / "d.jpg"], 1))[golden:] == ["d.jpg"]
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "d.jpg").touch()
    twice = [tmp_path / "b" / "d.jpg", tmp_path / "c" / "d.jpg"]
    assert list(agreement._images(twice, None))[golden:] == ["d.jpg", str(twice[1])]


def test_faces_of_ipazcs_lineage() -> None:
    """Boxes come as corner and sides, landmarks by name."""
    points = {"nose": (3, 4), "left_eye": (1, 2), "right_eye": (5, 2)}
    mouth = {"mouth_right": (5, 6), "mouth_left": (1, 6)}
    face = {"box": [10, 20, 30, 40], "confidence": 0.5, "keypoints": {**points, **mouth}}
    assert _read_faces([face]) == {
        "boxes": [[10, 20, 40, 60]],
        "scores": [0.5],
        "landmarks": [[[1, 2], [5, 2], [3, 4], [1, 6], [5, 6]]],
    }


def test_pairings_have_environments_and_workers() -> None:
    """Each pairing can be run."""
    names = {pairing.peer for pairing in agreement.PAIRINGS}
    assert names == set(WORKERS)
    assert names <= {peer.name for peer in PEERS}


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Put a peer that raises, dies or finds nothing, by the image's width, in place of one."""
    script = tmp_path / "peer.py"
    script.write_text(
        "import os, sys\n"
        f"sys.path.append({str(REPOSITORY)!r})\n"
        "from benchmarks.peers.workers import agreement\n"
        "def detect(picture):\n"
        "    print('a peer that talks')\n"
        "    if picture.shape[1] == 61: raise IndexError('no such face\\nand more')\n"
        "    if picture.shape[1] == 64: os._exit(3)\n"
        "    return {'boxes': [], 'scores': [], 'landmarks': []}\n"
        "agreement.PEERS['mtcnn'] = (lambda settings: detect, 'numpy')\n"
        "agreement.version = lambda name: '1'\n"
        "sys.argv[1:] = ['mtcnn', sys.argv[-1]]\n"
        "agreement.main()\n"
    )
    start = agreement._Peer.__init__

    def start_script(self: agreement._Peer, command: list[str], timeout: float) -> None:
        del command
        start(self, [sys.executable, str(script)], timeout)

    monkeypatch.setattr(agreement._Peer, "__init__", start_script)
    monkeypatch.setattr(
        "benchmarks.peers.environments.Environment.make", lambda self, parent: Path("python")
    )
    return tmp_path


def test_crashes_of_the_peer_do_not_end_the_run(scripted: Path) -> None:
    """A peer that raises or dies is named, and the images after it are compared."""
    images = {}
    for width in (61, 64, 70):
        path = scripted / f"{width}.png"
        PIL.Image.new("RGB", (width, 60)).save(path)
        images[path.name] = path
    damaged = scripted / "damaged.png"
    damaged.write_bytes(b"no image")
    images[damaged.name] = damaged
    options = argparse.Namespace(env_dir=scripted, timeout=60.0, plain=True)
    outcome = agreement._compare(agreement.PAIRINGS[2], images, options)
    assert outcome.versions == "mtcnn 1, numpy 1"
    raised, died = outcome.crashes
    assert raised == "61.png: IndexError: no such face; ours has 0 faces"
    assert died == "64.png: ended with 3: a peer that talks; ours has 0 faces"
    assert outcome.images == 1
    assert outcome.failures == []


def test_our_failure_is_told(scripted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception of ours fails the run and does not end it."""

    def fail(*_: object) -> None:
        raise RuntimeError("of ours")

    path = scripted / "70.png"
    PIL.Image.new("RGB", (70, 60)).save(path)
    monkeypatch.setattr("fastmtcnn.MTCNN.detect", fail)
    options = argparse.Namespace(env_dir=scripted, timeout=60.0, plain=False)
    outcome = agreement._compare(agreement.PAIRINGS[2], {path.name: path}, options)
    assert outcome.failures == ["70.png: RuntimeError: of ours"]
    assert outcome.images == 0
