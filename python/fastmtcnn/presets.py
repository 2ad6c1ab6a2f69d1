"""Options found by measuring speed against accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .errors import unknown_name

# A product is above min_score only if both of its factors are.
_MIN_SCORE = 0.6
_BOTH_ABOVE = (_MIN_SCORE, _MIN_SCORE)

# What they are measured by is in docs/presets.md.
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        name: MappingProxyType(options)
        for name, options in {
            "fast": {
                "min_face_size": 40.0,
                "thresholds": (0.5, *_BOTH_ABOVE),
                "factor": 0.6,
                "mirror": ("onet",),
                "joint_scores": True,
                "min_score": _MIN_SCORE,
            },
            "balanced": {
                "min_face_size": 20.0,
                "thresholds": (0.5, *_BOTH_ABOVE),
                "mirror": ("onet",),
                "joint_scores": True,
                "min_score": _MIN_SCORE,
            },
            "accurate": {
                "min_face_size": 14.0,
                "thresholds": (0.3, *_BOTH_ABOVE),
                "mirror": ("rnet", "onet"),
                "joint_scores": True,
                "min_score": _MIN_SCORE,
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
