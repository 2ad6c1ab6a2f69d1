"""What a command wants done with photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...detector import MTCNN
from .galleries import Maker
from .outputs import Output


@dataclass(frozen=True)
class Job:
    """What is wanted.

    Attributes
    ----------
    paths : sequence of str
        The photos.
    detector : MTCNN
        Finds the faces.
    num_workers : int
        Photos worked on at a time.
    pictures : mapping of str to Maker
        By folder: what makes the pictures that go there.
    outputs : sequence of Output
        Files of results. Beside the first regular one lies the journal.
    form : str or None
        What goes to standard output: ``"table"``, ``"json"``, ``"jsonl"``, ``"csv"`` or nothing.
    settings : mapping of str to JSON values
        What the results depend on.
    resume : bool
        Whether to leave out what a run that did not come to its end has finished.
    quiet : bool
        Whether to show nothing but errors, and what was asked for.
    """

    paths: Sequence[str]
    detector: MTCNN
    num_workers: int = 1
    pictures: Mapping[str, Maker] = field(default_factory=dict)
    outputs: Sequence[Output] = ()
    form: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    resume: bool = False
    quiet: bool = False
