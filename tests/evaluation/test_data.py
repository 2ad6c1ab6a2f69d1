"""What is read of data sets: WIDER FACE, VOC, COCO and files of predictions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fastmtcnn import Detections
from fastmtcnn.evaluation import (
    Dataset,
    DatasetError,
    GroundTruth,
    Predictions,
    coco_summary,
    overlaps,
    read_coco,
    read_landmarks,
    read_predictions,
    read_voc,
    read_widerface,
    voc_curve,
    widerface_curve,
    write_predictions,
)

OFFICIAL = """0--Parade/0_Parade_a_1.jpg
2
449 330 122 149 0 0 0 0 0 0
10 20 30 40 0 0 0 1 0 0
0--Parade/0_Parade_none_2.jpg
0
0 0 0 0 0 0 0 0 0 0
1--Handshaking/1_jpg.jpg
3
1 2 3 4 0 0 0 0 0 0
5 6 0 8 0 0 0 0 2 1
7 8 9 10 2 0 0 0 0 0
"""


def layout(root: Path, text: str, split: str = "val") -> Path:
    """A folder as the authors of WIDER FACE lay it out, without images."""
    (root / f"WIDER_{split}" / "images").mkdir(parents=True)
    (root / "wider_face_split").mkdir()
    path = root / "wider_face_split" / f"wider_face_{split}_bbx_gt.txt"
    path.write_bytes(text.encode("latin-1"))
    return root


def cells(values: Sequence[Any]) -> NDArray[Any]:
    """A cell array of MATLAB, as scipy writes it."""
    array = np.empty((len(values), 1), object)
    for k, value in enumerate(values):
        array[k, 0] = value
    return array


Event = tuple[str, list[tuple[str, list[list[float]], dict[str, list[int]]]]]

EVENTS: list[Event] = [
    (
        "0--Parade",
        [
            (
                "0_Parade_a_1",
                [[0, 0, 99, 99], [200, 0, 49, 59], [400, 0, 11, 12]],
                {"easy": [1], "medium": [1, 2], "hard": [1, 2, 3]},
            ),
            ("0_Parade_b_2", [[10, 10, 20, 20]], {"easy": [], "medium": [], "hard": []}),
        ],
    ),
    (
        "1--Handshaking",
        [("1_c", [[50, 50, 30, 40]], {"easy": [], "medium": [], "hard": [1]})],
    ),
    ("2--Empty", [("2_d", [], {"easy": [], "medium": [], "hard": []})]),
]


def ground_truth(folder: Path, events: Sequence[Event] = EVENTS, split: str = "val") -> Path:
    """The four files of the authors' evaluation tool."""
    io = pytest.importorskip("scipy.io")
    folder.mkdir(parents=True, exist_ok=True)
    faces = {
        "event_list": cells([event for event, _ in events]),
        "file_list": cells([cells([name for name, _, _ in images]) for _, images in events]),
        "face_bbx_list": cells(
            [
                cells([np.array(boxes, float).reshape(-1, 4) for _, boxes, _ in images])
                for _, images in events
            ]
        ),
        "blur_label_list": cells([cells([[0]] * len(images)) for _, images in events]),
    }
    io.savemat(folder / f"wider_face_{split}.mat", faces)
    for level in ("easy", "medium", "hard"):
        lists = [
            cells(
                [
                    # Empty lists are 0 by 0 in the authors' files, or 0 by 1.
                    np.array(levels[level], np.uint8).reshape(-1, 1)
                    if levels[level]
                    else np.zeros((0, k % 2))
                    for k, (_, _, levels) in enumerate(images)
                ]
            )
            for _, images in events
        ]
        content = {**faces, "gt_list": cells(lists)}
        io.savemat(folder / f"wider_{level}_{split}.mat", content)
    return folder


