"""The options of the detector, which several commands take."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import (
    Annotated,
    Any,
    NoReturn,
    Optional,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import typer

from .. import checks
from ..detector import MTCNN
from ..options import OPTIONS, Options
from ..presets import PRESETS, find_preset
from ..variants import find_variant
from .app import usage_errors
from .numbers import number, whole_number

_Command = TypeVar("_Command", bound=Callable[..., Any])
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
Exclude: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="PATTERN",
        help="Leave out files and folders in folders: by name, such as '*.png' or private, or by "
        "path below the folder, such as '2024/*'. May be given several times.",
        show_default=False,
        rich_help_panel=_INPUT,
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
        parser=whole_number,
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
    """The options of the detector on a command line.

    Attributes
    ----------
    preset : str or None
        Name of a preset.
    given : mapping of str to object
        The options of `MTCNN` that the user gave, by name.
    roi : tuple of four int, or None
        x1, y1, x2, y2 of the part of each image to search, for `MTCNN.detect`.
    """

    preset: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    roi: tuple[int, int, int, int] | None = None

    @property
    def num_threads(self) -> int | None:
        """Number of threads, if the user gave it."""
        threads: int | None = self.given.get("num_threads")
        return threads

    def detector(self, num_threads: int | None = None) -> MTCNN:
        """Return the detector.

        Parameters
        ----------
        num_threads : int, optional
            In place of the user's.

        Raises
        ------
        typer.BadParameter
            If an option is wrong.
        """
        with usage_errors():
            arguments = self._arguments()
            if num_threads is not None:
                arguments["num_threads"] = num_threads
            return MTCNN(**arguments)

    def _arguments(self) -> dict[str, Any]:
        """Return the preset's options and the user's, which override them."""
        preset = {} if self.preset is None else find_preset(self.preset)
        return {**preset, **self.given}


def settings_of(detector: MTCNN) -> dict[str, Any]:
    """Return what results depend on, as JSON values: all options, models and providers.

    Parameters
    ----------
    detector : MTCNN
        The detector.
    """
    options = detector.cascade.options
    values = {name: getattr(options, name) for name in _TYPES if name != "num_threads"}
    values["variant"] = options.variant.name
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items()
    }


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
    added = [_roi(), _preset(), *(_parameter(name) for name in _TYPES)]

    @functools.wraps(command)
    def wrapper(**arguments: Any) -> object:  # noqa: ANN401
        preset, region = arguments.pop("preset"), arguments.pop("roi")
        values = {name: arguments.pop(name) for name in _TYPES}
        with usage_errors():
            given = {
                name: _parse(name, value) for name, value in values.items() if value is not None
            }
            roi = None if region is None else _rectangle(region)
        return command(**arguments, detector_options=DetectorOptions(preset, given, roi))

    # The signature that typer reads; without the second line it would look at the command's own.
    wrapper.__signature__ = inspect.Signature(own + added)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {one.name: one.annotation for one in own + added}
    del wrapper.__wrapped__
    return wrapper  # type: ignore[return-value]


_PARSERS = {int: whole_number, float: number}
_AS_TEXT = {"Models": str, "Providers": tuple[str, ...]}
# Types of the options that commands have, in the order of the help.
_TYPES = {
    name: hint
    for name, hint in get_type_hints(Options, localns=_AS_TEXT).items()
    if OPTIONS[name].on_command_line
}


def _roi() -> inspect.Parameter:
    option = typer.Option(
        metavar="X1,Y1,X2,Y2",
        help="Search only this part of each image, in pixels. Faces outside are not found.",
        show_default=False,
        rich_help_panel=_DETECTOR,
    )
    return _keyword("roi", str, option)


def _rectangle(text: str) -> tuple[int, int, int, int]:
    wanted = "--roi must be four whole numbers with commas between them, such as --roi 0,0,640,480"
    try:
        return checks.rectangle("roi", [int(part) for part in text.replace(",", " ").split()])
    except ValueError:
        raise ValueError(f"{wanted}, the second pair larger than the first, got {text!r}") from None


def _preset() -> inspect.Parameter:
    option = typer.Option(
        metavar="NAME",
        help=f"Options found by measuring: {', '.join(PRESETS)}. Further options override them.",
        autocompletion=completing(*PRESETS),
        rich_help_panel=_DETECTOR,
    )
    return _keyword("preset", str, option)


def _parameter(name: str) -> inspect.Parameter:
    """Return the parameter of a command for an option of the detector, absent by default."""
    option = OPTIONS[name]
    flag = f"--{name.replace('_', '-')}"
    text = f"{option.help} Default: {option.default_text}." if option.default_text else option.help
    if _TYPES[name] is bool:
        flag += f"/--no-{flag[2:]}"
    kind = _scalar(_TYPES[name])
    details = typer.Option(
        flag,
        parser=_PARSERS.get(kind),
        metavar=None if _TYPES[name] is bool else option.metavar,
        help=text,
        show_default=False,
        autocompletion=completing(*option.values) if option.values else None,
        rich_help_panel=_DETECTOR,
    )
    return _keyword(name, kind, details)


def _keyword(name: str, kind: type, details: Any) -> inspect.Parameter:  # noqa: ANN401
    annotation = Annotated[Optional[kind], details]  # type: ignore[valid-type]  # noqa: UP045
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def _scalar(hint: Any) -> type:  # noqa: ANN401
    """Return the type as which the command line reads a value: a list is read as text."""
    return next((kind for kind in (bool, float, int) if kind in (hint, *_union(hint))), str)


def _union(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else ()


def _parse(name: str, value: Any) -> Any:  # noqa: ANN401
    """Return the value of an option: the parts of a list, or the value itself."""
    hint = _TYPES[name]
    if get_origin(hint) is not tuple:
        return value
    parts = value.replace(",", " ").split()
    kind = get_args(hint)[0]
    if kind is str:
        return [] if parts == ["none"] else parts
    if kind is float and len(parts) != OPTIONS[name].metavar.count(",") + 1:
        _refuse_count(name, value)
    try:
        return [kind(part) for part in parts]
    except ValueError as error:
        numbers = "whole numbers" if kind is int else "numbers"
        raise ValueError(
            f"{name} must be {numbers} with commas between them, got {value!r}"
        ) from error


def _refuse_count(name: str, value: str) -> NoReturn:
    """Refuse a list of another length, of which the shell may have made several arguments."""
    example = getattr(find_variant(OPTIONS["variant"].default), name)
    raise ValueError(
        f"{name} must be {len(example)} numbers from 0 to 1 with commas between them, such as "
        f"--{name.replace('_', '-')} {','.join(map(str, example))}, got {value!r}"
    )
