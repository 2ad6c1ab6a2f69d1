"""What runs the networks: onnxruntime, the native engine, or each where it can."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastmtcnn import MTCNN, Detections, ModelError
from fastmtcnn.networks.loading import read_shipped
from fastmtcnn.networks.native import native_target
from fastmtcnn.options import Options
from fastmtcnn.variants import VARIANTS
from tests.support.helpers import assert_same_detections, golden_image
from tests.support.native import SIDES, noise, open_shipped

pytestmark = pytest.mark.skipif(native_target() is None, reason="needs AVX2, AVX-512 or NEON")

KEYS = ("pnet", "rnet", "onet")


def engines(detector: MTCNN) -> list[str]:
    return [network.engine for network in detector.cascade.networks]


def models(folder: Path, **others: bytes) -> Path:
    for key in KEYS:
        (folder / f"{key}.onnx").write_bytes(others.get(key) or read_shipped(f"{key}.onnx"))
    return folder


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("FASTMTCNN_ENGINE", raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        (None, "onnxruntime"),
        ("onnxruntime", "onnxruntime"),
        ("native", "native"),
        ("auto", "native"),
    ],
)
def test_each_engine(clean: pytest.MonkeyPatch, engine: Any, expected: str) -> None:
    detector = MTCNN(engine=engine, num_threads=1)
    assert engines(detector) == 3 * [expected]
    assert detector.options["engine"] == (engine or "onnxruntime")
    copy = pickle.loads(pickle.dumps(detector))
    assert engines(copy) == engines(detector)


def test_the_environment(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("FASTMTCNN_ENGINE", "native")
    assert engines(MTCNN(num_threads=1)) == 3 * ["native"]
    assert engines(MTCNN(engine="onnxruntime", num_threads=1)) == 3 * ["onnxruntime"]
    clean.setenv("FASTMTCNN_ENGINE", "")
    assert Options().engine == "onnxruntime"
    clean.setenv("FASTMTCNN_ENGINE", "nativ")
    wanted = "the environment variable FASTMTCNN_ENGINE must be one of .*did you mean 'native'"
    with pytest.raises(ValueError, match=wanted):
        MTCNN()


@pytest.mark.parametrize("engine", ["Native", "onnx", 3, ["native"]])
def test_no_engine(engine: Any) -> None:
    with pytest.raises(ValueError, match="engine must be one of"):
        MTCNN(engine=engine)


def test_what_repr_tells(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("OMP_NUM_THREADS", "2")
    assert repr(MTCNN(num_threads=1)) == "MTCNN(num_threads=1)"
    shown = repr(MTCNN(engine="auto", num_threads=1))
    assert shown == "MTCNN(engine='auto', num_threads=1) [native: P-Net, R-Net, O-Net]"


def table(found: Detections) -> np.ndarray:
    """One row a face, in which a limit of 2e-3 is one of 4e-6 for the score."""
    return np.column_stack([found.boxes, found.scores * 500, found.landmarks.reshape(-1, 10)])


SETTINGS: list[dict[str, Any]] = [
    *({"variant": name} for name in VARIANTS),
    {"mirror": ("rnet", "onet")},
    {"second_look": True, "joint_scores": True},
    {"rotations": (90, 180, 270)},
    {"views": ("grey", "mirror", "half-step")},
    {"thresholds": (0.5, 0.4, 0.3), "nms_thresholds": (0.5, 0.7, 0.7, 0.3)},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_same_faces_but_for_the_last_digits(settings: dict[str, Any]) -> None:
    """Faces of nearly equal scores may have changed places."""
    image = golden_image("crowd.png")
    one, other = (
        MTCNN(**settings, engine=engine, num_threads=1).detect(image)
        for engine in ("onnxruntime", "native")
    )
    assert one.num_faces == other.num_faces > 10
    rows = table(other)
    same = [np.flatnonzero((abs(rows - row) < 2e-3).all(axis=1)) for row in table(one)]
    assert [len(each) for each in same] == one.num_faces * [1]
    assert len(np.unique(same)) == one.num_faces
    assert not np.array_equal(table(other), table(one))  # it was not the same engine


def test_threads_and_batches_do_not_matter() -> None:
    images = [golden_image(name) for name in ("astronaut.png", "crowd.png")]
    alone = [MTCNN(engine="native", num_threads=1).detect(image) for image in images]
    several = MTCNN(engine="native", num_threads=4)
    for found in (several.detect_batch(images), [several.detect(image) for image in images]):
        for one, other in zip(alone, found, strict=True):
            for name in ("boxes", "scores", "landmarks"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_models_from_a_folder_and_from_memory(tmp_path: Path) -> None:
    folder = models(tmp_path)
    assert engines(MTCNN(engine="native", models=folder)) == 3 * ["native"]
    content = {"onet": read_shipped("onet.onnx")}
    assert engines(MTCNN(engine="native", models=content)) == 3 * ["native"]


def test_a_fast_twin_is_not_run_natively(tmp_path: Path) -> None:
    folder = models(tmp_path, rnet=read_shipped("rnet_fast.onnx"))
    detector = MTCNN(engine="auto", models=folder, num_threads=1)
    assert engines(detector) == ["native", "onnxruntime", "native"]
    assert repr(detector).endswith("[native: P-Net, O-Net; onnxruntime: R-Net]")
    with pytest.raises(
        ModelError, match=r"R-Net from .*rnet.onnx' cannot be run by the native eng"
    ):
        MTCNN(engine="native", models=folder)


@pytest.mark.parametrize("engine", ["native", "auto"])
def test_models_that_nothing_can_run(tmp_path: Path, engine: Any) -> None:
    folder = models(tmp_path, onet=b"no model")
    with pytest.raises(ModelError, match=r"O-Net from .*onet.onnx"):
        MTCNN(engine=engine, models=folder)
    (folder / "pnet.onnx").unlink()
    with pytest.raises(FileNotFoundError):
        MTCNN(engine=engine, models=folder)


def test_options_of_the_networks_stay_with_them() -> None:
    cascade = MTCNN(num_threads=1).cascade
    with pytest.raises(TypeError, match="a cascade keeps its networks, so engine cannot"):
        cascade.replace(engine="native")


def test_mirrored_networks(clean: pytest.MonkeyPatch) -> None:
    detector = MTCNN(engine="native", mirror=("rnet", "onet"), num_threads=1)
    assert engines(detector) == 3 * ["native"]
    assert detector.detect(golden_image("astronaut.png")).num_faces == 1


def test_without_the_instructions() -> None:
    """FASTMTCNN_DISABLE leaves the scalar target, which is for tests alone."""
    program = """
