"""What a training tells while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from .samples.records import Kind
from .settings import Stage

Subject: TypeAlias = Literal["pnet", "rnet", "onet", "data"]  # of a note


class Progress(NamedTuple):
    """A report of the steps of a network.

    Attributes
    ----------
    step, steps : int
        Steps done, of all.
    losses : dict of str to float
        Means over the steps since the last report: total, face, box, landmark.
    rate : float
        Learning rate.
    samples_per_second : float
        Since the last report.
    """

    step: int
    steps: int
    losses: dict[str, float]
    rate: float
    samples_per_second: float


class Observer:
    """Is told what happens in a training. This one ignores it."""

    def mining(self, key: Stage, done: int, total: int, problems: list[str]) -> None:
        """Note that samples of some more photographs are made.

        Parameters
        ----------
        key : {"pnet", "rnet", "onet"}
            The network.
        done, total : int
            Photographs done, of all.
        problems : list of str
            One sentence for each of them that could not be used.
        """

    def samples(self, key: Stage, totals: Mapping[Kind, int], files: list[Path]) -> None:
        """Note that the samples of a network are there.

        Parameters
        ----------
        key : {"pnet", "rnet", "onet"}
            The network.
        totals : mapping of Kind to int
            Number of samples of each kind.
        files : list of Path
            Their files.
        """

    def progress(self, key: Stage, progress: Progress) -> None:
        """Note that some more steps are done."""

    def judge(self, key: Stage, step: int, folder: Path) -> None:
        """Judge the networks so far, on which a share of the steps is done.

        Parameters
        ----------
        key : {"pnet", "rnet", "onet"}
            The network that is trained.
        step : int
            Number of its steps.
        folder : Path
            Folder with this network and those before it.
        """

    def figures(self, key: Stage, step: int, figures: Mapping[str, float]) -> None:
        """Note figures of the networks so far, on photographs that are held back.

        Parameters
        ----------
        key : {"pnet", "rnet", "onet"}
            The network that is trained.
        step : int
            Number of its steps.
        figures : mapping of str to float
            By name: recall at some numbers of boxes an image, or average precision, recall and
            landmark error of the cascade; NaN if it cannot be told.
        """

    def note(self, key: Subject, text: str) -> None:
        """Note what whoever trains should know.

        Parameters
        ----------
        key : {"pnet", "rnet", "onet", "data"}
            The network that is trained, or the photographs.
        text : str
            One sentence, without a full stop.
        """

    def finishing(self, num_photos: int) -> None:
        """Note that the networks are trained; thresholds, figures and the report are to come.

        Nothing is lost if an exception ends this part at any place.

        Parameters
        ----------
        num_photos : int
            Photographs that are held back or guard.
        """

    def check(self) -> None:
        """Raise an exception if the training is to stop after this step."""


class CheckingObserver(Observer):
    """Only asks another observer whether to stop: for processes beside the first one.

    Parameters
    ----------
    other : Observer
        Is asked.
    """

    def __init__(self, other: Observer) -> None:
        self._other = other

    def check(self) -> None:
        """Ask the other observer."""
        self._other.check()
