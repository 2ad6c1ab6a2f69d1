"""Names of files and folders to be written."""

from __future__ import annotations

from pathlib import Path

import typer


def refuse_dash(name: str | Path | None, option: str, wanted: str) -> None:
    """Refuse ``-``, by which a command may mean standard output, where it cannot be that.

    Parameters
    ----------
    name : str, Path or None
        What the user named, if anything.
    option : str
        Option with which the user set it, for the error.
    wanted : str
        What it must name, such as ``"a folder"``.

    Raises
    ------
    typer.BadParameter
        If it is ``-``.
    """
    if name is not None and str(name) == "-":
        raise typer.BadParameter(
            f"must name {wanted}, got -: this cannot go to standard output", param_hint=option
        )
