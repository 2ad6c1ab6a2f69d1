"""Measure fastmtcnn and its peers in one run, in turns, on the same decoded pixels.

Makes an environment for each peer on the first run, which takes minutes and downloads about 700 MB.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.peers import floors, report
from benchmarks.peers.catalogue import PEERS, YUNET, Peer
from benchmarks.peers.contest import Rules, hold
from benchmarks.peers.environments import REPOSITORY, SetupError
from benchmarks.peers.machine import describe, usable_cpus
from benchmarks.peers.pictures import parse_size, save_picture
from benchmarks.peers.protocol import Settings
from benchmarks.peers.results import Results


def main() -> int:
    """Set up, measure, and write the table."""
    options = _parse()
    cpus = usable_cpus()
    results = Results(
        machine=describe(),
        settings={
            "min_face_size": options.min_face_size,
            "threads": options.threads,
            "rounds": options.rounds,
            "loads": options.loads,
            "pinning": "pinned to as many cores as threads" if cpus else "not pinned to cores",
        },
        sizes=options.sizes,
    )
    commands = _set_up(options, results)
    rules = Rules(options.rounds, options.loads, options.timeout)
    with tempfile.TemporaryDirectory() as folder:
        pictures = {size: save_picture(size, Path(folder)) for size in options.sizes}
        for threads in options.threads:
            settings = Settings(
                threads=threads,
                cpus=tuple(cpus[-threads:]),
                min_face_size=options.min_face_size,
                models=str(REPOSITORY / "models"),
                yunet=str(options.yunet.resolve()) if options.yunet else "",
            )
            hold(commands, settings, pictures, rules, results, _tell)
    lines, passed = floors.check(results)
    sys.stdout.write("\n".join([report.text(results), "", *lines]) + "\n")
    if options.json:
        options.json.write_text(json.dumps(results.to_dict(), indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(report.markdown(results))
    return int(options.assert_floors and not passed)


def _parse() -> argparse.Namespace:
    names = [peer.name for peer in PEERS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--peers", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--sizes", nargs="+", type=_size, default=["1280x720", "1920x1080"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--rounds", type=int, default=15, help="timed calls of each peer and size")
    parser.add_argument("--loads", type=int, default=3, help="processes to time the import in")
    parser.add_argument("--min-face-size", type=int, default=40)
    parser.add_argument("--yunet", type=Path, metavar="ONNX", help="model file of YuNet 2023mar")
    parser.add_argument("--env-dir", type=Path, default=REPOSITORY / "build" / "peers")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one answer")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table")
    parser.add_argument("--assert-floors", action="store_true", help="fail below a required ratio")
    options = parser.parse_args()
    if usable_cpus() and max(options.threads) > len(usable_cpus()):
        parser.error(f"only {len(usable_cpus())} cores can be used")
    options.sizes.sort(key=lambda size: parse_size(size)[0] * parse_size(size)[1])
    return options


def _size(text: str) -> str:
    width, height = parse_size(text)
    return f"{width}x{height}"


def _set_up(options: argparse.Namespace, results: Results) -> dict[Peer, list[str]]:
    """Make the environments and return what starts the workers in them."""
    commands = {}
    for peer in PEERS:
        if peer.name not in options.peers:
            continue
        if peer.name == YUNET and options.yunet is None:
            results.failures.append(f"{YUNET}: no model file, see --yunet")
            continue
        _tell(f"environment of {peer.name}")
        try:
            python = peer.environment.make(options.env_dir.resolve())
        except SetupError as error:
            results.failures.append(f"{peer.name}: not installed: {error}")
            continue
        # Isolated: neither the folder nor PYTHONPATH of whoever runs this reach the peer.
        commands[peer] = [str(python), "-I", "-m", f"benchmarks.peers.workers.{peer.module}"]
    return commands


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