from fastmtcnn import MTCNN, ModelError
try:
    MTCNN(engine="native")
except ModelError as error:
    print(error)
print(MTCNN(engine="auto"))
"""
    environment = {
        "FASTMTCNN_DISABLE": "avx512,avx2,neon",
        "FASTMTCNN_ENGINE": "onnxruntime",  # which a detector would not state if it were its own
        "OMP_NUM_THREADS": "1",
    }
    out = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert out[0] == (
        "P-Net from pnet.onnx cannot be run by the native engine: "
        "it needs AVX2 with FMA, AVX-512 or NEON"
    )
    assert out[1].startswith("MTCNN(engine='auto'")
    assert "native:" not in out[1]


def test_thirty_two_threads_share_a_detector() -> None:
    images = [golden_image(name) for name in ("astronaut_333x277.png", "hopper_61x73.png")]
    detector = MTCNN(engine="native", num_threads=2)
    alone = [MTCNN(engine="native", num_threads=1).detect(image) for image in images]
    ready = threading.Barrier(32)

    def work(number: int) -> list[Detections]:
        ready.wait()
        return [detector.detect(images[(number + k) % 2]) for k in range(4)]

    with ThreadPoolExecutor(32) as pool:
        for number, found in enumerate(pool.map(work, range(32))):
            for k, each in enumerate(found):
                assert_same_detections(each, alone[(number + k) % 2])


@pytest.mark.parametrize("key", KEYS)
def test_other_threads_go_on_meanwhile(key: str) -> None:
    """Python changes threads only where the interpreter's lock is let go, which is in the call."""
    network = open_shipped(key, poison=False)
    side = SIDES.get(key)
    images = noise(9, 3, side, side) if side else noise(3, 90, 90)
    begin, went_on = threading.Semaphore(0), threading.Event()

    def go_on() -> None:
        begin.acquire()
        went_on.set()

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(3600)
    try:
        begin.release()
        for _ in range(10_000):  # until the other thread has got a processor meanwhile
            network(images)
            if went_on.is_set():
                break
        assert went_on.is_set()
    finally:
        sys.setswitchinterval(interval)
    thread.join(30)


PRELUDE = """
import os, threading
from fastmtcnn import MTCNN, sample_photo
detector = MTCNN(60, engine="native", num_threads={num_threads})
photo = sample_photo()
"""


def output_of(program: str, num_threads: int) -> str:
    done = subprocess.run(
        [
            sys.executable,
            *("-W", "ignore::DeprecationWarning"),  # of a fork where there are threads
            *("-c", PRELUDE.format(num_threads=num_threads) + program),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("num_threads", [1, 2])
def test_forked_children(num_threads: int) -> None:
    """The parent has used the engine, whose buffers the children have, too."""
    program = """
expected = detector.detect(photo)
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        found = [detector.detect(photo), *detector.detect_batch([photo] * 3)]
        same = [each.boxes.tobytes() == expected.boxes.tobytes() for each in found]
        os._exit(0 if all(same) else 1)
    children.append(child)
print([os.waitpid(child, 0)[1] for child in children])
print(detector.detect(photo).boxes.tobytes() == expected.boxes.tobytes())
"""
    assert output_of(program, num_threads) == "[0, 0, 0]\nTrue\n"


@pytest.mark.parametrize("num_threads", [1, 2])
def test_the_interpreter_ends_with_calls_in_flight(num_threads: int) -> None:
    program = """
begun = threading.Semaphore(0)
def go():
    while True:
        detector.detect(photo)
        begun.release()
for _ in range(3):
    threading.Thread(target=go, daemon=True).start()
for _ in range(9):
    begun.acquire()
print("end")
"""
    assert output_of(program, num_threads) == "end\n"
