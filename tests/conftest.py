from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Generator

import pytest

import fastmtcnn

if importlib.util.find_spec("hypothesis"):  # test_minimal.py does without
    from hypothesis import settings

    # The same examples every time; `--hypothesis-profile=explore` looks for new ones.
    settings.register_profile("tests", deadline=None, derandomize=True)
    settings.register_profile("explore", deadline=None, max_examples=5_000)
    settings.load_profile("tests")


@pytest.fixture(scope="session")
def detector() -> fastmtcnn.MTCNN:
    """One with default options, for all tests that need no other."""
    return fastmtcnn.MTCNN(num_threads=1)


# Packages that the extras `cli` and `test` install. A test that needs any other is `optional`:
# by this mark it is selected where that package is installed.
INSTALLED = {"hypothesis", "jinja2", "onnx", "rich", "sybil", "typer"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that is skipped for want of an optional package and is not marked so."""
    report = yield
    require_mark(report, item.get_closest_marker("optional") is not None)
    return report


# Such a module is not imported to its end, so that its marks are known from its text alone.
_MARKED = re.compile(r"^pytestmark = .*\bpytest\.mark\.optional\b", re.MULTILINE)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that is skipped for want of an optional package and is not marked so."""
    report = yield
    marked = isinstance(collector, pytest.Module) and bool(
        _MARKED.search(collector.path.read_text("utf-8"))
    )
    require_mark(report, marked)
    return report


def require_mark(report: pytest.TestReport | pytest.CollectReport, marked: bool) -> None:
    """Turn a skip for want of an optional package into a failure unless it is marked."""
    if marked or not report.skipped or not isinstance(report.longrepr, tuple):
        return
    missing = re.match(r"Skipped: could not import '(\w+)", report.longrepr[2])
    if missing and missing[1] not in INSTALLED | sys.stdlib_module_names:
        report.outcome = "failed"
        report.longrepr = f"this needs {missing[1]}: mark it with pytest.mark.optional"
