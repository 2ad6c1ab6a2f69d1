"""``fastmtcnn detect --resume``: nothing done twice, nothing lost, whatever stopped the run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from PIL import Image
from typer.testing import CliRunner, Result

import fastmtcnn
from fastmtcnn import cli
from fastmtcnn.cli.batch.journal import Finished, Journal
from fastmtcnn.files import images, originals
from fastmtcnn.files import photos as read_photos
from fastmtcnn.files.locks import lock
from fastmtcnn.results.photo import Photo
from tests.support.helpers import GOLDEN

NAMES = FACE, FACES, NONE = "hopper_61x73.png", "astronaut_333x277.png", "coffee_noface.png"
OPTIONS = ["--min-face-size", "40"]
IN_ORDER = ["--workers", "1"]  # what was worked on, and when it stopped, is known to the photo


@pytest.fixture
def worked_on(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the paths that are decoded."""
    done: list[str] = []

    def recording(decode: Callable[..., Any]) -> Callable[..., Any]:
        def decoded(image: Any, *arguments: Any) -> Any:
            done.append(str(image))
            return decode(image, *arguments)

        return decoded

    monkeypatch.setattr(read_photos, "as_rgb", recording(images.as_rgb))
    monkeypatch.setattr(read_photos, "original_of", recording(originals.original_of))
    return done


