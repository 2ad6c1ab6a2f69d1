"""The option --roi: the part of the images to search."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from typer.testing import CliRunner

import fastmtcnn
from fastmtcnn import cli
from tests.support.helpers import GOLDEN

REGION = (50, 40, 280, 270)
FACE = str(GOLDEN / "astronaut_333x277.png")


def invoke(*arguments: str | Path) -> Any:
    return CliRunner().invoke(cli.program(), list(map(str, arguments)), prog_name="fastmtcnn")


def test_roi(tmp_path: Path) -> None:
    """Of all commands that detect; results are those of the method's argument."""
    flag = ["--roi", ",".join(map(str, REGION))]
    expected = fastmtcnn.MTCNN().detect(FACE, roi=REGION)
    outside = ["--roi", "0 0 60,60"]
    assert expected.num_faces == 1

    faces = json.loads(invoke("detect", FACE, *flag, "--json", "-", "-q").stdout)[0]["faces"]
    np.testing.assert_allclose([each["box"] for each in faces], expected.boxes, atol=0.05)
    for region, number in ((flag, 1), (outside, 0)):
        out = tmp_path / str(number)
        assert invoke("crop", FACE, *region, "--to", out).exit_code == 0
        assert len(list(out.glob("*"))) == number
        result = invoke("report", FACE, *region, "-o", tmp_path / "r.html")
        assert result.stdout.startswith(f"{number} face")
        result = invoke("explain", FACE, *region)
        assert result.stdout.splitlines()[-1].startswith(f"{number} face")
    result = invoke("bench", FACE, *flag, "--rounds", "1")
    assert f"230x230, min_face_size 20, {expected.num_faces} face" in result.stdout


@pytest.mark.parametrize("value", ["1", "1,2,3", "1,2,3,x", "5,5,5,9", "1.5,2,3,4", "1,2,3,4,5"])
def test_a_wrong_roi(value: str) -> None:
    result = invoke("detect", FACE, "--roi", value)
    assert result.exit_code == 2
    assert result.output.splitlines()[0] == (
        "error: --roi must be four whole numbers with commas between them, such as "
        f"--roi 0,0,640,480, the second pair larger than the first, got {value!r}"
    )


def test_a_roi_outside_of_the_photo() -> None:
    result = invoke("detect", FACE, "--roi", "900,0,999,50")
    assert result.exit_code == 1
    assert "roi must have pixels in common with the image of 333x277" in result.output


def test_a_point_and_a_roi() -> None:
    result = invoke("explain", FACE, "--at", "20,20", "--roi", "0,0,50,50")
    assert (result.exit_code, "--at and --roi cannot go together" in result.output) == (2, True)
