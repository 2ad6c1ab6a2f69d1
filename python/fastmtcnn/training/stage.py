"""The training of one network of the cascade: samples, rounds, and the model that comes out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..errors import ModelError
from ..files.atomic_write import replacing
from ..graphs.building import build, serialise
from ..graphs.reading import read_weights
from ..networks.architecture import Architecture, Weights
from .calibration import mining_thresholds
from .cascades import write_cascade
from .data.splitting import require_complete
from .errors import TrainingError
from .folder import RunFolder, read_json, write_json
from .learning.augmentation import Augmentation
from .learning.devices import Device
from .learning.loop import Recipe, Step, measure_steps_per_second, train_network
from .learning.losses import LossWeights
from .learning.networks import TrainedNetwork
from .learning.schedule import Schedule
from .observer import Observer, Progress
from .samples.batches import Batches
from .samples.files import address, chunk_path, map_chunks
from .samples.making import Making, Source, count_chunks, make_samples
from .samples.mining import MiningSettings
from .samples.records import Kind
from .settings import STAGES, Preset, Round, Settings, Stage

_TIMES_JUDGED = 4
_SHARE_TO_JUDGE = 0.1  # of a limited time
_FEWEST_STEPS = 20  # in a limited time


@dataclass(frozen=True)
class Run:
    """What the training of each network needs to know of the run.

    Attributes
    ----------
    folder : RunFolder
        The folder of the run.
    samples : Path
        Folder of samples, which several runs may share.
    settings : Settings
        Settings of the run.
    preset : Preset
        The recipe.
    sources : sequence of Source
        Photographs to learn from.
    fingerprint : str
        Digest of them.
    device : Device
        Where to train.
    workers : int
        Number of processes that make samples.
    observer : Observer
        Is told what happens.
    """

    folder: RunFolder
    samples: Path
    settings: Settings
    preset: Preset
    sources: Sequence[Source]
    fingerprint: str
    device: Device
    workers: int
    observer: Observer


class Start(NamedTuple):
    """What the training of a network begins with.

    Attributes
    ----------
    networks : dict of str to (Architecture, weights)
        The networks before it.
    weights : mapping of str to ndarray, or None
        Weights to fine-tune; None for random ones.
    teacher : bytes or None
        ONNX model of the O-Net whose landmarks are kept.
    """

    networks: dict[str, tuple[Architecture, Weights]]
    weights: Weights | None = None
    teacher: bytes | None = None


def train_stage(
    run: Run, key: Stage, architecture: Architecture, start: Start, seconds: float | None
) -> Weights:
    """Train one network, or go on with it, or return it if it is trained.

    Parameters
    ----------
    run : Run
        The run.
    key : {"pnet", "rnet", "onet"}
        The network.
    architecture : Architecture
        Its architecture.
    start : Start
        What it begins with.
    seconds : float or None
        Time that it may take.

    Returns
    -------
    mapping of str to ndarray of float32
        Its weights.

    Raises
    ------
    TrainingError
        If the samples do not suffice, a loss is not finite, or a file of the run is damaged.
    OSError
        If a file cannot be read or written.
    """
    path = run.folder.network(key)
    if not path.exists():
        model = _StageTraining(run, key, architecture, start, seconds).train()
        if run.device.is_first:
            with replacing(path) as file:
                file.write(model)
        run.device.wait()
    try:
        return read_weights(path.read_bytes(), architecture)
    except ModelError as error:
        raise TrainingError(
            f"{path}: {error.reason}; delete it, and its stage goes on from its last checkpoint"
        ) from error


def _read_back(path: Path, wanted: str, is_valid: Callable[[Any], bool]) -> Any:  # noqa: ANN401
    """Return what this run, or an interrupted one, has written before."""
    value = None
    with contextlib.suppress(TrainingError):  # it is not even JSON
        value = read_json(path)
    if not is_valid(value):
        raise TrainingError(
            f"{path}: it must hold {wanted}, but is damaged; delete it, and they are chosen again"
        )
    return value


def _are_thresholds(value: Any) -> bool:  # noqa: ANN401 (JSON values)
    if not isinstance(value, list) or len(value) != 2:
        return False
    return all(type(each) in (int, float) and 0 <= each <= 1 for each in value)


class _StageTraining:
    def __init__(
        self,
        run: Run,
        key: Stage,
        architecture: Architecture,
        start: Start,
        seconds: float | None,
    ) -> None:
        self._run, self._key, self._architecture = run, key, architecture
        self._settings = run.preset.stages[key]
        self._start = start
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._seed = run.settings.seed * len(STAGES) + STAGES.index(key)
        self._network = TrainedNetwork(architecture)
        self._steps_before = 0

    def train(self) -> bytes:
        run, settings = self._run, self._settings
        require_complete(source.complete for source in run.sources)
        self._network.initialize(run.preset.initialization, self._seed)
        if self._start.weights is not None:
            self._network.load(self._start.weights)
        files: list[Path] = []
        for part, each in enumerate(settings.rounds):
            files += self._make_samples(part, each)
            chunks = map_chunks(files, self._architecture.window)
            batches = Batches(chunks, settings.batch, self._seed + 1000 * part)
            run.observer.samples(self._key, batches.totals, files)
            self._train_round(part, batches, self._count_steps(part, batches))
        return self._model()

    def _model(self) -> bytes:
        return serialise(build(self._architecture, self._network.weights(), "In training."))

    def _networks(self) -> dict[str, tuple[Architecture, Weights]]:
        own = self._architecture, self._network.weights()
        return {**self._start.networks, self._key: own}

    def _make_samples(self, part: int, each: Round) -> list[Path]:
        """Make the samples of a round, and return their files."""
        run, key = self._run, self._key
        cascade = self._write_cascade(part) if each.mines else None
        making = Making(
            key=key,
            side=self._architecture.window,
            crop_scale=self._architecture.crop_scale,
            seed=self._seed + 1000 * part,
            windows=None if part else self._settings.windows,
            reference=self._settings.windows,
            mining=None if cascade is None else self._mining(part, cascade),
            cascade=cascade,
            teacher=self._start.teacher,
        )
        folder = run.samples / address({**making.describe(), "data": run.fingerprint})
        done, total = 0, len(run.sources)
        share = run.device.rank, run.device.world_size
        problems: list[str] = []
        for made in make_samples(run.sources, making, folder, run.workers, share):
            done += made.num_images
            problems += made.problems
            run.observer.mining(key, done, total, made.problems)
            run.observer.check()
        others = run.device.gather(problems)[len(problems) :]  # of the first, to the first
        if done < total:
            run.observer.mining(key, total, total, others)
        return [chunk_path(folder, number) for number in range(count_chunks(total))]

    def _write_cascade(self, part: int) -> Path:
        """Write the networks that propose samples; for P-Net, as it is after the last round."""
        run = self._run
        folder = run.folder.stage(self._key) / f"cascade{part}"
        if run.device.is_first:
            write_cascade(folder, self._networks() if part else self._start.networks)
        run.device.wait()
        return folder

    def _mining(self, part: int, cascade: Path) -> MiningSettings:
        """Return how samples are mined, at thresholds that are chosen once."""
        run = self._run
        path = run.folder.mined(self._key, part)
        if not path.exists() and run.device.is_first:
            images = [each.image for each in run.sources if each.complete]
            wanted = {key: run.preset.stages[key].proposals for key in STAGES}
            thresholds = mining_thresholds(
                cascade, images, self._key, wanted, run.settings.min_face_size
            )
            write_json(path, thresholds)
        run.device.wait()
        first, second = _read_back(path, "two thresholds from 0 to 1", _are_thresholds)
        return MiningSettings(min_face_size=run.settings.min_face_size, thresholds=(first, second))

    def _count_steps(self, part: int, batches: Batches) -> int:
        """Return the number of steps of a round; if it depends on the time, it is chosen once."""
        run, each = self._run, self._settings.rounds[part]
        if self._deadline is None:
            return max(1, round(each.share * self._wanted_steps(batches)))
        path = run.folder.stage(self._key) / f"steps{part}.json"
        if not path.exists() and run.device.is_first:
            rest = sum(other.share for other in self._settings.rounds[part:])
            left = (self._deadline - time.monotonic()) * each.share / rest
            left *= 1 - _SHARE_TO_JUDGE
            speed = measure_steps_per_second(
                self._network, batches, self._recipe(_FEWEST_STEPS, part), run.device
            )
            if left * speed < _FEWEST_STEPS:
                run.observer.note(
                    self._key,
                    f"the time is over before {_FEWEST_STEPS} steps of {self._architecture.title}, "
                    "mostly for samples: it needs more to learn anything",
                )
            write_json(path, max(_FEWEST_STEPS, int(left * speed)))
        run.device.wait()
        chosen = _read_back(path, "a number of steps", lambda each: type(each) is int and each > 0)
        return int(chosen)

    def _wanted_steps(self, batches: Batches) -> float:
        settings = self._run.settings
        if settings.epochs is not None:
            positives = batches.totals[Kind.POSITIVE]
            return settings.epochs * positives / batches.counts[Kind.POSITIVE]
        return settings.steps_of(self._key) or self._factor("steps") * self._settings.steps

    def _factor(self, what: Literal["rate", "steps"]) -> float:
        """Return the factor of the preset's learning rate or number of steps."""
        preset = self._run.preset
        if self._start.weights is None:
            return 1.0
        return preset.fine_tuning_rate if what == "rate" else preset.fine_tuning_steps

    def _recipe(self, steps: int, part: int) -> Recipe:
        preset, settings = self._run.preset, self._settings
        return Recipe(
            Schedule(steps, self._factor("rate") * settings.rate, preset.decay, preset.warm_up),
            LossWeights(*settings.weights),
            self._run.settings.hard_fraction,
            preset.hard_tasks == "all",
            Augmentation(self._run.settings.mirror, settings.colour),
            self._seed + 1000 * part,
            nesterov=preset.nesterov,
        )

    def _train_round(self, part: int, batches: Batches, steps: int) -> None:
        run, before = self._run, self._steps_before
        began, judging = time.monotonic(), 0.0

        def report(step: Step) -> None:
            run.observer.progress(
                self._key,
                Progress(before + step.step, before + steps, *step[1:]),
            )

        def judge(step: int) -> None:
            nonlocal judging
            now = time.monotonic()
            is_late = self._deadline is not None and judging > _SHARE_TO_JUDGE * (now - began)
            if not run.device.is_first or is_late:
                return
            folder = run.folder.stage(self._key) / "judged"
            write_cascade(folder, self._networks())
            run.observer.judge(self._key, before + step, folder)
            judging += time.monotonic() - now

        train_network(
            self._network,
            batches,
            self._recipe(steps, part),
            run.folder.stage(self._key) / f"part{part}.pt",
            run.device,
            report=report,
            judge=judge,
            check=run.observer.check,
            report_every=max(1, min(steps // 40, 200)),
            judge_every=max(1, steps // _TIMES_JUDGED),
        )
        self._steps_before += steps
