"""Former names of arguments and attributes, which still work and warn."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from .errors import warn_renamed

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Class = TypeVar("_Class", bound=type)


def former_keywords(**names: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Return a decorator that lets a function accept keyword arguments by their former names.

    Parameters
    ----------
    **names : str
        The names to use, by the former ones.
    """

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        what = function.__qualname__.removesuffix(".__init__").removesuffix(".__new__")

        @functools.wraps(function)
        def renaming(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            for former in names.keys() & kwargs.keys():
                if names[former] in kwargs:
                    raise TypeError(
                        f"{what} takes {names[former]!r} or its former name {former!r}, got both"
                    )
                warn_renamed(f"argument {former!r} of {what}", names[former])
                kwargs[names[former]] = kwargs.pop(former)
            return function(*args, **kwargs)

        return renaming

    return decorate


def former_fields(**names: str) -> Callable[[_Class], _Class]:
    """Return a decorator that lets a named tuple have its fields by their former names, too.

    Parameters
    ----------
    **names : str
        The names to use, by the former ones.
    """

    def decorate(cls: _Class) -> _Class:
        named_tuple: Any = cls
        attributes: dict[str, Any] = {
            "__new__": former_keywords(**names)(named_tuple.__new__),
            "_replace": former_keywords(**names)(named_tuple._replace),
            **{former: _property(cls.__name__, former, now) for former, now in names.items()},
        }
        for name, value in attributes.items():
            setattr(cls, name, value)
        return cls

    return decorate


def _property(of: str, former: str, now: str) -> property:
    def get(self: object) -> object:
        warn_renamed(f"attribute {former!r} of {of}", now)
        return getattr(self, now)

    return property(get, doc=f"Former name of `{now}`.")
