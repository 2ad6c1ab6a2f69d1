"""Whether a training learns what the data say, and nothing else.

shifted: all boxes are shifted to the right by a third of their width; so must the detections be.
shuffled: each photograph has the boxes of another one; nothing can be learned from them.
discs: drawn discs with five dots in photographs without faces; they are found, and faces are not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.training.discs import disc_images
from benchmarks.training.programs import (
    Clock,
    Table,
    add_length,
    machine_of,
    parser,
    percent,
    publish,
    settings_of,
)
from benchmarks.training.sets import some, write_table
from fastmtcnn import Detections
from fastmtcnn.faces.overlaps import overlaps
from fastmtcnn.files.decoding import upright_size
from fastmtcnn.files.images import DEFAULT_MAX_PIXELS
from fastmtcnn.training import AnnotatedImage, Data, train
from fastmtcnn.training.data.negatives import photos_below
from fastmtcnn.training.data.reading import read_sets
from fastmtcnn.training.finishing import images_of
from fastmtcnn.training.judging.figures import CascadeFigures, cascade_figures
from fastmtcnn.training.judging.searching import NetworkSource

SHIFT = 1 / 3  # of the width of a box
LEAST_OVERLAP = 0.2  # IoU, of a detection with the face whose box it may be, shifted or not


def shifted(images: Sequence[AnnotatedImage]) -> list[AnnotatedImage]:
    """Return photographs whose boxes and points are shifted by a third of the boxes' width."""
    moved = []
    for image in images:
        by = SHIFT * (image.boxes[:, 2] - image.boxes[:, 0])
        boxes = image.boxes + by[:, None] * [1, 0, 1, 0]
        moved.append(replace(image, boxes=boxes, points=image.points + by[:, None, None] * [1, 0]))
    return moved


def shuffled(
    images: Sequence[AnnotatedImage], sizes: Sequence[tuple[int, int]], seed: int
) -> list[AnnotatedImage]:
    """Return photographs that have each other's boxes, scaled from one to the other, and no points.

    Parameters
    ----------
    images : sequence of AnnotatedImage
        The photographs.
    sizes : sequence of tuple of int
        Width and height of each of them.
    seed : int
        Seed of the order. No photograph keeps its own boxes, if there are several.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(images))
    giver = np.empty_like(order)
    giver[order] = np.roll(order, 1)
    changed = []
    for image, size, other in zip(images, sizes, giver.tolist(), strict=True):
        scale = np.array(size) / sizes[other]
        boxes, ignored = images[other].boxes * np.tile(scale, 2), images[other].ignored
        none = np.full((len(boxes), 5, 2), np.nan)
        changed.append(replace(image, boxes=boxes, ignored=ignored, points=none))
    return changed


def shifts(found: Detections, faces: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how far detections lie to the right of the faces that they are near to.

    Parameters
    ----------
    found : Detections
        The detections in a photograph.
    faces : ndarray of float64, shape (n, 4)
        Its faces.

    Returns
    -------
    ndarray of float64, shape (k,)
        Distances of the centres along x, in units of the face's width, of the k detections that
        overlap a face by an IoU of 0.2 or more; each with the face that it overlaps most.
    """
    boxes = found.boxes.astype(np.float64)
    if not len(boxes) or not len(faces):
        return np.empty(0)
    shares = overlaps(boxes, faces)
    near = faces[shares.argmax(axis=1)]
    distances = (boxes[:, [0, 2]].mean(axis=1) - near[:, [0, 2]].mean(axis=1)) / (
        near[:, 2] - near[:, 0]
    )
    kept: npt.NDArray[np.float64] = distances[shares.max(axis=1) >= LEAST_OVERLAP]
    return kept


class Shifts:
    """Gathers the shifts of the detections in several photographs."""

    def __init__(self) -> None:
        self._all: list[npt.NDArray[np.float64]] = [np.empty(0)]

    def __call__(self, image: AnnotatedImage, found: Detections) -> None:
        """Add the detections in a photograph."""
        self._all.append(shifts(found, image.boxes[~image.ignored]))

    def figures(self) -> dict[str, float]:
        """Return mean, median and number; NaN without detections."""
        every = np.concatenate(self._all)
        number = float(len(every))
        if not len(every):
            return {"mean": float("nan"), "median": float("nan"), "detections": number}
        return {
            "mean": float(every.mean()),
            "median": float(np.median(every)),
            "detections": number,
        }


