"""The folder of a run: its files, its settings, and that one process at a time uses it."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ..files.atomic_write import replacing
from ..files.locks import lock
from .errors import TrainingError
from .settings import Stage

_SETTINGS = "settings.json"
# In the settings, so that no other file is taken for them.
_MARK = {"written_by": "fastmtcnn train"}
_MOST_NAMED = 3  # settings that differ
_PARTIAL = ".fastmtcnn-*"  # files of `replacing` that a killed process left


class RunFolder:
    """The folder of a run.

    Parameters
    ----------
    path : Path
        The folder, which may not exist yet.

    Attributes
    ----------
    path : Path
        As given.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def log(self) -> Path:
        """The log, one JSON object a line."""
        return self.path / "log.jsonl"

    @property
    def held_back(self) -> Path:
        """The names of the photographs that are held back."""
        return self.path / "held_back.txt"

    @property
    def guard(self) -> Path:
        """The names of the photographs that guard, and are not learned from."""
        return self.path / "guard.txt"

    @property
    def samples(self) -> Path:
        """Folder of the samples."""
        return self.path / "samples"

    @property
    def check(self) -> Path:
        """Folder of the findings of a check, which may come before the run."""
        return self.path / "check"

    def stage(self, key: Stage) -> Path:
        """Return the folder of the training of a network."""
        return self.path / "stages" / key

    def mined(self, key: Stage, part: int = 0) -> Path:
        """Return the file of the thresholds at which the samples of a network are mined."""
        return self.stage(key) / f"mining{part}.json"

    def sample_sheet(self, key: Stage) -> Path:
        """Return the picture of some samples of a network."""
        return self.stage(key) / "samples.png"

    def network(self, key: Stage) -> Path:
        """Return the file of a network that is trained, before thresholds are chosen."""
        return self.stage(key) / f"{key}.onnx"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Create the folder, and keep other processes from training in it.

        Raises
        ------
        TrainingError
            If another process does.
        OSError
            If the folder cannot be written to.
        """
        if self.path.exists() and not self.path.is_dir():
            raise TrainingError(f"{self.path}: a run must be a folder, got a file")
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as file:
            try:
                lock(file)
            except BlockingIOError:
                raise TrainingError(
                    f"{self.path}: another process trains in this folder; wait for it, or use "
                    "another one"
                ) from None
            yield

    def begin(self, settings: Mapping[str, Any]) -> bool:
        """Record the settings of a run, or compare them with those of the run to go on with.

        Parameters
        ----------
        settings : mapping of str to JSON values
            All that the result depends on.

        Returns
        -------
        bool
            Whether there is a run to go on with.

        Raises
        ------
        TrainingError
            If the folder holds a run with other settings, or other files.
        OSError
            If a file cannot be read or written.
        """
        path = self.path / _SETTINGS
        wanted = json.loads(json.dumps({**_MARK, **settings}))
        if not path.exists():
            others = self._others((self.check.name, _PARTIAL))
            if others:
                raise TrainingError(
                    f"{self.path}: the folder of a new run must be empty, got {others[0]!r} in it"
                )
            write_json(path, wanted)
            return False
        found = self._read_settings()
        differences = list(_differences(found, wanted))
        if differences:
            more = len(differences) - _MOST_NAMED
            named = differences[:_MOST_NAMED] + ([f"and {more} more"] if more > 0 else [])
            raise TrainingError(
                f"{self.path}: it holds a run with other settings: {', '.join(named)}; repeat that "
                "command to go on with it, use another folder, or --restart to delete it"
            )
        return True

    def require_stages(self, keys: Sequence[Stage]) -> None:
        """Refuse a finished run of which the trained networks were deleted.

        It would be trained again, over its result.

        Parameters
        ----------
        keys : sequence of str
            The networks that the run trains.

        Raises
        ------
        TrainingError
            If it is such a run.
        """
        missing = [key for key in keys if not self.network(key).exists()]
        if missing and (self.path / _RESULTS).exists():
            raise TrainingError(
                f"{self.path}: this run is finished, and {self.network(missing[0])}, which is "
                "needed to go on with it, was deleted; use another folder, or --restart to train "
                "again"
            )

    def clear(self) -> None:
        """Delete the run in it, if it holds nothing else.

        Raises
        ------
        TrainingError
            If the folder holds other files than those of a run. Nothing is deleted then.
        OSError
            If a file cannot be deleted.
        """
        if not (self.path / _SETTINGS).exists():
            return
        self._read_settings()
        folders = ("stages", "samples")
        others = self._others((self.check.name, _PARTIAL, *folders, *_OWN_FILES))
        if others:
            raise TrainingError(
                f"{self.path}: to begin again, the folder must hold the files of a run alone, got "
                f"{others[0]!r} in it; nothing was deleted"
            )
        for name in folders:
            shutil.rmtree(self.path / name, ignore_errors=True)
        for pattern in (_PARTIAL, *_OWN_FILES):
            for path in self.path.glob(pattern):
                path.unlink()

    def _others(self, ours: Sequence[str]) -> list[str]:
        """Return the names of files that match none of some patterns."""
        names = sorted(each.name for each in self.path.iterdir() if each.name != ".lock")
        return [name for name in names if not any(fnmatchcase(name, each) for each in ours)]

    def _read_settings(self) -> dict[str, Any]:
        path = self.path / _SETTINGS
        found = read_json(path)
        if not isinstance(found, dict) or not _MARK.items() <= found.items():
            raise TrainingError(
                f"{path}: not the settings of a run; the folder of a run must be new, or that of a "
                "run to go on with"
            )
        return found


_RESULTS = "results.json"
_OWN_FILES = (
    _SETTINGS,
    "log.jsonl",
    "held_back.txt",
    "guard.txt",
    "?net.onnx",
    "?net_fast*.onnx",
    _RESULTS,
    "report.html",
    "curves.png",
    "curves.svg",
    "README.md",
)


def _differences(found: object, wanted: object, name: str = "") -> Iterator[str]:
    """Yield which values differ, with the names that lead to them."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted({*found, *wanted}):
            path = f"{name}.{key}" if name else key
            yield from _differences(found.get(key), wanted.get(key), path)
    elif found != wanted:
        yield f"{name} {_shown(found)} in place of {_shown(wanted)}"


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f"{value[:8]}..." if re.fullmatch("[0-9a-f]{64}", value) else value
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def read_json(path: Path) -> Any:  # noqa: ANN401
    """Return the values of a JSON file.

    Raises
    ------
    TrainingError
        If the file is damaged.
    OSError
        If the file cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise TrainingError(f"{path}: it must be JSON: {error}") from error


def write_json(path: Path, values: object) -> None:
    """Write values to a JSON file, atomically.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    write_text(path, json.dumps(values, indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, atomically.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(text.encode("utf-8", "surrogateescape"))
