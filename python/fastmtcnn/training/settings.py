"""The settings of a training, and its presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypeAlias

from .. import checks
from ..errors import unknown_name
from .samples.settings import WindowSettings

Stage: TypeAlias = Literal["pnet", "rnet", "onet"]
STAGES: tuple[Stage, ...] = ("pnet", "rnet", "onet")


@dataclass(frozen=True)
class Round:
    """A part of the training of one network, with samples of its own.

    Attributes
    ----------
    share : float
        Share of the network's steps.
    mines : bool
        Whether the cascade so far proposes samples: for R-Net and O-Net the networks before them,
        for P-Net its own state after the round before.
    """

    share: float
    mines: bool


@dataclass(frozen=True)
class StageSettings:
    """How one network is trained.

    Attributes
    ----------
    steps : int
        Number of mini-batches.
    batch : int
        Samples of a mini-batch.
    rate : float
        Highest learning rate.
    weights : tuple of float
        Weights of face classification, bounding-box regression and landmark localisation.
    windows : WindowSettings
        How random windows are drawn.
    rounds : tuple of Round
        Parts of the training.
    colour : float
        Strength of the changes of colours, 0 to 1.
    proposals : float
        Mean number of proposals a photograph that samples are mined from.
    time_share : float
        Share of a limited time.
    """

    steps: int
    batch: int
    rate: float
    weights: tuple[float, float, float]
    windows: WindowSettings
    rounds: tuple[Round, ...]
    colour: float
    proposals: float
    time_share: float


@dataclass(frozen=True)
class Preset:
    """A recipe for all three networks.

    Attributes
    ----------
    stages : mapping of str to StageSettings
        Settings of each network.
    initialization : {"he", "xavier"}
        Distribution of the first weights.
    decay : {"cosine", "steps"}
        How the learning rate falls.
    warm_up : float
        Share of the steps in which it rises.
    nesterov : bool
        Whether the momentum is Nesterov's.
    hard_tasks : {"all", "face"}
        Losses of which only the hardest samples count: all three, or face classification.
    fine_tuning_rate, fine_tuning_steps : float
        Factors of the learning rates and of the numbers of steps if networks are fine-tuned.

    Raises
    ------
    ValueError
        If there are not settings for each of the three networks.
    """

    stages: Mapping[str, StageSettings]
    initialization: Literal["he", "xavier"]
    decay: Literal["cosine", "steps"]
    warm_up: float
    nesterov: bool
    hard_tasks: Literal["all", "face"]
    fine_tuning_rate: float = 0.15
    fine_tuning_steps: float = 0.15

    def __post_init__(self) -> None:
        """Refuse a recipe without one of the networks."""
        if set(self.stages) != set(STAGES):
            names = ", ".join(sorted(self.stages)) or "none"
            raise ValueError(f"a preset must have stages {', '.join(STAGES)}, got {names}")


_PAPER_WINDOWS = WindowSettings(
    reference="rectangle",
    min_face=20.0,
    tries=20,
    crop_tries=20,
    smallest=0.8,
    largest=1.25,
    shift=0.2,
    rotated=0.0,
    max_angle=0.0,
    beside=5,
    anywhere=50,
)
_MODERN_WINDOWS = WindowSettings(tries=48, beside=10, anywhere=80)

PRESETS: Mapping[str, Preset] = {
    "paper": Preset(
        stages={
            "pnet": StageSettings(
                60_000, 384, 0.01, (1, 0.5, 0.5), _PAPER_WINDOWS, (Round(1, False),), 0, 400, 0.2
            ),
            "rnet": StageSettings(
                40_000,
                384,
                0.01,
                (1, 0.5, 0.5),
                replace(_PAPER_WINDOWS, tries=4, beside=0, anywhere=0),
                (Round(1, True),),
                0,
                400,
                0.3,
            ),
            "onet": StageSettings(
                40_000,
                384,
                0.01,
                (1, 0.5, 1),
                replace(_PAPER_WINDOWS, tries=4, beside=0, anywhere=0),
                (Round(1, True),),
                0,
                100,
                0.5,
            ),
        },
        initialization="xavier",
        decay="steps",
        warm_up=0.0,
        nesterov=False,
        hard_tasks="face",
    ),
    "modern": Preset(
        stages={
            "pnet": StageSettings(
                40_000,
                384,
                0.05,
                (1, 0.5, 0.5),
                _MODERN_WINDOWS,
                (Round(0.35, False), Round(0.65, True)),
                0.5,
                400,
                0.15,
            ),
            "rnet": StageSettings(
                30_000,
                192,
                0.03,
                (1, 0.5, 0.5),
                replace(_MODERN_WINDOWS, tries=12, beside=3, anywhere=6),
                (Round(1, True),),
                1,
                400,
                0.3,
            ),
            "onet": StageSettings(
                30_000,
                96,
                0.02,
                (1, 0.5, 1),
                replace(_MODERN_WINDOWS, tries=12, beside=2, anywhere=4),
                (Round(1, True),),
                1,
                100,
                0.55,
            ),
        },
        initialization="he",
        decay="cosine",
        warm_up=0.03,
        nesterov=True,
        hard_tasks="all",
    ),
}


def find_preset(preset: str | Preset) -> Preset:
    """Return a preset by its name.

    Parameters
    ----------
    preset : str or Preset
        The name; a preset is returned as it is.

    Raises
    ------
    ValueError
        If there is no such preset.
    TypeError
        If it is neither a name nor a preset.
    """
    if isinstance(preset, Preset):
        return preset
    if not isinstance(preset, str):
        raise TypeError(f"preset must be a name or a Preset, got {type(preset).__name__}")
    if preset not in PRESETS:
        raise unknown_name("preset", preset, PRESETS)
    return PRESETS[preset]


_SEEDS = 2**61  # each network has its own seed, a multiple, and PyTorch takes 64 bits


@dataclass(frozen=True)
class Settings:
    """The settings of a training.

    Attributes
    ----------
    preset : {"modern", "paper"} or Preset
        Recipe that the other settings change.
    stages : tuple of str
        Networks to train, of ``"pnet"``, ``"rnet"`` and ``"onet"``.
    start : str or None
        Networks to fine-tune: ``"shipped"`` or a folder with models; None for random weights.
    steps : tuple of int or None
        Numbers of steps of the networks of `stages`, instead of the preset's.
    epochs : float or None
        Number of times that each network sees its positives, instead of a number of steps.
    seconds : float or None
        Time that the training may take; the numbers of steps follow from it.
    seed : int
        Seed of all that is random.
    hard_fraction : float
        Share of the samples of a mini-batch, those with the highest loss, that count.
    architectures : mapping of str to str
        Architecture of each network.
    min_face_size : float
        Smallest face that samples are mined for, in pixels.
    mirror : bool
        Whether every second sample is mirrored. Not to be done if the annotations treat left and
        right differently, such as boxes that all reach further to the right than the face.
    """

    preset: str | Preset = "modern"
    stages: tuple[Stage, ...] = STAGES
    start: str | None = None
    steps: tuple[int, ...] | None = None
    epochs: float | None = None
    seconds: float | None = None
    seed: int = 0
    hard_fraction: float = 0.7
    architectures: Mapping[str, str] = field(default_factory=dict)
    min_face_size: float = 20.0
    mirror: bool = True

    def __post_init__(self) -> None:
        """Refuse what no training could work with."""
        find_preset(self.preset)
        stages = checks.distinct_names("stages", self.stages, STAGES)
        if not stages:
            raise ValueError("stages must name at least one network, got none")
        object.__setattr__(self, "stages", tuple(key for key in STAGES if key in stages))
        lengths = {"steps": self.steps, "epochs": self.epochs, "seconds": self.seconds}
        given = [name for name, value in lengths.items() if value is not None]
        if len(given) > 1:
            raise ValueError(f"{given[0]} and {given[1]} exclude each other, got both")
        if self.steps is not None:
            if len(self.steps) != len(self.stages):
                raise ValueError(
                    f"steps must be a number for each of {len(self.stages)} networks "
                    f"({', '.join(self.stages)}), got {len(self.steps)}"
                )
            object.__setattr__(self, "steps", tuple(checks.count("steps", n) for n in self.steps))
        for name in ("epochs", "seconds"):
            if getattr(self, name) is not None:
                checks.positive(name, getattr(self, name))
        checks.pixels("min_face_size", self.min_face_size)
        checks.flag("mirror", self.mirror)
        if not 0 <= checks.whole("seed", self.seed) < _SEEDS:
            raise ValueError(f"seed must be at least 0 and below {_SEEDS}, got {self.seed}")
        if not checks.fraction("hard_fraction", self.hard_fraction) > 0:
            raise ValueError("hard_fraction must be above 0, got 0")
        for key in self.architectures:
            if key not in STAGES:
                raise unknown_name("a key of architectures", key, STAGES)

    def steps_of(self, key: Stage) -> int | None:
        """Return the number of steps of a network; None for the preset's."""
        return None if self.steps is None else self.steps[self.stages.index(key)]

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return asdict(self)
