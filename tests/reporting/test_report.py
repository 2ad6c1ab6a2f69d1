"""``fastmtcnn report``: the page beside what it was made of, and in a browser."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
import os
import re
import sys
import weakref
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

pytest.importorskip("jinja2")

import fastmtcnn
from fastmtcnn import MTCNN, Detections
from fastmtcnn.detections import COLUMNS
from fastmtcnn.extras import MissingExtraError
from fastmtcnn.reporting import ReportedPhoto, Summary, TableError, read_results, write_report
from tests.support.browser import CHROMIUM, Browser
from tests.support.helpers import GOLDEN, assert_same_detections, golden_image, random_image

HOSTILE = (
    "<script>document.title = 'taken'</script>",
    '"><img src=x onerror="document.title = \'taken\'">.jpg',
    "' onmouseover='document.title = 1' x='.jpg",
    "</style></script><!-- -->{{ 7 * 7 }}{% raw %}.jpg",
    "javascript:document.title='taken'.jpg",
    "&lt;b&gt; &amp; ünï 名前.jpg",
    "#?name=x&sort=name%00.jpg",
)


class Page(HTMLParser):
    """What an HTML parser that is not ours reads in a page."""

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.cards: list[dict[str, Any]] = []
        self._open: list[str] = []
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.elements.append((tag, values))
        kind = values.get("class") or ""
        if tag == "article":
            self.cards.append({"attributes": values, "texts": {}, "faces": [], "drawn": []})
        elif self.cards and tag == "li":
            self.cards[-1]["faces"].append(values)
        elif self.cards and tag == "rect":
            self.cards[-1]["drawn"].append(values)
        elif self.cards and tag == "svg":
            self.cards[-1]["view"] = values["viewbox"]
        elif self.cards and tag == "img":
            self.cards[-1].setdefault("images", []).append(values["src"])
        elif self.cards and tag == "a":
            self.cards[-1]["link"] = values["href"]
        if tag not in ("img", "meta", "link", "input"):
            self._open.append(values.get("id") or kind or tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("img", "meta", "link", "input"):
            self._open.pop()

    def handle_data(self, data: str) -> None:
        texts = self.cards[-1]["texts"] if self.cards else self.texts
        if self._open and data.strip():
            texts[self._open[-1]] = texts.get(self._open[-1], "") + data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [values for name, values in self.elements if name == tag]


def written(photos: Any, **options: Any) -> tuple[bytes, Summary]:
    file = io.BytesIO()
    summary = write_report(file, photos, **options)
    return file.getvalue(), summary


def faces(*rows: tuple[float, float, float]) -> Detections:
    """Faces of these left edges, sizes and scores; half as wide as high."""
    boxes = [[x, 5.0, x + size / 2, 5.0 + size] for x, size, _ in rows]
    count = len(rows)
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array([score for *_, score in rows], np.float32),
        np.zeros((count, 5, 2), np.float32),
    )


def some_photos() -> list[ReportedPhoto]:
    """Photos of every kind, no two equal in any order but for those without faces."""
    pixels = random_image(100, 150)
    return [
        ReportedPhoto("b/img10.jpg", 150, 100, faces((10, 40, 0.91), (60, 20, 0.85)), pixels),
        ReportedPhoto("b/img2.jpg", 150, 100, faces(), pixels),
        ReportedPhoto.failed("a/torn.jpg", "cannot be decoded: torn"),
        ReportedPhoto("a/One.jpg", 150, 100, faces((20, 64, 0.9999)), pixels),
        ReportedPhoto("gone.jpg", 900, 600, faces((1, 200, 0.97), (2, 90, 0.8), (3, 30, 0.82))),
        ReportedPhoto.failed("c/torn.jpg", "cannot be decoded: torn"),
        ReportedPhoto.failed("c/none.jpg", "No such file or directory"),
    ]


def uri_pixels(uri: str) -> NDArray[np.uint8]:
    kind, content = uri.split(",")
    assert kind == "data:image/jpeg;base64"
    with PIL.Image.open(io.BytesIO(base64.b64decode(content))) as image:
        return np.asarray(image.convert("RGB"))


# The page as text


def test_summary() -> None:
    content, summary = written(some_photos(), title="A <title>", settings={"detector": "MTCNN(1)"})
    failures = {"cannot be decoded: torn": 2, "No such file or directory": 1}
    assert summary == Summary(7, 6, 1, failures)
    assert summary.num_failed == 3
    page = Page(content)
    found = {name: page.texts[f"num-{name}"] for name in ("photos", "faces", "without", "failed")}
    assert found == {"photos": "7", "faces": "6", "without": "1", "failed": "3"}
    assert page.texts["h1"] == page.texts["title"][: len("A <title>")] == "A <title>"
    assert fastmtcnn.__version__ in page.texts["made"]
    assert "2cannot be decoded: torn" in "".join(page.texts["td"].split("\n"))
    assert "MTCNN(1)" in page.texts["td"]


def test_cards() -> None:
    page = Page(written(some_photos())[0])
    assert len(page.cards) == 7
    for number, (card, photo) in enumerate(zip(page.cards, some_photos(), strict=True)):
        about, found = card["attributes"], photo.detections
        assert (about["data-number"], about["data-path"]) == (str(number), photo.path)
        assert card["texts"]["bdi"].startswith(os.path.basename(photo.path))  # noqa: PTH119
        state = "failed" if photo.problem else "faces" if found.num_faces else "none"
        assert about["data-state"] == state
        scores = [float(face["data-score"]) for face in card["faces"]]
        assert scores == pytest.approx(found.scores.tolist(), abs=1e-6)
        expected = [max(x2 - x1, y2 - y1) for x1, y1, x2, y2 in found.boxes.tolist()]
        assert [float(face["data-size"]) for face in card["faces"]] == pytest.approx(expected)
        if photo.problem:
            assert card["texts"]["problem"] == photo.problem
        else:
            what = card["texts"]["what"]
            many = {0: "no face", 1: "1 face"}.get(found.num_faces, f"{found.num_faces} faces")
            assert what == f"{photo.width}\N{MULTIPLICATION SIGN}{photo.height}, {many}"
        if photo.pixels is None:
            assert "images" not in card
            continue
        assert card["view"] == f"-0.5 -0.5 {photo.width} {photo.height}"
        drawn = [
            [float(rect[name]) for name in ("x", "y", "width", "height")]
            for rect in card["drawn"][::2]
        ]
        corners = [[x1, y1, x2 - x1, y2 - y1] for x1, y1, x2, y2 in found.boxes.tolist()]
        np.testing.assert_allclose(drawn, corners, atol=0.05)
        assert len(card["images"]) == 1 + found.num_faces


def test_thumbnail_and_faces_show_the_photo() -> None:
    crowd = golden_image("crowd.png")
    found = MTCNN(num_threads=1).detect(crowd)
    photo = ReportedPhoto("crowd.png", 1280, 801, found, crowd)
    (card,) = Page(written([photo])[0]).cards
    small, *pictures = map(uri_pixels, card["images"])
    expected = PIL.Image.fromarray(crowd).resize((200, 125), PIL.Image.Resampling.BOX)
    assert small.shape == (125, 200, 3)
    assert np.abs(small - np.asarray(expected, float)).mean() < 10
    assert np.abs(small[:, ::-1] - np.asarray(expected, float)).mean() > 30
    assert len(pictures) == found.num_faces == 20
    for picture, (x1, y1, x2, y2) in zip(pictures, found.boxes.tolist(), strict=True):
        half = max(x2 - x1, y2 - y1) * 1.4 / 2
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        around = PIL.Image.fromarray(crowd).crop(
            (round(x - half), round(y - half), round(x + half), round(y + half))
        )
        assert picture.shape == (64, 64, 3)
        alike = np.corrcoef(picture.ravel(), np.asarray(around.resize((64, 64))).ravel())[0, 1]
        assert alike > 0.9, (x, y)


@pytest.mark.parametrize("lowest", [0.05, 0.61, 0.8, 0.93])
def test_histograms(lowest: float) -> None:
    random = np.random.default_rng(1)
    rows = [
        (0.0, float(size), float(score))
        for size, score in zip(
            2 ** random.uniform(3.2, 9.7, 300), random.uniform(lowest, 1, 300), strict=True
        )
    ]
    rows += [(0.0, 64.0, 1.0), (0.0, 16.0, lowest)]
    photo = ReportedPhoto("x.jpg", 2000, 2000, faces(*rows))
    page = Page(written([photo])[0])
    bars = [values for tag, values in page.elements if tag == "g" and "data-min" in values]
    limits = [[float(str(bar[f"data-{name}"])) for name in ("min", "max")] for bar in bars]
    counts = [int(str(bar["data-count"])) for bar in bars]
    assert limits[0][0] == {0.05: 0, 0.61: 0.6}.get(lowest, 0.8)
    # From one limit to the other, both included, as the fields of the page mean them.
    for values, digits, part in (
        (photo.detections.scores, 6, slice(20)),
        (photo.sizes, 2, slice(20, None)),
    ):
        assert counts[part] == [
            sum(low <= round(value, digits) <= high for value in values.tolist())
            for low, high in limits[part]
        ]
        assert sum(counts[part]) == len(rows)
        lows, highs = np.array(limits[part]).T
        np.testing.assert_allclose(lows[1:] - highs[:-1], 10**-digits, rtol=0.1)


def test_no_photos_and_no_faces() -> None:
    content, summary = written([])
    assert summary == Summary(0, 0, 0, {})
    assert Page(content).named("rect") == []
    content, summary = written([ReportedPhoto("x", 8, 8, faces(), random_image(8, 8))])
    assert summary == Summary(1, 0, 1, {})


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name: str) -> None:
    photos = [
        ReportedPhoto(f"{name}/{name}", 150, 100, faces((1, 30, 0.9)), random_image(100, 150)),
        ReportedPhoto.failed(name, name),
        ReportedPhoto(name, 150, 100, faces(), remark=name),
    ]
    harmless = [photo._replace(path=re.sub(r"[^/]", "x", photo.path)) for photo in photos]
    harmless[1] = harmless[1]._replace(problem="x")
    harmless[2] = harmless[2]._replace(remark="x")
    page = Page(written(photos, title=name, settings={name: name}, folder="/")[0])
    other = Page(written(harmless, title="x", settings={"x": "x"}, folder="/")[0])
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in other.elements]
    assert [list(values) for _, values in page.elements] == [
        list(values) for _, values in other.elements
    ]
    assert page.texts["h1"] == name
    assert [card["attributes"]["data-path"] for card in page.cards] == [
        f"{name}/{name}",
        name,
        name,
    ]
    assert page.cards[1]["texts"]["problem"] == page.cards[2]["texts"]["remark"] == name


@pytest.mark.parametrize("folder", ["page", "photos/below"])
def test_links_lead_to_the_photos(tmp_path: Path, folder: str) -> None:
    from urllib.parse import unquote_to_bytes, urlsplit

    names = [name.replace("/", "!") for name in HOSTILE] + ["below/plain.jpg"]
    paths = [str(tmp_path / "photos" / name) for name in names]
    photos = [ReportedPhoto(path, 8, 8, faces(), random_image(8, 8)) for path in paths]
    page = Page(written(photos, folder=tmp_path / folder)[0])
    for card, path in zip(page.cards, paths, strict=True):
        address = urlsplit(card["link"])
        assert (address.scheme, address.netloc, address.query, address.fragment) == ("",) * 4
        target = os.fsdecode(unquote_to_bytes(address.path))
        assert os.path.normpath(tmp_path / folder / target) == path
    assert "link" not in Page(written(photos)[0]).cards[0]


def test_names_that_are_no_text() -> None:
    names = ["line\nbreak.jpg", "turned\u202egpj.jpg", os.fsdecode(b"\xff\xfe.jpg"), "tab\t.jpg"]
    photos = [ReportedPhoto(name, 8, 8, faces(), random_image(8, 8)) for name in names]
    content, _ = written(photos, folder=".")
    page = Page(content)
    paths = [card["attributes"]["data-path"] for card in page.cards]
    assert [path.count("\N{REPLACEMENT CHARACTER}") for path in paths] == [1, 1, 2, 1]
    assert page.cards[2]["link"] == "%FF%FE.jpg"


def test_boxes_that_do_not_meet_the_photo() -> None:
    found = faces((500, 20, 0.9), (10, 0, 0.8), (10, 30, 0.7))
    photo = ReportedPhoto("x.jpg", 150, 100, found, random_image(100, 150))
    (card,) = Page(written([photo])[0]).cards
    assert len(card["faces"]) == 3
    assert len(card["images"]) == 2


def test_photos_are_let_go() -> None:
    alive: list[weakref.ref[NDArray[np.uint8]]] = []

    def photos() -> Iterator[ReportedPhoto]:
        for number in range(20):
            pixels = random_image(60, 60, number)
            alive.append(weakref.ref(pixels))
            yield ReportedPhoto(f"{number}.jpg", 60, 60, faces((5, 30, 0.9)), pixels)
            del pixels
            assert sum(reference() is not None for reference in alive) <= 1

    assert written(photos())[1].num_photos == 20


# Tables


@pytest.fixture(scope="module")
def found() -> list[ReportedPhoto]:
    detector = MTCNN(num_threads=1)
    photos = []
    for name in ("crowd.png", "coffee_noface.png", "grace_hopper.png"):
        pixels = golden_image(name)
        height, width = pixels.shape[:2]
        photos.append(ReportedPhoto(str(GOLDEN / name), width, height, detector.detect(pixels)))
    return photos


def rows_of(photos: list[ReportedPhoto]) -> list[dict[str, Any]]:
    rows = []
    for photo in photos:
        about = {"path": photo.path, "width": photo.width, "height": photo.height}
        columns = photo.detections.to_columns()
        for number in range(photo.detections.num_faces):
            rows.append({**about, **{name: float(columns[name][number]) for name in COLUMNS}})
        if photo.detections.num_faces == 0:
            rows.append({**about, **dict.fromkeys(COLUMNS)})
    return rows


def dicts_of(photos: list[ReportedPhoto]) -> list[dict[str, Any]]:
    return [
        {
            "path": photo.path,
            "width": photo.width,
            "height": photo.height,
            "faces": photo.detections.to_dicts(),
        }
        for photo in photos
    ]


def write_json(photos: list[ReportedPhoto], path: Path) -> None:
    path.write_text(json.dumps(dicts_of(photos)))


def write_photo_lines(photos: list[ReportedPhoto], path: Path) -> None:
    path.write_text("".join(f"{json.dumps(each)}\n" for each in dicts_of(photos)))


def write_face_lines(photos: list[ReportedPhoto], path: Path) -> None:
    path.write_text("".join(f"{json.dumps(each)}\n" for each in rows_of(photos)))


def write_csv(photos: list[ReportedPhoto], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["path", "width", "height", *COLUMNS])
        writer.writeheader()
        writer.writerows(rows_of(photos))


def write_parquet(photos: list[ReportedPhoto], path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.Table.from_pylist(rows_of(photos)), path)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("faces.json", write_json),
        ("faces.jsonl", write_photo_lines),
        ("FACES.JSONL", write_face_lines),
        ("faces.csv", write_csv),
        pytest.param("faces.parquet", write_parquet, marks=pytest.mark.optional),
    ],
)
def test_tables(
    tmp_path: Path,
    found: list[ReportedPhoto],
    name: str,
    write: Callable[[list[ReportedPhoto], Path], None],
) -> None:
    write(found, tmp_path / name)
    read = read_results(tmp_path / name)
    assert [photo[:3] for photo in read] == [photo[:3] for photo in found]
    for photo, expected in zip(read, found, strict=True):
        assert_same_detections(photo.detections, expected.detections)


FACE = {"path": "x.jpg", "width": 8, "height": 8, **dict.fromkeys(COLUMNS, 1.0)}
NO_SCORE = {key: value for key, value in FACE.items() if key != "score"}


@pytest.mark.optional
@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("x.json", "[", "Expecting value"),
        ("x.json", "{}", "a list was wanted, got dict"),
        ("x.json", "[3]", "each entry must be a photo or a face, got int"),
        ("x.json", '[{"path": "x.jpg"}]', "there is no 'width'"),
        ("x.json", '[{"path": 3, "width": 1, "height": 1, "faces": []}]', "got 3 and 1x1"),
        ("x.json", '[{"path": "x", "width": 1, "height": 1, "faces": 3}]', "not iterable"),
        ("x.jsonl", "no\n", "Expecting value"),
        ("x.jsonl", json.dumps(NO_SCORE), "there is no 'score'"),
        ("x.jsonl", json.dumps({**FACE, "x1": math.inf}), "must be finite, got others for 'x.jpg'"),
        ("x.jsonl", json.dumps({**FACE, "width": 0}), "got 'x.jpg' and 0x8"),
        ("x.jsonl", json.dumps({**FACE, "frame": 0}), "it is of a video"),
        ("x.csv", "path,width,height\nx.jpg,8,8\n", "there is no 'x1'"),
        ("x.csv", "no table", "there is no 'path'"),
        ("x.csv", "", "there is no 'path'"),
        ("x.json", "[" * 100_000 + "]" * 100_000, ""),
        ("x.json", "9" * 5000, ""),
        ("x.jsonl", "[" * 100_000 + "]" * 100_000, ""),
        ("x.csv", f"{','.join(FACE)}\nx.jpg,8,8", "row 2 has not as many cells as the heading"),
        ("x.csv", f"{','.join(FACE)}\nx.jpg,8,8{',1' * 16}\n", "row 2 has not as many cells"),
        ("x.json", '[{"path": "x\\u0000", "width": 8, "height": 8, "faces": []}]', "has a path"),
        ("x.csv", f"{','.join(FACE)}\n{'x' * 200_000},8,8", "field larger than"),
        ("x.csv", '"path', "unexpected end of data"),
        ("x.csv", "path\rwidth", ""),
        ("x.csv", f"{','.join(FACE)}\nx.jpg,8,8,{'one,' * 14}one\n", "could not convert"),
        ("x.parquet", "PAR1", ""),
        ("x.txt", "", "results must be in a file named *.json, *.jsonl, *.csv, *.parquet"),
    ],
)
def test_no_tables(tmp_path: Path, name: str, content: str, sentence: str) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    (tmp_path / name).write_text(content)
    with pytest.raises(TableError) as caught:
        read_results(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.optional
def test_a_parquet_file_of_something_else(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "sales.parquet"
    parquet.write_table(arrow.table({"customer": arrow.array([], arrow.string())}), path)
    with pytest.raises(TableError, match="there is no 'path'"):
        read_results(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".csv", ".parquet"])
def test_a_table_that_is_a_pipe(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"faces{suffix}"
    os.mkfifo(path)
    with pytest.raises(TableError, match="a table must be a regular file, got a device or a pipe"):
        read_results(path)


@pytest.mark.parametrize(("module", "extra"), [("jinja2", "report"), ("pyarrow", "parquet")])
def test_missing_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, extra: str
) -> None:
    from fastmtcnn.reporting import page

    page._templates.cache_clear()
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / "x.parquet").touch()
    with pytest.raises(MissingExtraError, match=rf'pip install "fastmtcnn\[{extra}\]"'):
        written([]) if module == "jinja2" else read_results(tmp_path / "x.parquet")


# The command


def invoke(*arguments: str | Path) -> Any:
    pytest.importorskip("typer")
    from typer.testing import CliRunner

    from fastmtcnn import cli

    return CliRunner().invoke(
        cli.program(), ["report", *map(str, arguments)], prog_name="fastmtcnn"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photos = tmp_path / "photos"
    (photos / "below").mkdir(parents=True)
    for name in ("astronaut.png", "coffee_noface.png"):
        (photos / name).write_bytes((GOLDEN / name).read_bytes())
    (photos / "below" / "a<b>.png").write_bytes((GOLDEN / "grace_hopper.png").read_bytes())
    (photos / "torn.png").write_bytes((GOLDEN / "astronaut.png").read_bytes()[:5000])
    return photos


def test_command(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    result = invoke(folder, "-o", target, "--min-face-size", "40")
    assert result.exit_code == 1
    torn, told = result.output.splitlines()
    assert torn.startswith(f"error: {folder / 'torn.png'}: cannot be decoded")
    detector = MTCNN(40, num_threads=1)
    names = ["astronaut.png", "coffee_noface.png", "torn.png", "below/a<b>.png"]
    expected = [
        [] if name == "torn.png" else detector.detect(folder / name).scores.tolist()
        for name in names
    ]
    assert told == f"{sum(map(len, expected))} faces in 4 photos, 1 not usable; {target}"
    page = Page(target.read_bytes())
    assert page.texts["h1"] == "Faces in photos"
    assert "min_face_size=40.0" in page.texts["td"]
    assert [card["attributes"]["data-path"] for card in page.cards] == [
        str(folder / name) for name in names
    ]
    for card, scores in zip(page.cards, expected, strict=True):
        shown = [float(face["data-score"]) for face in card["faces"]]
        assert shown == pytest.approx(scores, abs=1e-6)
    assert {path.name for path in tmp_path.iterdir()} == {"photos", "page.html"}


def test_command_with_a_table(
    tmp_path: Path, found: list[ReportedPhoto], monkeypatch: pytest.MonkeyPatch
) -> None:
    def detect(*_: object, **__: object) -> None:
        raise AssertionError("it was to take the faces from the table")

    monkeypatch.setattr(MTCNN, "detect", detect)
    crowd, coffee, hopper = found
    (tmp_path / "beside.png").write_bytes((GOLDEN / "crowd.png").read_bytes())
    photos = [
        crowd._replace(path="beside.png"),
        coffee._replace(width=601),
        hopper._replace(path="gone.png"),
    ]
    write_json(photos, tmp_path / "faces.json")
    result = invoke(tmp_path / "faces.json", "-o", tmp_path / "page.html")
    assert (result.exit_code, result.output) == (
        0,
        f"22 faces in 3 photos; {tmp_path / 'page.html'}\n",
    )
    page = Page((tmp_path / "page.html").read_bytes())
    assert ["images" in card for card in page.cards] == [True, False, False]
    assert len(page.cards[0]["images"]) == 21
    remarks = [card["texts"].get("remark") for card in page.cards[1:]]
    assert remarks == [
        "no picture: the file now has 600x400 pixels",
        "no picture: No such file or directory",
    ]
    assert str(tmp_path / "faces.json") in page.texts["td"]


def test_an_interrupted_report_leaves_the_old_one(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def detect(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(MTCNN, "detect", detect)
    (tmp_path / "page.html").write_text("old")
    assert invoke(folder, "-o", tmp_path / "page.html").exit_code == 130
    assert (tmp_path / "page.html").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"photos", "page.html"}


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["photos", "-o", "photos/astronaut.png"], 2, "is one of the files to read"),
        (["faces.csv", "-o", "faces.csv"], 2, "is one of the files to read"),
        (["faces.csv", "--clip"], 2, "has its faces already"),
        (["faces.csv", "photos"], 2, "faces.csv is a file of results, which must be the only"),
        (["photos", "none.JSONL"], 2, "must be the only argument, got 2"),
        (["x" * 5000 + ".csv"], 1, "File name too long"),
        (["faces.csv", "faces.json"], 2, "faces.csv is a file of results, which must be the only"),
        (["photos", "--factor", "2"], 2, "factor must be a number above 0 and below 1"),
        (["-"], 2, "there is no photo in it"),
        (["faces.csv"], 1, "error: 'faces.csv': not a table of faces"),
        (["none.csv"], 1, "error: none.csv: No such file or directory"),
        (["photos/below", "-o", "no/page.html"], 1, "error: no/page.html: No such file"),
        ([], 2, "Missing argument"),
    ],
)
def test_command_errors(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faces.csv").write_text("path,width\nx.jpg,3\n")
    (tmp_path / "empty").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    result = invoke(*arguments)
    assert result.exit_code == status, result.output
    assert sentence in " ".join(result.output.split())
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before


def test_command_with_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = invoke(tmp_path / "empty", "-o", tmp_path / "page.html")
    assert result.exit_code == 1
    assert f"error: {tmp_path / 'empty'}: is a folder without a photo in it\n" in result.output
    (card,) = Page((tmp_path / "page.html").read_bytes()).cards
    assert card["texts"]["problem"] == "is a folder without a photo in it"


def test_command_quiet(tmp_path: Path) -> None:
    photo = GOLDEN / "hopper_61x73.png"
    result = invoke(photo, photo, "-q", "-o", tmp_path / "page.html")
    assert (result.exit_code, result.output) == (0, "")
    assert Page((tmp_path / "page.html").read_bytes()).texts["num-faces"] == "2"


def test_command_with_a_table_of_faces_only(tmp_path: Path, found: list[ReportedPhoto]) -> None:
    write_csv(found[::2], tmp_path / "faces.csv")
    assert invoke(tmp_path / "faces.csv", "-o", tmp_path / "page.html").exit_code == 0
    page = Page((tmp_path / "page.html").read_bytes())
    assert "photos without a face" in page.texts["th"]
    assert page.texts["num-photos"] == "2"


def test_tables_that_detect_writes(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("typer")
    from typer.testing import CliRunner

    from fastmtcnn import cli

    for suffix in ("json", "jsonl", "csv"):
        table = tmp_path / f"faces.{suffix}"
        CliRunner().invoke(cli.program(), ["detect", str(folder), "--output", str(table)])
        scores = {
            photo.path: photo.detections.scores.tolist()
            for photo in read_results(table)
            if photo.detections.num_faces
        }
        assert scores == {
            str(path): MTCNN(num_threads=1).detect(path).scores.tolist()
            for path in (folder / "astronaut.png", folder / "below" / "a<b>.png")
        }


# In a browser

in_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Browser]:
    path = tmp_path / "page.html"
    path.write_bytes(written(some_photos(), folder=tmp_path)[0])
    browser.complaints.clear()
    browser.look(1200)
    browser.open(path)
    yield browser
    assert browser.complaints == []


SHOWN = "Array.from(document.querySelectorAll('.photo:not([hidden])'), e => e.dataset.path)"
ALL = [photo.path for photo in some_photos()]
B10, B2, TORN_A, ONE, GONE, TORN_C, NONE = ALL


def shown(browser: Browser, state: str) -> list[str]:
    """Return the paths that a page shows for what follows the # in its address."""
    browser.run(
        "new Promise(done => { window.addEventListener('hashchange', () => setTimeout(done), "
        f"{{once: true}}); location.hash = {json.dumps(state)}; }})"
    )
    paths: list[str] = browser.run(SHOWN)
    return paths


