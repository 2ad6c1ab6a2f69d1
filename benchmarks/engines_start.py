"""Import, construction, first detection and peak memory of both engines.

Each figure is taken in a fresh interpreter, the engines in turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

ENGINES = ("onnxruntime", "native")
CODE = """
import json, resource, sys
from time import perf_counter, process_time

def clocks():
    return process_time(), perf_counter()

def peak():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6

marks = [clocks()]
import fastmtcnn
marks.append(clocks())
detector = fastmtcnn.MTCNN(engine=sys.argv[1], num_threads=int(sys.argv[2]))
marks.append(clocks())
start = peak()
import numpy, PIL.Image
with PIL.Image.open(sys.argv[3]) as file:
    image = numpy.asarray(file.convert("RGB"))
loaded = clocks()
faces = detector.detect(image).num_faces
after = clocks()
spans = [(marks[0], marks[1]), (marks[1], marks[2]), (loaded, after)]
print(json.dumps({
    "times": [[(after - before) * 1e3 for before, after in zip(*pair)] for pair in spans],
    "peaks": [start, peak()],
    "faces": faces,
}))
"""
STEPS = ("import fastmtcnn", "MTCNN()", "first detection")
PEAKS = ("peak after construction", "peak after a detection")


def measure(engine: str, threads: int, photo: Path) -> dict[str, list[float]]:
    """Run a fresh interpreter and return its figures: CPU and wall ms a step, MB, and faces."""
    command = [sys.executable, "-c", CODE, engine, str(threads), str(photo)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    figures = dict(zip(STEPS, found["times"], strict=True))
    figures.update({name: [peak] for name, peak in zip(PEAKS, found["peaks"], strict=True)})
    return {**figures, "faces": [found["faces"]]}


def main() -> None:
    """Measure and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="interpreters of each engine")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--photo",
        type=Path,
        default=Path(__file__).resolve().parents[1] / "tests" / "golden" / "crowd.png",
    )
    options = parser.parse_args()
    figures: dict[str, list[dict[str, list[float]]]] = {engine: [] for engine in ENGINES}
    # The first round fills the caches of the disk and of compiled modules.
    for number in range(options.rounds + 1):
        for engine in ENGINES:
            one = measure(engine, options.threads, options.photo)
            figures[engine] += [one] if number else []
    faces = {one["faces"][0] for each in figures.values() for one in each}
    assert len(faces) == 1, faces
    lines = [
        f"medians of {options.rounds} interpreters of each engine in turns, {options.threads} "
        f"threads, {options.photo.name}, {int(faces.pop())} faces",
        f"{'':26}" + "".join(f"{engine:>28}" for engine in ENGINES),
    ]
    for name in (*STEPS, *PEAKS):
        cells = []
        for engine in ENGINES:
            values = [
                statistics.median(each)
                for each in zip(*(one[name] for one in figures[engine]), strict=True)
            ]
            cells.append(
                f"{values[0]:.0f} MB"
                if name in PEAKS
                else f"CPU {values[0]:.1f}, wall {values[1]:.1f} ms"
            )
        lines.append(f"{name:26}" + "".join(f"{cell:>28}" for cell in cells))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
