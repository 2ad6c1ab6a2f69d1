"""A virtual environment for each peer, made once and kept."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
_SOURCES = ("CMakeLists.txt", "pyproject.toml", "cpp", "models", "python")
_SUFFIXES = {".cpp", ".hpp", ".onnx", ".py", ".pyi", ".toml", ".txt"}


class SetupError(Exception):
    """An environment could not be made."""


@dataclass(frozen=True)
class Environment:
    """What to install.

    Attributes
    ----------
    name : str
        Name of its folder.
    requirements : tuple of str
        For pip.
    without_dependencies : tuple of str
        For pip, whose dependencies are named above because they ask for too much.
    stand_ins : bool
        Whether the modules of ``stand_ins`` can be imported.
    from_repository : bool
        Whether to build and install this repository.
    """

    name: str
    requirements: tuple[str, ...] = ()
    without_dependencies: tuple[str, ...] = ()
    stand_ins: bool = False
    from_repository: bool = False

    def make(self, parent: Path) -> Path:
        """Make the environment unless it is there, and return its Python.

        Raises
        ------
        SetupError
            With the last line of what failed.
        """
        folder = parent / self.name
        python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        stamp = folder / "made-from.json"
        wanted = json.dumps(self._content())
        if stamp.is_file() and stamp.read_text() == wanted:
            return python
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if self.requirements:
            _run(*install, *self.requirements)
        if self.without_dependencies:
            _run(*install, "--no-deps", *self.without_dependencies)
        if self.from_repository:
            build = (parent / f"{self.name}-build").as_posix()
            _run(*install, f"--config-settings=build-dir={build}", str(REPOSITORY))
        site = _run(
            str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"
        ).strip()
        # After everything installed, so that no module of ours hides one of theirs.
        (Path(site) / "peers.pth").write_text("\n".join(self._paths()) + "\n")
        stamp.write_text(wanted)
        return python

    def _paths(self) -> list[str]:
        paths = [REPOSITORY]
        if self.stand_ins:
            paths.append(HERE / "stand_ins")
        return [str(path) for path in paths]

    def _content(self) -> dict[str, object]:
        content: dict[str, object] = {
            "python": sys.version,
            "requirements": self.requirements,
            "without_dependencies": self.without_dependencies,
            "paths": self._paths(),
        }
        if self.from_repository:
            content["sources"] = _digest()
        return content


def _digest() -> str:
    digest = hashlib.sha256()
    for path in _source_files():
        digest.update(str(path.relative_to(REPOSITORY)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for name in _SOURCES:
        path = REPOSITORY / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in files if file.suffix in _SUFFIXES and file.is_file())


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        errors = [line for line in lines if line.lower().startswith("error")]
        raise SetupError((errors or lines or ["failed without a word"])[-1])
    return done.stdout
