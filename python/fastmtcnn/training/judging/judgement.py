"""Networks judged with as few searches as possible: one with low thresholds tells most of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from ...cascade.stepwise import Stages
from ...detections import Detections
from ...evaluation import widerface_curve
from ..data.annotated import AnnotatedImage
from .estimating import Estimates
from .figures import CascadeFigures, UsedSearch, figures_of, search_as_used, search_low
from .points import LandmarkError, landmark_error
from .ranking import lowered
from .searching import NetworkSource, Thresholds, ground_truth, open_cascade
from .stages import JudgedStage, RecallCounter, StageRecall
from .thresholds import Goal, ThresholdChoice, choice_of, thresholds_for


class Judgement:
    """What three networks are worth on some photographs.

    The photographs are searched with low thresholds at once, and once more for each set of
    thresholds that is asked for. Parameters and errors are those of `cascade_figures`.

    Parameters
    ----------
    networks : Networks, mapping, str, path-like or None
        As for `open_cascade`.
    images : sequence of AnnotatedImage
        The photographs.
    options : mapping of str to object
        Options of `MTCNN` but `thresholds`.
    num_threads : int
        Number of threads.
    """

    def __init__(
        self,
        networks: NetworkSource,
        images: Sequence[AnnotatedImage],
        options: Mapping[str, Any],
        num_threads: int,
    ) -> None:
        cascade = open_cascade(networks, options)
        self._low = lowered(cascade, images, None, num_threads=num_threads)
        self._num_threads = num_threads
        self._estimates = Estimates(self._low)
        keys: tuple[JudgedStage, ...] = ("pnet", "rnet")
        self._recalls = {key: RecallCounter(key) for key in keys}
        self._ranked = search_low(self._low, images, num_threads=num_threads, observe=self._note)
        self._used: dict[Thresholds, UsedSearch] = {}

    def _note(self, image: AnnotatedImage, stages: Stages) -> None:
        self._estimates.add(image, stages)
        for counter in self._recalls.values():
            counter.add(image, stages)

    @cached_property
    def average_precision(self) -> float:
        """Average precision by the protocol of WIDER FACE, 0 to 1."""
        truth = [ground_truth(image) for image in self._ranked.images]
        return widerface_curve(truth, self._ranked.found).average_precision

    @cached_property
    def landmarks(self) -> LandmarkError:
        """Landmark error of the faces that are found with low thresholds."""
        return landmark_error(self._ranked.images, self._ranked.found)

    def recall(self, key: JudgedStage) -> StageRecall:
        """Return the recall of P-Net or R-Net, as `stage_recall` does, but no time.

        Parameters
        ----------
        key : {"pnet", "rnet"}
            The stage.
        """
        return self._recalls[key].recall(unreadable=self._ranked.unreadable)

    def choose_thresholds(self, goal: Goal) -> ThresholdChoice:
        """Choose thresholds for a goal, as the function of this name does.

        Parameters
        ----------
        goal : Goal
            What O-Net's threshold is chosen for.
        """
        thresholds, notes = thresholds_for(goal, self._estimates, self._low)
        used = self._search(thresholds)
        return choice_of(goal, self._estimates, self._ranked, used, notes)

    def figures(
        self,
        thresholds: Thresholds,
        observe: Callable[[AnnotatedImage, Detections], None] = lambda image, found: None,
    ) -> CascadeFigures:
        """Return the figures with these thresholds, as `cascade_figures` does.

        Parameters
        ----------
        thresholds : tuple of three floats
            Scores that a face must exceed after P-Net, R-Net and O-Net.
        observe : callable
            Is called with each photograph and the faces found in it, in order.
        """
        used = self._search(thresholds)
        for image, found in zip(self._ranked.images, used.found, strict=True):
            observe(image, found)
        return figures_of(self._ranked, used)

    def _search(self, thresholds: Thresholds) -> UsedSearch:
        if thresholds not in self._used:
            cascade = self._low.replace(thresholds=thresholds)
            seconds, found = search_as_used(cascade, self._ranked.images, self._num_threads)
            self._used[thresholds] = UsedSearch(thresholds, seconds, found)
        return self._used[thresholds]
