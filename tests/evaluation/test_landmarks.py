"""The error of landmarks, by hand, and the files that have them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from fastmtcnn import Detections
from fastmtcnn.evaluation import (
    DatasetError,
    LandmarkErrors,
    five_points,
    landmark_errors,
    read_landmarks,
)

# Eyes 40 px apart, whose middle is at 60, 60.4.
FACE = np.array([[40, 40], [80, 40], [60, 62], [45, 80], [75, 80]], float)


def found(*landmarks: ArrayLike, margin: float = 30) -> Detections:
    """Faces with these landmarks, in boxes around them."""
    points = np.array(landmarks, np.float32).reshape(-1, 5, 2)
    boxes = np.concatenate([points.min(axis=1) - margin, points.max(axis=1) + margin], axis=1)
    return Detections(boxes, np.linspace(1, 0.9, len(points), dtype=np.float32), points)


def moved(*shifts: tuple[float, float]) -> NDArray[np.float64]:
    """The face with each landmark moved, or all of them in the same way."""
    points: NDArray[np.float64] = FACE + np.array(shifts, float)
    return points


def test_error_by_hand() -> None:
    # 5, 0, 10, 0 and 13 pixels, with eyes 40 apart.
    errors = landmark_errors([[FACE]], [found(moved((3, 4), (0, 0), (0, -10), (0, 0), (5, 12)))])
    assert errors.points.tolist() == [pytest.approx([5 / 40, 0, 10 / 40, 0, 13 / 40])]
    assert errors.faces.tolist() == [pytest.approx(28 / 5 / 40)]
    assert errors.mean == pytest.approx(0.14)
    assert errors.mean_by_landmark["mouth_right"] == pytest.approx(13 / 40)
    assert errors.mean_by_landmark["eye_right"] == 0
    assert errors.num_found == 1


def test_rates_by_hand() -> None:
    # Faces with errors of 2, 9 and 25 %, and one that was not found.
    errors = LandmarkErrors(np.repeat([[0.02], [0.09], [0.25], [np.inf]], 5, axis=1))
    assert errors.num_found == 3
    assert errors.mean == pytest.approx(0.12)
    assert errors.failure_rate(0.08) == 0.75
    assert errors.failure_rate(0.1) == 0.5
    assert errors.failure_rate(0.25) == 0.25  # the limit itself is no failure
    # Up to 10 %: the first face counts for 8 of 10, the second for 1.
    assert errors.auc(0.1) == pytest.approx((0.8 + 0.1) / 4)


def test_no_face() -> None:
    errors = landmark_errors([np.zeros((0, 5, 2))], [found(FACE)])
    assert errors.points.shape == (0, 5)
    assert math.isnan(errors.mean)
    assert math.isnan(errors.failure_rate(0.1))
    assert math.isnan(errors.auc(0.1))
    nothing = landmark_errors([[FACE]], [Detections.empty()])
    assert math.isnan(nothing.mean)
    assert nothing.failure_rate(0.1) == 1
    assert nothing.auc(0.1) == 0


def test_each_box_is_of_one_face_and_the_nearest_of_it() -> None:
    right = moved((100, 0))
    # The first box is large enough for both faces, and has the landmarks of neither.
    wide = found(moved((6, 0)), margin=150)
    near = found(moved((100, 2)), moved((0, 1)))
    both = Detections(*(np.concatenate(parts) for parts in zip(wide, near, strict=True)))
    errors = landmark_errors([[FACE, right]], [both])
    np.testing.assert_allclose(errors.faces, [1 / 40, 2 / 40])
    errors = landmark_errors([[FACE, right]], [wide])
    np.testing.assert_allclose(errors.faces, [6 / 40, np.inf])


def test_a_box_elsewhere_is_none_of_the_face() -> None:
    errors = landmark_errors([[FACE]], [found(moved((200, 0)))])
    assert errors.num_found == 0
    with pytest.raises(ValueError, match="which has 1, got 0"):
        landmark_errors([[FACE]], [])
    with pytest.raises(ValueError, match="must not coincide"):
        landmark_errors([[np.ones((5, 2))]], [found(FACE)])


def test_a_face_whose_middle_is_above_the_box_is_not_found() -> None:
    errors = landmark_errors([[FACE]], [found(moved((0, 100)))])
    assert errors.num_found == 0


@pytest.mark.parametrize("shape", [(5, 2), (1, 68, 2), (1, 5, 3), (2, 5)])
def test_landmarks_of_other_shapes(shape: tuple[int, ...]) -> None:
    points = np.arange(float(np.prod(shape))).reshape(shape)
    with pytest.raises(ValueError, match=r"of shape \(n, 5, 2\), got shape"):
        landmark_errors([points], [found(FACE)])


def sixty_eight() -> NDArray[np.float64]:
    """Points whose five landmarks are known: those of `FACE`."""
    points = np.full((68, 2), -1000.0)
    ring = [(3, 0), (1, -2), (-1, -2), (-3, 0), (-1, 2), (1, 2)]
    points[36:42] = FACE[0] + ring
    points[42:48] = FACE[1] + ring
    points[30], points[48], points[54] = FACE[2:]
    return points


def test_five_of_68() -> None:
    np.testing.assert_allclose(five_points(sixty_eight()), FACE)
    np.testing.assert_array_equal(five_points(FACE), FACE)
    for shape in [(67, 2), (5, 3), (10,)]:
        with pytest.raises(ValueError, match="5 or 68 points"):
            five_points(np.zeros(shape))


def pts(points: NDArray[np.float64]) -> str:
    rows = "\n".join(f"{x} {y}" for x, y in points)
    return f"version: 1\nn_points:  {len(points)}\n{{\n{rows}\n}}\n"


def test_pts(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "b.pts").write_text(pts(sixty_eight() + 1))  # the first pixel is 1 there
    (tmp_path / "b.png").touch()
    (tmp_path / "more" / "a.pts").write_text(pts(FACE).replace("\n", "\r\n"))
    data = read_landmarks(tmp_path)
    assert data.paths == [tmp_path / "b.png", tmp_path / "more" / "a.jpg"]
    np.testing.assert_allclose(data.points[0], [FACE])
    np.testing.assert_allclose(data.points[1], [FACE - 1])
    assert read_landmarks(tmp_path, Path("photos")).paths[1] == Path("photos/more/a.jpg")


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    names = [f"{axis}{k + 1}" for k in range(68) for axis in "xy"]
    rows = [["a.jpg", *sixty_eight().ravel()], ["b.jpg", *sixty_eight().ravel()]]
    rows.append(["a.jpg", *(sixty_eight() + 7).ravel()])
    lines = [["path", *names], *rows]
    path.write_text("\n".join(",".join(map(str, line)) for line in lines))
    data = read_landmarks(path)
    assert data.paths == [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    np.testing.assert_allclose(data.points[0], [FACE, FACE + 7])
    assert read_landmarks(path, tmp_path / "photos").paths[0] == tmp_path / "photos" / "a.jpg"


def test_files_of_other_programs(tmp_path: Path) -> None:
    """Capitals in suffixes, and the mark with which Excel begins a file."""
    columns = ",".join(f"{axis}{k}" for k in range(1, 6) for axis in "xy")
    numbers = ",".join(map(str, FACE.ravel()))
    path = tmp_path / "a.csv"
    path.write_text(f"path,{columns}\nb.jpg,{numbers}\n", encoding="utf-8-sig")
    np.testing.assert_allclose(read_landmarks(path).points[0], [FACE])
    (tmp_path / "A.PTS").write_text(pts(FACE))
    (tmp_path / "A.JPG").touch()
    assert read_landmarks(str(tmp_path)).paths == [tmp_path / "A.JPG"]
    (tmp_path / "A.png").touch()
    with pytest.raises(DatasetError, match=r"A\.PTS: its image may be .*A\.png or .*A\.JPG"):
        read_landmarks(tmp_path)


def test_table_of_fastmtcnn(tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    columns = found(FACE).to_columns()
    row = ["photo.jpg", *(str(column[0]) for column in columns.values())]
    path.write_text(f"path,{','.join(columns)}\n{','.join(row)}\n")
    np.testing.assert_allclose(read_landmarks(path).points[0], [FACE])


def dlib(boxes: Sequence[str]) -> str:
    return (
        "<dataset><images><image file='a/b.jpg'>" + "".join(boxes) + "</image></images></dataset>"
    )


def box(points: NDArray[np.float64], attributes: str = "") -> str:
    parts = [f"<part name='{k:02}' x='{x}' y='{y}'/>" for k, (x, y) in enumerate(points)]
    return f"<box top='1' left='2' width='3' height='4' {attributes}>{''.join(parts[::-1])}</box>"


def test_dlib(tmp_path: Path) -> None:
    path = tmp_path / "testing.xml"
    path.write_text(dlib([box(sixty_eight()), box(FACE + 9), box(FACE, "ignore='1'")]))
    data = read_landmarks(path)
    assert data.paths == [tmp_path / "a" / "b.jpg"]
    np.testing.assert_allclose(data.points[0], [FACE, FACE + 9])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pts", "1 2\n3 4\n", "between braces"),
        ("a.pts", pts(FACE[:4]), "5 or 68 points"),
        ("a.pts", pts(FACE).replace("40.0", "forty"), "between braces"),
        ("a.pts", pts(FACE * np.nan), "finite"),
        ("a.pts", pts(FACE * 0), "must not coincide"),
        ("a.csv", "", "must have the columns path"),
        ("a.csv", "path,x1,y1,x2,y2,x3,y3,x4,y4,x5,y5\n" + 200_000 * "a", "limit"),
        ("a.csv", "path,x1,y1,x2,y2,x3,y3,x4,y4,x5,y5\n", "a.csv: it contains no face"),
        ("a.csv", "path,x1,y1\na,1,2\n", "got \\['path', 'x1', 'y1'\\]"),
        ("a.csv", "path,x1,y1,x2,y2,x3,y3,x4,y4,x5,y5\na,1,2,3\n", "line 2"),
        ("a.csv", "path,x1,y1,x2,y2,x3,y3,x4,y4,x5,y5\na,1,2,3,4,5,6,7,8,9,?\n", "'\\?'"),
        ("a.xml", "<dataset>", "not XML"),
        ("a.xml", "<annotation/>", "a.xml: it contains no face"),
        ("a.xml", dlib([box(FACE[:0])]), "a/b.jpg: a face must have 5 or 68"),
        ("a.txt", "1 2", "a folder of .pts, a .csv or an .xml$"),
        ("none", None, "got nothing"),
    ],
)
def test_other_files(tmp_path: Path, name: str, content: str | None, words: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(DatasetError, match=words):
        read_landmarks(tmp_path if name.endswith(".pts") else path)


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"\*\.pts"):
        read_landmarks(tmp_path)
