"""What it costs to import fastmtcnn and make a detector, beyond what it stands on.

Each figure is taken in a fresh interpreter, the two kinds in turns: one imports numpy, onnxruntime
and Pillow and opens three sessions on the model files; the other imports fastmtcnn and makes an
MTCNN, with as many threads.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from importlib import resources

from fastmtcnn.runtime.cores import default_num_threads

BARE = """
import sys
from time import perf_counter
start = perf_counter()
import numpy, onnxruntime, PIL.Image
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(sys.argv[1])
options.inter_op_num_threads = 1
sessions = [
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    for path in sys.argv[2:]
]
print(perf_counter() - start)
"""

OURS = """
import sys
from time import perf_counter
start = perf_counter()
import fastmtcnn
detector = fastmtcnn.MTCNN(num_threads=int(sys.argv[1]))
print(perf_counter() - start)
"""


def milliseconds(code: str, *arguments: str) -> float:
    """Run code in a fresh interpreter and return the seconds that it prints, in milliseconds."""
    command = [sys.executable, "-c", code, *arguments]
    return 1e3 * float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Measure and print both medians and their difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=11, help="interpreters of each kind")
    pairs = parser.parse_args().pairs
    threads = str(default_num_threads())
    folder = resources.files("fastmtcnn") / "models"
    models = [str(folder / f"{name}.onnx") for name in ("pnet", "rnet", "onet")]

    # The first pair fills the caches of the disk and of compiled modules.
    both = [
        (milliseconds(BARE, threads, *models), milliseconds(OURS, threads))
        for _ in range(pairs + 1)
    ][1:]
    bare, ours = (statistics.median(times) for times in zip(*both, strict=True))
    extra = statistics.median(mine - other for other, mine in both)
    lines = [
        f"medians of {pairs} alternating pairs, {threads} threads",
        f"{bare:8.1f} ms  numpy, onnxruntime, Pillow and three bare sessions",
        f"{ours:8.1f} ms  import fastmtcnn and MTCNN()",
        f"{ours - bare:8.1f} ms  difference of the medians",
        f"{extra:8.1f} ms  median of the differences",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
