"""The findings of a check of annotated photographs as text for the terminal."""

from __future__ import annotations

from ..errors import printable
from ..training.checking.report import CheckReport
from ..training.checking.tables import check_tables
from .text_tables import plain_table

_MOST_LISTED = 20


def check_text(report: CheckReport) -> str:
    """Return the findings of a check: tables, photographs that cannot be read, and warnings.

    Parameters
    ----------
    report : CheckReport
        The findings.
    """
    parts = []
    for table in check_tables(report):
        rows = [[printable(cell) for cell in row] for row in table.rows]
        num_left = 2 if table.header[1] == "format" else 1
        parts.append(plain_table(table.header, rows, num_left=num_left))
    unreadable = [
        f"{printable(problem.where)}: {printable(problem.detail)}"
        for each in report.sets
        for problem in each.problems
        if problem.kind in ("photo_missing", "photo_unreadable")
    ]
    if unreadable:
        more = len(unreadable) - _MOST_LISTED
        listed = unreadable[:_MOST_LISTED] + ([f"and {more} more"] if more > 0 else [])
        parts.append("".join(f"{line}\n" for line in ["photographs that cannot be used:", *listed]))
    warnings = report.warnings()
    if warnings:
        parts.append("".join(f"warning: {sentence}\n" for sentence in warnings))
    return "\n".join(parts)