@pytest.fixture
def stop_before(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what makes a detection fail, counted from 0, until it is told otherwise."""
    detect = fastmtcnn.MTCNN.detect

    def arrange(number: int, error: BaseException) -> None:
        left = iter(range(number))

        def stopping(self: fastmtcnn.MTCNN, image: Any, **options: Any) -> Any:
            if next(left, None) is None:
                raise error
            return detect(self, image, **options)

        monkeypatch.setattr(fastmtcnn.MTCNN, "detect", stopping)

    return arrange


def invoke(*arguments: str, output: str = "faces.json") -> Result:
    return CliRunner().invoke(
        cli.program(),
        ["detect", "--json", output, *OPTIONS, *IN_ORDER, *arguments],
        prog_name="fastmtcnn",
    )


def uninterrupted(*photos: str) -> bytes:
    assert invoke(*photos, output="expected.json").exit_code == 0
    return Path("expected.json").read_bytes()


@pytest.mark.usefixtures("folder")
def test_goes_on_after_an_interrupt(worked_on: list[str], stop_before: Callable[..., None]) -> None:
    photos = [FACE, NONE, FACES]
    expected = uninterrupted(*photos)
    worked_on.clear()
    stop_before(2, KeyboardInterrupt())
    stopped = invoke(*photos)
    assert stopped.exit_code == 130
    assert stopped.output.splitlines()[-1] == (
        "interrupted; with --resume, 2 photos need not be done again"
    )
    assert not Path("faces.json").exists()
    assert len(Path("faces.json.unfinished").read_bytes().splitlines()) == 1 + 2

    worked_on.clear()
    stop_before(100, KeyboardInterrupt())
    resumed = invoke(*photos, "--resume")
    assert resumed.exit_code == 0
    assert "error" not in resumed.output
    assert worked_on == [FACES]
    assert Path("faces.json").read_bytes() == expected
    assert not Path("faces.json.unfinished").exists()
    assert "1 face in 3 photos" in resumed.output
    # There is nothing to take up any more.
    worked_on.clear()
    assert invoke(*photos, "--resume").exit_code == 0
    assert worked_on == photos


@pytest.mark.usefixtures("folder")
def test_finished_photos_are_not_deleted_unasked(
    worked_on: list[str], stop_before: Callable[..., None]
) -> None:
    stop_before(1, KeyboardInterrupt())
    assert invoke(FACE, NONE).exit_code == 130
    journal = Path("faces.json.unfinished")
    before = journal.read_bytes()
    worked_on.clear()
    stop_before(100, KeyboardInterrupt())
    refused = invoke(FACE, NONE)
    assert refused.exit_code == 2
    assert refused.output.splitlines() == [
        "error: 'faces.json.unfinished' has 1 finished photo of an earlier run: --resume "
        "continues that run, --restart deletes it and begins again",
        "See fastmtcnn detect --help.",
    ]
    assert (worked_on, journal.read_bytes()) == ([], before)
    assert invoke(FACE, NONE, "--restart").exit_code == 0
    assert worked_on == [FACE, NONE]
    assert not journal.exists()
    # Nothing is lost where nothing was finished.
    worked_on.clear()
    stop_before(0, KeyboardInterrupt())
    journal.write_bytes(before.splitlines(keepends=True)[0])
    assert invoke(FACE, NONE).exit_code == 130
    stop_before(100, KeyboardInterrupt())
    assert invoke(FACE, NONE).exit_code == 0


@pytest.mark.usefixtures("folder")
def test_resume_and_restart() -> None:
    result = invoke(FACE, "--resume", "--restart")
    assert result.exit_code == 2
    assert "--resume and --restart cannot go together" in result.output


@pytest.mark.usefixtures("folder")
def test_other_photos_and_orders(worked_on: list[str], stop_before: Callable[..., None]) -> None:
    """The same photo twice is two photos; those added and left out are as they are asked for."""
    photos = [NONE, FACE, FACES, FACE, FACE]
    expected = uninterrupted(*photos)
    stop_before(2, KeyboardInterrupt())
    assert invoke(FACE, FACE, NONE).exit_code == 130
    worked_on.clear()
    stop_before(100, KeyboardInterrupt())
    assert invoke(*photos, "--resume").exit_code == 0
    assert worked_on == [NONE, FACES, FACE]
    assert Path("faces.json").read_bytes() == expected


@pytest.mark.usefixtures("folder")
def test_outputs_in_another_order(worked_on: list[str], stop_before: Callable[..., None]) -> None:
    def detect(*arguments: str) -> Result:
        return CliRunner().invoke(
            cli.program(), ["detect", FACE, NONE, *OPTIONS, *IN_ORDER, *arguments]
        )

    stop_before(1, KeyboardInterrupt())
    assert detect("-o", "b.json", "-o", "a.csv").exit_code == 130
    assert [path.name for path in Path().glob("*.unfinished")] == ["a.csv.unfinished"]
    stop_before(100, KeyboardInterrupt())
    result = detect("-o", "a.csv", "-o", "b.json")
    assert result.exit_code == 2
    assert "--resume" in result.output
    worked_on.clear()
    assert detect("-o", "a.csv", "-o", "b.json", "--resume").exit_code == 0
    assert worked_on == [NONE]
    assert not list(Path().glob("*.unfinished"))


@pytest.mark.skipif(os.name == "nt", reason="no such locks there")
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("option", [[], ["--resume"], ["--restart"]])
def test_a_run_that_still_works(stop_before: Callable[..., None], option: list[str]) -> None:
    """Two runs would write to the same journal, or one delete that of the other."""
    stop_before(1, KeyboardInterrupt())
    assert invoke(FACE, NONE).exit_code == 130
    journal = Path("faces.json.unfinished")
    before = journal.read_bytes()
    stop_before(100, KeyboardInterrupt())
    with journal.open("rb") as other:
        lock(other)  # as the other run does
        result = invoke(FACE, NONE, *option)
    assert result.exit_code == 2
    wanted = "is of a run that still works on it; wait for its end, or write the results elsewhere"
    assert wanted in " ".join(result.output.split())
    assert journal.read_bytes() == before
    assert invoke(FACE, NONE, "--resume").exit_code == 0


def test_a_changed_photo_is_done_again(
    folder: Path, worked_on: list[str], stop_before: Callable[..., None]
) -> None:
    stop_before(2, KeyboardInterrupt())
    assert invoke(FACE, FACES, NONE).exit_code == 130
    shutil.copyfile(folder / NONE, folder / FACE)
    expected = [FACE, NONE]
    worked_on.clear()
    stop_before(100, KeyboardInterrupt())
    assert invoke(FACE, FACES, NONE, "--resume").exit_code == 0
    assert worked_on == expected
    found = json.loads(Path("faces.json").read_bytes())
    assert [len(photo["faces"]) for photo in found] == [0, 1, 0]


def test_the_copy_of_a_changed_photo_is_replaced(
    folder: Path, stop_before: Callable[..., None]
) -> None:
    stop_before(2, KeyboardInterrupt())
    assert invoke(FACE, FACES, NONE, "--draw", "out").exit_code == 130
    before = Path("out", FACE).read_bytes()
    shutil.copyfile(folder / NONE, folder / FACE)
    stop_before(100, KeyboardInterrupt())
    assert invoke(FACE, FACES, NONE, "--draw", "out", "--resume").exit_code == 0
    assert {path.name for path in Path("out").iterdir()} == {FACE, FACES, NONE}
    assert Path("out", FACE).read_bytes() != before


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--min-face-size", "50"], "is of a run with min_face_size 40.0, not 50.0; --restart"),
        (
            ["--clip"],
            "is of a run with clip False, not True; --restart deletes it and begins again",
        ),
        (["--draw", "out"], "is of a run with draw None, not 'out'; --restart"),
        (["--roi", "0,0,50,60"], "is of a run with roi None, not [0, 0, 50, 60]; --restart"),
    ],
)
def test_other_options(stop_before: Callable[..., None], options: list[str], message: str) -> None:
    stop_before(1, KeyboardInterrupt())
    assert invoke(FACE, NONE).exit_code == 130
    before = Path("faces.json.unfinished").read_bytes()
    stop_before(100, KeyboardInterrupt())
    # The later of two equal options counts.
    result = CliRunner().invoke(
        cli.program(),
        ["detect", FACE, NONE, "--json", "faces.json", *OPTIONS, *options, "--resume"],
    )
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert Path("faces.json.unfinished").read_bytes() == before
    # The number of threads changes no result.
    assert invoke(FACE, NONE, "--resume", "--num-threads", "1").exit_code == 0


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("arguments", [[], ["--json", "-"], ["--json", os.devnull]])
def test_nothing_to_resume_from(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli.program(), ["detect", FACE, "--resume", *arguments])
    assert result.exit_code == 2
    assert "needs --json FILE, a regular file" in " ".join(result.output.split())


def test_what_is_finished_is_counted_wherever_an_interrupt_comes(tmp_path: Path) -> None:
    def add_interrupted(journal: Journal, before: int) -> bool:
        """Add a photo; raise KeyboardInterrupt before a line of `Journal` runs, if there is one."""
        left = before

        def trace(frame: FrameType, event: str, _: object) -> Any:
            nonlocal left
            if Path(frame.f_code.co_filename).stem != "journal":
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    raise KeyboardInterrupt
            return trace

        photo = Photo("a.jpg", 5, 5, fastmtcnn.Detections.empty())
        sys.settrace(trace)
        try:
            journal.add(Finished(photo, 0, None, []))
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(None)
        return False

    counts = set()
    for before in range(1, 1000):
        result = tmp_path / f"{before}.json"
        journal = Journal(result, {}, resume=False, restart=False)
        interrupted = add_interrupted(journal, before)
        lines = journal.path.read_bytes().splitlines()[1:]
        assert journal.num_finished == len(lines)
        counts.add(len(lines))
        journal.close()
        assert journal.path.exists() == bool(lines)  # no finished photo is deleted
        if not interrupted:
            break
    assert not interrupted
    assert counts == {0, 1}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("torn", [1, 40, 300])
def test_a_torn_line(worked_on: list[str], stop_before: Callable[..., None], torn: int) -> None:
    expected = uninterrupted(FACE, FACES, NONE)
    stop_before(2, KeyboardInterrupt())
    assert invoke(FACE, FACES, NONE).exit_code == 130
    journal = Path("faces.json.unfinished")
    journal.write_bytes(journal.read_bytes()[:-torn])
    worked_on.clear()
    stop_before(1, KeyboardInterrupt())
    assert invoke(FACE, FACES, NONE, "--resume").exit_code == 130
    assert worked_on == [FACES, NONE]
    worked_on.clear()
    stop_before(100, KeyboardInterrupt())
    assert invoke(FACE, FACES, NONE, "--resume").exit_code == 0
    assert worked_on == [NONE]
    assert Path("faces.json").read_bytes() == expected


def sealed(**values: Any) -> bytes:
    """A line of the journal with a checksum that holds, whatever is in it."""
    photo = {"path": NONE, "width": 5, "height": 5, "faces": [], **values.pop("photo", {})}
    state = [(GOLDEN / NONE).stat().st_size, 1]
    entry = {"photo": photo, "occurrence": 0, "state": state, "pictures": [], **values}
    rest = json.dumps(entry).encode()[1:]
    return b'{"crc32": %d, %b\n' % (zlib.crc32(rest), rest)


def one_face(number: object) -> dict[str, Any]:
    return {"faces": [{"box": [0, 0, 5, number], "score": 1, "landmarks": [[0, 0]] * 5}]}


DAMAGED_LINES = {
    "zeros": b"\0" * 100 + b"\n",
    "a list": b"[]\n",
    "nothing": b"{}\n",
    "no checksum": b'{"photo": 3}\n',
    "no number": b'{"crc32": x, "photo": 3}\n',
    "another checksum": sealed().replace(b'"width": 5', b'"width": 6'),
    "not UTF-8": b'{"crc32": 1, "\xff"}\n',
    "nested": b'{"crc32": 1, "photo": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
    "NaN": sealed(photo=one_face(float("nan"))),
    "infinity": sealed(photo=one_face(float("inf"))),
    "many digits": sealed(photo=one_face(10**400)),
    "a text for a number": sealed(photo=one_face("x")),
    "no width": sealed(photo={"width": 0}),
    "an infinite width": sealed(photo={"width": float("inf")}),
    "no faces": sealed(photo={"faces": None}),
    "another occurrence": sealed(occurrence=0.5),
    "a state of one number": sealed(state=[1]),
    "a state of text": sealed(state=["1", "2"]),
    "names without sizes": sealed(pictures=[["a.png"]]),
    "sizes of text": sealed(pictures=[[["a.png", "9"]]]),
    "a name that is a number": sealed(pictures=[[[1, 9]]]),
    "pictures of another kind": sealed(pictures=3),
}


@pytest.mark.usefixtures("folder")
def test_damaged_lines(worked_on: list[str], stop_before: Callable[..., None]) -> None:
    """Their photo is done again, and those of the lines around them are not."""
    os.utime(NONE, ns=(1, 1))
    expected = uninterrupted(FACE, NONE, FACES)
    stop_before(2, KeyboardInterrupt())
    assert invoke(FACE, FACES, NONE).exit_code == 130
    journal = Path("faces.json.unfinished")
    header, face, faces = journal.read_bytes().splitlines(keepends=True)
    lines = [header, face, *DAMAGED_LINES.values(), faces, face[:9]]
    for sound, again in (([], [NONE]), ([sealed()], [])):
        journal.write_bytes(b"".join([*lines[:-1], *sound, lines[-1]]))
        worked_on.clear()
        stop_before(100, KeyboardInterrupt())
        assert invoke(FACE, NONE, FACES, "--resume").exit_code == 0
        assert worked_on == again
    found = json.loads(Path("faces.json").read_bytes())
    assert [photo.pop("width") for photo in found] == [61, 5, 333]
    assert json.loads(expected)[::2] == [
        {**photo, "width": width} for photo, width in zip(found[::2], (61, 333), strict=True)
    ]


def test_finished_photos_are_on_the_disk_after_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut costs the lines that were written since."""
    clock = iter([0.0, 0.4, 0.9, 1.1, 1.1, 1.9, 2.2, 2.2])  # made, header, four photos, two syncs
    on_disk: list[int] = []
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(os, "fsync", lambda file: on_disk.append(os.fstat(file).st_size))
    journal = Journal(tmp_path / "faces.json", {}, resume=False, restart=False)
    sizes = []
    for number in range(4):
        photo = Photo(f"{number}.png", 5, 5, fastmtcnn.Detections.empty())
        journal.add(Finished(photo, 0, None, []))
        sizes.append(journal.path.stat().st_size)
    assert on_disk == [sizes[1], sizes[3]]
    monkeypatch.undo()
    journal.close()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "header",
    [
        *(b"garbage", b"[1]", b"null", b'"x"', b"9" * 5000, b'"\xff"', b"{}}", b""),
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_a_damaged_header(header: bytes) -> None:
    journal = Path("faces.json.unfinished")
    journal.write_bytes(b'{"fastmtcnn": ' + header + b"}\n" + sealed())
    refused = invoke(FACE, "--resume")
    assert refused.exit_code == 2
    assert refused.output.splitlines()[0] == (
        "error: 'faces.json.unfinished' is damaged, and its settings cannot be read; --restart "
        "deletes it and begins again"
    )
    assert journal.exists()
    assert "has 1 finished photo" in invoke(FACE).output
    assert invoke(FACE, "--restart").exit_code == 0
    assert not journal.exists()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("content", [b"precious\n", b'{"fast', b"", b'{"fastmtcnn": {}'])
@pytest.mark.parametrize("resume", [[], ["--resume"]])
def test_what_lies_in_the_journals_place(content: bytes, resume: list[str]) -> None:
    """A file of somebody's own is not touched; a beginning that was torn off is ours."""
    journal = Path("faces.json.unfinished")
    journal.write_bytes(content)
    result = invoke(FACE, *resume)
    if content.startswith(b"precious"):
        assert result.exit_code == 2
        assert "is some other file; move it away" in " ".join(result.output.split())
        assert journal.read_bytes() == content
        assert not Path("faces.json").exists()
    else:
        assert result.exit_code == 0
        assert not journal.exists()


@pytest.mark.usefixtures("folder")
def test_a_folder_in_the_journals_place() -> None:
    Path("faces.json.unfinished").mkdir()
    result = invoke(FACE, "--draw", "out")
    assert result.exit_code == 2
    assert "is some other file; move it away" in " ".join(result.output.split())
    assert not Path("out").exists()


@pytest.mark.parametrize("stopped", [0, 1, 5, 11])
def test_several_at_a_time(
    folder: Path, worked_on: list[str], monkeypatch: pytest.MonkeyPatch, stopped: int
) -> None:
    """Those before the one that stopped it are noted, in order, whichever was finished first."""
    photos = [f"{number:02}.png" for number in range(12)]
    for number, name in enumerate(photos):
        shutil.copy(
            NONE if number == stopped else FACES if number % 4 == 0 else FACE, folder / name
        )
    expected = uninterrupted(*photos)
    detect = fastmtcnn.MTCNN.detect

    def stopping(self: fastmtcnn.MTCNN, image: Any, **options: Any) -> Any:
        if image.shape == (400, 600, 3):
            raise KeyboardInterrupt
        return detect(self, image, **options)

    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", stopping)
    assert invoke(*photos, "--workers", "3").exit_code == 130
    journal = Path("faces.json.unfinished")
    lines = journal.read_bytes().splitlines()[1:] if stopped else []
    assert [json.loads(line)["photo"]["path"] for line in lines] == photos[:stopped]
    assert journal.exists() == (stopped > 0)
    worked_on.clear()
    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", detect)
    resumed = invoke(*photos, "--workers", "3", "--resume")
    assert resumed.exit_code == 0
    assert (f", {stopped} from the run before" in resumed.output) == (stopped > 0)
    # Threads of the run before may still have been at some of these when it ended.
    assert set(worked_on) == set(photos[stopped:])
    assert Path("faces.json").read_bytes() == expected


@pytest.mark.usefixtures("folder")
def test_photos_that_failed_are_tried_again(
    worked_on: list[str], stop_before: Callable[..., None]
) -> None:
    stop_before(1, KeyboardInterrupt())
    assert invoke(FACE, "late.png", NONE).exit_code == 130
    shutil.copy(FACES, "late.png")
    worked_on.clear()
    stop_before(100, KeyboardInterrupt())
    assert invoke(FACE, "late.png", NONE, "--resume").exit_code == 0
    assert worked_on == ["late.png", NONE]
    found = json.loads(Path("faces.json").read_bytes())
    assert [photo["path"] for photo in found] == [FACE, "late.png", NONE]


def test_copies_keep_their_names(
    folder: Path, worked_on: list[str], stop_before: Callable[..., None]
) -> None:
    """Of photos of the same name, each has its own copy, also if the run is taken up."""
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    shutil.copy(FACE, "a/x.png")
    shutil.copy(FACES, "b/x.png")
    photos = ["late.png", "a/x.png", "b/x.png"]
    stop_before(1, KeyboardInterrupt())
    assert invoke(*photos, "--draw", "out").exit_code == 130
    assert [path.name for path in Path("out").iterdir()] == ["x.png"]
    first = Path("out/x.png").read_bytes()
    shutil.copy(NONE, "late.png")
    worked_on.clear()
    stop_before(100, KeyboardInterrupt())
    assert invoke(*photos, "--draw", "out", "--resume").exit_code == 0
    assert worked_on == ["late.png", "b/x.png"]
    assert {path.name for path in Path("out").iterdir()} == {"late.png", "x-2.png", "x.png"}
    assert Path("out/x.png").read_bytes() == first
    # A copy that is gone makes its photo be done again.
    stop_before(1, KeyboardInterrupt())
    assert invoke(*photos, "--draw", "out").exit_code == 130
    copy = Path("out/late.png")
    copy.unlink()
    worked_on.clear()
    assert invoke(*photos, "--draw", "out", "--resume").exit_code == 130
    assert worked_on[0] == "late.png"
    # So does one that is not whole.
    copy.write_bytes(b"")
    worked_on.clear()
    stop_before(100, KeyboardInterrupt())
    assert invoke(*photos, "--draw", "out", "--resume").exit_code == 0
    assert worked_on == photos
    with Image.open(copy) as image:
        assert image.format == "PNG"


@pytest.mark.slow
def test_killed_and_taken_up_again(folder: Path) -> None:
    """As a user does it: kill -9 at any moment, again and again, then once to the end."""
    photos = []
    for number in range(24):
        name = f"{number:02}.png"
        shutil.copy(folder / (FACE if number % 3 else FACES), folder / name)
        photos.append(name)
    arguments = ["detect", *photos, "--json", "faces.json", "--draw", "out", *OPTIONS]
    start = [sys.executable, "-m", "fastmtcnn", *arguments]
    done = subprocess.run([*start[:-4], *OPTIONS], cwd=folder, timeout=120, check=False)
    assert done.returncode == 0
    expected = (folder / "faces.json").read_bytes()
    (folder / "faces.json").unlink()
    journal = folder / "faces.json.unfinished"
    for already in (1, 5, 6, 12):
        with subprocess.Popen([*start, "--resume"], cwd=folder, stdout=subprocess.DEVNULL) as run:
            deadline = time.monotonic() + 60
            while run.poll() is None and time.monotonic() < deadline:
                if journal.exists() and journal.read_bytes().count(b"\n") > already:
                    run.kill()
                time.sleep(0.002)
            run.kill()
        assert not (folder / "faces.json").exists()
    left = journal.read_bytes().count(b"\n") - 1
    assert 12 <= left < 24
    finished = subprocess.run(
        [*start, "--resume"], cwd=folder, timeout=120, check=False, capture_output=True, text=True
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert (folder / "faces.json").read_bytes() == expected
    copies = {path.name for path in (folder / "out").iterdir() if path.name[0] != "."}
    assert copies == set(photos)


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs a limit on the size of files")
def test_a_full_disk(folder: Path) -> None:
    """Stood in for by a limit on the size of a file: what is finished is kept."""
    resource = pytest.importorskip("resource")
    expected = uninterrupted(*[FACES] * 6)
    command = [sys.executable, "-m", "fastmtcnn", "detect", *[FACES] * 6, *OPTIONS]
    command += ["--json", "faces.json"]

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    stopped = subprocess.run(
        command, cwd=folder, timeout=120, check=False, capture_output=True, text=True,
        preexec_fn=limit,
    )  # fmt: skip
    assert stopped.returncode == 1
    lines = (folder / "faces.json.unfinished").read_bytes().count(b"\n") - 1
    assert 1 <= lines < 6
    assert stopped.stderr == (
        f"error: cannot write faces.json: File too large; with --resume, {lines} photo"
        f"{'s' * (lines > 1)} need not be done again\n"
    )
    assert not (folder / "faces.json").exists()
    assert invoke(*[FACES] * 6, "--resume").exit_code == 0
    assert (folder / "faces.json").read_bytes() == expected
