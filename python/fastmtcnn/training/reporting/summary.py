"""What is known of a run at its end, as the page and the model card show it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from ..judging.blending import DEFAULT_NOISE
from ..judging.figures import CascadeFigures
from ..judging.stages import StageRecall
from ..judging.thresholds import ThresholdChoice
from ..judging.worst import Miss

if TYPE_CHECKING:
    from PIL import Image

PartRole: TypeAlias = Literal["own", "guard"]
Level: TypeAlias = Literal["good", "neutral", "bad"]

DEFAULT_GUARD_LIMIT = 0.01


@dataclass(frozen=True)
class DataSummary:
    """One of the sets of a run.

    Attributes
    ----------
    name : str
        Name of the set.
    source : str
        Where it comes from, such as the path that was passed.
    num_images, num_faces, num_with_points : int
        Photographs; faces that are not ignored; those of them with points.
    num_held_back : int
        Photographs that were not trained with.
    weight : float
        How often its samples were drawn, relative to those of a set of weight 1.
    licence : str
        Licence of the photographs, as the user gave it; empty if it was not given.
    """

    name: str
    source: str
    num_images: int
    num_faces: int
    num_with_points: int
    num_held_back: int = 0
    weight: float = 1.0
    licence: str = ""


@dataclass(frozen=True)
class StageSummary:
    """The training of one network.

    Attributes
    ----------
    key : {"pnet", "rnet", "onet"}
        The network.
    architecture : str
        Name of its architecture.
    steps, batch : int
        Mini-batches, and samples in each.
    seconds : float
        Time that the stage took, samples and mining included; NaN if it is not known.
    samples : mapping of str to int
        Number of samples of each kind.
    before, after : StageRecall or None
        Recall at N boxes on the held-back part, for P-Net and R-Net: of the networks that the run
        began with (None for random weights), and of the trained ones.
    sheet : PIL.Image.Image or None
        A contact sheet of samples.
    """

    key: str
    architecture: str = "original"
    steps: int = 0
    batch: int = 0
    seconds: float = math.nan
    samples: Mapping[str, int] = field(default_factory=dict)
    before: StageRecall | None = None
    after: StageRecall | None = None
    sheet: Image.Image | None = None


@dataclass(frozen=True)
class Part:
    """Figures on some photographs that were not trained with, before and after.

    Attributes
    ----------
    name : str
        What the photographs are called, such as ``"held-back part"``.
    role : {"own", "guard"}
        Photographs like those that were trained with, or of a domain that must not get worse.
    after : CascadeFigures
        Figures of the trained networks, with the thresholds that were chosen for them.
    before : CascadeFigures or None
        Figures of the networks that the run began with, or of the shipped ones, with thresholds
        that were chosen in the same way; None if there are none.
    before_name : str
        What these networks are called.
    """

    name: str
    role: PartRole
    after: CascadeFigures
    before: CascadeFigures | None = None
    before_name: str = "shipped networks"

    @property
    def gain(self) -> float:
        """Difference of average precision; NaN if there is nothing to compare."""
        if self.before is None:
            return math.nan
        return self.after.average_precision - self.before.average_precision


@dataclass(frozen=True)
class RunSummary:
    """A run that is done.

    Attributes
    ----------
    name : str
        What the run is called, such as the name of its folder.
    command : str
        The command that began it; empty if it was begun from Python.
    finished : str
        Date and time.
    seconds : float
        Time that it took, summed over restarts.
    settings : mapping of str to object
        Settings of the run.
    versions : mapping of str to str
        Versions of the packages, and what the machine is.
    data : sequence of DataSummary
        The sets.
    stages : sequence of StageSummary
        The networks that were trained, in order.
    parts : sequence of Part
        Figures on the user's held-back part, and on guard sets.
    thresholds : ThresholdChoice or None
        The thresholds that are stored with the networks.
    fine_tuned : bool
        Whether the run began with networks, not with random weights.
    misses : sequence of Miss
        Errors on the held-back part to show.
    notes : sequence of str
        Further sentences, such as why a mixture of weights was chosen.
    guard_limit : float
        Largest loss of average precision on a guard set, 0 to 1, that is not warned of.
    noise : float
        Difference of average precision, 0 to 1, that may be chance.
    """

    name: str
    command: str
    finished: str
    seconds: float
    settings: Mapping[str, object]
    versions: Mapping[str, str]
    data: Sequence[DataSummary]
    stages: Sequence[StageSummary]
    parts: Sequence[Part]
    thresholds: ThresholdChoice | None = None
    fine_tuned: bool = False
    misses: Sequence[Miss] = ()
    notes: Sequence[str] = ()
    guard_limit: float = DEFAULT_GUARD_LIMIT
    noise: float = DEFAULT_NOISE


class Verdict(NamedTuple):
    """A sentence on what came of a run.

    Attributes
    ----------
    level : {"good", "neutral", "bad"}
        How it is meant.
    text : str
        The sentence.
    """

    level: Level
    text: str


def verdicts(summary: RunSummary) -> list[Verdict]:
    """Return what is to be known first of a run: what was gained, and at what price.

    Parameters
    ----------
    summary : RunSummary
        The run.
    """
    return [
        verdict
        for part in summary.parts
        for verdict in (_gain(part, summary) if part.role == "own" else _price(part, summary))
    ]


def _gain(part: Part, summary: RunSummary) -> list[Verdict]:
    after = part.after.average_precision
    if math.isnan(after):
        return [Verdict("bad", f"The {part.name} has no face: nothing is known of the networks.")]
    if part.before is None:
        return [Verdict("neutral", f"Average precision on the {part.name} is {after:.1%}.")]
    change = f"{100 * part.gain:+.1f} points of average precision on the {part.name}"
    figures = f"({part.before.average_precision:.1%} before, {after:.1%} after)"
    if part.gain > summary.noise:
        return [Verdict("good", f"{change}, compared with the {part.before_name} {figures}.")]
    if part.gain >= -summary.noise:
        return [
            Verdict(
                "neutral",
                f"Nothing was gained: {change} {figures} may be chance. "
                f"The {part.before_name} do as well.",
            )
        ]
    return [
        Verdict(
            "bad",
            f"Nothing was gained: {change} {figures}. Use the {part.before_name}.",
        )
    ]


def _price(part: Part, summary: RunSummary) -> list[Verdict]:
    if math.isnan(part.gain):
        return []
    assert part.before is not None
    change = f"{100 * part.gain:+.1f} points of average precision"
    figures = (
        f"({part.before.average_precision:.1%} before, {part.after.average_precision:.1%} after)"
    )
    if part.gain < -summary.guard_limit:
        limit = _points(summary.guard_limit)
        return [
            Verdict(
                "bad",
                f"The networks got worse on the {part.name}, by more than {limit}: {change} "
                f"{figures}. Use them for photographs like those they were trained with only.",
            )
        ]
    return [
        Verdict(
            "good",
            f"The networks lost at most {_points(summary.guard_limit)} on the {part.name}: "
            f"{change} {figures}.",
        )
    ]


def _points(share: float) -> str:
    return f"{100 * share:g} point{'' if share == 0.01 else 's'}"
