"""What the drop-in modules share: pixel values of other dtypes, and names of devices."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from fastmtcnn import ImageError
from fastmtcnn.compat._common import device_number, providers_for, uint8_pixels

NAMES = re.compile("(cpu|cuda)(?::([0-9]+))?", re.IGNORECASE)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint16, np.float16, np.float64])
def test_whole_numbers(dtype: Any) -> None:
    values = np.array([[0, 1, 127, 255]], dtype)
    for options in ({}, {"rounded": False}, {"binary": True}):
        pixels = uint8_pixels(values, **options)
        assert pixels.dtype == np.uint8
        assert pixels.tolist() == [[0, 1, 127, 255]]


def test_fractions() -> None:
    values = np.array([0.4, 0.6, 254.6])
    assert uint8_pixels(values).tolist() == [0, 1, 255]
    assert uint8_pixels(values, rounded=False).tolist() == [0, 0, 254]


def test_values_up_to_1() -> None:
    zeros, ones, halves = np.zeros(3), np.array([0.0, 1.0]), np.array([0.0, 0.5])
    assert uint8_pixels(zeros).tolist() == [0, 0, 0]
    assert uint8_pixels(np.array([0, 1])).tolist() == [0, 1]
    assert uint8_pixels(ones, binary=True).tolist() == [0, 1]
    for values, binary in ((ones, False), (halves, False), (halves, True)):
        with pytest.raises(
            ImageError, match=r"got float64 values from 0 to .*; multiply it by 255"
        ):
            uint8_pixels(values, binary=binary)


@pytest.mark.parametrize("value", [-1, 256, np.nan, np.inf, -np.inf])
def test_out_of_range(value: float) -> None:
    with pytest.raises(ImageError, match="must have values from 0 to 255, got") as raised:
        uint8_pixels(np.array([0, value, 200]))
    assert raised.value.kind == "values"


@pytest.mark.parametrize(
    ("device", "number"),
    [("cpu", None), ("CPU:3", None), ("cuda", "0"), ("cuda:0", "0"), ("CUDA:12", "12")],
)
def test_devices(device: str, number: str | None) -> None:
    assert device_number(device, NAMES, "such") == number
    wanted = None if number is None else [("CUDAExecutionProvider", {"device_id": number})]
    assert providers_for(device_number(device, NAMES, "such")) == wanted


@pytest.mark.parametrize("device", ["", "gpu", "cuda:x", "cuda:0 ", 1, None])
def test_no_devices(device: object) -> None:
    with pytest.raises(ValueError, match=f"^device must be such, got {device!r}$"):
        device_number(device, NAMES, "such")
