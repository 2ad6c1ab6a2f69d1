"""A terminal with ``fastmtcnn detect`` at work on a folder: what docs/folders.md shows."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden"
SOURCES = ("crowd.png", "astronaut.png", "grace_hopper.png", "coffee_noface.png")
COMMAND = "fastmtcnn detect photos --output faces.csv --draw annotated"
_PHOTOS, _TORN, _SHOWN = 60, 7, 41
_COLUMNS = 100
# No font of another server; else as rich has it.
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def make(folder: Path) -> None:
    """Write the picture.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    with tempfile.TemporaryDirectory() as work:
        _make_photos(Path(work) / "photos")
        shown, printed = _run(COMMAND.split()[1:], Path(work))
    frames = [part for part in re.split(r"\r|\x1b\[2K|\x1b\[1A", shown) if part.strip()]
    (error,) = [line.strip() for line in shown.splitlines() if "error: " in line]
    error = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", error).removeprefix("\r")
    done = re.compile(rf"(\d+)/{_PHOTOS}")
    bar = next(
        frame for frame in frames if (found := done.search(frame)) and int(found[1]) >= _SHOWN
    )
    prompt = Text.assemble(("$ ", "bold green"), COMMAND)
    console = Console(record=True, width=_COLUMNS, file=io.StringIO())
    console.print(prompt, error, Text.from_ansi(bar.strip("\n")), "", sep="\n", highlight=False)
    console.print(prompt, error, "...", printed.splitlines()[-1], sep="\n", highlight=False)
    picture = console.export_svg(title="fastmtcnn", theme=DIMMED_MONOKAI, unique_id="folders")
    (folder / "folders.svg").write_text(_FONTS.sub("", picture), encoding="utf-8")


def _make_photos(folder: Path) -> None:
    folder.mkdir()
    for number in range(_PHOTOS):
        path = folder / f"IMG_{number + 1:04}.jpg"
        with Image.open(GOLDEN / SOURCES[number % len(SOURCES)]) as photo:
            photo.convert("RGB").save(path, quality=90)
        if number == _TORN:
            path.write_bytes(path.read_bytes()[:20_000])


def _run(arguments: list[str], folder: Path) -> tuple[str, str]:
    """Return what a command shows on a terminal, and what it prints."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "fastmtcnn", *arguments],
        cwd=folder,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": str(_COLUMNS)},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    shown = b""
    while part := _read(ours):
        shown += part
    printed, _ = process.communicate()
    return shown.decode(), printed


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 10_000)
    except OSError:  # how Linux reports that the other end is closed
        return b""
