"""What runs the documentation's examples finds what is wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from unittest import SkipTest

import pytest

from tests.support.examples import Page

Run = Callable[[str], None]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the last example of a page, and so all of them."""
    command = tmp_path / "fastmtcnn"
    command.write_text('#!/bin/sh\necho "said $1"\nexit "${2:-0}"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    def run_page(text: str) -> None:
        path = tmp_path / "page.md"
        path.write_text(text)
        page = Page(path)
        assert page.examples
        page.run(len(page.examples) - 1)

    return run_page


def block(language: str, source: str) -> str:
    return f"```{language}\n{source}\n```\n\n"


def python(source: str, printed: str) -> str:
    return block("python", source) + block("text", printed)


@pytest.mark.parametrize(
    "text",
    [
        python("print('a  b')", "a  b"),
        python("print(1)\nprint(2)\nprint(3)", "1\n...\n3"),
        block("python", "a = 1") + python("print(a)", "1"),
        block("console", "$ fastmtcnn a\nsaid a\n$ fastmtcnn b\nsaid b"),
        "<!-- status: 1 -->\n"
        + block("console", "$ fastmtcnn a 1\nsaid a").removeprefix("Text\n\n"),
        block("sh", "pip install nothing\nfastmtcnn a"),
        "Text\n\n    fastmtcnn a   # a comment\n    fastmtcnn \\\n        b\n",
        '<!-- skip: next "no such thing" -->\n'
        + block("sh", "fastmtcnn a 1")
        + block("sh", "fastmtcnn a"),
    ],
)
def test_right(run: Run, text: str) -> None:
    run(text)


@pytest.mark.parametrize(
    "text",
    [
        python("print('a b')", "a  b"),
        python("print(1)", ""),
        python("pass", "1"),
        block("python", "print(1 / 0)"),
        block("python", "import fastmtcn"),
        block("python", "print(a)"),
        block("console", "$ fastmtcnn a\nsaid b"),
        block("console", "$ fastmtcnn a 1\nsaid a"),
        block("sh", "fastmtcnn a 2"),
        "Text\n\n    fastmtcnn a\n    fastmtcnn b 1\n",
        "Text\n\n    echo | fastmtcnn a 1\n",
        "<!-- status: 2 -->\n    fastmtcnn a 1\n",
    ],
)
def test_wrong(run: Run, text: str) -> None:
    with pytest.raises((ArithmeticError, AssertionError, ImportError, NameError)):
        run(text)


def test_skipped(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    needs_torch = block("python", "import torch\nones = torch.ones(3)")
    with pytest.raises(SkipTest, match="needs torch, which is not installed"):
        run(needs_torch)
    with pytest.raises(SkipTest, match="what should print it was not run"):
        run(needs_torch + block("text", "1"))
    with pytest.raises(SkipTest, match="needs what was skipped: name 'ones' is not defined"):
        run(needs_torch + block("python", "print(ones)"))
    with pytest.raises(SkipTest, match="the reason"):
        run('<!-- skip: next "the reason" -->\n' + block("sh", "fastmtcnn a"))
