"""The default number of threads, and how threads are divided."""

from __future__ import annotations

import os
from pathlib import Path

from .. import checks

_CGROUP = Path("/sys/fs/cgroup")


def default_num_threads(cgroup: Path = _CGROUP) -> int:
    """Return the number of cores that this process may use.

    This is the number of cores of its affinity, limited by the CPU quota of its control group
    (version 2 or 1) and by ``OMP_NUM_THREADS`` if that is set to a positive number.

    Parameters
    ----------
    cgroup : Path
        Folder with the files of the control group.

    Returns
    -------
    int
        At least 1.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    quota = _cgroup_cores(cgroup)
    if quota is not None:
        cores = min(cores, quota)
    limit = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if limit.isdigit() and int(limit) > 0:
        cores = min(cores, int(limit))
    return max(cores, 1)


def share_threads(
    num_workers: int | None, num_threads: int | None, num_items: int
) -> tuple[int, int]:
    """Divide threads between items that are worked on at the same time.

    Parameters
    ----------
    num_workers : int, optional
        Number of items worked on at the same time. Default: the number of threads.
    num_threads : int, optional
        Total number of threads. Default: `default_num_threads`.
    num_items : int
        Number of items.

    Returns
    -------
    tuple of two int
        Number of items worked on at the same time and of threads for each, both at least 1.

    Raises
    ------
    ValueError, TypeError
        If a number of workers or threads is invalid.
    """
    threads = default_num_threads()
    if num_threads is not None:
        threads = checks.threads("num_threads", num_threads)
    if num_workers is not None:
        checks.threads("workers", num_workers)
    workers = max(min(num_workers or threads, num_items), 1)
    return workers, max(threads // workers, 1)


def _cgroup_cores(cgroup: Path) -> int | None:
    try:
        if (cgroup / "cpu.max").exists():
            quota, period = (cgroup / "cpu.max").read_text().split()[:2]
        else:
            quota = (cgroup / "cpu" / "cpu.cfs_quota_us").read_text()
            period = (cgroup / "cpu" / "cpu.cfs_period_us").read_text()
        return max(-(-int(quota) // int(period)), 1) if int(quota) > 0 else None
    except (OSError, ValueError, ZeroDivisionError):  # no control group, "max", or invalid content
        return None
