"""Results as tables on the terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .._core import peak_multiply_adds
from ..diagnostics.profiling import Stage
from ..results.photo import Photo
from .messages import shown

_NARROWEST, _UNLIMITED = 80, 1_000_000  # columns; in fewer, the table would lose numbers


def as_table(found: Sequence[Photo]) -> str:
    """Return a table that fits the terminal, or if there is none, as wide as it must be.

    Parameters
    ----------
    found : sequence of Photo
        In the order wanted.
    """
    stdout = Console()
    on_terminal = stdout.file.isatty()
    page = io.StringIO()
    console = Console(
        file=page,
        force_terminal=stdout.is_terminal,
        width=max(stdout.width, _NARROWEST) if on_terminal else _UNLIMITED,
    )
    console.print(_table(found, on_terminal))
    console.print()
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


def _table(found: Sequence[Photo], on_terminal: bool) -> Table:
    table = Table(
        box=SIMPLE_HEAD if on_terminal else None,
        padding=(0, 0 if on_terminal else 1),
        pad_edge=False,
        show_edge=False,
    )
    table.add_column("photo", overflow="fold")
    for name in ("face", "score", "x1", "y1", "x2", "y2"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("landmarks", overflow="fold")
    for photo in found:
        path = Text(shown(photo.path))
        for number, face in enumerate(photo.detections.faces(), start=1):
            table.add_row(
                path,
                str(number),
                f"{face.score:.4f}",
                *(f"{value:.1f}" for value in face.box),
                " ".join(f"{x:.0f},{y:.0f}" for x, y in face.landmarks),
            )
        if photo.detections.num_faces == 0:
            table.add_row(path, "none")
    return table


def as_profile(total: float, stages: Sequence[Stage]) -> str:
    """Return where the time of a detection went.

    Parameters
    ----------
    total : float
        Seconds of the detection.
    stages : sequence of Stage
        Its parts.
    """
    peak = peak_multiply_adds(0.2)
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for name in ("stage", "calls", "items", "ms", "share", "Gmadd/s", "of peak"):
        table.add_column(name, justify="left" if name == "stage" else "right", no_wrap=True)
    for stage in sorted(stages, key=lambda stage: -stage.seconds):
        table.add_row(
            stage.name,
            str(stage.calls),
            str(stage.items or ""),
            f"{stage.seconds * 1e3:.2f}",
            f"{stage.seconds / total:.1%}",
            f"{stage.rate / 1e9:.1f}" if stage.rate else "",
            f"{stage.rate / peak:.0%}" if stage.rate else "",
        )
    table.add_row("total", "", "", f"{total * 1e3:.2f}", "", f"{peak / 1e9:.1f}", "100%")
    page = io.StringIO()
    Console(file=page, width=_NARROWEST).print(table)
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())
