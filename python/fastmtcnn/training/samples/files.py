"""Samples on disk: files that are mapped into memory, in a folder addressed by their making."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...files.atomic_write import replacing
from ..errors import TrainingError
from .records import Records, record_type

_SMALLEST_FILE = 512  # bytes; below, there is the header of the file only


def address(making: Mapping[str, object]) -> str:
    """Return the name of the folder for samples made in a certain way.

    Parameters
    ----------
    making : mapping of str to JSON values
        All that the samples depend on.
    """
    text = json.dumps(making, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def chunk_path(folder: Path, number: int) -> Path:
    """Return the path of a file with the samples of some photographs."""
    return folder / f"{number:06}.npy"


def write_chunk(path: Path, records: Records) -> None:
    """Write samples, atomically.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        np.save(file, records, allow_pickle=False)


def map_chunks(paths: Sequence[Path], side: int) -> list[Records]:
    """Map files of samples into memory, read-only.

    Parameters
    ----------
    paths : sequence of Path
        The files.
    side : int
        Height and width of the samples.

    Raises
    ------
    TrainingError
        If a file holds something else, or is cut short.
    OSError
        If a file cannot be read.
    """
    mapped = []
    for path in paths:
        try:
            # An array without elements cannot be mapped.
            empty = path.stat().st_size < _SMALLEST_FILE
            records = np.load(path, mmap_mode=None if empty else "r", allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise TrainingError(
                f"{path}: it must hold samples, but cannot be read ({error}); "
                "delete it, and it will be made again"
            ) from error
        if records.dtype != record_type(side):
            raise TrainingError(
                f"{path}: its samples must have a side of {side} pixels, got {records.dtype}; "
                "delete it, and it will be made again"
            )
        mapped.append(records)
    return mapped
