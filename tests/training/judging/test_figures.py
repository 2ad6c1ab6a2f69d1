from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

import fastmtcnn
from fastmtcnn import Detections
from fastmtcnn.evaluation import GroundTruth, average_precision
from fastmtcnn.networks.loading import Networks
from fastmtcnn.networks.network import Outputs, WrappedNetwork
from fastmtcnn.training import AnnotatedImage
from fastmtcnn.training.judging.figures import cascade_figures
from tests.support.annotated import annotated, golden_photographs
from tests.support.helpers import MODELS, assert_same_detections

LOW = (0.2, 0.1, 0.02)
SIZE = {"min_face_size": 40.0}  # which is fast


class Blind(WrappedNetwork):
    """A network to which nothing is a face."""

    def __call__(self, batch: np.ndarray) -> Outputs:
        outputs = super().__call__(batch)
        return outputs._replace(scores=np.zeros_like(outputs.scores))


def test_figures_are_those_of_the_detector() -> None:
    detector = fastmtcnn.MTCNN(num_threads=1, engine="auto", min_face_size=40)
    photographs = golden_photographs(detector, shift=18)  # so that some overlap too little
    seen: list[tuple[AnnotatedImage, Detections]] = []
    figures = cascade_figures(
        None,
        photographs,
        options=SIZE,
        low_thresholds=LOW,
        num_threads=2,
        observe=lambda *each: seen.append(each),
    )
    low = fastmtcnn.MTCNN(thresholds=LOW, num_threads=1, engine="auto", min_face_size=40)
    files = [photograph.file.path for photograph in photographs]
    truth = [GroundTruth.of(photograph.boxes) for photograph in photographs]
    expected = average_precision(truth, [low.detect(file) for file in files])
    assert 0.3 < expected < 0.95
    assert figures.average_precision == expected
    assert figures.num_faces == sum(len(photograph.boxes) for photograph in photographs)
    assert sum(each.num_faces for each in figures.by_height) == figures.num_faces
    assert figures.highest_recall >= figures.average_precision

    assert figures.operating is not None
    assert figures.operating.thresholds == (0.6, 0.7, 0.8)
    assert 0.5 < figures.operating.recall < 1  # since the faces are moved
    assert [image.name for image, _ in seen] == [photograph.name for photograph in photographs]
    for (_, found), file in zip(seen, files, strict=True):
        assert_same_detections(found, detector.detect(file))


def test_perfect_ground_truth() -> None:
    photographs = golden_photographs(fastmtcnn.MTCNN(num_threads=1, min_face_size=40))
    figures = cascade_figures(None, photographs, options=SIZE)
    assert figures.operating is not None
    assert figures.operating.recall == figures.operating.precision == 1
    assert figures.landmarks.mean == pytest.approx(0, abs=1e-6)
    assert figures.landmarks.num_found == figures.landmarks.num_faces == figures.num_faces


def test_ranges_of_heights_by_hand(detector: fastmtcnn.MTCNN) -> None:
    (face,) = detector.detect(fastmtcnn.sample_photo()).boxes.astype(float)
    photo = annotated([face, [0, 0, 30, 30], [0, 400, 15, 419.9], [0, 300, 9, 309.5]])
    figures = cascade_figures(None, [photo], operating=False)
    assert figures.operating is None
    assert [(each.lowest, each.num_faces) for each in figures.by_height] == [
        *((0, 1), (10, 1), (20, 1), (40, 0), (80, 1)),
    ]
    tiny, smallest, small, medium, large = (each.average_precision for each in figures.by_height)
    assert (tiny, smallest, small, large) == (0, 0, 0, 1)
    assert math.isnan(medium)
    assert figures.average_precision == pytest.approx(1 / 4)  # the one of 9.5 pixels counts too


def test_threads_and_models_make_no_difference() -> None:
    photographs = golden_photographs(fastmtcnn.MTCNN(num_threads=1, min_face_size=40), shift=15)[1:]
    models = {key: (MODELS / f"{key}_fast.onnx").read_bytes() for key in ("rnet", "onet")}
    networks = fastmtcnn.MTCNN(num_threads=1).cascade.networks
    for source in (networks, models):
        one, three = (
            cascade_figures(source, photographs, options=SIZE, num_threads=number)
            for number in (1, 3)
        )
        assert one.operating is not None
        assert three.operating is not None
        # The times differ, of course.
        three = dataclasses.replace(
            three,
            operating=dataclasses.replace(
                three.operating, seconds_per_image=one.operating.seconds_per_image
            ),
        )
        assert one == three


def test_order_of_the_photographs_makes_no_difference() -> None:
    photographs = golden_photographs(fastmtcnn.MTCNN(num_threads=1, min_face_size=40), shift=15)
    one, other = (
        cascade_figures(None, photographs[::step], options=SIZE, operating=False)
        for step in (1, -1)
    )
    assert 0.3 < one.average_precision < 1
    assert one == dataclasses.replace(other, landmarks=one.landmarks)
    assert one.landmarks.mean == pytest.approx(other.landmarks.mean)


def test_blind_networks() -> None:
    networks = fastmtcnn.MTCNN(num_threads=1).cascade.networks
    blind = Networks(*map(Blind, networks))
    figures = cascade_figures(blind, [annotated([[170, 60, 275, 195]])])
    assert figures.average_precision == figures.highest_recall == 0
    assert figures.operating is not None
    assert math.isnan(figures.operating.precision)


def test_options_reach_the_search(detector: fastmtcnn.MTCNN) -> None:
    face = detector.detect(fastmtcnn.sample_photo()).boxes[:1]
    photograph = annotated(face)
    figures = cascade_figures(None, [photograph], options={"min_face_size": 400})
    assert figures.average_precision == 0
    figures = cascade_figures(None, [photograph], options={"thresholds": (0.6, 0.7, 1.0)})
    assert figures.average_precision == 1
    assert figures.operating is not None
    assert figures.operating.recall == 0


def test_photograph_of_another_orientation(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "turned.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown after a quarter turn clockwise
    turned = Image.open(fastmtcnn.sample_photo()).transpose(Image.Transpose.ROTATE_90)
    turned.save(path, exif=exif)
    figures = cascade_figures(None, [annotated([[170, 60, 275, 195]], path=path)])
    assert figures.average_precision == 1


def test_no_face_and_no_photograph() -> None:
    for photographs in ([], [annotated([])]):
        figures = cascade_figures(None, photographs)
        assert math.isnan(figures.average_precision)
        assert figures.num_faces == 0
        assert figures.num_images == len(photographs)
        assert [each.num_faces for each in figures.by_height] == [0, 0, 0, 0, 0]
