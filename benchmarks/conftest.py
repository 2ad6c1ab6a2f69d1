"""What times both sides of a benchmark, and the table that sets them side by side."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import fastmtcnn
from benchmarks import files
from benchmarks.rows import OURS, REFERENCE, SIDES, Row

Answer: TypeAlias = npt.NDArray[Any] | tuple[npt.NDArray[Any], ...]


ROWS = pytest.StashKey[dict[str, Row]]()


@pytest.fixture(scope="session")
def crowd() -> npt.NDArray[np.uint8]:
    """Return a collage of 20 faces, 1280x801."""
    return files.crowd()


@pytest.fixture(params=SIDES)
def compare(request: pytest.FixtureRequest, benchmark: BenchmarkFixture) -> Iterator[Any]:
    """Return a function that times one side of a group and checks its answer by the other."""
    side: str = request.param

    def run(
        group: str,
        ours: Callable[..., Any],
        reference: Callable[..., Any],
        *,
        target: float,
        settings: str = "",
        check: Callable[[Any, Any], None] = assert_same_bits,
    ) -> None:
        benchmark.group = group
        benchmark.extra_info.update(side=side, target=target, settings=settings)
        timed, other = (ours, reference) if side == OURS else (reference, ours)
        check(benchmark(timed), other())

    yield run
    if benchmark.stats is not None:
        info = benchmark.extra_info
        row = Row(benchmark.group, info["target"], info["settings"])
        row = request.config.stash.setdefault(ROWS, {}).setdefault(benchmark.group, row)
        row.medians[side] = benchmark.stats.stats.median
        if "networks" in info:
            row.networks[side] = info["networks"]
        if "wall" in info:
            row.wall[side] = info["wall"]


@pytest.fixture
def add_row(request: pytest.FixtureRequest) -> Callable[[Row], None]:
    """Return a function that adds a row to the table at the end."""

    def add(row: Row) -> None:
        request.config.stash.setdefault(ROWS, {})[row.group] = row

    return add


def assert_same_bits(answer: Answer, expected: Answer) -> None:
    """Compare arrays, or tuples of them, bit for bit."""
    if isinstance(answer, np.ndarray):
        answer = (answer,)
    if isinstance(expected, np.ndarray):
        expected = (expected,)
    for mine, other in zip(answer, expected, strict=True):
        assert (mine.dtype, mine.shape) == (other.dtype, other.shape)
        same_bits = mine.tobytes() == other.tobytes()
        assert same_bits


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--assert-ratios", action="store_true", help="fail when a ratio is below its target"
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    missed = any(row.is_below for row in _rows(session.config))
    if missed and session.config.getoption("--assert-ratios"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)  # after the tables of pytest-benchmark
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    rows = _rows(config)
    if not rows:
        return
    header = ["group", f"{OURS} us", f"{REFERENCE} us", "ratio", "target", "", "settings"]
    table = [header, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    terminalreporter.section("medians of both sides, and their ratios")
    for cells in table:
        group, *numbers, mark, notes = zip(cells, widths, strict=True)
        line = [group[0].ljust(group[1]), *(cell.rjust(width) for cell, width in numbers)]
        line += [mark[0].ljust(mark[1]), notes[0]]
        terminalreporter.write_line("  ".join(line).rstrip())
    packages = ("fastmtcnn", "numpy", "pillow", "onnxruntime")
    terminalreporter.write_line(
        f"Python {platform.python_version()}, "
        f"{', '.join(f'{name} {version(name)}' for name in packages)}; "
        f"{fastmtcnn.cpu_features()[0]}, one thread on each side, {os.cpu_count()} cores"
    )


def _rows(config: pytest.Config) -> list[Row]:
    rows = config.stash.get(ROWS, {}).values()
    return [row for row in rows if len(row.medians) == len(SIDES)]
