"""Faces of videos that are missed for some frames: what `fastmtcnn blur` leaves uncovered.

Each video is generated: one face moves on curves, and is out of focus, overexposed or behind a post
for 1 to 12 frames at a time. A face counts as uncovered if a tenth of the ellipse in its box is.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import tempfile
from pathlib import Path

import fastmtcnn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fastmtcnn.cli.text_tables import plain_table
from tests.support.missed_faces import FAULTS, Fault, Outcome, Way, moving_face

FRAMES = 120


def curve(rng: random.Random) -> Way:
    """Return a way on sums of sines, of random speed."""
    phases = [rng.uniform(0, 2 * math.pi) for _ in range(4)]
    slowness = rng.uniform(8, 30)  # frames

    def way(frame: int) -> tuple[float, float]:
        t = frame / slowness
        x = 160 + 70 * math.sin(t + phases[0]) + 25 * math.sin(2.3 * t + phases[1])
        y = 120 + 30 * math.sin(1.4 * t + phases[2]) + 3 * math.sin(1.3 * frame + phases[3])
        return x, y

    return way


def gaps(rng: random.Random) -> set[int]:
    """Return the frames on which something is wrong with the face."""
    faulty: set[int] = set()
    frame = rng.randint(3, 15)
    while frame < FRAMES:
        length = rng.randint(1, 12)
        faulty |= set(range(frame, frame + length))
        frame += length + rng.randint(2, 20)
    return faulty


def main() -> None:
    """Print a line for each video, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--videos", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    finder = fastmtcnn.MTCNN(num_threads=1)
    rows, sums = [], [0, 0]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.videos):
            rng = random.Random(f"{options.seed} {number}")
            way, faulty = curve(rng), gaps(rng)
            fault: Fault = rng.choice(FAULTS)
            scenes = moving_face(FRAMES, way, faulty, fault)
            outcome = Outcome(Path(folder, f"{number}.mp4"), scenes, finder)
            bare = [len(outcome.bare_without_guesses), len(outcome.bare)]
            sums = [total + each for total, each in zip(sums, bare, strict=True)]
            rows.append([str(number), fault, *map(str, bare), f"{outcome.without_need:.0%}"])
    rows.append(["all", "", *map(str, sums), ""])
    header = ["video", "fault", "uncovered by detections alone", "with guesses", "without need"]
    title = (
        f"{options.videos} videos of {FRAMES} frames, 320x240; frames with an uncovered face, and "
        "the area covered without need as a share of what is needed"
    )
    print(title, plain_table(header, rows, num_left=2), sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
