"""The threads of a detector."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

Map: TypeAlias = Callable[..., Iterable[Any]]


class Workers:
    """Threads that are started when first needed, anew in every process.

    Parameters
    ----------
    num_threads : int
        How many; with 1 the caller's own thread does the work.
    """

    def __init__(self, num_threads: int) -> None:
        self.num_threads = num_threads
        self._pools: dict[int, ThreadPoolExecutor] = {}

    def pool(self) -> ThreadPoolExecutor:
        """Return the threads."""
        # By process: a forked child has the parent's pool, but not its threads. No lock, which a
        # fork might leave locked for ever: of several pools made at once all but one are dropped
        # before they have a thread.
        pool = self._pools.get(os.getpid())
        return pool or self._pools.setdefault(
            os.getpid(), ThreadPoolExecutor(self.num_threads, thread_name_prefix="fastmtcnn")
        )

    @property
    def alone(self) -> bool:
        """Whether the caller's own thread does the work."""
        # When the main thread has ended, Python starts no more work in other threads.
        return self.num_threads == 1 or not threading.main_thread().is_alive()

    def map(self) -> Map:
        """Return a function like the builtin ``map`` that uses the threads."""
        return map if self.alone else self.pool().map

    def __getstate__(self) -> dict[str, Any]:
        """Keep the number; threads cannot be pickled."""
        return {"num_threads": self.num_threads, "_pools": {}}
