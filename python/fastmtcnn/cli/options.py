"""The options of the detector, which several commands take."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, TypeAlias, TypeVar, get_args, get_type_hints

import typer

from ..detector import MTCNN
from ..faces.selection import RANKS
from ..presets import PRESETS
from ..variants import VARIANTS
from .app import usage_errors

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Number = TypeVar("_Number", int, float)
_INPUT, _WORK, _DETECTOR = "Input", "Work", "Detector"


def completing(*values: str) -> Callable[[str], list[str]]:
    """Return what completes an option's value in the shell.

    Parameters
    ----------
    *values : str
        Those that there are.
    """

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return complete


Photos: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PHOTO",
        help="Image files; folders, for all photos in them and below; patterns, such as "
        "'2024/**/*.jpg'; or - for a list on standard input.",
        show_default=False,
    ),
]
Sample: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--sample",
        help="Also take the photo that comes with fastmtcnn.",
        rich_help_panel=_INPUT,
    ),
]
NumWorkers: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        help="Photos worked on at a time, which share the threads. Default: as many as threads.",
        rich_help_panel=_WORK,
    ),
]
Quiet: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Show errors only: no table, no progress.", rich_help_panel=_WORK
    ),
]


@dataclass(frozen=True)
class DetectorOptions:
    """What the user said about the detector."""

    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"Options found by measuring: {', '.join(PRESETS)}. Others that are given win.",
            autocompletion=completing(*PRESETS),
        ),
    ] = None
    min_face_size: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            help="Smallest face searched for, in pixels. Default: 20, or the preset's.",
        ),
    ] = None
    thresholds: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C",
            help="Scores that a face must exceed after P-Net, R-Net and O-Net. "
            "Default: the variant's.",
        ),
    ] = None
    nms_thresholds: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C,D",
            help="Overlaps above which the lower-scored box goes: within a pyramid level, across "
            "levels, after R-Net, after O-Net. Default: the variant's.",
        ),
    ] = None
    factor: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Scale of each pyramid level relative to the one before. Default: the variant's.",
        ),
    ] = None
    variant: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"Whose arithmetic: {', '.join(VARIANTS)}. Default: the first, or the preset's.",
            autocompletion=completing(*VARIANTS),
        ),
    ] = None
    mirror: Annotated[
        str | None,
        typer.Option(
            metavar="rnet,onet",
            help="Networks that look at each crop mirrored, too, or none. Default: none, or the "
            "preset's.",
        ),
    ] = None
    joint_scores: Annotated[
        bool | None,
        typer.Option(
            "--joint-scores/--no-joint-scores",
            help="Score faces by R-Net times O-Net. Default: no, or as the preset.",
            show_default=False,
        ),
    ] = None
    second_look: Annotated[
        bool | None,
        typer.Option(
            "--second-look/--no-second-look",
            help="Show faces found to O-Net once more. Default: no, or as the preset.",
            show_default=False,
        ),
    ] = None
    min_score: Annotated[
        float | None, typer.Option(metavar="X", help="Leave out faces with a lower score.")
    ] = None
    max_face_size: Annotated[
        float | None,
        typer.Option(
            metavar="N", help="Largest face searched for, in pixels. Default: as the photo."
        ),
    ] = None
    drop_smaller: Annotated[
        bool,
        typer.Option("--drop-smaller", help="Leave out faces smaller than --min-face-size."),
    ] = False
    drop_larger: Annotated[
        bool, typer.Option("--drop-larger", help="Leave out faces larger than --max-face-size.")
    ] = False
    max_faces: Annotated[
        int | None, typer.Option(metavar="N", help="Return at most so many faces of a photo.")
    ] = None
    max_faces_by: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=f"Which, if there are more: {', '.join(RANKS)}.",
            autocompletion=completing(*RANKS),
        ),
    ] = "probability"
    rotations: Annotated[
        str,
        typer.Option(
            metavar="90,180,270",
            help="Search the photo turned by so many degrees too. Default: as it is only.",
            show_default=False,
        ),
    ] = ""
    clip: Annotated[bool, typer.Option("--clip", help="Limit the boxes to the image.")] = False
    num_threads: Annotated[
        int | None,
        typer.Option(metavar="N", help="Threads. Default: as many as there are cores to use."),
    ] = None
    models: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Folder with own pnet.onnx, rnet.onnx and onet.onnx."),
    ] = None

    def detector(self, num_threads: int | None = None) -> MTCNN:
        """Return the detector.

        Parameters
        ----------
        num_threads : int, optional
            Instead of what the user said.

        Raises
        ------
        typer.BadParameter
            If an option is wrong.
        """
        with usage_errors():
            options = asdict(self)
            if num_threads is not None:
                options["num_threads"] = num_threads
            options["thresholds"] = _numbers("thresholds", self.thresholds, float)
            options["nms_thresholds"] = _numbers("nms_thresholds", self.nms_thresholds, float)
            options["rotations"] = _numbers("rotations", self.rotations, int)
            if self.mirror is not None:
                names = self.mirror.replace(",", " ").split()
                options["mirror"] = [] if names == ["none"] else names
            preset = options.pop("preset")
            given = {name: value for name, value in options.items() if value is not None}
            return MTCNN(**given) if preset is None else MTCNN.preset(preset, **given)

    def settings(self) -> dict[str, Any]:
        """Return those that results depend on, as JSON values."""
        return {name: value for name, value in asdict(self).items() if name != "num_threads"}


def takes_detector_options(command: _Command) -> _Command:
    """Give a command the options of the detector, after its own.

    Parameters
    ----------
    command : callable
        Takes them as its argument ``detector_options``.
    """
    hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name])
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "detector_options"
    ]
    types = get_type_hints(DetectorOptions, include_extras=True)
    defaults = asdict(DetectorOptions())
    added = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=types[name]
        )
        for name in defaults
    ]
    for parameter in added:
        get_args(parameter.annotation)[1].rich_help_panel = _DETECTOR

    @functools.wraps(command)
    def wrapper(**arguments: object) -> object:
        options = DetectorOptions(**{name: arguments.pop(name) for name in defaults})  # type: ignore[arg-type]
        return command(**arguments, detector_options=options)

    # What typer reads; without the second it would look at the command's own.
    wrapper.__signature__ = inspect.Signature(own + added)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {one.name: one.annotation for one in own + added}
    del wrapper.__wrapped__
    return wrapper  # type: ignore[return-value]


def _numbers(name: str, text: str | None, kind: Callable[[str], _Number]) -> list[_Number] | None:
    if text is None:
        return None
    try:
        return [kind(part) for part in text.replace(",", " ").split()]
    except ValueError as error:
        numbers = "whole numbers" if kind is int else "numbers"
        raise ValueError(
            f"{name} must be {numbers} with commas between them, got {text!r}"
        ) from error
