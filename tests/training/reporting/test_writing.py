from __future__ import annotations

import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

from fastmtcnn.training.judging.worst import Miss
from fastmtcnn.training.reporting.card import card_of
from fastmtcnn.training.reporting.page import page_of
from fastmtcnn.training.reporting.summary import DataSummary
from fastmtcnn.training.reporting.writing import require_packages, write_report
from tests.support.browser import CHROMIUM, Browser
from tests.support.runs import choice, log_lines, misses, part, run_summary

pytestmark = pytest.mark.optional

VOID = {"meta", "link", "img", "br"}
SVG = '<?xml version="1.0"?><svg viewBox="0 0 9 9"><path style="fill: #ffffff"/></svg>'
HOSTILE = "<script>alert(1)</script> | `x` \"' &amp; {{ 7 * 7 }} \udcff\n# heading"


class Page(HTMLParser):
    """A page whose elements must be closed in order."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(content)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [values for name, values in self.elements if name == tag]


FILES = ["curves.png", "curves.svg", "README.md", "report.html"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a log and all that is written of it."""
    folder = tmp_path_factory.mktemp("run")
    lines = "".join(f"{json.dumps(line)}\n" for line in log_lines(("pnet",)))
    (folder / "log.jsonl").write_text(lines)
    assert write_report(folder, run_summary()) == [folder / name for name in FILES]
    return folder


def test_files_of_a_run(run: Path) -> None:
    assert sorted(path.name for path in run.iterdir()) == sorted([*FILES, "log.jsonl"])
    page = Page((run / "report.html").read_text("utf-8"))
    assert not page.named("script")
    addresses = [
        address
        for _, values in page.elements
        for name in ("src", "href")
        if (address := values.get(name)) is not None
    ]
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert all(values.get("alt") for values in page.named("img"))
    for text in ("+12.5 points", "88.5 %", "Recall of P-Net", "CC0", "recall, 100 boxes", "0.723"):
        assert text in page.text
    assert f"fastmtcnn.MTCNN(models={str(run)!r})" in page.text
    assert "nan" not in page.text.lower()


def test_report_is_replaced_and_equal(run: Path) -> None:
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    write_report(run, run_summary())
    assert before == {path.name: path.read_bytes() for path in run.iterdir()}


def test_errors_are_shown_in_their_photographs() -> None:
    page = Page(page_of(run_summary(), SVG, "run"))
    alts = [values["alt"] for values in page.named("img")]
    assert "A missed face in golden/astronaut" in alts
    assert "A false positive in golden/astronaut" in alts
    assert "No such file or directory" in page.text  # of the photograph that is gone
    errors = [values for values in page.named("rect") if "error" in (values["class"] or "").split()]
    assert [values["class"] for values in errors] == ["annotated error", "found error"]
    # The face is 105 x 135 pixels, and 2.4 times 135 are shown.
    assert float(errors[0]["width"] or 0) == pytest.approx(168 * 105 / (2.4 * 135), abs=0.06)
    assert float(errors[0]["height"] or 0) == pytest.approx(168 / 2.4, abs=0.06)


def test_warnings() -> None:
    good = Page(page_of(run_summary(), SVG, "run"))
    assert not any(values.get("role") == "alert" for values in good.named("p"))
    summary = run_summary(parts=[part(0.8, 0.7), part(0.8, 0.7, "guard")])
    bad = Page(page_of(summary, SVG, "run"))
    assert sum(values.get("role") == "alert" for values in bad.named("p")) == 2
    assert "Warning: Nothing was gained: -10.0 points" in bad.text
    assert "Warning: The networks got worse on the guard set wider" in bad.text
    card = card_of(summary, "run")
    assert "**Nothing was gained: -10.0 points" in card


def test_no_text_becomes_an_element() -> None:
    summary = run_summary()
    hostile = run_summary(
        name=HOSTILE,
        command=HOSTILE,
        finished=HOSTILE,
        settings={HOSTILE: HOSTILE},
        versions={HOSTILE: HOSTILE},
        notes=[HOSTILE],
        data=[DataSummary(HOSTILE, HOSTILE, 1, 1, 1, 1, 1.0, HOSTILE)],
        parts=[dataclasses.replace(part(0.7, 0.8), name=HOSTILE, before_name=HOSTILE)],
        thresholds=choice(HOSTILE),
        stages=[dataclasses.replace(each, architecture=HOSTILE) for each in summary.stages],
        misses=[dataclasses.replace(miss, image=HOSTILE) for miss in misses()],
    )
    page = Page(page_of(hostile, SVG, HOSTILE))
    assert not page.named("script")
    assert page.text.count("<script>alert(1)</script>") > 15
    assert "{{ 7 * 7 }}" in page.text
    page_of(hostile, SVG, HOSTILE).encode()  # no undecodable byte is left