def test_official_file_of_boxes(tmp_path: Path) -> None:
    data = read_widerface(layout(tmp_path, OFFICIAL))
    assert data.names == [
        "0--Parade/0_Parade_a_1",
        "0--Parade/0_Parade_none_2",
        "1--Handshaking/1_jpg",
    ]
    assert data.paths[2] == tmp_path / "WIDER_val/images/1--Handshaking/1_jpg.jpg"
    assert [boxes.tolist() for boxes in data.boxes] == [
        [[449, 330, 571, 479], [10, 20, 40, 60]],
        [],
        [[1, 2, 4, 6], [5, 6, 5, 14], [7, 8, 16, 18]],
    ]
    # Neither those marked as invalid nor those without a size.
    assert [mask.tolist() for mask in data.levels["all"]] == [
        [True, False],
        [],
        [True, False, True],
    ]
    assert list(data.levels) == ["all"]


def test_only_a_row_of_zeros_fills_the_place_of_no_face(tmp_path: Path) -> None:
    rows = "a.jpg\n0\n0 0 0 0 0 0 0 0 0 0\nb.jpg\n0\n1 2 3 4.jpg\n0\n0\n1\n5 6 7 8\n"
    (tmp_path / "bbx_gt.txt").write_text(rows)
    data = read_widerface(tmp_path)
    assert data.names == ["a", "b", "1 2 3 4", "0"]
    assert [len(boxes) for boxes in data.boxes] == [0, 0, 0, 1]


def test_short_form_and_another_split(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    rows = "a/b.c.jpg\n2\n1 2 3 4\n5 6 0 0\n\na/d.jpg\n0\na/e.PNG\n1\n0 0 7 7.5\n"
    (tmp_path / "bbx_gt.txt").write_text(rows)
    data = read_widerface(tmp_path, "train")
    assert data.names == ["a/b.c", "a/d", "a/e"]
    assert data.paths[2] == tmp_path / "images/a/e.PNG"
    assert [mask.tolist() for mask in data.levels["all"]] == [[True, False], [], [True]]
    assert data.boxes[2].tolist() == [[0, 0, 7, 7.5]]


@pytest.mark.optional
@pytest.mark.parametrize("where", ["eval_tools/ground_truth", "ground_truth", "."])
def test_levels(tmp_path: Path, where: str) -> None:
    layout(tmp_path, OFFICIAL)
    ground_truth(tmp_path / where)
    data = read_widerface(tmp_path)
    assert data.names == [
        "0--Parade/0_Parade_a_1",
        "0--Parade/0_Parade_b_2",
        "1--Handshaking/1_c",
        "2--Empty/2_d",
    ]
    assert data.paths[0] == tmp_path / "WIDER_val/images/0--Parade/0_Parade_a_1.jpg"
    assert data.boxes[0].tolist() == [[0, 0, 99, 99], [200, 0, 249, 59], [400, 0, 411, 12]]
    assert {level: [mask.tolist() for mask in masks] for level, masks in data.levels.items()} == {
        "easy": [[True, False, False], [False], [False], []],
        "medium": [[True, True, False], [False], [False], []],
        "hard": [[True, True, True], [False], [True], []],
    }


@pytest.mark.optional
def test_levels_elsewhere_and_of_one_event(tmp_path: Path) -> None:
    folder = ground_truth(tmp_path / "elsewhere", EVENTS[1:2], "test")
    data = read_widerface(tmp_path, "test", ground_truth=folder)
    assert data.names == ["1--Handshaking/1_c"]
    assert data.levels["hard"][0].tolist() == [True]


@pytest.mark.optional
def test_average_precision_by_level_by_hand(tmp_path: Path) -> None:
    data = read_widerface(tmp_path, ground_truth=ground_truth(tmp_path))
    first, second, third = data.boxes[0]
    found = [
        # The first and third face of the first image, and nothing at all between them.
        Predictions(np.array([first, [600, 600, 650, 650], third]), np.array([1.0, 0.75, 0.5])),
        Predictions(data.boxes[1], np.array([0.9])),  # counts in no level
        Predictions(data.boxes[2], np.array([0.0])),
        Predictions(np.array([[1.0, 1, 2, 2]]), np.array([0.99])),  # in an image without faces
    ]
    expected = {"easy": 1.0, "medium": 0.5, "hard": 1 / 4 + 1 / 4 * 3 / 4 + 1 / 4 * 3 / 4}
    for level, value in expected.items():
        assert widerface_curve(data.truth(level), found).average_precision == pytest.approx(value)
    assert second.tolist() == [200, 0, 249, 59]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "a/b.jpg\n2\n1 2 3 4\n",
            "line 4 must be the numbers x y width height ... of face 2 of 2, "
            "got the end of the file",
        ),
        ("a/b.jpg\n2\n1 2 3 4\n1 2 3\n", "line 4 must be .* of face 2 of 2, got '1 2 3'"),
        ("a/b.jpg\n2\n1 2 3 4\n1 2 3 4 5\n", "line 4 must be .*, got '1 2 3 4 5'"),
        ("a/b.jpg\n1\n1 2 3\n", "line 3 must be .*, got '1 2 3'"),
        ("a/b.jpg\n1\n1 2 x 4\n", "line 3 must be .*, got '1 2 x 4'"),
        ("a/b.jpg\nmany\n", "line 2 must be the number of faces in 'a/b.jpg', got 'many'"),
        ("\xff\x00" * 99, "line 2 must be the number of faces"),
        ("a/b.jpg\n", "line 2 must be .*, got the end of the file"),
        ("a/b.jpg\n-1\n1 2 3 4\n", "line 2 must be .*, got '-1'"),
        ("a/b.jpg\n1\n1 2 nan 4\n", "line 3 must be .*, got '1 2 nan 4'"),
        ("a/b.jpg\n1\n1 2 3 4\na/b.jpg\n1\n1 2 3 4\n", "'a/b' 2 times"),
        ("../../b.jpg\n1\n1 2 3 4\n", "below their folder"),
        ("/b.jpg\n1\n1 2 3 4\n", "below their folder"),
    ],
)
def test_another_file_of_boxes(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DatasetError, match=words):
        read_widerface(layout(tmp_path, text))


