"""Presets by name, and presets of one's own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from fastmtcnn.training import PRESETS, Preset, Settings
from fastmtcnn.training.settings import find_preset


def test_a_preset_of_ones_own() -> None:
    own = replace(PRESETS["modern"], nesterov=False)
    settings = Settings(own)
    assert find_preset(settings.preset) is own
    recorded = json.loads(json.dumps(settings.to_dict()))["preset"]
    assert recorded["nesterov"] is False
    assert recorded["stages"]["pnet"]["windows"]["reference"] == "square"
    assert recorded != json.loads(json.dumps(Settings(PRESETS["modern"]).to_dict()))["preset"]


@pytest.mark.parametrize(
    ("preset", "error", "wanted"),
    [
        ("best", ValueError, "preset must be one of"),
        (3, TypeError, "preset must be a name or a Preset, got int"),
        (PRESETS, TypeError, "preset must be a name or a Preset, got dict"),
    ],
)
def test_what_is_no_preset(preset: Any, error: type[Exception], wanted: str) -> None:
    with pytest.raises(error, match=wanted):
        Settings(preset)


def test_a_preset_has_all_networks() -> None:
    modern = PRESETS["modern"]
    stages = {"pnet": modern.stages["pnet"]}
    with pytest.raises(ValueError, match="must have stages pnet, rnet, onet, got pnet"):
        Preset(stages, "he", "cosine", 0, True, "all")
