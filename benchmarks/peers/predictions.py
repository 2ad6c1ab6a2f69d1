"""What facenet-pytorch finds in images of WIDER FACE, as files for ``fastmtcnn evaluate``.

Run by a Python in which facenet-pytorch is installed; fastmtcnn need not be.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.append(str(Path(__file__).resolve().parent / "stand_ins"))  # if torchvision is missing


def main() -> None:
    """Write a file for each image: its name, the number of boxes, x y w h score of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("images", type=Path, help="folder with EVENT/NAME.jpg")
    parser.add_argument("subset", type=Path, help="file with EVENT/NAME.jpg on each line")
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("--min-face-size", type=int, default=20)
    parser.add_argument("--factor", type=float, default=0.709)
    parser.add_argument("--thresholds", type=float, nargs=3, default=[0.6, 0.7, 0.7])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch: Any = import_module("torch")
    torch.set_num_threads(options.threads)
    detector = import_module("facenet_pytorch").MTCNN(
        keep_all=True,
        select_largest=False,
        min_face_size=options.min_face_size,
        factor=options.factor,
        thresholds=options.thresholds,
        device="cpu",
    )
    for name in options.subset.read_text().split():
        with Image.open(options.images / name) as image:
            boxes, scores = detector.detect(image.convert("RGB"))
        rows = [] if boxes is None else list(zip(boxes, scores, strict=True))
        lines = [name, str(len(rows))]
        lines += (
            f"{x1:.3f} {y1:.3f} {x2 - x1:.3f} {y2 - y1:.3f} {score:.9f}"
            for (x1, y1, x2, y2), score in rows
        )
        path = (options.out / name).with_suffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
