"""The examples of a Markdown page, found by sybil: what to run, and how.

``python`` blocks are run one after the other, in one namespace a page; a ``text`` block behind one
is what it prints. Of ``console`` blocks the commands after ``$`` are run, and what follows is what
they print. Of ``sh`` and indented blocks the lines that call ``fastmtcnn`` are run. In all that is
compared ``...`` stands for anything.

A command must succeed, unless ``<!-- status: N -->`` before its block names another exit status.
``<!-- skip: next "the reason" -->`` leaves a block out. What needs a package that is not
installed is skipped, and so is what comes to need what was skipped.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import SkipTest

from sybil import Document, Example, Region
from sybil.parsers.markdown import CodeBlockParser, SkipParser

from fastmtcnn.extras import MissingExtraError

# What an example may need that the tests do without, beside the packages of the extras.
OPTIONAL = ("av", "cv2", "deepface", "pandas", "pyarrow", "torch")
LANGUAGES = ("python", "text", "console", "sh")
FENCED = re.compile(r"^```(\w*)\n.*?^```$", re.MULTILINE | re.DOTALL)

_INDENTED = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)
_COMMAND = re.compile(r"(?:^|[|&] *)fastmtcnn ")
_STATUS = re.compile(r"<!-- status: (\d+) -->\s*\Z")
_EXTRA_MISSING = 'pip install "fastmtcnn['


class Page:
    """A page whose examples are run in their order, each once.

    Parameters
    ----------
    path : Path
        The Markdown file.
    """

    def __init__(self, path: Path) -> None:
        parsers = (
            CodeBlockParser("python", self._python),
            CodeBlockParser("text", self._text),
            CodeBlockParser("console", self._console),
            CodeBlockParser("sh", self._commands),
            self._indented,
            SkipParser(),
        )
        self._document = Document.parse(str(path), *parsers)
        self.examples = list(self._document.examples())
        self._outcomes: list[Exception | None] = []
        self._printed: str | None = None

    def provide(self, **names: object) -> None:
        """Have the page's Python know some names from the start."""
        self._document.namespace.update(names)

    def run(self, number: int) -> None:
        """Run an example, and before it all that come before and have not been run.

        Raises
        ------
        Exception
            What the example raised; SkipTest, if it could not be run here.
        """
        while len(self._outcomes) <= number:
            try:
                self.examples[len(self._outcomes)].evaluate()
            except (Exception, SkipTest) as error:
                self._outcomes.append(error)
            else:
                self._outcomes.append(None)
        outcome = self._outcomes[number]
        if outcome is not None:
            raise outcome

    def _python(self, example: Example) -> None:
        printed = io.StringIO()
        self._printed = None
        code = compile("\n" * example.line + example.parsed, example.path, "exec")
        try:
            with contextlib.redirect_stdout(printed):
                exec(code, example.namespace)
        except ModuleNotFoundError as error:
            raise skip_of(error) from error
        except NameError as error:
            if any(isinstance(each, SkipTest) for each in self._outcomes):
                raise SkipTest(f"needs what was skipped: {error}") from error
            raise
        self._printed = printed.getvalue()

    def _text(self, example: Example) -> str | None:
        if self._printed is None:
            raise SkipTest("what should print it was not run")
        return _difference(str(example.parsed), self._printed)

    def _console(self, example: Example) -> str | None:
        status = _expected_status(example)
        for part in re.split(r"^\$ ", str(example.parsed), flags=re.MULTILINE)[1:]:
            command, _, wanted = part.partition("\n")
            difference = _difference(wanted, _run(command, status))
            if difference:
                return difference
        return None

    def _commands(self, example: Example) -> None:
        status = _expected_status(example)
        for command in _commands_in(str(example.parsed)):
            _run(command, status)

    def _indented(self, document: Document) -> Iterator[Region]:
        without_fences = FENCED.sub(lambda block: " " * len(block[0]), document.text)
        for block in _INDENTED.finditer(without_fences):
            source = textwrap.dedent(block[0])
            if _commands_in(source):
                yield Region(block.start(), block.end(), source, self._commands)


def skip_of(error: ModuleNotFoundError) -> Exception:
    """Return the skip that a missing package deserves, or the error itself."""
    package = (error.name or "").partition(".")[0]
    if package in OPTIONAL or isinstance(error, MissingExtraError):
        return SkipTest(f"needs {package}, which is not installed")
    return error


def _commands_in(source: str) -> list[str]:
    lines = source.replace("\\\n", " ").splitlines()
    return [line.removeprefix("$ ") for line in lines if _COMMAND.search(line.removeprefix("$ "))]


def _expected_status(example: Example) -> int:
    mark = _STATUS.search(example.document.text[: example.region.start])
    return int(mark[1]) if mark else 0


def _run(command: str, status: int) -> str:
    """Run a command, and return what it prints."""
    done: Any = subprocess.run(
        ["bash", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    if done.returncode != status:
        if _EXTRA_MISSING in done.stdout:
            raise SkipTest(done.stdout.strip())
        raise AssertionError(f"{command}: exit status {done.returncode}\n{done.stdout}")
    return str(done.stdout)


def _difference(wanted: str, got: str) -> str | None:
    example = doctest.Example("", wanted)
    checker = doctest.OutputChecker()
    got = "".join(f"{line.rstrip()}\n" for line in got.strip("\n").splitlines())
    if checker.check_output(example.want, got, doctest.ELLIPSIS):
        return None
    return checker.output_difference(example, got, doctest.ELLIPSIS)
