"""Options found by measuring speed against accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .errors import unknown_name

_SURE: Mapping[str, Any] = {"mirror": ("onet",), "joint_scores": True, "second_look": True}

# What they are measured by is in docs/presets.md.
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        name: MappingProxyType(options)
        for name, options in {
            "fast": {
                "min_face_size": 40.0,
                "thresholds": (0.5, 0.55, 0.55),
                **_SURE,
                "factor": 0.6,
                "min_score": 0.55,
            },
            "balanced": {
                "min_face_size": 20.0,
                "thresholds": (0.5, 0.5, 0.3),
                **_SURE,
                "min_score": 0.5,
                "variant": "original",
            },
            "accurate": {
                "min_face_size": 16.0,
                "thresholds": (0.4, 0.4, 0.2),
                **_SURE,
                "min_score": 0.5,
                "variant": "original",
            },
            "best": {
                "min_face_size": 10.0,
                "thresholds": (0.3, 0.3, 0.1),
                **_SURE,
                "views": ("grey", "mirror", "half-step"),
                "min_score": 0.8,
                "variant": "original",
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
