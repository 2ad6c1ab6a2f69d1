"""What the driver and a worker say to each other: JSON, one object a line, each way.

A worker greets with ``version`` and ``load_ms``. Then it is asked for a number of detections
(``calls``), of a picture that it must ``open`` first (a ``.npy`` file) or of the one before, and
answers with ``faces`` and ``times``: milliseconds by the clock and of the processor, for each.
Every reply has ``peak_mb``, or only ``error``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

Message: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What holds for every peer of a run.

    Attributes
    ----------
    threads : int
        Threads that a peer may use.
    cpus : tuple of int
        The cores that it may run on; empty where the system cannot say so.
    min_face_size : int
        Smallest face to search for, in pixels, where the peer has such an option.
    models : str
        Folder with the networks as plain ONNX files.
    yunet : str
        Model file of YuNet, or nothing.
    """

    threads: int
    cpus: tuple[int, ...]
    min_face_size: int
    models: str
    yunet: str

    def to_json(self) -> str:
        """Return the settings as the argument of a worker."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Read the argument of a worker."""
        fields = json.loads(text)
        return cls(**{**fields, "cpus": tuple(fields["cpus"])})
