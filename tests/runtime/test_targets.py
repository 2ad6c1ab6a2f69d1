"""Names in FASTMTCNN_DISABLE."""

from __future__ import annotations

import warnings

import pytest

from fastmtcnn import MTCNN, _core, cpu_features
from fastmtcnn.compat import insightface
from fastmtcnn.runtime.targets import unknown_targets


@pytest.mark.parametrize("value", ["", "avx2", "avx512,avx2,neon", ",", "scalar,"])
def test_known(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTMTCNN_DISABLE", value)
    assert unknown_targets() is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MTCNN(num_threads=1)


@pytest.mark.parametrize(("value", "name"), [("avx512,avx3", "avx3"), ("AVX2", "AVX2"), (" ", " ")])
def test_unknown(value: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTMTCNN_DISABLE", value)
    with pytest.warns(RuntimeWarning, match=f"each name in FASTMTCNN_DISABLE .*, got {name!r}"):
        MTCNN(num_threads=1)


def test_the_warning_is_at_the_line_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTMTCNN_DISABLE", "avx3")
    for make in (MTCNN, insightface.FaceAnalysis):
        with pytest.warns(RuntimeWarning, match="got 'avx3'") as caught:
            make()
        assert [warning.filename for warning in caught] == [__file__]


def test_all_targets_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {*cpu_features(), *_core.network_targets()}
    monkeypatch.setenv("FASTMTCNN_DISABLE", ",".join(here))
    assert unknown_targets() is None
