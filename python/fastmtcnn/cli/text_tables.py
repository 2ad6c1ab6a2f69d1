"""Tables of text for the terminal and for other programs."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from .._core import measure_peak_macs
from ..diagnostics.profiling import Profile

_UNLIMITED = 1_000_000  # columns


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
    Console(file=page, width=_UNLIMITED).print(table)
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


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
