"""Generated photographs with faces that a network learns in a few steps: discs with five dots."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

Boxes = list[tuple[float, float, float, float]]
Points = list[list[tuple[float, float]]]

_DOTS = ((0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.35, 0.75), (0.65, 0.75))


def disc_photo(
    seed: int, width: int = 160, height: int = 120
) -> tuple[NDArray[np.uint8], Boxes, Points]:
    """Return a photograph of noise with one to three bright discs, their boxes and dots."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(20, 110, (height, width, 3)).astype(np.uint8)
    ys, xs = np.mgrid[:height, :width]
    boxes: Boxes = []
    points: Points = []
    for _ in range(int(rng.integers(1, 4))):
        side = int(rng.integers(26, 60))
        x, y = int(rng.integers(0, width - side)), int(rng.integers(0, height - side))
        if any(x < b[2] and b[0] < x + side and y < b[3] and b[1] < y + side for b in boxes):
            continue
        middle_x, middle_y, radius = x + side / 2, y + side / 2, side / 2
        inside = (xs - middle_x) ** 2 + (ys - middle_y) ** 2 <= radius**2
        pixels[inside] = (220, 190, 170)
        dots = [(x + side * u, y + side * v) for u, v in _DOTS]
        for dot_x, dot_y in dots:
            dot = (xs - dot_x) ** 2 + (ys - dot_y) ** 2 <= (side * 0.07) ** 2
            pixels[dot] = (30, 20, 20)
        boxes.append((x, y, x + side, y + side))
        points.append(dots)
    return pixels, boxes, points


def disc_set(folder: Path, count: int = 16, seed: int = 0) -> Path:
    """Write photographs and a table of their faces; return the table."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right")
    columns = [f"{name}_{axis}" for name in names for axis in "xy"]
    lines = [",".join(["path", "x1", "y1", "x2", "y2", *columns])]
    for number in range(count):
        pixels, boxes, points = disc_photo(1000 * seed + number)
        name = f"{number:03}.png"
        PIL.Image.fromarray(pixels).save(folder / name)
        for box, dots in zip(boxes, points, strict=True):
            numbers = [*box, *(value for dot in dots for value in dot)]
            lines.append(",".join([name, *(f"{value:.2f}" for value in numbers)]))
    table = folder / "faces.csv"
    table.write_text("".join(f"{line}\n" for line in lines))
    return table
