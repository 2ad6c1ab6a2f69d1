"""Temporary files of killed processes, and the order in which a file gets its name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fastmtcnn.files import atomic_write
from fastmtcnn.files.atomic_write import remove_leftovers, replacing

POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX processes")

WRITER = """
import sys
from pathlib import Path
from fastmtcnn.files.atomic_write import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("writing", flush=True)
    sys.stdin.read()
"""


def writer(path: Path) -> subprocess.Popen[str]:
    """Start a process that has written half of a file."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@POSIX
def test_what_a_killed_process_leaves_is_removed(tmp_path: Path) -> None:
    with writer(tmp_path / "a") as process:
        process.kill()
    (left,) = names(tmp_path)
    assert left.startswith(f".fastmtcnn-{process.pid}-")
    command = "from pathlib import Path; from fastmtcnn.files.atomic_write import replacing as r\n"
    command += "for name in 'bc':\n with r(Path(name)) as file: file.write(b'whole')"
    subprocess.run([sys.executable, "-c", command], cwd=tmp_path, check=True)
    assert names(tmp_path) == ["b", "c"]


@POSIX
def test_what_a_running_process_writes_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if its number says nothing here: it may run in a container or on another machine."""
    with writer(tmp_path / "a") as process:
        remove_leftovers(tmp_path)
        monkeypatch.setattr(atomic_write, "_is_running", lambda process: False)
        remove_leftovers(tmp_path)
        assert len(names(tmp_path)) == 1
        assert process.stdin is not None
        process.stdin.close()
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"half"


@POSIX
def test_other_files_stay(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    ours = f".fastmtcnn-{gone.pid}-0123abcd"
    others = [
        *(f"{ours}x", ours[1:], ".fastmtcnn-x-0123abcd", f".fastmtcnn-{os.getpid()}-0123abcd"),
        *(".fastmtcnn-1-0123abcd", f".fastmtcnn-{gone.pid}-0123ABCD", ".hidden"),
    ]
    for name in (ours, *others):
        (tmp_path / name).touch()
    folder, link = f".fastmtcnn-{gone.pid}-00000000", f".fastmtcnn-{gone.pid}-00000001"
    (tmp_path / folder).mkdir()
    (tmp_path / link).symlink_to(".hidden")
    remove_leftovers(tmp_path)
    assert names(tmp_path) == sorted([*others, folder, link])
    remove_leftovers(tmp_path / "nowhere")


def test_a_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronised = []

    def fsync(descriptor: int) -> None:
        synchronised.append((names(tmp_path), os.fstat(descriptor).st_size))

    monkeypatch.setattr(os, "fsync", fsync)
    with replacing(tmp_path / "a") as file:
        file.write(b"whole")
    (((partial,), size),) = synchronised
    assert (partial[:11], size) == (".fastmtcnn-", 5)
    assert names(tmp_path) == ["a"]