@in_browser
@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("name", [ONE, TORN_A, B2, B10, NONE, TORN_C, GONE]),
        ("faces", [GONE, B10, ONE, B2, TORN_A, TORN_C, NONE]),
        ("score", [ONE, GONE, B10, B2, TORN_A, TORN_C, NONE]),
        ("low", [GONE, B10, ONE, B2, TORN_A, TORN_C, NONE]),
        ("size", [GONE, ONE, B10, B2, TORN_A, TORN_C, NONE]),
    ],
)
def test_sorting(opened: Browser, order: str, expected: list[str]) -> None:
    assert opened.run(SHOWN) == ALL
    assert shown(opened, f"sort={order}") == expected
    assert shown(opened, f"sort={order}&reverse=1") == expected[::-1]
    assert shown(opened, "sort=nonsense") == ALL


@in_browser
@pytest.mark.parametrize(
    ("state", "expected", "num_faces"),
    [
        ("name=IMG", [B10, B2], 2),
        ("name=b%2F", [B10, B2], 2),
        ("state=faces", [B10, ONE, GONE], 6),
        ("state=none", [B2], 0),
        ("state=failed", [TORN_A, TORN_C, NONE], 0),
        ("faces_min=2", [B10, GONE], 5),
        ("faces_max=1", [B2, ONE], 1),
        ("faces_min=0", [B10, B2, ONE, GONE], 6),
        ("score_min=0.95", [ONE, GONE], 2),
        ("score_max=0.83", [GONE], 2),
        ("score_min=0.84&score_max=0.92", [B10], 2),
        ("size_min=60", [ONE, GONE], 3),
        ("size_max=30", [B10, GONE], 2),
        ("size_min=35&score_max=0.9", [GONE], 1),
        ("size_min=1000", [], 0),
        ("name=o&sort=size&reverse=1&state=faces", [ONE, GONE], 4),
        ("unknown=1&__proto__=2&wanted=3", ALL, 6),
    ],
)
def test_filtering(opened: Browser, state: str, expected: list[str], num_faces: int) -> None:
    assert shown(opened, state) == expected
    told = f"{len(expected)} of 7 photos, {num_faces} of 6 faces"
    assert opened.run("document.getElementById('shown').value") == told
    assert opened.run("document.getElementById('nothing').hidden") == bool(expected)


