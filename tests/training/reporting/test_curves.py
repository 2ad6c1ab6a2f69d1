from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import PIL.Image
import pytest

pytest.importorskip("matplotlib")

from fastmtcnn.training.reporting.curves import curves_figure, save_curves
from tests.support.runs import log_lines

pytestmark = pytest.mark.optional


def test_curves_show_what_the_log_has() -> None:
    figure = curves_figure(log_lines(), "a run")
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["P-Net", "R-Net", "O-Net"]
    names = [[line.get_label() for line in axes.get_lines()] for axes in figure.axes]
    assert names[6] == ["recall, 10 boxes", "recall, 100 boxes", "recall, 300 boxes"]
    assert names[8] == ["average precision", "recall"]
    line = figure.axes[8].get_lines()[1]
    last = [each for each in log_lines() if each["event"] == "figures"][-1]
    minutes, recall = (np.asarray(each) for each in line.get_data())
    assert minutes[-1] == float(str(last["seconds"])) / 60
    assert recall[-1] == 100 * float(str(last["recall"]))


def test_legends_lie_below_the_lines_and_the_names_of_axes() -> None:
    figure = curves_figure(log_lines(), "a run")
    figure.draw_without_rendering()
    legends = [(axes, axes.get_legend()) for axes in figure.axes]
    shown = [(axes, legend) for axes, legend in legends if legend is not None]
    assert len(shown) == 6
    for axes, legend in shown:
        assert legend.get_window_extent().y1 <= axes.xaxis.label.get_window_extent().y0


def test_stages_that_were_not_trained_are_left_out() -> None:
    figure = curves_figure(log_lines(("onet",)), "a run")
    assert [axes.get_title() for axes in figure.axes] == ["O-Net", "", ""]


def test_files(tmp_path: Path) -> None:
    title = "$\\frac{1$ <b> & \udcff"
    for folder in (tmp_path, tmp_path / "again"):
        paths = save_curves(curves_figure(log_lines(("pnet",)), title), folder / "curves")
        assert [path.name for path in paths] == ["curves.png", "curves.svg"]
    with PIL.Image.open(tmp_path / "curves.png") as picture:
        assert picture.size[0] > 600
    svg = (tmp_path / "curves.svg").read_bytes()
    texts = [node.text for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")]
    assert {"P-Net", "recall, 100 boxes", "minutes since the run began"} <= set(texts)
    assert "$\\frac{1$ <b> & ?" in texts
    assert svg == (tmp_path / "again" / "curves.svg").read_bytes()


def test_empty_log() -> None:
    figure = curves_figure([], "nothing")
    assert len(figure.axes) == 3
    assert figure.axes[0].texts[0].get_text() == "no values"
