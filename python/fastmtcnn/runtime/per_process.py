"""Resources that a forked process cannot inherit."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """A value that is made again in every process that asks for it.

    A forked child inherits its parent's sessions and thread pools, but not their threads. There is
    no lock, since a fork might leave it locked forever: if several threads ask for the first time
    at once, all get the same value, and surplus values are dropped.

    Parameters
    ----------
    factory : callable
        Function that makes the value. It is pickled with this object; the values are not.
    """

    def __init__(self, factory: Callable[[], T]) -> None:
        self._factory = factory
        # A child keeps the parent's value: its destructor would wait for threads that do not exist.
        self._values: dict[int, T] = {}

    def get(self) -> T:
        """Return the value of this process."""
        process = os.getpid()
        try:
            return self._values[process]
        except KeyError:
            return self._values.setdefault(process, self._factory())

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the values, which belong to this process."""
        return {"_factory": self._factory, "_values": {}}
