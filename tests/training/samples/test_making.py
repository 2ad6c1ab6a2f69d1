"""Samples of all photographs, made in processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from fastmtcnn.networks.loading import read_shipped
from fastmtcnn.training.samples.making import (
    Making,
    Source,
    count_chunks,
    make_samples,
)
from fastmtcnn.training.samples.mining import MiningSettings
from fastmtcnn.training.samples.records import Kind
from fastmtcnn.training.samples.settings import WindowSettings
from tests.support.annotated import annotated
from tests.support.helpers import GOLDEN, ROOT

SMALL = GOLDEN / "astronaut_333x277.png"
FACE = [[143, 52, 227, 163]]
WINDOWS = WindowSettings(tries=6, beside=1, anywhere=4)
MAKING = Making(
    *("pnet", 12, 1.0, 7),
    windows=WINDOWS,
    reference=WINDOWS,
    mining=None,
    cascade=None,
)


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    """Three photographs, under 50 names."""
    paths = []
    with PIL.Image.open(SMALL) as photo:
        for number, mirrored in enumerate((photo, photo.rotate(5), photo.rotate(-8))):
            paths.append(tmp_path / f"{number}.png")
            mirrored.save(paths[-1])
    return [Source(annotated(FACE, path=paths[k % 3], name=f"set/{k}")) for k in range(50)]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.slow
def test_the_number_of_processes_does_not_matter(sources: list[Source], tmp_path: Path) -> None:
    made = list(make_samples(sources, MAKING, tmp_path / "one", 1))
    assert [each.num_images for each in made] == [24, 24, 2]
    assert [each.problems for each in made] == [[], [], []]
    assert [each.path.name for each in made] == ["000000.npy", "000001.npy", "000002.npy"]
    assert count_chunks(50) == 3
    list(make_samples(sources, MAKING, tmp_path / "two", 2))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    kinds = np.load(made[0].path)["kind"]
    assert set(kinds.tolist()) == {Kind.NEGATIVE, Kind.POSITIVE, Kind.PART}


def test_chunks_that_are_missing_are_made_and_no_others(
    sources: list[Source], tmp_path: Path
) -> None:
    folder = tmp_path / "samples"
    list(make_samples(sources, MAKING, folder, 1))
    whole = contents(folder)
    (folder / "000001.npy").unlink()
    before = (folder / "000000.npy").stat().st_mtime_ns
    list(make_samples(sources, MAKING, folder, 1))
    assert contents(folder) == whole
    assert (folder / "000000.npy").stat().st_mtime_ns == before


def test_several_machines_share_the_chunks(sources: list[Source], tmp_path: Path) -> None:
    parts = [
        [made.path.name for made in make_samples(sources, MAKING, tmp_path / "s", 1, (rank, 2))]
        for rank in range(2)
    ]
    assert parts == [["000000.npy", "000002.npy"], ["000001.npy"]]


def test_chunks_are_made_one_after_the_other(sources: list[Source], tmp_path: Path) -> None:
    made = make_samples(sources, MAKING, tmp_path / "s", 1)
    next(made)
    assert len(contents(tmp_path / "s")) == 1
    made.close()  # type: ignore[attr-defined]
    assert len(contents(tmp_path / "s")) == 1


def test_photographs_that_cannot_be_read_are_named(sources: list[Source], tmp_path: Path) -> None:
    damaged, missing = tmp_path / "damaged.png", tmp_path / "missing.png"
    damaged.write_bytes(SMALL.read_bytes()[:3000])
    bad = [
        Source(annotated(FACE, path=path, name=f"set/{path.stem}")) for path in (damaged, missing)
    ]
    (made,) = make_samples([sources[0], *bad, sources[1]], MAKING, tmp_path / "s", 1)
    assert [problem.split(": ")[0] for problem in made.problems] == [str(damaged), str(missing)]
    (good,) = make_samples(sources[:2], MAKING, tmp_path / "good", 1)
    assert made.path.read_bytes() == good.path.read_bytes()
    assert made.num_images == 4


def test_samples_depend_on_the_name_and_the_seed(sources: list[Source], tmp_path: Path) -> None:
    image = sources[0].image
    variants = {
        "first": (sources[0], MAKING),
        "again": (sources[0], MAKING),
        "name": (Source(replace(image, name="set/other")), MAKING),
        "seed": (sources[0], replace(MAKING, seed=8)),
    }
    got = {}
    for name, (source, making) in variants.items():
        (made,) = make_samples([source], making, tmp_path / name, 1)
        got[name] = made.path.read_bytes()
    assert got["first"] == got["again"]
    assert len(set(got.values())) == 3


def test_mined_samples_have_what_the_cascade_proposes(tmp_path: Path) -> None:
    mining = MiningSettings(min_face_size=24, negatives=10, per_face=3)
    cascade = folder_with(tmp_path / "cascade", read_shipped("pnet.onnx"))
    making = replace(
        MAKING, key="rnet", side=24, windows=None, mining=mining, cascade=cascade, crop_scale=1.5
    )
    source = Source(annotated(FACE, path=SMALL))
    (made,) = make_samples([source], making, tmp_path / "s", 1)
    kinds = np.load(made.path)["kind"].tolist()
    assert kinds.count(Kind.NEGATIVE) == 10
    assert 0 < kinds.count(Kind.POSITIVE) <= 3
    assert kinds.count(Kind.PART) <= 3
    (none,) = make_samples([source._replace(complete=False)], making, tmp_path / "crops", 1)
    assert len(np.load(none.path)) == 0


def folder_with(path: Path, pnet: bytes) -> Path:
    """A cascade of this P-Net and the shipped R-Net and O-Net."""
    path.mkdir()
    for name, content in (
        ("pnet.onnx", pnet),
        ("rnet.onnx", read_shipped("rnet.onnx")),
        ("onet.onnx", read_shipped("onet.onnx")),
    ):
        (path / name).write_bytes(content)
    return path


def test_descriptions_tell_all_that_samples_depend_on(tmp_path: Path) -> None:
    changes = (
        {"key": "rnet"},
        {"side": 24},
        {"crop_scale": 1.5},
        {"seed": 8},
        {"windows": None},
        {"windows": replace(WINDOWS, tries=7)},
        {"reference": replace(WINDOWS, reference="rectangle")},
        {"reference": replace(WINDOWS, min_face=11)},
        {"mining": MiningSettings()},
        {"mining": MiningSettings(negatives=41)},
        {"cascade": folder_with(tmp_path / "a", b"a")},
        {"cascade": folder_with(tmp_path / "b", b"b")},
        {"teacher": b"a"},
    )
    described = [repr(MAKING.describe())]
    described += [repr(replace(MAKING, **change).describe()) for change in changes]
    assert len(set(described)) == len(described)
    again = replace(MAKING, cascade=folder_with(tmp_path / "c", b"a")).describe()
    assert repr(again) in described  # content counts, and not the place


PARENT = """
    import os, sys
    from pathlib import Path
    from tests.support.annotated import annotated
    from tests.training.samples.test_making import FACE, MAKING, SMALL
    from fastmtcnn.training.samples.making import Source, make_samples

    def main():
        sources = [Source(annotated(FACE, path=SMALL, name=f"set/{k}")) for k in range(24 * 400)]
        for made in make_samples(sources, MAKING, Path(sys.argv[1]), 2):
            print("made", flush=True)

    if __name__ == "__main__":
        main()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(textwrap.dedent(PARENT))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), str(tmp_path / "samples")]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"made\n"
        assert len(group(parent.pid)) >= 3
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + 30
        while group(parent.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert group(parent.pid) == []


def group(leader: int) -> list[int]:
    """The processes of a session that run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(folder.name))
    return found
