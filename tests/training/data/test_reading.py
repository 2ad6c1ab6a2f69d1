"""Sets in every format, as training gets them."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fastmtcnn.evaluation import DatasetError
from fastmtcnn.training import Data, TrainingError, TrainingSet
from fastmtcnn.training.data.problems import warnings_of
from fastmtcnn.training.data.reading import read_sets
from fastmtcnn.training.data.source import relative_name
from tests.training.generated import (
    POINTS,
    archive,
    coco_file,
    csv_file,
    photo,
    voc_file,
    voc_object,
)

BOX_HEADER = "path,x1,y1,x2,y2"
POINT_HEADER = (
    "eye_left_x,eye_left_y,eye_right_x,eye_right_y,nose_x,nose_y,"
    "mouth_left_x,mouth_left_y,mouth_right_x,mouth_right_y"
)
POINT_CELLS = ",".join(str(number) for point in POINTS for number in point)


def only(*arguments: object) -> TrainingSet:
    (one,) = read_sets([str(argument) for argument in arguments])
    return one


def widerface(root: Path, split: str = "train") -> Path:
    photo(root / f"WIDER_{split}" / "images" / "0--Parade" / "a.jpg", seed=1)
    photo(root / f"WIDER_{split}" / "images" / "0--Parade" / "b.jpg", seed=2)
    csv_file(
        root / "wider_face_split" / f"wider_face_{split}_bbx_gt.txt",
        "0--Parade/a.jpg",
        "3",
        "1 2 30 40 0 0 0 0 0 0",
        "5 6 10 12 0 0 0 1 0 0",
        "7 8 0 9 0 0 0 0 0 0",
        "0--Parade/b.jpg",
        "0",
        "0 0 0 0 0 0 0 0 0 0",
    )
    return root


def test_widerface(tmp_path: Path) -> None:
    got = only(widerface(tmp_path / "wider"))
    assert (got.name, got.format, got.weight, got.complete) == ("wider", "widerface", 1.0, True)
    first, second = got.images
    assert (first.name, second.name) == ("wider/0--Parade/a", "wider/0--Parade/b")
    assert first.boxes.tolist() == [[1, 2, 31, 42], [5, 6, 15, 18], [7, 8, 7, 17]]
    assert first.ignored.tolist() == [False, True, True]
    assert np.isnan(first.points).all()
    assert first.points.shape == (3, 5, 2)
    assert second.boxes.shape == (0, 4)
    assert first.file.read().startswith(b"\xff\xd8")
    assert [problem.kind for problem in got.problems] == ["box_without_extent"]


def test_the_training_split_is_taken_if_it_is_there(tmp_path: Path) -> None:
    widerface(tmp_path, "val")
    assert "WIDER_val" in str(only(tmp_path).images[0].file)
    widerface(tmp_path, "train")
    assert "WIDER_train" in str(only(tmp_path).images[0].file)


LABELS = (
    "# 0--Parade/a.jpg",
    "1 2 30 40 10 11 0.0 20 12 0.0 15 20 1.0 11 30 0.0 19 31 0.0 0.82",
    "5 6 10 12 " + "-1 -1 -1 " * 5 + "0.3",
)
LABELLED = [[10, 11], [20, 12], [15, 20], [11, 30], [19, 31]]


def test_points_of_retinaface_beside_widerface(tmp_path: Path) -> None:
    csv_file(widerface(tmp_path) / "label.txt", *LABELS)
    first, second = only(tmp_path).images
    assert first.boxes.tolist() == [[1, 2, 31, 42], [5, 6, 15, 18], [7, 8, 7, 17]]
    assert first.ignored.tolist() == [False, True, True]
    assert first.points[0].tolist() == LABELLED
    assert np.isnan(first.points[1:]).all()
    assert len(second.points) == 0


def test_labels_of_retinaface_alone(tmp_path: Path) -> None:
    csv_file(tmp_path / "train" / "label.txt", *LABELS, "# 0--Parade/b.jpg", "3 4 5 6")
    photo(tmp_path / "train" / "images" / "0--Parade" / "a.jpg", seed=1)
    photo(tmp_path / "train" / "images" / "0--Parade" / "b.jpg", seed=2)
    first, second = only(tmp_path).images
    assert first.boxes.tolist() == [[1, 2, 31, 42], [5, 6, 15, 18]]
    assert first.points[0].tolist() == LABELLED
    assert np.isnan(first.points[1]).all()
    assert second.boxes.tolist() == [[3, 4, 8, 10]]
    assert np.isnan(second.points).all()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("1 2 3 4",), "line 1: a face must be x y w h.*before the first image"),
        (("# a.jpg", "1 2 3"), "line 2: .*got '1 2 3'"),
        (("# a.jpg", "1 2 3 4 5"), "line 2: "),
        (("# a.jpg", "1 2 3 nan"), "line 2: "),
        (("# a.jpg", "1 2 3 x"), "line 2: "),
        (("# a.jpg", "# a.jpg"), "line 2: image 'a.jpg' is there twice"),
    ],
)
def test_other_labels_are_refused(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    csv_file(tmp_path / "label.txt", *lines)
    with pytest.raises(DatasetError, match=message):
        only(tmp_path)


def test_voc(tmp_path: Path) -> None:
    root = tmp_path / "faces"
    photo(root / "JPEGImages" / "a.png")
    voc_file(
        root / "Annotations" / "a.xml",
        voc_object((2, 3, 32, 43)),
        voc_object((6, 7, 16, 17), difficult=1, name="mask"),
        voc_object((40, 30, 20, 50)),
    )
    got = only(f"{root}@0.5")
    assert (got.name, got.format, got.weight, got.complete) == ("faces", "voc", 0.5, True)
    (image,) = got.images
    assert image.boxes.tolist() == [[1, 2, 31, 42], [5, 6, 15, 16], [19, 29, 39, 49]]
    assert image.ignored.tolist() == [False, True, True]
    assert [(each.kind, each.detail) for each in got.problems] == [
        ("box_without_extent", "39 29 19 49")
    ]


@pytest.mark.parametrize(
    ("file", "folder"),
    [
        ("faces.json", "."),
        ("faces.json", "images"),
        ("annotations/instances_train2017.json", "train2017"),
        ("annotations/faces.json", "images"),
        ("train/_annotations.coco.json", "train"),
    ],
)
def test_coco(tmp_path: Path, file: str, folder: str) -> None:
    photo(tmp_path / folder / "a.jpg", seed=1)
    photo(tmp_path / folder / "b.jpg", seed=2)
    boxes = [(0, (1, 2, 30, 40), 0), (0, (5, 6, 7, 8), 1), (0, (1, 1, float("nan"), 5), 0)]
    path = coco_file(tmp_path / file, ["a.jpg", "b.jpg"], boxes)
    got = only(path)
    first, second = got.images
    assert (got.format, first.file.path) == ("coco", tmp_path / folder / "a.jpg")
    assert first.boxes.tolist() == [[1, 2, 31, 42], [5, 6, 12, 14]]
    assert first.ignored.tolist() == [False, True]
    assert second.boxes.shape == (0, 4)
    assert [problem.kind for problem in got.problems] == ["box_not_finite"]


def test_a_folder_with_one_file_of_coco(tmp_path: Path) -> None:
    photo(tmp_path / "set" / "images" / "a.jpg")
    coco_file(tmp_path / "set" / "annotations" / "faces.json", ["a.jpg"], [(0, (1, 2, 3, 4), 0)])
    got = only(tmp_path / "set")
    assert (got.name, got.format, len(got.images)) == ("set", "coco", 1)


def test_objects_of_some_names(tmp_path: Path) -> None:
    root = tmp_path / "voc"
    photo(root / "JPEGImages" / "a.png", seed=1)
    objects = [
        voc_object((2, 2, 32, 42), name="with_mask"),
        voc_object((4, 4, 34, 44), name="without_mask"),
        voc_object((6, 6, 16, 16), name="dog"),
    ]
    voc_file(root / "Annotations" / "a.xml", *objects)
    photo(tmp_path / "coco" / "b.jpg", seed=2)
    path = coco_file(tmp_path / "coco" / "faces.json", ["b.jpg"], [(0, (1, 2, 30, 40), 0)])
    table = csv_file(tmp_path / "table" / "faces.csv", BOX_HEADER, "c.png,1,2,3,4")
    photo(table.parent / "c.png", seed=3)

    data = Data([str(root), str(table)], object_names=["with_mask", "without_mask"])
    voc, plain = data.read_sets().training
    assert voc.images[0].boxes.tolist() == [[1, 1, 31, 41], [3, 3, 33, 43]]
    assert len(plain.images[0].boxes) == 1  # its faces have no names
    (coco,) = Data([str(path)], object_names=["face"]).read_sets().training
    assert len(coco.images[0].boxes) == 1

    with pytest.raises(DatasetError, match=r"one of \['dog', 'with_mask', 'wit.*, got 'mask'"):
        Data([str(root)], object_names=["with_mask", "mask"]).read_sets()
    with pytest.raises(DatasetError, match=r"one of \['face'\], got 'mask'"):
        Data([str(path)], object_names=["mask"]).read_sets()
    with pytest.raises(TrainingError, match=r"only objects of VOC and COCO .*, got face for sets"):
        Data([str(table)], object_names=["face"]).read_sets()


def test_a_photograph_under_two_names(tmp_path: Path) -> None:
    photo(tmp_path / "photos" / "a.png")
    rows = ("photos/a.png,1,2,30,40", "./photos/a.png,5,6,20,30")
    table = csv_file(tmp_path / "faces.csv", BOX_HEADER, *rows)
    with pytest.raises(TrainingError, match=r"a.png is there twice; all faces of a photograph"):
        only(table)


def test_copies_are_not_measured_with(tmp_path: Path) -> None:
    """A copy of a photograph to train with is left out; the photograph itself is another matter."""
    for name in ("a", "b"):
        photo(tmp_path / "train" / f"{name}.png", seed=ord(name))
    photo(tmp_path / "other" / "c.png", seed=9)
    rows = [f"{name}.png,1,2,30,40" for name in "abc"]
    train = csv_file(tmp_path / "train" / "faces.csv", BOX_HEADER, *rows[:2])
    shutil.copy(tmp_path / "train" / "a.png", tmp_path / "other" / "a.png")
    other = csv_file(tmp_path / "other" / "faces.csv", BOX_HEADER, rows[0], rows[2])
    data = Data([f"table:{train}"], validation=[f"table:{other}"])
    for read in (data.read_sets(), replace(data, validation=(), guard=data.validation).read_sets()):
        (measured,) = (*read.validation, *read.guard)
        assert [Path(image.name).name for image in measured.images] == ["c"]
        (problem,) = measured.problems
        assert (problem.kind, problem.detail) == ("photo_copied", "equal to faces/a")
        assert len(read.training[0].images) == 2
        (text,) = warnings_of(measured)
        assert "1 photograph is a copy of one to train with and was left out: " in text
    same = Data([f"table:{train}"], guard=[f"table:{train}"]).read_sets()
    assert len(same.guard[0].images) == 2

    csv_file(tmp_path / "other" / "faces.csv", BOX_HEADER, rows[0])
    with pytest.raises(TrainingError, match=r"not trained with, got only copies, such as .*a.png"):
        Data([f"table:{train}"], validation=[f"table:{other}"]).read_sets()


def test_licences_are_of_the_sets(tmp_path: Path) -> None:
    photo(tmp_path / "c.png")
    table = csv_file(tmp_path / "faces.csv", BOX_HEADER, "c.png,1,2,3,4")
    Data([f"table:{table}"], licences={"faces": "CC0"}).read_sets()
    with pytest.raises(ValueError, match="did you mean 'faces'"):
        Data([f"table:{table}"], licences={"face": "CC0"}).read_sets()


def test_photographs_that_differ_in_suffix_alone_keep_their_names_apart(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    photo(tmp_path / "a.png")
    path = coco_file(tmp_path / "faces.json", ["a.jpg", "a.png"], [(0, (1, 2, 3, 4), 0)])
    assert [image.name for image in only(path).images] == ["faces/a", "faces/a.png"]


def test_negatives(tmp_path: Path) -> None:
    for name in ("b.jpg", "below/a.PNG", ".hidden.jpg", "notes.txt"):
        (tmp_path / "set" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "set" / name).write_bytes(photo(tmp_path / "p.png").read_bytes())
    got = read_sets([f"negatives:{tmp_path / 'set'}", str(faces_table(tmp_path / "faces"))])[0]
    assert (got.format, got.complete) == ("negatives", True)
    assert [image.name for image in got.images] == ["set/b", "set/below/a"]
    assert all(len(image.boxes) == 0 for image in got.images)


def test_photographs_without_annotations_are_not_taken_for_negatives(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    with pytest.raises(TrainingError, match="if there is no face in them, name them as negatives:"):
        only(tmp_path)


def faces_table(folder: Path, suffix: str = "csv") -> Path:
    photo(folder / "a.jpg", seed=5)
    return csv_file(folder / f"faces.{suffix}", BOX_HEADER, "a.jpg,1,2,31,42")


def test_a_table_of_crops_is_recognised_as_landmarks(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg", seed=1)
    photo(tmp_path / "b.jpg", seed=2)
    rows = [f"{name}.jpg,10,20,50,60,{POINT_CELLS}" for name in "ab"]
    header = f"{BOX_HEADER},{POINT_HEADER}"
    path = csv_file(tmp_path / "points.csv", header, *rows)
    got = only(path)
    assert (got.format, got.complete) == ("landmarks", False)
    assert got.images[0].points.tolist() == [POINTS]
    assert got.images[0].boxes.tolist() == [[10, 20, 50, 60]]
    named = only(f"table:{path}")
    assert (named.format, named.complete) == ("table", True)
    csv_file(path, header, *rows, f"b.jpg,11,20,50,60,{POINT_CELLS}")  # two faces in one
    assert only(path).complete
    csv_file(path, header, *rows[:1], f"b.jpg,11,20,50,60{',' * 10}")  # one without points
    assert only(path).complete


def test_points_without_boxes(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg", 100, 100)
    # The five points lie on a circle of radius 10 around (50, 50), so that r = 10.
    angles = np.arange(5) * 2 * np.pi / 5
    points = np.stack([50 - 10 * np.cos(angles), 50 - 10 * np.sin(angles)], axis=1)
    cells = ",".join(map(repr, points.ravel().tolist()))
    path = csv_file(tmp_path / "points.csv", f"path,{POINT_HEADER}", f"a.jpg,{cells}")
    got = only(path)
    assert (got.format, got.complete) == ("landmarks", False)
    (box,) = got.images[0].boxes
    # 35 wide and 46 high, the centre 3.4 above the mean.
    np.testing.assert_allclose(box, [32.5, 23.6, 67.5, 69.6], rtol=1e-9)


def test_pts_files(tmp_path: Path) -> None:
    photo(tmp_path / "below" / "a.jpg")
    rows = [f"{x + 1} {y + 1}" for x, y in POINTS]  # their first pixel is 1
    csv_file(tmp_path / "below" / "a.pts", "version: 1", "n_points: 5", "{", *rows, "}")
    got = only(tmp_path)
    assert (got.format, got.complete) == ("landmarks", False)
    assert got.images[0].name == f"{tmp_path.name}/below/a"
    assert got.images[0].points.tolist() == [POINTS]
    assert len(got.images[0].boxes) == 1


def test_dlib(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    parts = "".join(f"<part name='{k}' x='{x}' y='{y}'/>" for k, (x, y) in enumerate(POINTS))
    csv_file(
        tmp_path / "faces.xml",
        "<dataset><images><image file='a.jpg'>",
        f"<box top='20' left='10' width='30' height='40'>{parts}</box>",
        "<box top='1' left='2' width='3' height='4' ignore='1'/>",
        "<box top='5' left='6' width='7' height='8'/>",
        "</image></images></dataset>",
    )
    got = only(tmp_path / "faces.xml")
    assert (got.format, got.complete) == ("landmarks", False)
    (image,) = got.images
    assert image.boxes.tolist() == [[10, 20, 40, 60], [2, 1, 5, 5], [6, 5, 13, 13]]
    assert image.ignored.tolist() == [False, True, False]
    assert image.points[0].tolist() == POINTS
    assert np.isnan(image.points[1:]).all()


def test_boxes_are_in_the_upright_photograph(tmp_path: Path) -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    photo(tmp_path / "a.jpg", 80, 60, exif=exif)  # 60 wide and 80 high when turned
    path = csv_file(tmp_path / "f.csv", BOX_HEADER, "a.jpg,10,65,50,78", "a.jpg,62,10,78,50")
    got = only(path)
    assert got.images[0].ignored.tolist() == [False, True]
    assert [(each.kind, each.detail) for each in got.problems] == [("box_outside", "62 10 78 50")]


def test_impossible_boxes_and_points_are_noted(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg", 80, 60)
    infinite = POINT_CELLS.replace("20.0", "inf", 1)
    coinciding = "20,30,20,30,30,40,22,52,38,52"
    path = csv_file(
        tmp_path / "faces.csv",
        f"{BOX_HEADER},{POINT_HEADER}",
        f"a.jpg,10,10,30,30,{POINT_CELLS}",
        f"a.jpg,11,10,30,30,{infinite}",
        f"a.jpg,12,10,30,30,{coinciding}",
        f"a.jpg,10,10,10,30{',' * 10}",
        f"a.jpg,30,10,10,30{',' * 10}",
        f"a.jpg,80,10,90,30{',' * 10}",
        f"a.jpg,-20,10,0,30{',' * 10}",
        f"a.jpg,-20,-20,1,1{',' * 10}",
        f"a.jpg,nan,10,30,30{',' * 10}",
        f"a.jpg,10,-inf,30,30{',' * 10}",
    )
    got = only(path)
    (image,) = got.images
    assert image.boxes.tolist() == [
        *([10, 10, 30, 30], [11, 10, 30, 30], [12, 10, 30, 30]),
        *([10, 10, 10, 30], [10, 10, 30, 30], [80, 10, 90, 30], [-20, 10, 0, 30]),
        [-20, -20, 1, 1],
    ]
    assert image.ignored.tolist() == [False] * 3 + [True] * 4 + [False]
    assert np.isfinite(image.points).all(axis=(1, 2)).tolist() == [True] + [False] * 7
    assert np.isnan(image.points[1:]).all()
    kinds = [problem.kind for problem in got.problems]
    assert kinds.count("box_without_extent") == 2
    assert kinds.count("box_outside") == 2
    assert kinds.count("box_not_finite") == 2
    assert kinds.count("points_impossible") == 2
    assert len(kinds) == 8


def test_boxes_much_larger_than_their_photograph_are_ignored(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg", 80, 60)
    path = csv_file(
        tmp_path / "faces.csv",
        BOX_HEADER,
        "a.jpg,-80,-60,160,120",
        "a.jpg,-80.5,0,40,50",
        "a.jpg,0,-61,40,50",
        "a.jpg,1,1,160.5,50",
        "a.jpg,1,1,1e300,50",
        "a.jpg,2,-1e9,40,1e9",
        "a.jpg,1e300,1,2e300,50",
    )
    got = only(path)
    (image,) = got.images
    assert image.ignored.tolist() == [False] + [True] * 6
    kinds = [problem.kind for problem in got.problems]
    assert kinds == ["box_too_large"] * 5 + ["box_outside"]
    assert got.problems[3].detail == "1 1 1e+300 50"
    assert image.boxes.tolist() == [
        *([-80, -60, 160, 120], [-80, 0, 40, 50], [0, -60, 40, 50], [1, 1, 160, 50]),
        *([1, 1, 160, 50], [2, -60, 40, 120], [160, 1, 160, 50]),
    ]


def test_photographs_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    photo(tmp_path / "good.jpg")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("no photograph")
    (tmp_path / "folder.jpg").mkdir()
    names = ("good", "empty", "text", "folder", "missing")
    path = csv_file(tmp_path / "f.csv", BOX_HEADER, *(f"{name}.jpg,1,2,31,42" for name in names))
    got = only(path)
    assert [image.name for image in got.images] == ["f/good"]
    assert [(Path(each.where).stem, each.kind) for each in got.problems] == [
        ("empty", "photo_unreadable"),
        ("text", "photo_unreadable"),
        ("folder", "photo_unreadable"),
        ("missing", "photo_missing"),
    ]


def test_a_set_without_a_readable_photograph_is_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "faces.csv", BOX_HEADER, "a.jpg,1,2,31,42", "b.jpg,1,2,31,42")
    with pytest.raises(TrainingError, match=r"none of its 2 photographs can be read: .*a\.jpg: No"):
        only(path)


def test_images_in_an_archive_beside_the_table(tmp_path: Path) -> None:
    content = photo(tmp_path / "x.jpg").read_bytes()
    photo(tmp_path / "c.jpg")
    archive(tmp_path / "images.tar", {"net/a.jpg": content, "net/b.jpg": b""})
    path = csv_file(
        *(tmp_path / "faces.csv", BOX_HEADER, "net/a.jpg,1,2,31,42", "net/b.jpg,1,2,31,42"),
        *("c.jpg,1,2,31,42", "net/d.jpg,1,2,31,42"),
    )
    got = only(path)
    assert [image.name for image in got.images] == ["faces/net/a", "faces/c"]
    assert got.images[0].file.member == "net/a.jpg"
    assert got.images[0].file.read() == content
    assert [(problem.kind, problem.where[-9:]) for problem in got.problems] == [
        ("photo_unreadable", "net/b.jpg"),
        ("photo_missing", "net/d.jpg"),
    ]


def test_a_photograph_in_two_sets_is_refused(tmp_path: Path) -> None:
    faces_table(tmp_path / "one")
    csv_file(tmp_path / "two" / "other.csv", BOX_HEADER, "../one/a.jpg,5,6,31,42")
    with pytest.raises(TrainingError, match=r"one set only, .*a\.jpg' is in one and two"):
        read_sets([str(tmp_path / "one"), str(tmp_path / "two")])


def test_a_link_to_a_photograph_is_the_same_photograph(tmp_path: Path) -> None:
    faces_table(tmp_path / "one")
    path = csv_file(tmp_path / "two" / "other.csv", BOX_HEADER, "b.jpg,5,6,31,42")
    (path.parent / "b.jpg").symlink_to(tmp_path / "one" / "a.jpg")
    with pytest.raises(TrainingError, match="in one set only"):
        read_sets([str(tmp_path / "one"), str(path)])


def test_a_set_twice_is_refused(tmp_path: Path) -> None:
    path = faces_table(tmp_path)
    with pytest.raises(TrainingError, match=r"named once, got .* 2 times"):
        read_sets([str(path), f"table:{path}@2"])


def test_sets_of_the_same_name_get_different_names(tmp_path: Path) -> None:
    for k, folder in enumerate(("a/train", "b/train", "other")):
        photo(tmp_path / folder / "x.jpg", seed=k)
        csv_file(tmp_path / folder / "faces.csv", BOX_HEADER, "x.jpg,1,2,31,42")
    paths = [str(tmp_path / folder) for folder in ("a/train", "b/train", "other")]
    assert [each.name for each in read_sets(paths)] == ["a-train", "b-train", "other"]
    assert [each.images[0].name for each in read_sets(paths)][1] == "b-train/x"
    assert [each.name for each in read_sets(paths[:1])] == ["train"]
    taken = ["train", "train-2"]
    assert [each.name for each in read_sets(paths[:1], taken=taken)] == ["train-3"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.jpg", "a"),
        ("./b/a.tar.jpg", "b/a.tar"),
        ("../../b/a.jpg", "b/a"),
        ("/home/user/a.jpg", "home/user/a"),
        ("a", "a"),
    ],
)
def test_names_of_photographs(path: str, name: str) -> None:
    assert relative_name(path) == name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("wider_face_train_bbx_gt.txt", ""),
        ("label.txt", ""),
        ("instances.json", '{"images": [], "annotations": []}'),
    ],
)
def test_annotations_without_a_photograph(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(TrainingError, match="its annotations name no photograph"):
        only(tmp_path)


def test_no_argument() -> None:
    with pytest.raises(TrainingError, match="at least one set of annotated photographs, got none"):
        read_sets([])


def test_what_is_not_recognised(tmp_path: Path) -> None:
    csv_file(tmp_path / "notes.txt", "notes")
    with pytest.raises(TrainingError, match="one of widerface, voc, table, landmarks, coco, neg"):
        only(tmp_path / "notes.txt")
    with pytest.raises(TrainingError, match="not recognised as annotated photographs"):
        only(tmp_path)
    csv_file(tmp_path / "one.xml", "<dataset/>")
    csv_file(tmp_path / "two.json", "{}")
    csv_file(tmp_path / "three.json", "{}")
    photo(tmp_path / "a.jpg")
    with pytest.raises(TrainingError, match=r"one of its files one.xml, three.json, two.json, or"):
        only(tmp_path)


@pytest.mark.parametrize("name", ["widerface", "voc", "coco", "table", "negatives"])
def test_a_format_that_the_path_does_not_have(tmp_path: Path, name: str) -> None:
    with pytest.raises((TrainingError, DatasetError), match=str(tmp_path)):
        only(f"{name}:{tmp_path}")
    file = csv_file(tmp_path / "notes.txt", "notes")
    with pytest.raises((TrainingError, DatasetError), match=r"notes\.txt"):
        only(f"{name}:{file}")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_folder_that_must_not_be_read(tmp_path: Path) -> None:
    photo(tmp_path / "set" / "below" / "a.jpg")
    (tmp_path / "set" / "below").chmod(0)
    try:
        with pytest.raises(PermissionError):
            only(f"negatives:{tmp_path / 'set'}")
    finally:
        (tmp_path / "set" / "below").chmod(0o700)


def test_the_only_photograph_is_missing(tmp_path: Path) -> None:
    table = csv_file(tmp_path / "faces.csv", BOX_HEADER, "a.png,1,2,3,4")
    with pytest.raises(TrainingError, match=r"its only photograph cannot be read: .*a\.png: No"):
        only(f"table:{table}")
