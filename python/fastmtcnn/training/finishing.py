"""The end of a run: the networks that are kept, their thresholds, files, figures and report."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from PIL import Image

from .._core import __version__
from ..detections import Detections
from ..graphs.writing import WrittenNetwork, write_networks
from .blending import Blend, Networks, choose_mixture, contents
from .data.annotated import AnnotatedImage, TrainingSet
from .data.splitting import Split
from .folder import RunFolder, write_json
from .judging.figures import CascadeFigures, cascade_figures
from .judging.stages import JudgedStage, StageRecall, stage_recall
from .judging.thresholds import Goal, ThresholdChoice, choose_thresholds
from .judging.worst import WorstErrors
from .reporting.gathering import data_summaries, stage_summaries
from .reporting.log import RunLog, read_log
from .reporting.summary import Part, PartRole, RunSummary, StageSummary
from .reporting.writing import write_report
from .settings import STAGES, Settings, find_preset
from .start import SHIPPED, OldNetwork

# Photographs; each is searched some ten times, and more would tell little more.
_MOST_MEASURED = 600
_MOST_FOR_MIXTURE = 200
_MOST_FOR_RECALL = 300


@dataclass(frozen=True)
class Comparison:
    """Figures of the networks before and after training, on the same photographs.

    Attributes
    ----------
    before : CascadeFigures
        Of the networks that the training began with, or of the shipped ones if it began with
        random weights; with thresholds that are chosen in the same way.
    after : CascadeFigures
        Of the trained networks, with the chosen thresholds.
    """

    before: CascadeFigures
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


@dataclass(frozen=True)
class Finish:
    """What the end of a run needs to know of it.

    Attributes
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
    versions : mapping of str to str
        Versions of packages.
    command : str
        The command that began the run; may be empty.
    licences : mapping of str to str
        Licences of the sets, by name.
    num_threads : int
        Number of threads.
    """

    folder: RunFolder
    settings: Settings
    trained: Networks
    old: Mapping[str, OldNetwork]
    parts: Split
    goal: Goal
    log: RunLog
    versions: Mapping[str, str]
    command: str
    licences: Mapping[str, str]
    num_threads: int

    def run(self) -> Outcome:
        """Choose what is kept, measure it, and write the files of the run.

        Returns
        -------
        Outcome
            What came of the training.

        Raises
        ------
        OSError
            If a file cannot be written.
        """
        own, guard = images_of(self.parts.held_back), images_of(self.parts.guard)
        own, guard = some_of(own, _MOST_MEASURED), some_of(guard, _MOST_MEASURED)
        blend, networks = None, self.trained
        if self.old:
            blend = choose_mixture(
                self.trained,
                self.old,
                some_of(own, _MOST_FOR_MIXTURE),
                some_of(guard, _MOST_FOR_MIXTURE),
                self._options,
                self.num_threads,
            )
            networks = blend.networks
            alpha = blend.choice.chosen.alpha
            self.log.append("cascade", "blend", 0, alpha=alpha, reason=blend.choice.reason)
        models = contents(networks)
        choice = self._choose_thresholds(models, own)
        thresholds: dict[str, float] = dict(zip(STAGES, choice.thresholds, strict=True))
        self.log.append("cascade", "thresholds", 0, thresholds=thresholds, notes=choice.notes)
        written = write_networks(
            self.folder.path,
            {key: networks[key] for key in STAGES},
            thresholds=thresholds,
            description=self._description(),
        )
        errors = WorstErrors()
        before, before_thresholds = self._networks_before(own)
        outcome = Outcome(
            own=Comparison(
                self._figures(before, before_thresholds, own),
                self._figures(models, choice.thresholds, own, errors.add),
            ),
            guard=Comparison(
                self._figures(before, before_thresholds, guard),
                self._figures(models, choice.thresholds, guard),
            )
            if guard
            else None,
            thresholds=choice,
            blend=blend,
            written=written,
        )
        after = outcome.own.after
        self.log.append(
            "cascade",
            "figures",
            0,
            average_precision=after.average_precision,
            recall=after.highest_recall,
            landmark_error=after.landmarks.mean,
        )
        write_json(self.folder.path / "results.json", as_json(outcome))
        write_report(self.folder.path, self._summary(outcome, models, own, errors))
        return outcome

    @property
    def _options(self) -> dict[str, Any]:
        return {"min_face_size": self.settings.min_face_size}

    def _description(self) -> str:
        start = self.settings.start
        origin = "random weights" if start is None else f"the networks {start!r}"
        return (
            "Network of MTCNN (K. Zhang, Z. Zhang, Z. Li, Y. Qiao, 2016), trained by fastmtcnn "
            f"{__version__} from {origin}. Input: RGB, (pixel - 127.5) / 128, NCHW. Data, figures "
            "and licences: see the model card, README.md beside this file."
        )

    def _networks_before(
        self, own: Sequence[AnnotatedImage]
    ) -> tuple[dict[str, bytes], Sequence[float]]:
        """Return what the trained networks are compared with, at its best thresholds."""
        networks: dict[str, bytes] = {key: each.content for key, each in self.old.items()}
        return networks, self._choose_thresholds(networks, own).thresholds

    def _choose_thresholds(
        self, models: Mapping[str, bytes], images: Sequence[AnnotatedImage]
    ) -> ThresholdChoice:
        return choose_thresholds(
            dict(models) or None,
            images,
            self.goal,
            options=self._options,
            num_threads=self.num_threads,
        )

    def _figures(
        self,
        models: Mapping[str, bytes],
        thresholds: Sequence[float],
        images: Sequence[AnnotatedImage],
        observe: Callable[[AnnotatedImage, Detections], None] = lambda image, found: None,
    ) -> CascadeFigures:
        return cascade_figures(
            dict(models) or None,
            images,
            options={**self._options, "thresholds": thresholds},
            num_threads=self.num_threads,
            observe=observe,
        )

    def _summary(
        self,
        outcome: Outcome,
        models: Mapping[str, bytes],
        own: Sequence[AnnotatedImage],
        errors: WorstErrors,
    ) -> RunSummary:
        start = self.settings.start
        name = "shipped networks" if start in (None, SHIPPED) else f"networks of {start}"
        figures: list[tuple[str, PartRole, Comparison | None]] = [
            ("held-back part", "own", outcome.own),
            ("guard set", "guard", outcome.guard),
        ]
        return RunSummary(
            name=self.folder.path.resolve().name,
            command=self.command,
            finished=time.strftime("%Y-%m-%d %H:%M"),
            seconds=self.log.seconds,
            settings=self._shown_settings(),
            versions=self.versions,
            data=data_summaries(self.parts, self.licences),
            stages=self._stages(models, own),
            parts=[
                Part(part, role, each.after, each.before, name)
                for part, role, each in figures
                if each is not None
            ],
            thresholds=outcome.thresholds,
            fine_tuned=bool(self.old),
            misses=errors.worst(),
            notes=[] if outcome.blend is None else [outcome.blend.choice.reason],
        )

    def _shown_settings(self) -> dict[str, Any]:
        shown = {**self.settings.to_dict(), "goal": f"{self.goal.kind} {self.goal.value:g}"}
        if not isinstance(self.settings.preset, str):  # settings.json has all of it
            shown["preset"] = "not one of the named presets"
        return shown

    def _stages(
        self, models: Mapping[str, bytes], own: Sequence[AnnotatedImage]
    ) -> list[StageSummary]:
        preset = find_preset(self.settings.preset)
        before: dict[str, bytes] = {key: each.content for key, each in self.old.items()}
        sheets: dict[str, Image.Image] = {
            key: Image.open(path)
            for key in STAGES
            if (path := self.folder.sample_sheet(key)).exists()
        }
        return stage_summaries(
            read_log(self.folder.log),
            {key: architecture.name for key, (architecture, _) in self.trained.items()},
            {key: preset.stages[key].batch for key in STAGES},
            before=self._recalls(before, own),
            after=self._recalls(models, own),
            sheets=sheets,
        )

    def _recalls(
        self, models: Mapping[str, bytes], own: Sequence[AnnotatedImage]
    ) -> dict[str, StageRecall]:
        stages: tuple[JudgedStage, ...] = ("pnet", "rnet")
        return {
            key: stage_recall(
                dict(models) or None,
                some_of(own, _MOST_FOR_RECALL),
                key,
                options=self._options,
                num_threads=self.num_threads,
            )
            for key in stages
            if key in self.settings.stages
        }


def some_of(images: Sequence[AnnotatedImage], most: int) -> list[AnnotatedImage]:
    """Return a number of photographs at most, at equal distances.

    Parameters
    ----------
    images : sequence of AnnotatedImage
        The photographs.
    most : int
        The number.
    """
    count = min(most, len(images))
    return [images[k * len(images) // count] for k in range(count)]


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
