"""Which module imports which: no circle, and no import of what lies above.

The source is read, so that imports within functions and for type checkers only count as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import fastmtcnn

Graph = Mapping[str, set[str]]

PACKAGE = Path(fastmtcnn.__file__).parent
LEAVES = (
    *("arrow", "cli", "compat", "diagnostics", "evaluation", "explaining", "reporting"),
    *("shards", "video"),
)


def modules_in(folder: Path) -> dict[str, Path]:
    """Return the files of a package by the names of their modules."""
    named = {}
    for path in [*folder.rglob("*.py"), *folder.rglob("*.pyi")]:  # also of what is compiled
        parts = [folder.name, *path.relative_to(folder).with_suffix("").parts]
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


def imported_by(name: str, path: Path, modules: Mapping[str, Path]) -> Iterator[str]:
    """Yield the modules of the package that the source of one names, wherever it does."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in modules)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                start = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*start, base] if base else start)
            for each in node.names:
                inner = f"{base}.{each.name}"
                if inner in modules:
                    yield inner
                elif base in modules:
                    yield base


def graph_of(folder: Path) -> dict[str, set[str]]:
    modules = modules_in(folder)
    return {name: set(imported_by(name, path, modules)) for name, path in modules.items()}


def circles(graph: Graph) -> list[list[str]]:
    """Return the groups of modules that import each other, whether directly or by others."""
    reached = {name: reachable(name, graph) for name in graph}
    groups = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in graph
        if name in reached[name]
    }
    return [list(group) for group in sorted(groups)]


def reachable(name: str, graph: Graph) -> set[str]:
    found: set[str] = set()
    waiting = list(graph[name])
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += graph[each]
    return found


def in_room(name: str, *rooms: str) -> bool:
    return any(f"{name}.".startswith(f"fastmtcnn.{room}.") for room in rooms)


def reaches_up(graph: Graph) -> list[str]:
    """Return the imports that lead from a room to one above it."""
    below_detector = reachable("fastmtcnn.detector", graph) | {"fastmtcnn.detector"}
    found = []
    for name, imported in sorted(graph.items()):
        for other in sorted(imported):
            wrong = (
                (name in below_detector and in_room(other, *LEAVES))
                or (in_room(name, "results") and in_room(other, "cli", "reporting"))
                or (in_room(other, "cli") and not in_room(name, "cli", "__main__"))
            )
            if wrong:
                found.append(f"{name} imports {other}")
    return found


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    graph = graph_of(PACKAGE)
    assert "fastmtcnn._core" in reachable("fastmtcnn.detector", graph)  # so that it is one
    return graph


def test_no_circles(graph: Graph) -> None:
    assert circles(graph) == []


def test_no_import_of_what_lies_above(graph: Graph) -> None:
    assert reaches_up(graph) == []


COUNTER_EXAMPLES = {
    "plain": ("from . import b", "import p.c", "from .a import x"),
    "in a function": ("from .b import x", "def f():\n    from .c import y", "from p.a import z"),
    "for type checkers": (
        "from . import b",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .c import y",
        "from . import a",
    ),
}


@pytest.mark.parametrize("sources", COUNTER_EXAMPLES.values(), ids=COUNTER_EXAMPLES)
def test_circles_are_found(sources: tuple[str, str, str], tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "__init__.py").write_text("from .a import x\n")
    for name, source in zip("abc", sources, strict=True):
        (folder / f"{name}.py").write_text(f"{source}\n")
    assert circles(graph_of(folder)) == [["p.a", "p.b", "p.c"]]
    (folder / "c.py").write_text("import json\n")
    assert circles(graph_of(folder)) == []


def test_reaches_up_are_found() -> None:
    graph: Graph = {
        "fastmtcnn.detector": {"fastmtcnn.files.images"},
        "fastmtcnn.files.images": {"fastmtcnn.video.reading"},
        "fastmtcnn.video.reading": set(),
        "fastmtcnn.results.photo": {"fastmtcnn.reporting.page"},
        "fastmtcnn.reporting.page": {"fastmtcnn.cli.messages"},
        "fastmtcnn.cli.messages": set(),
        "fastmtcnn.__main__": {"fastmtcnn.cli.messages"},
    }
    assert reaches_up(graph) == [
        "fastmtcnn.files.images imports fastmtcnn.video.reading",
        "fastmtcnn.reporting.page imports fastmtcnn.cli.messages",
        "fastmtcnn.results.photo imports fastmtcnn.reporting.page",
    ]