def test_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="must be a folder, got nothing"):
        read_widerface(tmp_path / "none")
    with pytest.raises(DatasetError, match=r"one of the files .* wider_face_test_bbx_gt\.txt"):
        read_widerface(tmp_path, "test")


@pytest.mark.optional
@pytest.mark.parametrize("damage", ["no mat", "other names", 2, 0, "fewer images", "no cells"])
def test_another_ground_truth(tmp_path: Path, damage: str | int) -> None:
    io = pytest.importorskip("scipy.io")
    folder = ground_truth(tmp_path)
    path = folder / "wider_medium_val.mat"
    if damage == "no mat":
        path.write_bytes(b"MATLAB 5.0 MAT-file, but not really" * 9)
    elif damage == "other names":
        io.savemat(path, {"other": np.zeros(3)})
    elif isinstance(damage, int):  # the number of a face that is not there
        images = [("1_c", [[50.0, 50, 30, 40]], {"easy": [1], "medium": [damage], "hard": [1]})]
        ground_truth(folder, [*EVENTS[:1], ("1--Handshaking", images), *EVENTS[2:]])
    elif damage == "fewer images":
        io.savemat(path, {"gt_list": cells([cells([np.array([[1]])])])})
    else:
        io.savemat(path, {"gt_list": np.zeros((4, 1))})
    with pytest.raises(DatasetError, match=r"wider_medium_val\.mat: not the ground truth"):
        read_widerface(tmp_path, ground_truth=folder)


def test_subset() -> None:
    boxes = [np.full((k, 4), k, float) for k in range(3)]
    masks = [np.arange(k) > 0 for k in range(3)]
    data = Dataset(["a/b", "a/c.d", "e"], [Path(str(k)) for k in range(3)], boxes, {"all": masks})
    some = data.subset(["e.png", "a/c.d"])
    assert some.names == ["e", "a/c.d"]
    assert some.paths == [Path("2"), Path("1")]
    assert [len(truth.boxes) for truth in some.truth()] == [2, 1]
    assert some.truth()[0].valid.tolist() == [False, True]
    with pytest.raises(ValueError, match="level must be one of 'all', got 'hard'"):
        some.truth("hard")
    with pytest.raises(DatasetError, match="got 'a/d'"):
        data.subset(["e", "a/d"])
    with pytest.raises(DatasetError, match=r"'a/b\.jpg' again"):
        data.subset(["a/b", "a/b.jpg"])