class Told(NamedTuple):
    """What a training is told.

    Attributes
    ----------
    images : list of AnnotatedImage
        The photographs with changed annotations, or with discs.
    true : dict of Path to AnnotatedImage
        The photographs with faces as they are annotated, by their files.
    """

    images: list[AnnotatedImage]
    true: dict[Path, AnnotatedImage]


def tell(arguments: argparse.Namespace) -> Told:
    """Return what the program's options say."""
    complete = [each for each in read_sets(arguments.data) if each.complete]
    images = some([image for each in complete for image in each.images], arguments.photos)
    true = {image.file.path.resolve(): image for image in images}
    if arguments.what == "shifted":
        return Told(shifted(images), true)
    if arguments.what == "shuffled":
        return Told(shuffled(images, [_size(image) for image in images], arguments.seed), true)
    photographs = photos_below(arguments.no_faces)
    drawn = disc_images(photographs, arguments.work / "discs", arguments.discs, arguments.seed)
    return Told(drawn, true)


def _size(image: AnnotatedImage) -> tuple[int, int]:
    with image.file.open() as file:
        return upright_size(file, DEFAULT_MAX_PIXELS)


def main() -> None:
    """Train, measure, print."""
    made = parser(__doc__)
    made.add_argument("what", choices=("shifted", "shuffled", "discs"))
    made.add_argument("data", nargs="+", help="sets with faces, as `fastmtcnn train` takes them")
    made.add_argument("--work", type=Path, required=True, help="new folder for set and run")
    made.add_argument("--photos", type=int, help="of the sets; default: all")
    made.add_argument("--no-faces", type=Path, help="folder of photographs to draw discs in")
    made.add_argument("--discs", type=int, default=400, help="photographs with discs to draw")
    add_length(made, "10m")
    arguments = made.parse_args()
    if arguments.what == "discs" and arguments.no_faces is None:
        made.error("discs are drawn in photographs of --no-faces")
    clock = Clock()
    told = tell(arguments)
    data = Data([write_table(arguments.work / f"{arguments.what}.csv", told.images)])
    run = arguments.work / "run"
    # A mirrored photograph would have its boxes shifted to the left.
    settings = settings_of(arguments, mirror=arguments.what != "shifted")
    train(data, run, settings, machine=machine_of(arguments))
    held_back = images_of(data.read().held_back)
    figures = {
        "trained": _judged(run, held_back, "what was told, held back", arguments),
        **_on_faces(run, told, held_back, arguments),
    }
    publish(arguments, [_table(arguments.what, figures)], figures, clock)


def _on_faces(
    run: Path, told: Told, held_back: list[AnnotatedImage], arguments: argparse.Namespace
) -> dict[str, Any]:
    """Return figures on true faces: of the photographs held back, or for discs of all."""
    if arguments.what == "discs":
        faces = list(told.true.values())
        return {"faces": _judged(run, faces, "faces of the sets", arguments)}
    faces = [told.true[image.file.path.resolve()] for image in held_back]
    return {
        "faces": _judged(run, faces, "true faces, held back", arguments),
        "shipped": _judged(None, faces, "true faces, shipped networks", arguments),
    }


def _judged(
    networks: NetworkSource,
    images: list[AnnotatedImage],
    name: str,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    gathered = Shifts()
    figures: CascadeFigures = cascade_figures(
        networks,
        images,
        options={"min_face_size": 20},
        num_threads=arguments.threads,
        observe=gathered,
    )
    point = figures.operating
    assert point is not None
    return {
        "name": name,
        "photographs": figures.num_images,
        "faces": figures.num_faces,
        "average_precision": figures.average_precision,
        "thresholds": point.thresholds,
        "recall": point.recall,
        "precision": point.precision,
        "landmark_error": figures.landmarks.mean,
        "shift": gathered.figures(),
    }


def _table(what: str, figures: dict[str, Any]) -> Table:
    header = ["photographs", "number", "objects", "AP", "recall", "precision", "shift", "median"]
    rows = [
        [
            *(each["name"], f"{each['photographs']:,}", f"{each['faces']:,}"),
            *(percent(each[name]) for name in ("average_precision", "recall", "precision")),
            *(_signed(each["shift"][name]) for name in ("mean", "median")),
        ]
        for each in figures.values()
    ]
    title = (
        f"{what}: AP at low thresholds, recall and precision at those of the networks; shift of "
        "detections to the right, in widths of the nearest face"
    )
    return Table(title, header, rows)


def _signed(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:+.3f}"


if __name__ == "__main__":
    main()
