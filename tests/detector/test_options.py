"""Every option does the same in every way to detect, and costs nothing where it is not used."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from fastmtcnn import MTCNN, Detections
from tests.support.helpers import GOLDEN, assert_same_detections, golden_image
from tests.support.networks import pretend_accelerator

NAMES = ("hopper_61x73.png", "astronaut_333x277.png", "coffee_noface.png")
ROI = (5, 5, 300, 260)
OPTIONS: list[dict[str, Any]] = [
    {"max_face_size": 40, "drop_larger": True},
    {"drop_smaller": True, "min_face_size": 25},
    {"max_faces": 1, "max_faces_by": "center_weighted_size"},
    {"rotations": (90, 180, 270)},
    {"rotations": (180,), "max_faces": 1, "clip": True, "min_score": 0.9},
    {"mirror": ("rnet", "onet"), "joint_scores": True},
    {"second_look": True, "rotations": (90,), "min_face_size": 15},
    {"mirror": ("onet",), "rotations": (180,), "variant": "facenet-pytorch"},
    {"views": ("grey", "mirror", "half-step")},
    {"views": ("mirror",), "rotations": (180,), "joint_scores": True, "second_look": True},
    {"views": ("half-step",), "max_faces": 2, "clip": True, "min_score": 0.4, "variant": "mtcnn"},
]
Way = Callable[[MTCNN, list[Any], Any], list[Detections]]


def one_by_one(detector: MTCNN, images: list[Any], roi: Any) -> list[Detections]:
    return [detector.detect(image, roi=roi) for image in images]


def traced(detector: MTCNN, images: list[Any], roi: Any) -> list[Detections]:
    return [detector.trace(image, roi=roi).detections for image in images]


def batch(detector: MTCNN, images: list[Any], roi: Any) -> list[Detections]:
    return detector.detect_batch(images, roi=roi)


def stream(detector: MTCNN, images: list[Any], roi: Any) -> list[Detections]:
    return list(detector.detect_stream(iter(images), roi=roi))


def unpickled(detector: MTCNN, images: list[Any], roi: Any) -> list[Detections]:
    return batch(pickle.loads(pickle.dumps(detector)), images, roi)


def copied(detector: MTCNN, images: list[Any], roi: Any) -> list[Detections]:
    return batch(copy.deepcopy(detector), images, roi)


@pytest.fixture(scope="module")
def images() -> list[Any]:
    """With a turned one among them."""
    small, portrait, nothing = map(golden_image, NAMES)
    return [np.rot90(small, 2), portrait, nothing[:200, :200], np.rot90(portrait, 2)]


@pytest.mark.parametrize("options", OPTIONS, ids=repr)
@pytest.mark.parametrize(
    ("num_threads", "roi"),
    [
        pytest.param(1, ROI, marks=pytest.mark.slow),
        pytest.param(2, None, marks=pytest.mark.slow),
        (2, ROI),
    ],
)
def test_every_way_to_detect(
    options: dict[str, Any], num_threads: int, roi: Any, images: list[Any]
) -> None:
    expected = one_by_one(MTCNN(**options, num_threads=1), images, roi)
    assert sum(found.num_faces for found in expected) > 0
    detector = MTCNN(**options, num_threads=num_threads)
    ways: list[Way] = [one_by_one, traced, batch, stream, unpickled, copied]
    for way in ways:
        for found, wanted in zip(way(detector, images, roi), expected, strict=True):
            assert_same_detections(found, wanted)


@pytest.fixture
def joining() -> Iterator[None]:
    """As on an accelerator, but that the networks run on the CPU."""
    with pytest.MonkeyPatch.context() as patch:
        pretend_accelerator(patch)
        yield


@pytest.mark.parametrize("options", OPTIONS, ids=repr)
@pytest.mark.usefixtures("joining")
def test_joined_batches(options: dict[str, Any], images: list[Any]) -> None:
    detector = MTCNN(**options, num_threads=2)
    expected = one_by_one(detector, images, ROI)
    for found, wanted in zip(batch(detector, images, ROI), expected, strict=True):
        assert found.num_faces == wanted.num_faces
        for part, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(part, other, rtol=0, atol=2e-3)


@pytest.mark.parametrize("num_threads", [1, 2])
def test_one_bad_image(num_threads: int, images: list[Any]) -> None:
    detector = MTCNN(rotations=(180,), max_faces=1, num_threads=num_threads)
    expected = one_by_one(detector, images[:2], ROI)
    several = [images[0], b"no image", images[1]]
    for method in (detector.detect_batch, detector.detect_stream):
        found = list(method(several, on_error="empty", roi=ROI))
        assert_same_detections(found[0], expected[0])
        assert found[1].num_faces == 0
        assert_same_detections(found[2], expected[1])


def test_spelt_out_defaults_are_the_defaults(detector: MTCNN) -> None:
    spelt = MTCNN(
        mirror=(),
        joint_scores=False,
        second_look=False,
        max_face_size=None,
        drop_smaller=False,
        drop_larger=False,
        max_faces=None,
        max_faces_by="probability",
        rotations=(),
        views=(),
        num_threads=1,
    )
    assert repr(spelt) == repr(detector)
    image = golden_image("crowd.png")
    assert_same_detections(spelt.detect(image, roi=None), detector.detect(image))


def test_repr_makes_the_same_detector() -> None:
    made = MTCNN(
        25,
        mirror=["onet"],
        joint_scores=True,
        second_look=True,
        max_face_size=200,
        drop_smaller=True,
        drop_larger=True,
        max_faces=3,
        max_faces_by="largest",
        rotations=[270, 90],
        views=["mirror", "grey"],
        num_threads=1,
        engine="onnxruntime",  # behind the arguments, repr names what runs natively
    )
    again = eval(repr(made), {"MTCNN": MTCNN})
    assert repr(again) == repr(made)
    assert "mirror=('onet',), joint_scores=True, second_look=True" in repr(made)
    assert (
        "max_face_size=200.0, drop_smaller=True, drop_larger=True, max_faces=3, "
        "max_faces_by='largest', rotations=(270, 90), views=('mirror', 'grey')"
    ) in repr(made)


def test_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("typer")
    from fastmtcnn.cli import program

    options = ["--max-face-size", "200", "--drop-smaller", "--drop-larger", "--clip"]
    options += ["--max-faces", "12", "--max-faces-by", "largest", "--rotations", "90,180"]
    options += ["--mirror", "onet,rnet", "--joint-scores", "--second-look"]
    options += ["--views", "grey,half-step"]
    photo = GOLDEN / "crowd.png"
    program()(["detect", str(photo), "--json", "-", *options], standalone_mode=False)
    (result,) = json.loads(capsys.readouterr().out)
    expected = MTCNN(
        max_face_size=200,
        drop_smaller=True,
        drop_larger=True,
        clip=True,
        max_faces=12,
        max_faces_by="largest",
        rotations=(90, 180),
        views=("grey", "half-step"),
        mirror=("onet", "rnet"),
        joint_scores=True,
        second_look=True,
    ).detect(photo)
    assert expected.num_faces == 12
    assert result["faces"] == expected.to_dicts()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rotations", "45"], "rotations must be some of 90, 180, 270, each once, got [45]"),
        (["--rotations", "90;180"], "rotations must be whole numbers with commas between them"),
        (["--views", "gray"], "each of views must be one of 'grey', 'mirror', 'half-step', got"),
        (["--max-faces", "0"], "max_faces must be a whole number of at least 1, got 0"),
        (["--max-faces-by", "size"], "max_faces_by must be one of"),
        (["--max-face-size", "10"], "max_face_size must be at least min_face_size (20), got 10"),
        (["--drop-larger"], "drop_larger needs max_face_size"),
        (["--mirror", "pnet"], "each of mirror must be one of 'rnet', 'onet', got 'pnet'"),
        (["--mirror", "onet,onet"], "mirror must be some of 'rnet', 'onet', each once"),
        (["--preset", "quick"], "preset must be one of 'fast', 'balanced', 'accurate', 'best', "),
    ],
)
def test_wrong_on_the_command_line(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("typer")
    from fastmtcnn.cli import program

    with pytest.raises(SystemExit) as caught:
        program()(["detect", "--sample", *options], prog_name="fastmtcnn")
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert " ".join(err.split()).startswith(f"error: {said}")