def test_predictions_are_read_as_they_are_used(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    corners = random.uniform(-30, 900, (50, 2))
    boxes = np.concatenate([corners, corners + random.uniform(5, 300, (50, 2))], axis=1)
    scores = random.uniform(0, 1, 50).astype(np.float32)
    detections = Detections(boxes.astype(np.float32), scores, np.zeros((50, 5, 2), np.float32))
    path = tmp_path / "event" / "image.txt"
    write_predictions(path, "event/image", detections)
    lines = path.read_text().splitlines()
    assert lines[:2] == ["event/image", "50"]
    assert len(lines) == 52
    x, y, width, height, score = map(float, lines[2].split())
    assert [x, y, x + width, y + height] == pytest.approx(boxes[0], abs=2e-3)
    assert score == pytest.approx(float(scores[0]), abs=1e-9)
    again, used = read_predictions(path), Predictions.of(detections)
    np.testing.assert_array_equal(again.boxes, used.boxes)
    np.testing.assert_array_equal(again.scores, used.scores)
    assert len(np.unique(again.scores)) == len(np.unique(scores))


def test_predictions_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "none.txt"
    write_predictions(path, "none", Detections.empty())
    assert path.read_text() == "none\n0\n"
    assert read_predictions(path).boxes.shape == (0, 4)


def test_predictions_with_other_ends_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "image.txt"
    path.write_bytes(b"image\r\n2\r\n1 2 3 4 0.5\r\n\r\n5 6 7 8 0.25\r\n\r\n")
    found = read_predictions(path)
    assert found.boxes.tolist() == [[1, 2, 4, 6], [5, 6, 12, 14]]
    assert found.scores.tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no number of boxes on line 2"),
        ("name\n", "no number of boxes on line 2"),
        ("name\none\n", "no number of boxes on line 2"),
        ("name\n2\n1 2 3 4 0.5\n", "it has 1 rows, and announces 2"),
        ("name\n1\n1 2 3 4\n", "a row is '1 2 3 4'"),
        ("name\n1\n1 2 3 4 5 6 7 8 9 10\n", "a row is '1 2 3 4 5 6 7 8 9 10'"),
        ("name\n1\n1 2 3 4 x\n", "x"),
        ("name\n1\n1 2 3 4 inf\n", "finite"),
    ],
)
def test_other_predictions(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "image.txt"
    path.write_text(text)
    with pytest.raises(DatasetError, match=rf"image\.txt: predictions must be .*{words}"):
        read_predictions(path)


VOC = """<annotation><folder>VOC2007</folder><filename>{name}</filename>
<object><name>face</name><difficult>0</difficult>
<bndbox><xmin>11</xmin><ymin>21</ymin><xmax>31</xmax><ymax>41</ymax></bndbox></object>
<object><name>face</name><difficult>1</difficult>
<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5.5</xmax><ymax>6</ymax></bndbox></object>
<object><name>dog</name>
<bndbox><xmin>7</xmin><ymin>7</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>
</annotation>"""


def test_voc(tmp_path: Path) -> None:
    for folder in ("Annotations", "JPEGImages"):
        (tmp_path / folder).mkdir()
    (tmp_path / "Annotations" / "000001.xml").write_text(VOC.format(name="000001.jpg"))
    (tmp_path / "Annotations" / "000002.xml").write_text("<annotation></annotation>")
    (tmp_path / "JPEGImages" / "000002.png").touch()
    data = read_voc(tmp_path)
    assert data.names == ["000001", "000002"]
    assert data.paths == [tmp_path / "JPEGImages/000001.jpg", tmp_path / "JPEGImages/000002.png"]
    # The first pixel is 1 there, and 0 here.
    assert data.boxes[0].tolist() == [[10, 20, 30, 40], [0, 0, 4.5, 5], [6, 6, 8, 8]]
    assert data.boxes[1].shape == (0, 4)
    assert data.levels["all"][0].tolist() == [True, False, True]
    assert read_voc(tmp_path, name="face").levels["all"][0].tolist() == [True, False]
    both = read_voc(tmp_path, name=["face", "dog"])
    assert both.levels["all"][0].tolist() == [True, False, True]


def test_voc_in_folders(tmp_path: Path) -> None:
    """Each image is that of its own folder, although all have the same name."""
    for folder in ("", "s", "t"):
        for kind in ("Annotations", "JPEGImages"):
            (tmp_path / kind / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "Annotations" / folder / "x.XML").write_text(VOC.format(name="x.png"))
        (tmp_path / "JPEGImages" / folder / "x.png").touch()
    data = read_voc(str(tmp_path))
    assert data.names == ["s/x", "t/x", "x"]
    assert data.paths == [tmp_path / "JPEGImages" / f"{name}.png" for name in data.names]


def test_two_annotations_of_one_image(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.xml").write_text(VOC.format(name="a.png"))
        (tmp_path / f"{name}.png").touch()
    with pytest.raises(
        DatasetError, match=r"b\.xml: it belongs to the same image as .*a\.xml, .*a\.png"
    ):
        read_voc(tmp_path)


def test_voc_of_a_name_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(VOC.format(name="a.png"))
    with pytest.raises(DatasetError, match=r"one of \['dog', 'face'\], got 'Face'"):
        read_voc(tmp_path, name="Face")
    with pytest.raises(DatasetError, match=r"one of \['dog', 'face'\], got 'Dog'"):
        read_voc(tmp_path, name=("face", "Dog"))


def test_voc_beside_images(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.xml").write_text(VOC.format(name=r"C:\photos\b.jpg"))
    (tmp_path / "more" / "b.jpg").touch()
    data = read_voc(tmp_path)
    assert data.names == ["more/a"]
    assert data.paths == [tmp_path / "more/b.jpg"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<annotation>", "not XML"),
        ("<dataset></dataset>", "<annotation>, got <dataset>"),
        ("<annotation><object></object></annotation>", "bndbox"),
        (VOC.replace("<xmin>7</xmin>", ""), "xmin"),
        (VOC.replace("<xmin>7</xmin>", "<xmin>nan</xmin>"), "finite"),
        (VOC.replace("<xmin>7</xmin>", "<xmin>seven</xmin>"), "'seven'"),
        (VOC.replace("<xmin>7</xmin>", "<xmin>10</xmin>"), "inside out, got such in image 'a'"),
    ],
)
def test_other_annotations(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(DatasetError, match=words):
        read_voc(tmp_path)


def test_no_annotations(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"\*\.xml"):
        read_voc(tmp_path)


def crowd(seed: int = 0) -> tuple[list[GroundTruth], list[Predictions]]:
    """Faces of several sizes, with boxes of several qualities."""
    random = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(15):
        sides = random.choice([20.0, 50.0, 150.0], (8, 1)) * random.uniform(0.8, 1.2, (8, 2))
        corners = np.stack([200.0 * np.arange(8), random.uniform(0, 50, 8)], axis=1).round()
        boxes = np.concatenate([corners, corners + sides.round()], axis=1)
        truth.append(GroundTruth.of(boxes))
        tried = boxes[random.integers(0, 8, 14)]
        shifted = tried + random.normal(0, 0.1, (14, 4)) * (tried[:, 2:3] - tried[:, :1])
        quality = np.diag(overlaps(shifted, tried))
        found.append(Predictions(shifted, quality + random.normal(0, 0.1, 14)))
    return truth, found


def as_coco(truth: Sequence[GroundTruth]) -> dict[str, Any]:
    annotations: list[dict[str, Any]] = []
    for image, faces in enumerate(truth):
        for box, counts in zip(faces.boxes, faces.valid, strict=True):
            x1, y1, x2, y2 = box.tolist()
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": 100 + image,
                    "category_id": 7,
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "area": (x2 - x1) * (y2 - y1),
                    "iscrowd": int(not counts),
                }
            )
    images = [{"id": 100 + k, "file_name": f"folder/{k}.jpg"} for k in range(len(truth))]
    categories = [{"id": 7, "name": "face"}, {"id": 8, "name": "dog"}]
    return {"images": images, "annotations": annotations, "categories": categories}


def test_coco_file(tmp_path: Path) -> None:
    content = as_coco([truth for truth, _ in zip(*crowd(), strict=True)][:2])
    content["annotations"][0]["iscrowd"] = 1
    content["annotations"][1]["category_id"] = 8
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(content))
    data = read_coco(path, tmp_path)
    assert data.names == ["folder/0", "folder/1"]
    assert data.paths == [tmp_path / "folder/0.jpg", tmp_path / "folder/1.jpg"]
    np.testing.assert_allclose(data.boxes[0], crowd()[0][0].boxes)
    assert data.levels["all"][0].tolist() == [False] + 7 * [True]
    assert len(read_coco(path, tmp_path, name="face").boxes[0]) == 7
    with pytest.raises(DatasetError, match=r"one of \['dog', 'face'\], got 'cat'"):
        read_coco(path, tmp_path, name="cat")
    assert len(read_coco(path, tmp_path, name={"face", "dog"}).boxes[0]) == 8


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"images": [], "annotations": [{}]}',
        '{"images": 3}',
        "\x00",
    ],
)
def test_other_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "instances.json"
    path.write_text(text)
    with pytest.raises(DatasetError, match="not annotations in the form of COCO"):
        read_coco(path, tmp_path)


