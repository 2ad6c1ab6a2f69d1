"""Description of the work of a command on photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...detector import MTCNN
from ..listing import Listing
from .galleries import Maker
from .outputs import Output, ShowPhotos


@dataclass(frozen=True)
class Job:
    """The work of a command on photos.

    Attributes
    ----------
    photos : Listing
        The photos.
    detector : MTCNN
        Detector that finds the faces.
    num_workers : int
        Number of photos that are worked on at the same time.
    pictures : mapping of str to Maker
        Function that makes pictures of a photo, for each folder to which these are written.
    outputs : sequence of Output
        Files of results. The journal lies beside `ResultFiles.regular`.
    show : callable or None
        Writes the photos to standard output.
    summary_follows : bool
        Whether standard output ends with the summary, which otherwise is on standard error.
    settings : mapping of str to JSON values
        Settings that the results depend on.
    roi : tuple of four int, or None
        The part of each photo to search, for `MTCNN.detect`.
    resume : bool
        Whether to skip the photos that an interrupted run has finished.
    restart : bool
        Whether to delete what an interrupted run has finished.
    quiet : bool
        Whether to show only errors and the output that was asked for.
    """

    photos: Listing
    detector: MTCNN
    num_workers: int = 1
    pictures: Mapping[str, Maker] = field(default_factory=dict)
    outputs: Sequence[Output] = ()
    show: ShowPhotos | None = None
    summary_follows: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    roi: tuple[int, int, int, int] | None = None
    resume: bool = False
    restart: bool = False
    quiet: bool = False
