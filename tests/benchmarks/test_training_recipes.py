"""benchmarks/training/recipes.py: every change changes one thing, and all together everything."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from benchmarks.training.recipes import ARCHITECTURES, CHANGES, all_recipes, figures_of, table
from fastmtcnn.networks.architecture import find_architecture
from fastmtcnn.training import PRESETS, Data, Settings

pytestmark = pytest.mark.optional

PAPER, MODERN = PRESETS["paper"], PRESETS["modern"]


def test_each_change_changes_something() -> None:
    for change in CHANGES.values():
        assert change(PAPER, MODERN) != PAPER
        assert change(MODERN, PAPER) != MODERN
        assert change(PAPER, PAPER) == PAPER


def test_all_changes_together_lead_from_one_preset_to_the_other() -> None:
    """But for what only numbers of steps and shares of the time say."""
    changed = PAPER
    for change in CHANGES.values():
        changed = change(changed, MODERN)
    differing = {
        name
        for key, stage in changed.stages.items()
        for name, value in vars(stage).items()
        if value != getattr(MODERN.stages[key], name)
    }
    assert differing == {"steps", "time_share"}
    others = {name for name in vars(MODERN) if getattr(changed, name) != getattr(MODERN, name)}
    assert others == {"stages"}


def test_recipes_can_be_trained() -> None:
    recipes = all_recipes()
    assert len(recipes) == 2 + 2 * len(CHANGES) + len(ARCHITECTURES)
    for name, recipe in recipes.items():
        assert recipe.name == name
        assert "/" not in name
        Settings(recipe.preset, architectures=recipe.architectures)
        for key, architecture in recipe.architectures.items():
            find_architecture(key, architecture)


def test_the_table_holds_means_and_the_spread() -> None:
    runs: list[dict[str, Any]] = [
        {"seed": 0, "AP": 0.5, "recall": 0.6, "ms": 10.0, "training": {}},
        {"seed": 1, "AP": 0.54, "recall": None, "ms": 20.0, "training": {}},
    ]
    found = table({"paper": runs})
    assert found.header == ["recipe", "seeds", "AP", "recall", "AP, spread", "ms a photograph"]
    assert found.rows == [["paper", "2", "52.0", "60.0", "4.0", "15"]]
    runs[0]["AP"] = math.nan
    assert table({"paper": runs}).rows[0][4] == "-"


def test_figures_of_a_run_with_other_options_are_refused(tmp_path: Path) -> None:
    options = {"data": ["voc:set"], "photos": None, "time": 60.0, "steps": None}
    arguments = argparse.Namespace(work=tmp_path, **options)
    recipe = all_recipes()["paper"]
    figures = {"seed": 3, "AP": 0.5, "trained with": options}
    (tmp_path / "paper-3.json").write_text(json.dumps(figures))
    assert figures_of(recipe, 3, Data(["voc:set"]), [], arguments) == figures
    arguments.time = 61.0
    with pytest.raises(SystemExit, match=r"paper-3\.json: a run with other options"):
        figures_of(recipe, 3, Data(["voc:set"]), [], arguments)
