"""A page of the documentation's site, as a browser shows it: what the README shows of it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PAGE = "alignment"

_SIZE = (1240, 900)
_COLOURS = 128


def make(folder: Path) -> None:
    """Write the picture; it needs mkdocs (``pip install --group docs``) and chromium.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    sys.path.insert(0, str(ROOT))
    from tests.support.browser import Browser

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        site = Path(work) / "site"
        build = [sys.executable, "-m", "mkdocs", "build", "-q", "-d", str(site)]
        subprocess.run(
            [*build, "-f", str(ROOT / "docs" / "website" / "mkdocs.yml")],
            check=True,
            env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        )
        with Browser(Path(work) / "profile") as browser:
            browser.look(_SIZE[0], height=_SIZE[1])
            browser.open(site / PAGE / "index.html")
            picture = Image.open(io.BytesIO(browser.screenshot()))
    picture.convert("RGB").quantize(_COLOURS).save(folder / "documentation.png", optimize=True)