def test_card_is_escaped() -> None:
    hostile = run_summary(
        name=HOSTILE,
        notes=["# no heading", "1. no list", "- no list", "a\n\nb"],
        settings={"a|b": "```\n<b>*x*"},
        command="echo ```\nnext",
    )
    card = card_of(hostile, "run'folder")
    lines = card.splitlines()
    headings = [line for line in lines if re.match(r"#+ ", line)]
    assert headings[0].startswith("# \\<script\\>alert(1)\\</script\\> \\| \\`x\\`")
    assert [line for line in headings if line.startswith("# ")] == headings[:1]
    assert "\\# no heading" in lines
    assert "1\\. no list" in lines
    assert "\\- no list" in lines
    assert "a b" in lines
    assert "| a\\|b | \\`\\`\\` \\<b\\>\\*x\\* |" in lines
    assert lines[lines.index("echo ```") - 1] == "````sh"  # a longer fence
    assert 'detector = fastmtcnn.MTCNN(models="run\'folder")' in lines


def test_card_tells_what_it_must() -> None:
    card = card_of(run_summary(), "run")
    for text in (
        *("## Intended use", "## Limits and bias", "## Training data", "CC0", "not given"),
        *("| average precision at IoU 0.5 | 76.0 % | 88.5 % | +12.5 points |", "0.55, 0.6, 0.723"),
        *("trained from other networks", "fastmtcnn train voc:masked", "| seed | 0 |", "| torch |"),
    ):
        assert text in card
    for table in re.findall(r"(?:^\|.*\|$\n?)+", card, re.MULTILINE):
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(columns) == 1


def test_settings_are_named_as_options() -> None:
    settings = {
        "preset": "modern",
        "stages": ("rnet", "onet"),
        "start": "shipped",
        "steps": None,
        "min_face_size": 40.0,
        "architectures": {"onet": "wide"},
        "hard_fraction": 0.7,
    }
    summary = run_summary(settings=settings)
    card = card_of(summary, "run")
    for row in ("stages | rnet,onet", "from | shipped", "architecture | onet=wide"):
        assert f"| {row} |" in card
    assert "| hard-fraction | 0.7 |" in card
    assert "| None |" not in card
    assert "trained from the shipped networks by fastmtcnn" in card
    assert "detector = fastmtcnn.MTCNN(models='run', min_face_size=40)" in card
    page = Page(page_of(summary, SVG, "run")).text
    assert "from the shipped networks" in page
    assert "fastmtcnn.MTCNN(models='run', min_face_size=40)" in page
    assert "--models run --min-face-size 40" in page
    assert "min_face_size" not in card_of(run_summary(settings={"min_face_size": 20.0}), "run")


def test_run_without_anything(tmp_path: Path) -> None:
    empty = run_summary(
        command="",
        settings={},
        versions={},
        data=[],
        stages=[],
        parts=[],
        thresholds=None,
        misses=[],
        notes=[],
        fine_tuned=False,
        seconds=float("nan"),
    )
    write_report(tmp_path, empty)
    page = Page((tmp_path / "report.html").read_text("utf-8"))
    assert "random weights" in page.text
    assert "Worst errors" not in page.text


def test_huge_runs_are_bounded() -> None:
    many: list[Miss] = misses()[2:] * 500
    summary = run_summary(
        settings={"long": "x" * 1_000_000},
        data=[*run_summary().data] * 1000,
        misses=many,
        notes=["a note"] * 10_000,
    )
    assert len(page_of(summary, SVG, "run")) < 200_000
    assert len(card_of(dataclasses.replace(summary, notes=[]), "run")) < 50_000


def test_frames_outside_the_part_are_left_out() -> None:
    miss = misses()[0]
    far = np.array([[400.0, 400, 450, 450], *miss.annotated.tolist()])
    shown = page_of(run_summary(misses=[dataclasses.replace(miss, annotated=far)]), SVG, "run")
    assert shown.count('<rect class="annotated') == 1


def test_packages_are_there() -> None:
    require_packages()


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")
@pytest.mark.parametrize("width", [380, 1200])
def test_in_a_browser(run: Path, tmp_path: Path, width: int) -> None:
    with Browser(tmp_path / "browser") as browser:
        browser.look(width)
        browser.open(run / "report.html")
        assert browser.run("document.documentElement.scrollWidth") <= width
        assert (
            browser.run("document.querySelector('.curves svg').getBoundingClientRect().width") > 300
        )
        pictures = "[...document.images].filter(each => each.closest('details') === null)"
        assert browser.run(
            f"Promise.all({pictures}.map(each => each.decode()))"
            f".then(() => {pictures}.every(each => each.naturalWidth > 0))"
        )
        assert browser.complaints == []