IMAGES = '{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": '
FACE = '{"image_id": 1, "bbox": [1, 2, 3, 4]}'
BOX = r"bbox of annotations\[1\] must be four numbers x, y, width and height, got "


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1]", "it must be an object with images and annotations, got a list$"),
        ("[" * 100000, "its values are nested too deeply"),
        ('{"images": 3}', "it must have a list images, got 3"),
        ('{"images": {"id": 1}}', "it must have a list images, got an object$"),
        ('{"images": ["a"]}', r"images\[0\] must be an object with id and file_name, got 'a'"),
        (
            '{"images": [{"id": 1, "file_name": null}]}',
            r"file_name of images\[0\] must be a text, got None",
        ),
        (
            '{"images": [{"id": [], "file_name": ""}]}',
            r"id of images\[0\] must be a number, got a list$",
        ),
        (f"{IMAGES} null}}", "it must have a list annotations, got None"),
        (
            f'{IMAGES} [{FACE}, {{"image_id": 1}}]}}',
            r"annotations\[1\] must be an object with image_id and bbox, got one without bbox$",
        ),
        (f'{IMAGES} [{FACE}, {{"image_id": 1, "bbox": null}}]}}', BOX + "None"),
        (f'{IMAGES} [{FACE}, {{"image_id": 1, "bbox": [1, 2, 3]}}]}}', BOX + r"\[1, 2, 3\]"),
        (f'{IMAGES} [{FACE}, {{"image_id": 1, "bbox": [1, 2, 3, "x"]}}]}}', BOX),
        (f'{IMAGES} [{FACE}, {{"image_id": 1, "bbox": [1, 2, 3, 1{"0" * 400}]}}]}}', BOX),
    ],
)
def test_what_is_wrong_in_json(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "instances.json"
    path.write_text(text)
    message = f"^{re.escape(str(path))}: not annotations in the form of COCO: {words}"
    with pytest.raises(DatasetError, match=message):
        read_coco(path, tmp_path)


LONG = "9" * 9000


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([{"id": list(range(9)), "boxes": [[[LONG] * 9] * 9] * 9}] * 9),
        json.dumps({"images": [{"id": 1, "file_name": LONG}] * 2, "annotations": []}),
        f'{IMAGES} [{{"image_id": "{LONG}", "bbox": [1, 2, 3, 4]}}]}}',
        f'{IMAGES} [{{"image_id": 1, "bbox": {json.dumps([[LONG] * 9] * 9)}}}]}}',
        f'{IMAGES} [{{"image_id": 1, "bbox": [1, 2, 3, "{LONG}"]}}]}}',
        f"{IMAGES} [{json.dumps({'bbox': LONG})}]}}",
        f'{IMAGES} [], "categories": {json.dumps([{"id": 1, "name": LONG}])}}}',
        json.dumps(
            {
                "images": [],
                "annotations": [],
                "categories": [{"id": k, "name": f"object {k}"} for k in range(999)],
            }
        ),
        json.dumps({"images": [{"id": 1, "file_name": f"/{LONG}"}], "annotations": []}),
    ],
)
def test_what_is_wrong_in_json_is_not_quoted_at_length(tmp_path: Path, text: str) -> None:
    path = tmp_path / "instances.json"
    path.write_text(text)
    with pytest.raises(DatasetError) as caught:
        read_coco(path, tmp_path, name="face" if "categories" in text else None)
    assert len(str(caught.value)) < len(str(path)) + 600


