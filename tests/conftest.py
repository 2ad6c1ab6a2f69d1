from __future__ import annotations

import importlib.util

import pytest

import fastmtcnn

if importlib.util.find_spec("hypothesis"):  # test_minimal.py does without
    from hypothesis import settings

    # The same examples every time; `--hypothesis-profile=explore` looks for new ones.
    settings.register_profile("tests", deadline=None, derandomize=True)
    settings.register_profile("explore", deadline=None, max_examples=5_000)
    settings.load_profile("tests")


@pytest.fixture(scope="session")
def detector() -> fastmtcnn.MTCNN:
    """One with default options, for all tests that need no other."""
    return fastmtcnn.MTCNN(num_threads=1)
