from __future__ import annotations

import errno
import io
import json
import time
from pathlib import Path

import pytest

from fastmtcnn.training.reporting.log import RunLog, read_log


def test_lines_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = RunLog(path)
    log.append("pnet", "loss", 10, loss=0.5, recall={"10": 0.25})
    log.append("onet", "figures", 20, average_precision=float("nan"), text="Zeile\n\u2028zwei")
    first, second = read_log(path)
    assert first == {
        "stage": "pnet",
        "event": "loss",
        "step": 10,
        "loss": 0.5,
        "recall": {"10": 0.25},
        "seconds": first["seconds"],
    }
    assert second["average_precision"] is None  # as JSON lacks NaN
    assert second["text"] == "Zeile\n\u2028zwei"
    assert len(path.read_bytes().splitlines()) == 2
    for line in path.read_bytes().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(name))


def test_torn_last_line_is_dropped_and_the_log_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    RunLog(path).append("pnet", "loss", 1)
    whole = path.read_bytes()
    for length in range(1, len(whole)):
        path.write_bytes(whole + whole[:length])
        assert [line["step"] for line in read_log(path)] in ([1], [1, 1])
        RunLog(path).append("pnet", "loss", 2)
        assert [line["step"] for line in read_log(path)] == [1, 2]


@pytest.mark.parametrize(
    "damage",
    [b"\xff\xfe\n", b"[1, 2]\n", b"{}\n", b'{"seconds": "x"}\n', b"\n", b"\0" * 99 + b"\n"],
)
def test_damaged_line_is_passed_over(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "log.jsonl"
    RunLog(path).append("pnet", "loss", 1)
    path.write_bytes(path.read_bytes() + damage)
    RunLog(path).append("pnet", "loss", 2)
    assert [line["step"] for line in read_log(path)] == [1, 2]


def test_time_goes_on_after_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, now = tmp_path / "log.jsonl", [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    log = RunLog(path)
    now[0] += 90
    log.append("pnet", "loss", 1)
    now[0] = 5.0  # another process, whose clock begins elsewhere
    log = RunLog(path)
    now[0] += 30
    log.append("pnet", "loss", 2)
    assert [line["seconds"] for line in read_log(path)] == [90, 120]
    assert log.seconds == 120


def test_no_log(tmp_path: Path) -> None:
    assert read_log(tmp_path / "none.jsonl") == []
    path = tmp_path / "empty.jsonl"
    path.touch()
    assert RunLog(path).seconds < 60


def test_full_disk() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full")
    log = RunLog(Path("/dev/null"))
    log._path = full
    with pytest.raises(OSError, match=r"No space left") as raised:
        log.append("pnet", "loss", 1)
    assert raised.value.errno == errno.ENOSPC


class HalfFull:
    """A file on a disk that takes some bytes of a line only."""

    def __init__(self, path: Path, taken: int) -> None:
        self._file, self._taken = io.FileIO(path, "ab"), taken

    def __enter__(self) -> HalfFull:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def tell(self) -> int:
        return self._file.tell()

    def truncate(self, size: int) -> int:
        return self._file.truncate(size)

    def write(self, content: bytes) -> int:
        return self._file.write(content[: self._taken])


def test_part_of_a_line_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.jsonl"
    log = RunLog(path)
    log.append("pnet", "loss", 1)
    before = path.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", lambda each, *_, **__: HalfFull(path, 7))
        with pytest.raises(OSError, match="No space left"):
            log.append("pnet", "loss", 2)
    assert path.read_bytes() == before
    log.append("pnet", "loss", 3)
    assert [line["step"] for line in read_log(path)] == [1, 3]
