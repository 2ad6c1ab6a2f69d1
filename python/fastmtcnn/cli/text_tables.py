"""Tables of text for the terminal and for other programs."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .._core import measure_peak_macs
from ..diagnostics.profiling import Profile
from ..errors import printable
from ..results.photo import Photo

_NARROWEST, _UNLIMITED = 80, 1_000_000  # columns; a narrower table would lose numbers


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, num_left: int = 1) -> str:
    """Return a table without lines, as wide as its content.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : sequence of sequence of str
        The cells of each row, as many as columns.
    num_left : int, default 1
        Number of columns, from the first, that are aligned to the left; the others are aligned to
        the right.
    """
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for number, name in enumerate(header):
        table.add_column(name, justify="left" if number < num_left else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    page = io.StringIO()
    return _rendered(table, page, Console(file=page, width=_UNLIMITED))


def photo_table(photos: Sequence[Photo]) -> str:
    """Return a table of the faces of photos, which names each photo once.

    Parameters
    ----------
    photos : sequence of Photo
        The photos, in the order of the table.

    Returns
    -------
    str
        The table: folded to the width of the terminal, or as wide as its content if standard
        output is no terminal.
    """
    stdout = Console()
    on_terminal = stdout.file.isatty()
    page = io.StringIO()
    console = Console(
        file=page,
        force_terminal=stdout.is_terminal,
        width=max(stdout.width, _NARROWEST) if on_terminal else _UNLIMITED,
    )
    return _rendered(_photo_table(photos, on_terminal), page, console) + "\n"


def _rendered(table: Table, page: io.StringIO, console: Console) -> str:
    console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


def _photo_table(photos: Sequence[Photo], on_terminal: bool) -> Table:
    table = Table(
        box=SIMPLE_HEAD if on_terminal else None,
        padding=(0, 0 if on_terminal else 1),
        pad_edge=False,
        show_edge=False,
    )
    table.add_column("photo", overflow="fold")
    for name in ("face", "score", "x1", "y1", "x2", "y2"):
        table.add_column(name, justify="right", no_wrap=True)
    for photo in photos:
        path = Text(printable(photo.path))
        for number, face in enumerate(photo.detections.faces(), start=1):
            table.add_row(
                path if number == 1 else "",
                str(number),
                f"{face.score:.4f}",
                *(f"{value:.1f}" for value in face.box),
            )
        if photo.detections.num_faces == 0:
            table.add_row(path, "none")
    return table


def profile_table(measured: Profile) -> str:
    """Return a table of the time that each part of a detection takes.

    Parameters
    ----------
    measured : Profile
        The times. Rates and shares are of the CPU time.
    """
    peak = measure_peak_macs(0.2)
    rows = [
        (
            stage.name,
            stage.engine,
            str(stage.calls),
            str(stage.items or ""),
            f"{stage.seconds * 1e3:.2f}",
            f"{stage.cpu_seconds * 1e3:.2f}",
            f"{stage.cpu_seconds / measured.cpu_seconds:.1%}" if measured.cpu_seconds else "",
            f"{stage.rate / 1e9:.1f}" if stage.rate else "",
            f"{stage.rate / peak:.0%}" if stage.rate else "",
            f"{stage.issued_rate / peak:.0%}" if stage.issued_rate else "",
        )
        for stage in sorted(measured.stages, key=lambda stage: -stage.cpu_seconds)
    ]
    wall, cpu = (f"{each * 1e3:.2f}" for each in (measured.seconds, measured.cpu_seconds))
    rows.append(("total", "", "", "", wall, cpu, "", f"{peak / 1e9:.1f}", "100%", ""))
    header = ("stage", "engine", "calls", "items", "ms", "CPU ms", "share", "Gmadd/s", "of peak")
    return plain_table((*header, "issued"), rows, num_left=2)
