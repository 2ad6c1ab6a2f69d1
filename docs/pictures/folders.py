"""A terminal with ``fastmtcnn detect``, its table and its progress: what docs/folders.md shows."""

from __future__ import annotations

import io
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden"
SOURCES = ("crowd.png", "astronaut.png", "grace_hopper.png", "coffee_noface.png")
TABLED = ("astronaut.png", "coffee_noface.png", "grace_hopper.png")
COMMAND = "fastmtcnn detect photos --output faces.csv --draw annotated"
_PHOTOS, _TORN, _SHOWN = 60, 7, 41
_COLUMNS, _TABLE_COLUMNS = 100, 80
# No font of another server; else as rich has it.
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def make(folder: Path) -> None:
    """Write the pictures.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    _make_progress(folder)
    _make_table(folder)


def _make_progress(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as work:
        _make_photos(Path(work) / "photos")
        shown, printed = _run(COMMAND, Path(work), _COLUMNS)
    frames = [part for part in re.split(r"\r|\x1b\[2K|\x1b\[1A", shown) if part.strip()]
    (error,) = [line.strip() for line in shown.splitlines() if "error: " in line]
    error = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", error).removeprefix("\r")
    done = re.compile(rf"(\d+)/{_PHOTOS}")
    bar = next(
        frame for frame in frames if (found := done.search(frame)) and int(found[1]) >= _SHOWN
    )
    prompt = Text.assemble(("$ ", "bold green"), COMMAND)
    lines: list[str | Text] = [prompt, error, Text.from_ansi(bar.strip("\n")), ""]
    lines += [prompt, error, "...", printed.splitlines()[-1]]
    _write(folder / "folders.svg", lines, _COLUMNS)


def _make_table(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as work:
        for name in TABLED:
            shutil.copy(GOLDEN / name, work)
        command = f"fastmtcnn detect {' '.join(TABLED)}"
        shown, _ = _run(command, Path(work), _TABLE_COLUMNS, table=True)
    _write(
        folder / "folders-table.svg",
        [Text.assemble(("$ ", "bold green"), command), *shown.splitlines()],
        _TABLE_COLUMNS,
    )


def _write(path: Path, lines: Sequence[str | Text], columns: int) -> None:
    console = Console(record=True, width=columns, file=io.StringIO())
    console.print(*lines, sep="\n", highlight=False)
    picture = console.export_svg(title="fastmtcnn", theme=DIMMED_MONOKAI, unique_id=path.stem)
    path.write_text(_FONTS.sub("", picture), encoding="utf-8")


def _make_photos(folder: Path) -> None:
    folder.mkdir()
    for number in range(_PHOTOS):
        path = folder / f"IMG_{number + 1:04}.jpg"
        with Image.open(GOLDEN / SOURCES[number % len(SOURCES)]) as photo:
            photo.convert("RGB").save(path, quality=90)
        if number == _TORN:
            path.write_bytes(path.read_bytes()[:20_000])


def _run(command: str, folder: Path, columns: int, *, table: bool = False) -> tuple[str, str]:
    """Return what a command shows on a terminal, a table there or not, and what it prints."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", *command.split()],
        cwd=folder,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns)},
        stdout=theirs if table else subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    shown = b""
    while part := _read(ours):
        shown += part
    printed, _ = process.communicate()
    return shown.decode(), printed or ""


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 10_000)
    except OSError:  # how Linux reports that the other end is closed
        return b""
