"""Tables of faces: what is read of them, and what is refused with a sentence that names the row."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastmtcnn.training import TrainingError
from fastmtcnn.training.data.source import SourceImage
from fastmtcnn.training.data.table import is_table, read_complete_table, read_table
from tests.training.generated import POINTS, csv_file

BOX = "path,x1,y1,x2,y2"
NAMES = ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right")
SIDE_FIRST = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
CELEBA = ("lefteye", "righteye", "nose", "leftmouth", "rightmouth")
CELLS = ",".join(str(number) for point in POINTS for number in point)


def header(names: tuple[str, ...]) -> str:
    return ",".join(f"{name}_{axis}" for name in names for axis in "xy")


def read(tmp_path: Path, *lines: str) -> list[SourceImage]:
    return read_complete_table(csv_file(tmp_path / "faces.csv", *lines)).images


@pytest.mark.parametrize("path", ["path", "file", "image_id"])
@pytest.mark.parametrize("names", [NAMES, SIDE_FIRST, CELEBA])
def test_columns(tmp_path: Path, path: str, names: tuple[str, ...]) -> None:
    # In any order, beside others: fastmtcnn detect writes width, height and score.
    first, second, third = read(
        tmp_path,
        f"width,{header(names)},ignored,y2,x2,y1,x1,{path},group,score",
        f"640,{CELLS},0,42,31,2,1,below/a.jpg,clip,0.9",
        f"640,{',' * 9},true,12.5,11,10,9,below/a.jpg,clip,0.9",
        f"640,{',' * 9},,,,,,b.jpg,,",
        f"640,{','.join(['nan'] * 10)},No,1e2,11,-1e1,9,c.jpg,,",
    )
    assert (first.name, first.file.path, first.group) == (
        *("below/a", tmp_path / "below" / "a.jpg", "clip"),
    )
    assert first.boxes.tolist() == [[1, 2, 31, 42], [9, 10, 11, 12.5]]
    assert first.ignored.tolist() == [False, True]
    assert first.points[0].tolist() == POINTS
    assert np.isnan(first.points[1]).all()
    assert (second.name, second.group, second.boxes.shape) == ("b", "", (0, 4))
    assert third.boxes.tolist() == [[9, -10, 11, 100]]
    assert np.isnan(third.points).all()


@pytest.mark.parametrize("names", ["Path,X1,Y1,X2,Y2", "path, x1, y1 , x2,y2", "PATH ,x1,y1,x2,y2"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_names_and_delimiters_of_other_programs(tmp_path: Path, names: str, delimiter: str) -> None:
    lines = (names, "a.jpg,1,2,3,4", "b.jpg, 5,6,7,8")
    path = csv_file(tmp_path / "faces.csv", *(line.replace(",", delimiter) for line in lines))
    assert is_table(path)
    first, second = read_table(path).images
    assert (first.name, first.boxes.tolist()) == ("a", [[1, 2, 3, 4]])
    assert (second.name, second.boxes.tolist()) == ("b", [[5, 6, 7, 8]])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), r"the columns path \(or file\), x1, y1, x2, y2.*x1, y1, x2, y2 are missing"),
        (("path,x1,y1,x2", "a.jpg,1,2,3"), "y2 is missing$"),
        (("x1,y1,x2,y2", "1,2,3,4"), r"path \(or file\) is missing$"),
        (("path|x1|y1|x2|y2", "a.jpg|1|2|3|4"), "are missing$"),
        (("path;x1;y1;x2;y2", "a.jpg;1;2;3;4,5"), "line 2: y2 must be a number, got '4,5'$"),
        ((f"{BOX},eye_left_x", "a.jpg,1,2,3,4,5"), "eye_left_y, eye_right_x.* are missing$"),
        ((f"path,{header(NAMES)}", f"a.jpg,{CELLS}"), "x1, y1, x2, y2 are missing$"),
        ((f"{BOX},x1", "a.jpg,1,2,3,4,5"), "columns must have different names"),
        ((f"{BOX}, X1", "a.jpg,1,2,3,4,5"), "columns must have different names"),
        ((BOX,), "there is no row in it$"),
        ((BOX, "a.jpg,1,2,3,4", "b.jpg,1,2"), "line 3: a row must have 5 cells.*got 3$"),
        ((BOX, "a.jpg,1,2,3,4,5,6"), "line 2: a row must have 5 cells.*got 7$"),
        ((BOX, "a.jpg,1,2,3,4", 'b.jpg,"1,2,3,4'), "line 3: not CSV: "),
        ((BOX, "a.jpg,1,2,3,4", "b.jpg,1,x,3,4"), "line 3: y1 must be a number, got 'x'$"),
        ((BOX, "a.jpg,1,2,,4"), "line 2: x1 to y2 must all be there or none, x2 is empty$"),
        ((BOX, ",1,2,3,4"), "line 2: path must be the path of a photograph, got ''$"),
        (
            (f"{BOX},{header(NAMES)}", f"a.jpg,1,2,3,4,{CELLS[: CELLS.rindex(',')]},"),
            "line 2: eye_left_x to mouth_right_y must all be there or none, mouth_right_y is empty",
        ),
        (
            (f"{BOX},{header(NAMES)}", f"a.jpg,1,2,3,4,{CELLS.replace('20.0', 'nan', 1)}"),
            "line 2: a face must have five points or none, got some that are NaN$",
        ),
        (
            (f"{BOX},{header(NAMES)}", f"a.jpg,,,,,{CELLS}"),
            "line 2: a face must have a box, got points alone$",
        ),
        ((f"{BOX},ignored", "a.jpg,1,2,3,4,maybe"), "line 2: ignored must be 0 or 1, got 'maybe'$"),
        (
            (BOX, "a.jpg,1,2,3,4", "b.jpg,1,2,3,4", "a.jpg,1.0,2,3,4"),
            "line 4: the face is the same as that of line 2$",
        ),
        (
            (BOX, "a.jpg,1,2,3,4", "a.jpg,,,,"),
            "line 3: a photograph without a face must have one row, see line 2$",
        ),
        (
            (BOX, "a.jpg,,,,", "a.jpg,,,,"),
            "line 3: a photograph without a face must have one row, see line 2$",
        ),
        (
            (BOX, "a.jpg,,,,", "a.jpg,1,2,3,4"),
            "line 3: there is a face in a photograph that has none by line 2$",
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(TrainingError, match=f"faces\\.csv'?: .*{message}"):
        read(tmp_path, *lines)


def test_a_row_of_several_lines_is_named_by_its_last_line(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="line 4: y1 must be a number"):
        read(tmp_path, BOX, '"a\nb.jpg",1,2,3,4', "c.jpg,1,x,3,4")


def test_encodings(tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    path.write_bytes(f"\ufeff{BOX}\r\nä.jpg,1,2,3,4\r\n".encode())
    assert read_table(path).images[0].name == "ä"
    path.write_bytes(f"{BOX}\nä.jpg,1,2,3,4\n".encode("latin-1"))  # keeps its bytes
    assert bytes(read_table(path).images[0].file.path).endswith(b"/\xe4.jpg")
    path.write_bytes(f"{BOX}\nä.jpg,1,2,3,4\n".encode("utf-16"))
    with pytest.raises(TrainingError, match="must be in UTF-8, got UTF-16"):
        read_table(path)
    path.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(TrainingError, match=r"faces\.csv"):
        read_table(path)


@pytest.mark.optional
def test_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow as pa
    from pyarrow import parquet

    nan = math.nan
    columns: dict[str, list[Any]] = {
        "path": ["a.jpg", "a.jpg", "b.jpg", "c.jpg"],
        "x1": [1, 5.5, None, nan],
        "y1": [2.0, 6, None, nan],
        "x2": [31.0, 16, None, nan],
        "y2": [42.0, 17, None, nan],
        "ignored": [False, True, None, None],
    }
    columns |= {
        f"{name}_{axis}": [POINTS[row][k], None, None, nan]
        for row, name in enumerate(NAMES)
        for k, axis in enumerate("xy")
    }
    path = tmp_path / "faces.parquet"
    parquet.write_table(pa.table(columns), path)
    first, second, third = read_table(path).images
    assert first.boxes.tolist() == [[1, 2, 31, 42], [5.5, 6, 16, 17]]
    assert first.ignored.tolist() == [False, True]
    assert first.points[0].tolist() == POINTS
    assert np.isnan(first.points[1]).all()
    assert len(second.boxes) == len(third.boxes) == 0

    parquet.write_table(pa.table({f" {name.upper()}": columns[name] for name in columns}), path)
    assert [image.boxes.tolist() for image in read_table(path).images[:1]] == [
        [[1, 2, 31, 42], [5.5, 6, 16, 17]]
    ]

    parquet.write_table(pa.table({**columns, "x1": ["1", "x", None, None]}), path)
    with pytest.raises(TrainingError, match="row 2: x1 must be a number, got 'x'"):
        read_table(path)
    parquet.write_table(pa.table({**columns, "x1": [1, None, None, None]}), path)
    with pytest.raises(TrainingError, match=r"row 2: .*x1 is empty"):
        read_table(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(TrainingError, match=r"faces\.parquet'?: not a Parquet file"):
        read_table(path)


@pytest.mark.optional
def test_rotten_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "faces.parquet"
    columns: dict[str, list[Any]] = {"path": [f"{k}.jpg" for k in range(2000)]}
    columns |= {name: list(range(2000)) for name in ("x1", "y1", "x2", "y2")}
    parquet.write_table(pa.table(columns), path, compression="snappy")
    content = path.read_bytes()
    for first in (4, 1504, len(content) - 600):
        path.write_bytes(content[:first] + bytes(400) + content[first + 400 :])
        with pytest.raises(TrainingError, match=r"faces\.parquet'?: ") as caught:
            read_complete_table(path)
        assert "\n" not in str(caught.value)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet='ab.jpg,123"\n\r;x-einf \0', max_size=120))
def test_any_text_is_read_or_refused_with_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "faces.csv"
    path.write_text(f"{BOX}\n{text}", newline="")
    message = ""
    try:
        images = read_table(path).images
    except TrainingError as error:
        message = str(error)
    if message:
        assert "faces.csv" in message
        assert "\n" not in message
    else:
        assert images
        assert all(image.boxes.shape == (len(image.ignored), 4) for image in images)
