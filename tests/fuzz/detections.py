"""Look for faces in mutated images: each must give detections or one of the documented errors.

python tests/fuzz/detections.py [--count 50_000] [--seed 0] [--only INDEX]
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import io
import json
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
import PIL.Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import fastmtcnn
from tests.fuzz import mutations

FOUND = Path(__file__).resolve().parents[2] / "build" / "fuzz" / "detections"
PILLOW = str(Path(PIL.__file__).resolve().parent)
BLOCK = 100  # images for each detector
MOST_SECONDS = 20.0
MOST_TO_START = 120.0
GOOD = ("faces", "no face", "TypeError", "ImageError", "OSError")
BAD = ("wrong result", "other error", "bad message", "warning", "printed", "crash", "hang")


class Outcome(NamedTuple):
    """What came of an image."""

    number: int  # of the image
    kind: str
    result: str  # one of GOOD or BAD
    detail: str
    seconds: float
    peak_mb: int  # that the process ever had
    pillow_printed: bool


def options(seed: int, number: int) -> dict[str, Any]:
    """Return the options of the detector for a block of images."""
    rng = np.random.default_rng((seed, number, 1))
    chosen: dict[str, Any] = {
        "variant": mutations.pick(rng, list(fastmtcnn.VARIANTS)),
        "min_face_size": round(float(rng.uniform(12, 40)), 2),
        "max_pixels": mutations.pick(rng, [3_000, 30_000, 1_000_000]),
        "num_threads": int(rng.integers(1, 3)),
        "clip": bool(rng.random() < 0.3),
        "channel_order": mutations.pick(rng, ["rgb", "rgb", "bgr"]),
    }
    if rng.random() < 0.4:
        chosen["thresholds"] = rng.uniform((0.2, 0, 0), 0.95).tolist()
    if rng.random() < 0.3:
        chosen["nms_thresholds"] = rng.choice([0.0, 0.3, 0.5, 0.7, 1.0], 4).tolist()
    if rng.random() < 0.3:
        chosen["factor"] = round(float(rng.uniform(0.3, 0.85)), 3)
    if rng.random() < 0.3:
        chosen["min_score"] = round(float(rng.random()), 3)
    if rng.random() < 0.3:
        chosen["mirror"] = mutations.pick(rng, [("onet",), ("rnet",), ("rnet", "onet")])
        chosen["joint_scores"] = bool(rng.random() < 0.5)
    if rng.random() < 0.3:
        chosen["second_look"] = True
    return chosen


# ---- in a worker


def fault(found: object, chosen: dict[str, Any]) -> str:
    """Tell what is wrong with a result; nothing, if all is right."""
    if not isinstance(found, fastmtcnn.Detections):
        return f"a {type(found).__name__}"
    count = len(found.scores)
    for array, shape in zip(found, [(count, 4), (count,), (count, 5, 2)], strict=True):
        if array.shape != shape or array.dtype != np.float32:
            return f"{array.dtype} {array.shape} instead of float32 {shape}"
        if not np.isfinite(array).all():
            return "not all finite"
    scores = found.scores.astype(np.float64)
    variant = fastmtcnn.VARIANTS[chosen["variant"]]
    thresholds = chosen.get("thresholds", variant.thresholds)
    least = thresholds[2]
    if chosen.get("joint_scores"):
        least *= thresholds[1] * (1 - 1e-6)  # a product is rounded
    if not ((scores > least) & (scores <= 1)).all():
        return f"scores {scores} not above {least} and at most 1"
    if not (scores >= np.float32(chosen.get("min_score", 0))).all():
        return f"scores {scores} below min_score"
    if (np.diff(scores) > 0).any():
        return f"scores {scores} not in order"
    if chosen["clip"] and (found.boxes < 0).any():
        return f"boxes {found.boxes} not clipped"
    return ""


def look(detector: fastmtcnn.MTCNN, image: Any, chosen: dict[str, Any]) -> tuple[str, str]:
    """Return what came of an image, and more about it."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = detector.detect(image)
    except (TypeError, fastmtcnn.ImageError, OSError) as error:
        message = str(error)
        if len(message.splitlines()) != 1 or not message.strip():
            return "bad message", f"{type(error).__name__}: {message!r}"
        names = {TypeError: "TypeError", fastmtcnn.ImageError: "ImageError"}
        return names.get(type(error), "OSError"), message
    except BaseException as error:
        return "other error", f"{type(error).__name__}: {error}"
    for warning in caught:
        of_pillow = issubclass(warning.category, PIL.Image.DecompressionBombWarning)
        if not of_pillow and not warning.filename.startswith(PILLOW):
            return "warning", f"{warning.filename}: {warning.message}"
    wrong = fault(found, chosen)
    if wrong:
        return "wrong result", wrong
    return ("faces" if found.num_faces else "no face"), str(found.num_faces)