@in_browser
def test_fields_and_buttons(opened: Browser) -> None:
    opened.type("input[name=name]", "b/")
    assert opened.run(SHOWN) == [B10, B2]
    opened.type("input[name=faces_min]", "1")
    assert opened.run(SHOWN) == [B10]
    assert opened.run("location.hash") == "#name=b%2F&faces_min=1"
    opened.click("button[type=reset]")
    opened.run("new Promise(done => setTimeout(done, 50))")
    assert opened.run(SHOWN) == ALL
    assert opened.run("location.hash") == ""
    opened.click("input[name=reverse]")
    assert opened.run(SHOWN) == ALL[::-1]
    opened.run("document.querySelector('select[name=sort]').focus()")
    opened.run("document.querySelector('select[name=sort]').value = 'size'")
    opened.run("document.forms[0].dispatchEvent(new Event('input'))")
    assert opened.run(SHOWN)[-2:] == [ONE, GONE]


@in_browser
def test_bars_show_their_faces(opened: Browser) -> None:
    bars = [
        (field, number)
        for field, count in (("score", 20), ("size", 7))
        for number in range(1, count + 1)
    ]
    for field, number in bars:
        bar = f"svg[data-field={field}] .bar:nth-of-type({number})"
        count = int(opened.run(f"document.querySelector('{bar}').dataset.count"))
        opened.click(bar)
        told = opened.run("document.getElementById('shown').value")
        assert told.endswith(f", {count} of 6 faces"), (field, number)
        opened.run("document.forms[0].reset()")


