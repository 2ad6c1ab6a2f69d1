from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Image: TypeAlias = npt.NDArray[np.uint8]  # (height, width, 3); any row stride, pixels packed
Plane: TypeAlias = npt.NDArray[np.float32]
Boxes: TypeAlias = npt.NDArray[np.float64]  # (n, 4): x1, y1, x2, y2
Scores: TypeAlias = npt.NDArray[np.float32]  # (n,)
Offsets: TypeAlias = npt.NDArray[np.float32]  # (n, 4), in units of the box's width and height
Points: TypeAlias = npt.NDArray[np.float32]  # (n, 10): five x, then five y, in units of the box
Landmarks: TypeAlias = npt.NDArray[np.float32]  # (n, 5, 2)
Points2d: TypeAlias = npt.NDArray[np.float64]  # (n, k, 2) or (k, 2): x, y
Transforms: TypeAlias = npt.NDArray[np.float64]  # (n, 2, 3)
Cells: TypeAlias = npt.NDArray[np.int64]  # (n, 2): row, column
Indices: TypeAlias = npt.NDArray[np.int64]  # (k,)

__version__: str

Resampling: TypeAlias = Literal["bilinear", "area", "adaptive"]
Border: TypeAlias = Literal["constant", "replicate", "reflect"]
Rounding: TypeAlias = Literal["round_half_even", "trunc", "floor", "none"]

def pyramid_scales(
    height: int,
    width: int,
    min_face_size: float,
    factor: float,
    window: int,
    include_window_sized_level: bool = False,
    cumulative_scales: bool = False,
) -> list[float]: ...
def level_size(height: int, width: int, scale: float, past: bool = False) -> tuple[int, int]: ...

class ResampleSource:
    def __init__(
        self, image: Image, resampling: Resampling = "bilinear", target: str | None = None
    ) -> None: ...
    @property
    def height(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def target(self) -> str: ...

def resample(
    source: ResampleSource, height: int, width: int, tile: tuple[int, int, int, int] | None = None
) -> Plane: ...
def boxes_from_heat_map(
    scores: Plane,
    offsets: Plane,
    scale: float,
    threshold: float,
    window: int,
    stride: int,
    top: int = 0,
    left: int = 0,
    rounding: Rounding = "round_half_even",
    float32_boxes: bool = False,
    inclusive: bool = False,
) -> tuple[Boxes, Scores, Offsets, Cells]: ...
def nms(
    boxes: Boxes,
    scores: Scores,
    threshold: float,
    mode: Literal["union", "min"],
    pixel_inclusive: bool = True,
    target: str | None = None,
) -> Indices: ...
def apply_offsets(boxes: Boxes, offsets: Offsets, pixel_inclusive: bool = True) -> Boxes: ...
def square_boxes(
    boxes: Boxes, pixel_inclusive: bool = True, rounding: Rounding = "round_half_even"
) -> Boxes: ...
def croppable_indices(boxes: Boxes, height: int, width: int) -> Indices: ...
def longest_box(height: int, width: int) -> float: ...
def crop(source: ResampleSource, boxes: Boxes, size: int) -> Plane: ...
def clip(boxes: Boxes, height: int, width: int) -> Boxes: ...
def project_landmarks(boxes: Boxes, points: Points, shift: float = 0.0) -> Landmarks: ...
def fit_similarities(points: Points2d, targets: Points2d) -> Transforms: ...
def warp(
    image: Image,
    transforms: Transforms,
    height: int,
    width: int,
    border: Border = "constant",
    fill: tuple[int, int, int] = (0, 0, 0),
    antialias: bool = False,
    target: str | None = None,
) -> Image: ...
def apply_table(
    images: npt.NDArray[np.uint8], table: npt.NDArray[np.float32], planes: bool
) -> npt.NDArray[np.float32]: ...

class NativePNet:
    def __init__(
        self, weights: dict[str, Plane], target: str | None = None, poison: bool = False
    ) -> None: ...
    @property
    def target(self) -> str: ...
    def __call__(
        self, level: Plane, begin: int = 0, end: int | None = None
    ) -> tuple[Plane, Plane]: ...
    def on_level(
        self,
        source: ResampleSource,
        height: int,
        width: int,
        begin: int,
        end: int,
        threshold: float,
    ) -> tuple[Plane, Plane]: ...

class NativeRNet:
    def __init__(
        self, weights: dict[str, Plane], target: str | None = None, poison: bool = False
    ) -> None: ...
    @property
    def target(self) -> str: ...
    def __call__(self, crops: Plane) -> tuple[Scores, Offsets]: ...
    def on_crops(self, source: ResampleSource, boxes: Boxes) -> tuple[Scores, Offsets]: ...

class NativeONet:
    def __init__(
        self, weights: dict[str, Plane], target: str | None = None, poison: bool = False
    ) -> None: ...
    @property
    def target(self) -> str: ...
    def __call__(self, crops: Plane) -> tuple[Scores, Offsets, Points]: ...
    def on_crops(self, source: ResampleSource, boxes: Boxes) -> tuple[Scores, Offsets, Points]: ...

def network_targets() -> list[str]: ...
def cpu_features() -> list[str]:
    """Return the code paths this processor runs, fastest first, less those in FASTMTCNN_DISABLE."""

def has_avx512f() -> bool: ...
def measure_peak_macs(seconds: float, target: str | None = None) -> float: ...
