"""Options found by measuring speed against accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .errors import unknown_name


def _sure(pnet: float, min_score: float) -> dict[str, Any]:
    """Return options for scores that are products, above a limit only if both factors are."""
    return {
        "thresholds": (pnet, min_score, min_score),
        "joint_scores": True,
        "second_look": True,
        "min_score": min_score,
    }


# What they are measured by is in docs/presets.md.
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        name: MappingProxyType(options)
        for name, options in {
            "fast": {
                "min_face_size": 40.0,
                **_sure(0.5, 0.55),
                "factor": 0.6,
                "mirror": ("onet",),
            },
            "balanced": {
                "min_face_size": 20.0,
                **_sure(0.5, 0.55),
                "mirror": ("onet",),
            },
            "accurate": {
                "min_face_size": 20.0,
                **_sure(0.3, 0.45),
                "mirror": ("rnet", "onet"),
            },
            "paper": {
                "min_face_size": 10.0,
                "thresholds": (0.5, 0.5, 0.3),
                "factor": 0.79,
                "variant": "original",
            },
        }.items()
    }
)


def find_preset(name: object) -> Mapping[str, Any]:
    """Return the options of a preset.

    Parameters
    ----------
    name : object
        As for `MTCNN.preset`.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if not isinstance(name, str) or name not in PRESETS:
        raise unknown_name("preset", name, PRESETS)
    return PRESETS[name]