@in_browser
def test_other_faces_fade(opened: Browser) -> None:
    shown(opened, "size_min=35")
    faded = (
        "Array.from(document.querySelectorAll('.photo:first-child {}'), "
        "e => e.classList.contains('other'))"
    )
    assert opened.run(faded.format(".faces li")) == [False, True]
    assert opened.run(faded.format(".picture g")) == [False, True]


@in_browser
@pytest.mark.parametrize("width", [320, 390, 768, 1200, 1920])
def test_the_page_is_no_wider_than_the_window(opened: Browser, width: int) -> None:
    opened.look(width)
    assert opened.run("document.documentElement.scrollWidth") <= width


@in_browser
def test_dark_and_light(opened: Browser) -> None:
    def brightness() -> float:
        picture = PIL.Image.open(io.BytesIO(opened.screenshot())).convert("L")
        return float(np.median(np.asarray(picture)))

    assert brightness() > 200
    opened.look(1200, dark=True)
    assert brightness() < 60


@in_browser
def test_hostile_names_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    photos = [
        ReportedPhoto(name, 150, 100, faces((1, 30, 0.9)), random_image(100, 150))
        for name in HOSTILE
    ]
    photos += [ReportedPhoto.failed(name, name) for name in HOSTILE]
    settings = dict(zip(HOSTILE, HOSTILE, strict=True))
    content, _ = written(photos, title="title", settings=settings, folder=tmp_path)
    (tmp_path / "page.html").write_bytes(content)
    browser.complaints.clear()
    browser.look(1200)
    browser.open(tmp_path / "page.html")
    assert browser.run("document.title") == "title"
    assert browser.run("Array.from(document.querySelectorAll('h2'), e => e.textContent)") == [
        os.path.basename(name)  # noqa: PTH119
        for name in HOSTILE * 2
    ]
    assert browser.run("document.scripts.length") == 1
    links = browser.run("Array.from(document.querySelectorAll('.photo a'), e => e.protocol)")
    assert links == ["file:"] * len(HOSTILE)
    # Even what would be let in could not run.
    browser.run(
        "document.body.insertAdjacentHTML('beforeend', "
        "`<img src='data:,' onerror=\"document.title = 'taken'\">`)"
    )
    browser.run("new Promise(done => setTimeout(done, 100))")
    assert browser.run("document.title") == "title"
    (refused,) = browser.complaints
    assert "Content Security Policy" in refused
