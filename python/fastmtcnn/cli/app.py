"""The program ``fastmtcnn``, to which each module of `commands` adds its command."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from .._core import __version__
from ..errors import near, printable, reason
from ..extras import MissingExtraError
from ..runtime.interrupts import interrupt_status
from ..runtime.targets import unknown_targets
from .messages import (
    describe,
    print_error,
    print_info,
    stdout_failed,
    stdout_is_closed,
    write_stdout,
)

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Names that options with a name had before; they are taken, and not shown.
_FORMER_NAMES = {"--to": ("--out", "--output", "-o"), "--output": ("--out",)}
_INTERRUPTED = 130  # the status by which typer says so, whatever the signal was
# The class of click, of which newer versions of typer have their own copy.
_UsageError: type[Exception] = typer.BadParameter.__base__  # type: ignore[assignment]


class _Help:
    """The help of a command or group."""

    params: list[Any]

    def __init__(self, **details: Any) -> None:  # noqa: ANN401
        details["context_settings"] = {"help_option_names": ["--help", "-h"]}
        super().__init__(**details)
        for option in self.params:
            if isinstance(option, TyperOption) and option.default is None:
                option.show_default = False  # as "None", by typer before 0.16

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401
        """Return the option --help."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            _show_as_flag(option)
        return option

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the help to standard output."""
        if sys.stdout is None:
            raise typer.Exit(int(not stdout_is_closed()))
        options = [
            option
            for option in self.get_params(ctx)  # type: ignore[attr-defined]
            if isinstance(option, TyperOption)
        ]
        names = [option.opts for option in options]
        try:
            for option in options:
                _show_as_flag(option)
                former = _former_names(option)
                option.opts = [name for name in option.opts if name not in former]
            super().format_help(ctx, formatter)  # type: ignore[misc]
        finally:  # by them the command line is read
            for option, all_names in zip(options, names, strict=True):
                option.opts = all_names

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:  # noqa: ANN401
        """Return what completes the last word of a command line."""
        former: set[str] = set()
        for option in self.get_params(ctx):  # type: ignore[attr-defined]
            former |= _former_names(option)
        items = super().shell_complete(ctx, incomplete)  # type: ignore[misc]
        return [item for item in items if item.value not in former]


def _former_names(option: Any) -> set[str]:  # noqa: ANN401
    return set(option.opts) & set(_FORMER_NAMES.get(option.opts[0], ()))


def _show_as_flag(option: Any) -> None:  # noqa: ANN401
    if option.is_flag and option.metavar is None:
        option.metavar = ""  # not "<bool>", as typer has it from 0.27 on


class Command(_Help, TyperCommand):
    """A command whose flags are shown as such."""


class Commands(_Help, TyperGroup):
    """Shows errors as one line each, where typer would break them to fit a frame."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        for command in self.commands.values():
            # Docstrings are wrapped to fit the source.
            command.help = re.sub(r"(?<!\n)\n(?!\n)", " ", command.help or "")

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        standalone_mode: bool = True,
        **options: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Run a command line, and exit with its status."""
        try:
            status = super().main(args, standalone_mode=False, **options)
            if sys.stdout is not None:
                sys.stdout.flush()
        except _UsageError as error:
            possible: Sequence[str] | None = getattr(error, "possibilities", None)
            if possible:  # of an unknown option
                name: str = error.option_name  # type: ignore[attr-defined]
                error.possibilities = near(name, possible)  # type: ignore[attr-defined]
            sentence: str = error.format_message()  # type: ignore[attr-defined]
            print_error(" ".join(sentence.removeprefix("Invalid value: ").split()))
            context = error.ctx  # type: ignore[attr-defined]
            if context is not None:
                print_info(f"See {context.command_path} --help.")
            status = error.exit_code  # type: ignore[attr-defined]
        except OSError as error:
            if error.filename is not None:  # of a file: no command lets such an error pass
                raise
            status = int(not stdout_failed(error))  # typer and rich have written help to it
        except typer.Abort:
            status = interrupt_status()
        if not standalone_mode:
            return status
        sys.exit(status or 0)


class App(typer.Typer):
    """Has commands of the class `Command`."""

    def command(
        self,
        name: str | None = None,
        **details: Any,  # noqa: ANN401
    ) -> Callable[[_Function], _Function]:
        """Return a decorator that adds a function as a command.

        Parameters
        ----------
        name : str, optional
            Name of the command. Default: that of the function.
        **details
            As for `typer.Typer.command`.
        """
        return super().command(name, cls=Command, **details)


app = App(
    cls=Commands,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def main() -> None:
    """Run the command line, and exit with its status."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # Pillow warns of oddities in files, with lines of source
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    problem = unknown_targets()
    if problem is not None:
        print_info(f"warning: {problem}")
    try:
        app(prog_name="fastmtcnn")
    except SystemExit as end:
        if end.code in (_INTERRUPTED, interrupt_status()):
            _leave()
        _flush_stderr()
        raise


def _flush_stderr() -> None:
    """Write what is left for standard error; its loss does not change the exit status."""
    if sys.stderr is not None:
        try:
            sys.stderr.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _leave() -> None:
    """Exit without waiting for the threads, whose results are no longer needed."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(interrupt_status())


def _show_version(wanted: bool) -> None:
    if wanted:
        raise typer.Exit(0 if write_stdout(f"fastmtcnn {__version__}\n") else 1)


@app.callback(invoke_without_command=True)
def _fastmtcnn(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            "-V",
            callback=_show_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """MTCNN face detection: boxes, scores and five landmarks."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@contextlib.contextmanager
def usage_errors() -> Iterator[None]:
    """Report wrong options in the way that typer reports them."""
    try:
        yield
    except OSError as error:
        where = f" {printable(str(error.filename))}" if error.filename else ""
        raise typer.BadParameter(f"cannot read{where}: {reason(error)}") from error
    except (ValueError, TypeError, MissingExtraError) as error:
        raise typer.BadParameter(describe(error)) from error


@contextlib.contextmanager
def work_errors() -> Iterator[None]:
    """Turn interrupts and lack of memory into an exit status."""
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(interrupt_status()) from None
    except MemoryError:
        print_error("there is not enough memory")
        raise typer.Exit(1) from None