def work(seed: int, pipe: Connection, path: str) -> None:
    """Look at the images of one block after the other."""
    output = Output(path)
    faulthandler.enable()
    while True:
        first, last = pipe.recv()
        detector, made_for = None, -1
        for index in range(first, last):
            number = index // BLOCK
            chosen = options(seed, number)
            if number != made_for:
                detector, made_for = fastmtcnn.MTCNN(**chosen), number
            assert detector is not None
            case = mutations.make(seed, index)
            start = monotonic()
            result, detail = look(detector, case.image, chosen)
            seconds = monotonic() - start
            text = output.new()
            of_pillow = bool(text) and result in GOOD and by_pillow(text, case.image, output)
            if text and result in GOOD and not of_pillow:
                result, detail = "printed", text[-500:]
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            pipe.send(Outcome(index, case.kind, result, detail, seconds, peak, of_pillow))


class Output:
    """What this process writes to its standard output and error, C libraries included."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        self._seen = 0
        os.dup2(self._file, 1)
        os.dup2(self._file, 2)

    def new(self) -> str:
        """Return what has come since the last call."""
        sys.stdout.flush()
        sys.stderr.flush()
        size = os.fstat(self._file).st_size
        text = os.pread(self._file, size - self._seen, self._seen)
        self._seen = size
        return text.decode(errors="replace")


def by_pillow(text: str, image: Any, output: Output) -> bool:
    """Tell whether Pillow alone prints this for a file: libtiff does so, where nothing stops it."""
    if not isinstance(image, bytes):
        return False
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("ignore")
        PIL.Image.open(io.BytesIO(image)).load()
    return set(text.splitlines()) <= set(output.new().splitlines())


def text_of(path: str) -> str:
    return Path(path).read_text(errors="replace")


# ---- in the parent


@dataclass
class Worker:
    """A process, and the images that it still has to look at."""

    seed: int
    output: str
    next: int = 0
    last: int = 0
    since: float = field(default_factory=monotonic)
    is_new: bool = True

    def __post_init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=work, args=(self.seed, theirs, self.output), daemon=True
        )
        self.process.start()
        theirs.close()

    def give(self, first: int, last: int) -> None:
        self.next, self.last = first, last
        self.since = monotonic()
        self.pipe.send((first, last))

    @property
    def late(self) -> bool:
        most = MOST_TO_START if self.is_new else MOST_SECONDS
        return monotonic() - self.since > most

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def outcomes(seed: int, count: int, processes: int, scratch: str) -> Generator[Outcome, None, None]:
    """Yield what comes of each image; a process that dies or hangs is replaced."""
    todo = [(first, min(first + BLOCK, count)) for first in range(0, count, BLOCK)][::-1]
    names = iter(f"{scratch}{os.sep}{n}" for n in range(10**9))
    workers = []
    for _ in range(min(processes, len(todo))):
        workers.append(Worker(seed, next(names)))
        workers[-1].give(*todo.pop())
    try:
        while workers:
            ready = wait([worker.pipe for worker in workers], timeout=1)
            for worker in list(workers):
                failed = ""
                if worker.pipe in ready:
                    try:
                        outcome = worker.pipe.recv()
                        worker.next, worker.is_new, worker.since = (
                            outcome.number + 1,
                            False,
                            monotonic(),
                        )
                        yield outcome
                    except EOFError:
                        failed = "crash"
                elif worker.late:
                    failed = "hang"
                if failed:
                    worker.end()
                    detail = f"exit {worker.process.exitcode}: {text_of(worker.output)[-2000:]}"
                    kind = mutations.make(seed, worker.next).kind
                    yield Outcome(worker.next, kind, failed, detail, 0, 0, False)
                    workers.remove(worker)
                    if worker.next + 1 < worker.last:
                        todo.append((worker.next + 1, worker.last))
                    if todo:
                        workers.append(Worker(seed, next(names)))
                        workers[-1].give(*todo.pop())
                elif worker.next == worker.last:
                    if todo:
                        worker.give(*todo.pop())
                    else:
                        workers.remove(worker)
                        worker.end()
    finally:
        for worker in workers:
            worker.end()


def save(seed: int, outcome: Outcome) -> None:
    """Keep an image that gave what it must not."""
    FOUND.mkdir(parents=True, exist_ok=True)
    case = mutations.make(seed, outcome.number)
    name = FOUND / f"{seed}-{outcome.number}"
    if isinstance(case.image, bytes):
        name.with_suffix(f".{case.kind.lower()}").write_bytes(case.image)
    else:
        np.save(name.with_suffix(".npy"), np.asarray(case.image))
    what = {
        "result": outcome.result,
        "detail": outcome.detail,
        "kind": case.kind,
        "done": case.done,
        "options": options(seed, outcome.number // BLOCK),
        "again": f"python tests/fuzz/detections.py --seed {seed} --only {outcome.number}",
    }
    name.with_suffix(".json").write_text(json.dumps(what, indent=2) + "\n")


def table(counts: dict[str, Counter[str]]) -> str:
    """Return the number of each outcome by kind of image."""
    shown = [*GOOD, *BAD]
    rows = [["image", "images", *shown]]
    total: Counter[str] = sum(counts.values(), Counter())
    for kind, results in [*sorted(counts.items()), ("total", total)]:
        figures = [sum(results.values()), *(results[name] for name in shown)]
        rows.append([kind, *(f"{figure:,}" for figure in figures)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    )


def main() -> int:
    """Run; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=50_000, help="images (default: 50,000)")
    parser.add_argument("--seed", type=int, default=0, help="of the mutations (default: 0)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument(
        "--memory", type=int, default=1_024, help="MB that a process may take (default: 1,024)"
    )
    parser.add_argument("--only", type=int, help="instead: this image, here and now")
    given = parser.parse_args()
    if given.only is not None:
        chosen = options(given.seed, given.only // BLOCK)
        case = mutations.make(given.seed, given.only)
        print(case.kind, case.done, chosen)
        print(*look(fastmtcnn.MTCNN(**chosen), case.image, chosen))
        return 0
    shutil.rmtree(FOUND, ignore_errors=True)
    counts: dict[str, Counter[str]] = {}
    slowest, peak, seconds, printed = 0.0, 0, 0.0, 0
    start = monotonic()
    with (
        tempfile.TemporaryDirectory() as scratch,
        contextlib.closing(outcomes(given.seed, given.count, given.jobs, scratch)) as found,
    ):
        for outcome in found:
            counts.setdefault(outcome.kind, Counter())[outcome.result] += 1
            slowest, peak = max(slowest, outcome.seconds), max(peak, outcome.peak_mb)
            seconds += outcome.seconds
            printed += outcome.pillow_printed
            if outcome.result in BAD:
                save(given.seed, outcome)
                print(f"{outcome.number}: {outcome.result}: {outcome.detail}")
    print(table(counts))
    done = sum(map(Counter.total, counts.values()))
    bad = sum(results[name] for results in counts.values() for name in BAD)
    print(
        f"{done:,} images in {monotonic() - start:.0f} s, {1000 * seconds / max(done, 1):.1f} ms "
        f"each, {slowest:.2f} s at most; {peak} MB at most; for {printed} files Pillow alone "
        f"printed the same; {bad} bad"
    )
    if bad:
        print(f"what was bad is in {FOUND}")
    if peak > given.memory:
        print(f"more than {given.memory} MB were taken")
    return int(bad > 0 or peak > given.memory or done != given.count)


if __name__ == "__main__":
    sys.exit(main())
