"""What a run is made on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

_NOTABLE = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd")


def describe() -> dict[str, Any]:
    """Return the processor, its cores, the system and how busy it is."""
    info = _cpuinfo()
    flags = info.get("flags", info.get("Features", "")).split()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return {
        "cpu": info.get("model name") or platform.processor() or platform.machine(),
        "architecture": platform.machine(),
        "instructions": [flag for flag in _NOTABLE if flag in flags],
        "cores": os.cpu_count(),
        "usable_cores": len(usable_cpus()) or os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "load_before": round(load, 2),
    }


def usable_cpus() -> list[int]:
    """Return the cores that this process may use; none where the system does not tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def _cpuinfo() -> dict[str, str]:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return {}
    pairs = [line.split(":", 1) for line in text.split("\n\n")[0].splitlines() if ":" in line]
    return {key.strip(): value.strip() for key, value in pairs}
