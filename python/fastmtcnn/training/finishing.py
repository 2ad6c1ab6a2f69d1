"""The end of a run: the networks that are kept, their thresholds, files, figures and report."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from .._core import __version__
from ..detections import Detections
from ..graphs.writing import write_networks
from .blending import Networks, choose_mixture
from .cascades import write_cascade
from .data.annotated import AnnotatedImage, TrainingSet
from .data.splitting import Split
from .folder import RunFolder, write_json
from .judging.judgement import Judgement
from .judging.stages import JudgedStage, StageRecall
from .judging.thresholds import Goal
from .judging.worst import WorstErrors
from .outcome import Comparison, Outcome, as_json
from .reporting.gathering import data_summaries, notes_of, stage_summaries
from .reporting.log import RunLog, read_log
from .reporting.summary import Part, PartRole, RunSummary, StageSummary
from .reporting.writing import write_report
from .settings import STAGES, Settings, find_preset
from .start import SHIPPED, OldNetwork

# Photographs; each is searched twice for all figures, and more would tell little more.
_MOST_MEASURED = 600
_MOST_MIXED = 200  # if networks are fine-tuned: each is searched once for every mixture
_MOST_GUARDED = 100


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
        own = some_of(images_of(self.parts.held_back), _MOST_MIXED if self.old else _MOST_MEASURED)
        guard = some_of(images_of(self.parts.guard), _MOST_GUARDED)
        blend, networks = None, self.trained
        if self.old and any((~image.ignored).any() for image in own):
            blend = choose_mixture(self.trained, self.old, self._judge, own, guard)
            networks = blend.chosen.networks
            alpha, reason = blend.choice.chosen.alpha, blend.choice.reason
            self.log.append("cascade", "blend", 0, alpha=alpha, reason=reason)
            before = blend.old.own, blend.old.guard
            after = blend.chosen.own, blend.chosen.guard
        else:
            old = {key: (each.architecture, each.weights) for key, each in self.old.items()}
            before, after = (
                (self._judge(each, own), self._judge(each, guard) if guard else None)
                for each in (old, networks)
            )
        choice = after[0].choose_thresholds(self.goal)
        thresholds: dict[str, float] = dict(zip(STAGES, choice.thresholds, strict=True))
        self.log.append("cascade", "thresholds", 0, thresholds=thresholds, notes=choice.notes)
        written = write_networks(
            self.folder.path,
            {key: networks[key] for key in STAGES},
            thresholds=thresholds,
            description=self._description(),
        )
        errors = WorstErrors()
        old_thresholds = before[0].choose_thresholds(self.goal).thresholds
        compared = [
            None
            if old is None or new is None
            else Comparison(
                old.figures(old_thresholds),
                new.figures(choice.thresholds, errors.add if new is after[0] else _ignore),
            )
            for old, new in zip(before, after, strict=True)
        ]
        assert compared[0] is not None
        outcome = Outcome(compared[0], compared[1], choice, blend, written)
        figures = outcome.own.after
        self.log.append(
            "cascade",
            "figures",
            0,
            average_precision=figures.average_precision,
            recall=figures.highest_recall,
            landmark_error=figures.landmarks.mean,
        )
        write_json(self.folder.path / "results.json", as_json(outcome))
        recalls = [self._recalls(each[0]) for each in (before, after)]
        write_report(self.folder.path, self._summary(outcome, recalls, errors))
        return outcome

    def _judge(self, networks: Networks, images: Sequence[AnnotatedImage]) -> Judgement:
        folder = write_cascade(self.folder.path / "stages" / "judged", networks)
        return Judgement(folder, images, self._options, self.num_threads)

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

    def _summary(
        self,
        outcome: Outcome,
        recalls: Sequence[Mapping[str, StageRecall]],
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
            stages=self._stages(*recalls),
            parts=[
                Part(part, role, each.after, each.before, name)
                for part, role, each in figures
                if each is not None
            ],
            thresholds=outcome.thresholds,
            fine_tuned=bool(self.old),
            misses=errors.worst(),
            notes=self._notes(outcome),
        )

    def _notes(self, outcome: Outcome) -> list[str]:
        """Return the sentences of the run that its report repeats."""
        noted = notes_of(read_log(self.folder.log))
        return noted if outcome.blend is None else [outcome.blend.choice.reason, *noted]

    def _shown_settings(self) -> dict[str, Any]:
        shown = {**self.settings.to_dict(), "goal": f"{self.goal.kind} {self.goal.value:g}"}
        if not isinstance(self.settings.preset, str):  # settings.json has all of it
            shown["preset"] = "not one of the named presets"
        return shown

    def _stages(
        self, before: Mapping[str, StageRecall], after: Mapping[str, StageRecall]
    ) -> list[StageSummary]:
        preset = find_preset(self.settings.preset)
        sheets: dict[str, Image.Image] = {
            key: Image.open(path)
            for key in STAGES
            if (path := self.folder.sample_sheet(key)).exists()
        }
        return stage_summaries(
            read_log(self.folder.log),
            {key: architecture.name for key, (architecture, _) in self.trained.items()},
            {key: preset.stages[key].batch for key in STAGES},
            before=before,
            after=after,
            sheets=sheets,
        )

    def _recalls(self, judgement: Judgement) -> dict[str, StageRecall]:
        stages: tuple[JudgedStage, ...] = ("pnet", "rnet")
        return {key: judgement.recall(key) for key in stages if key in self.settings.stages}


def _ignore(image: AnnotatedImage, found: Detections) -> None:
    """Ignore what is found in a photograph."""


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