@pytest.mark.parametrize(
    "text", [f"{LONG}x\n1\n{LONG}x\n", f"a.jpg\n{LONG}x\n", f"a.jpg\n1\n{LONG} x 3 4\n"]
)
def test_a_long_line_is_not_quoted_whole(tmp_path: Path, text: str) -> None:
    with pytest.raises(DatasetError) as caught:
        read_widerface(layout(tmp_path, text))
    assert len(str(caught.value)) < len(str(tmp_path)) + 600


@pytest.mark.parametrize("row", [LONG, f"1 2 3 4 {LONG}x"])
def test_a_long_row_of_predictions_is_not_quoted_whole(tmp_path: Path, row: str) -> None:
    path = tmp_path / "image.txt"
    path.write_text(f"name\n1\n{row}\n")
    with pytest.raises(DatasetError) as caught:
        read_predictions(path)
    assert len(str(caught.value)) < len(str(path)) + 1200


def test_long_texts_in_xml_are_not_quoted_whole(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(VOC.replace("<xmin>11", f"<xmin>{LONG}x"))
    with pytest.raises(DatasetError) as caught:
        read_voc(tmp_path)
    assert len(str(caught.value)) < len(str(tmp_path)) + 600


def test_a_long_heading_is_not_quoted_whole(tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    path.write_text(",".join(f"column{k}" for k in range(999)) + "\n")
    with pytest.raises(DatasetError, match="must have the columns path") as caught:
        read_landmarks(path)
    assert len(str(caught.value)) < len(str(path)) + 600


def test_json_without_categories(tmp_path: Path) -> None:
    path = tmp_path / "instances.json"
    path.write_text(f"{IMAGES} [{FACE}]}}")
    with pytest.raises(DatasetError, match="it must have a list categories, got None"):
        read_coco(path, tmp_path, name="face")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '{"images": [{"id": 1, "file_name": "a"}],'
            '"annotations": [{"image_id": 2, "bbox": [1, 2, 3, 4]}]}',
            "there is no image 2",
        ),
        (
            '{"images": [{"id": 1, "file_name": "a"}, {"id": 1, "file_name": "b"}],'
            '"annotations": []}',
            "different ids",
        ),
        (
            '{"images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "a.jpg"}],'
            '"annotations": []}',
            "different names without suffix, got 'a' 2 times",
        ),
        (
            '{"images": [{"id": 1, "file_name": "a"}],'
            '"annotations": [{"image_id": 1, "bbox": [1, 2, -3, 4]}]}',
            "inside out, got such in image 'a'",
        ),
    ],
)
def test_json_that_contradicts_itself(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "instances.json"
    path.write_text(text)
    with pytest.raises(DatasetError, match=words):
        read_coco(path, tmp_path)


@pytest.mark.optional
def test_many_boxes_in_a_crowd_and_in_a_difficult_face() -> None:
    """In a crowd none is wrong; of a difficult face, those with a lower overlap than half are."""
    pytest.importorskip("pycocotools")
    face, large = [500.0, 500, 600, 600], [0.0, 0, 200, 200]
    truth = [GroundTruth(np.array([face, large]), np.array([True, False]))]
    inside = [[10.0 + 50 * k, 10, 40, 40, 0.9 - k / 10] for k in range(3)]
    boxes = [Predictions.from_rows([[500, 500, 100, 100, 0.5], *inside])]
    assert coco_summary(truth, boxes).ap50 == pytest.approx(1)
    # Right at the fourth place.
    assert coco_summary(truth, boxes, crowds=False).ap50 == pytest.approx(0.25)
    found_it = [Predictions.from_rows([[500, 500, 100, 100, 0.5], [0, 0, 200, 190, 0.9]])]
    assert coco_summary(truth, found_it, crowds=False).ap50 == pytest.approx(1)


@pytest.mark.optional
def test_only_the_100_surest_boxes_of_an_image_count() -> None:
    pytest.importorskip("pycocotools")
    face = [500.0, 500, 600, 600]
    others = [[0.0, 0, 5, 5, 0.9]] * 100
    truth = [GroundTruth.of([face])]
    for score, recall in ((0.95, 1.0), (0.85, 0.0)):
        found = [Predictions.from_rows([*others, [500, 500, 100, 100, score]])]
        assert coco_summary(truth, found).ar100 == recall
    # An iterator is as good as a list.
    assert coco_summary(iter(truth), iter(found)).ar100 == 0


def precision_at(
    truth: Sequence[GroundTruth], found: Sequence[Predictions], overlap: float
) -> float:
    """COCO's average precision, of its definition: at 101 recalls, each face found once."""
    judged = []
    for faces, boxes in zip(truth, found, strict=True):
        free = list(range(len(faces.boxes)))
        shares = overlaps(boxes.boxes, faces.boxes)
        for k in np.argsort(-boxes.scores, kind="stable"):
            right_ones = [face for face in free if shares[k, face] >= overlap]
            is_right = bool(right_ones)
            if is_right:
                free.remove(max(right_ones, key=shares[k].tolist().__getitem__))
            judged.append((float(boxes.scores[k]), is_right))
    judged.sort(key=lambda each: -each[0])
    right = np.cumsum([is_right for _, is_right in judged])
    recall = right / sum(len(faces.boxes) for faces in truth)
    precision = right / np.arange(1, len(judged) + 1)
    levels = np.linspace(0, 1, 101)
    return float(np.mean([precision[recall >= level].max(initial=0) for level in levels]))


@pytest.mark.optional
@pytest.mark.parametrize("seed", range(3))
def test_coco_summary_by_definition(seed: int) -> None:
    pytest.importorskip("pycocotools")
    truth, found = crowd(seed)
    summary = coco_summary(truth, found)
    means = [precision_at(truth, found, overlap) for overlap in np.linspace(0.5, 0.95, 10)]
    assert summary.ap50 == pytest.approx(means[0], abs=1e-9)
    assert summary.ap75 == pytest.approx(means[5], abs=1e-9)
    assert summary.ap == pytest.approx(np.mean(means), abs=1e-9)
    assert 0.2 < summary.ap < summary.ap50 < 0.95
    # VOC adds a pixel to sides, and takes the area at every recall.
    assert voc_curve(truth, found).average_precision == pytest.approx(summary.ap50, abs=0.02)


@pytest.mark.optional
def test_coco_summary_as_by_its_own_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    cocoeval = pytest.importorskip("pycocotools.cocoeval")
    truth, found = crowd(1)
    truth[0].valid[:3] = False
    summary = coco_summary(truth, found)
    assert capsys.readouterr().out == ""
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(as_coco(truth)))
    theirs = coco.COCO(str(path))
    rows = [
        [100 + image, *box[:2], *(box[2:] - box[:2]), score, 7]
        for image, one in enumerate(found)
        for box, score in zip(one.boxes, one.scores, strict=True)
    ]
    evaluation = cocoeval.COCOeval(theirs, theirs.loadRes(np.array(rows)), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert summary == pytest.approx(evaluation.stats, abs=1e-9)


@pytest.mark.optional
def test_coco_summary_of_nothing() -> None:
    pytest.importorskip("pycocotools")
    truth, found = crowd(2)
    none = Predictions(np.zeros((0, 4)), np.zeros(0))
    assert coco_summary(truth, [none] * len(truth)).ap == 0.0
    assert math.isnan(coco_summary([GroundTruth.of([])] * len(found), found).ap)
    large = [GroundTruth(one.boxes[:0], one.valid[:0]) for one in truth[1:]]
    summary = coco_summary([GroundTruth.of([[0, 0, 200, 200]]), *large], found)
    assert math.isnan(summary.ap_small)
    assert summary.ap_large >= 0
