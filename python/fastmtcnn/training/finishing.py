"""The end of a run: the networks that are kept, their thresholds, files, figures and report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..graphs.writing import WrittenNetwork, write_networks
from .blending import Blend, Networks, choose_mixture, contents
from .data.annotated import AnnotatedImage, TrainingSet
from .data.splitting import Split
from .folder import RunFolder, write_json
from .judging.figures import CascadeFigures, cascade_figures
from .judging.thresholds import Goal, ThresholdChoice, choose_thresholds
from .reporting.log import RunLog
from .settings import STAGES, Settings, Stage
from .start import OldNetwork

_MOST_MEASURED = 2000  # photographs; more would take hours and tell no more


@dataclass(frozen=True)
class Comparison:
    """Figures of the networks before and after training, on the same photographs.

    Attributes
    ----------
    before : CascadeFigures or None
        Of the networks that the training began with; None if it began with random weights.
    after : CascadeFigures
        Of the trained networks, with the chosen thresholds.
    """

    before: CascadeFigures | None
    after: CascadeFigures


@dataclass(frozen=True)
class Outcome:
    """What came of a training.

    Attributes
    ----------
    own : Comparison
        Figures on the held-back photographs.
    guard : Comparison or None
        Figures on the guard set; None if there is none.
    thresholds : ThresholdChoice
        The chosen thresholds.
    blend : Blend or None
        The mixture of old and fine-tuned weights; None without fine-tuning.
    written : list of WrittenNetwork
        The files.
    """

    own: Comparison
    guard: Comparison | None
    thresholds: ThresholdChoice
    blend: Blend | None
    written: list[WrittenNetwork]

    @property
    def has_gained(self) -> bool:
        """Whether the trained networks differ from those that the training began with."""
        return self.blend is None or self.blend.choice.chosen.alpha > 0


def finish(
    folder: RunFolder,
    settings: Settings,
    trained: Networks,
    old: Mapping[Stage, OldNetwork],
    parts: Split,
    goal: Goal,
    log: RunLog,
    description: str,
    num_threads: int,
) -> Outcome:
    """Choose what is kept, measure it, and write the files of the run.

    Parameters
    ----------
    folder : RunFolder
        The folder of the run.
    settings : Settings
        Settings of the run.
    trained : mapping of str to (Architecture, weights)
        The networks after training.
    old : mapping of str to OldNetwork
        The networks that the training began with; empty if with random weights.
    parts : Split
        The photographs.
    goal : Goal
        What O-Net's threshold is chosen for.
    log : RunLog
        The log of the run.
    description : str
        Documentation of the models.
    num_threads : int
        Number of threads.

    Returns
    -------
    Outcome
        What came of the training.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    own = images_of(parts.held_back)[:_MOST_MEASURED]
    guard = images_of(parts.guard)[:_MOST_MEASURED]
    options = {"min_face_size": settings.min_face_size}
    blend = None
    networks = trained
    if old:
        blend = choose_mixture(trained, old, own, guard, options, num_threads)
        networks = blend.networks
        log.append("cascade", "blend", 0, alpha=blend.choice.chosen.alpha)
    models = contents(networks)
    choice = choose_thresholds(models, own, goal, options=options, num_threads=num_threads)
    thresholds: dict[str, float] = dict(zip(STAGES, choice.thresholds, strict=True))
    log.append("cascade", "thresholds", 0, thresholds=thresholds, notes=choice.notes)
    written = write_networks(
        folder.path,
        {key: networks[key] for key in STAGES},
        thresholds=thresholds,
        description=description,
    )
    kept = {**options, "thresholds": choice.thresholds}

    def compare(images: Sequence[AnnotatedImage]) -> Comparison:
        before = None
        if old:
            start: dict[str, bytes] = {key: each.content for key, each in old.items()}
            before = cascade_figures(start, images, options=options, num_threads=num_threads)
        after = cascade_figures(models, images, options=kept, num_threads=num_threads)
        return Comparison(before, after)

    outcome = Outcome(compare(own), compare(guard) if guard else None, choice, blend, written)
    log.append(
        "cascade",
        "figures",
        0,
        average_precision=outcome.own.after.average_precision,
        recall=outcome.own.after.highest_recall,
        landmark_error=outcome.own.after.landmarks.mean,
    )
    write_json(folder.path / "results.json", as_json(outcome))
    return outcome


def images_of(sets: Sequence[TrainingSet]) -> list[AnnotatedImage]:
    """Return the photographs of which all faces are annotated, so that figures can be told.

    Parameters
    ----------
    sets : sequence of TrainingSet
        The sets.
    """
    return [image for each in sets if each.complete for image in each.images]


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON values.

    Parameters
    ----------
    outcome : Outcome
        What came of a training.
    """
    blend = outcome.blend
    values: dict[str, Any] = _plain(
        {
            "own": asdict(outcome.own),
            "guard": None if outcome.guard is None else asdict(outcome.guard),
            "thresholds": asdict(outcome.thresholds),
            "blend": None
            if blend is None
            else {
                "alpha": blend.choice.chosen.alpha,
                "reason": blend.choice.reason,
                "figures": [asdict(each) for each in blend.figures],
            },
            "files": {each.key: each.problem for each in outcome.written},
        }
    )
    return values


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return values that JSON has, with null for numbers that it lacks."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
