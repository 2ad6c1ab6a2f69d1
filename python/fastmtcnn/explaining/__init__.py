"""Why there is a face at a place, or why not."""

from .explanation import Explanation, explain
from .pictures import stage_pictures
from .stages import Stage

__all__ = ["Explanation", "Stage", "explain", "stage_pictures"]
