"""Explanations of why a face at a point was detected or missed."""

from .explanation import Explanation, explain
from .pictures import stage_pictures
from .stages import Stage

__all__ = ["Explanation", "Stage", "explain", "stage_pictures"]
