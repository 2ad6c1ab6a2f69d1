"""Landmarks by distillation."""

from __future__ import annotations

import numpy as np

from fastmtcnn.networks.loading import read_shipped
from fastmtcnn.networks.network import ONET
from fastmtcnn.training.samples.cutting import cut_samples
from fastmtcnn.training.samples.faces import Faces
from fastmtcnn.training.samples.records import Kind, Records, record_type
from fastmtcnn.training.samples.settings import WindowSettings
from fastmtcnn.training.samples.teaching import Teacher
from fastmtcnn.training.samples.windows import View
from tests.support.annotated import annotated
from tests.support.helpers import golden_image
from tests.support.networks import open_network

FACE = [176, 60, 270, 172]  # of the astronaut
ONET_MODEL = read_shipped("onet.onnx")


def samples() -> Records:
    """Two positives, a part face, and a negative."""
    photo = golden_image("astronaut.png")
    faces = Faces.of(annotated([FACE]), WindowSettings())
    windows = [[167, 60, 279, 172], [170, 64, 280, 174], [180, 90, 290, 200], [0, 0, 60, 60]]
    return cut_samples(photo, View(np.array(windows, float), faces, np.zeros(2)), 48)


def test_positives_get_the_points_that_the_teacher_sees() -> None:
    records = samples()
    assert records["kind"].tolist() == [Kind.POSITIVE, Kind.POSITIVE, Kind.PART, Kind.NEGATIVE]
    Teacher(ONET_MODEL).teach(records)
    images = (records["pixels"][:2].astype(np.float32) - np.float32(127.5)) / np.float32(128)
    outputs = open_network(ONET, ONET_MODEL)(images)
    assert (outputs.scores > 0.9).all()
    np.testing.assert_allclose(records["points"][:2], outputs.points, atol=1e-6)
    assert np.isnan(records["points"][2:]).all()
    first = records["points"][0]
    assert 0.2 < first[0] < first[1] < 0.8  # the eye at image left is left of the other


def test_points_that_are_known_stay() -> None:
    records = samples()
    records["points"][0] = 0.25
    Teacher(ONET_MODEL).teach(records)
    assert (records["points"][0] == 0.25).all()
    assert np.isfinite(records["points"][1]).all()


def test_where_the_teacher_sees_no_face_there_are_no_points() -> None:
    records = samples()[:1]
    records["pixels"] = 128
    Teacher(ONET_MODEL).teach(records)
    assert np.isnan(records["points"]).all()


def test_nothing_to_teach() -> None:
    empty = np.zeros(0, record_type(48))
    Teacher(ONET_MODEL).teach(empty)
    negative = samples()[3:]
    before = negative.copy()
    Teacher(ONET_MODEL).teach(negative)
    assert negative.tobytes() == before.tobytes()
