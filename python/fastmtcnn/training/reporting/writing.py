"""The files that a run leaves for people: report.html, README.md, curves.png and curves.svg."""

from __future__ import annotations

from pathlib import Path

from ...extras import importing
from ...files.atomic_write import replacing
from .card import card_of
from .curves import curves_figure, save_curves
from .log import read_log
from .page import page_of
from .summary import RunSummary

PAGE, CARD, CURVES, LOG = "report.html", "README.md", "curves", "log.jsonl"


def require_packages() -> None:
    """Raise MissingExtraError unless what the files need is installed.

    To be called before hours of training.
    """
    with importing("train"):
        import jinja2  # noqa: F401
        import matplotlib as mpl  # noqa: F401


def write_report(folder: Path, summary: RunSummary) -> list[Path]:
    """Write the page, the model card and the curves of a run, each atomically.

    Parameters
    ----------
    folder : Path
        The folder of the run, with its ``log.jsonl``, from which the curves are drawn.
    summary : RunSummary
        The run.

    Returns
    -------
    list of Path
        Paths of the files.

    Raises
    ------
    MissingExtraError
        If matplotlib or Jinja2 is not installed.
    OSError
        If a file cannot be read or written.
    """
    figure = curves_figure(read_log(folder / LOG), summary.name)
    paths = save_curves(figure, folder / CURVES)
    curves = (folder / f"{CURVES}.svg").read_text(encoding="utf-8")
    texts = {
        CARD: card_of(summary, str(folder)),
        PAGE: page_of(summary, curves, str(folder)),
    }
    for name, text in texts.items():
        with replacing(folder / name) as file:
            file.write(text.encode("utf-8", "replace"))
        paths.append(folder / name)
    return paths
