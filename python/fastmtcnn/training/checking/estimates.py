"""How many samples photographs give at most, and how much of the disk these take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..samples.mining import MiningSettings
from ..samples.records import record_type
from ..settings import Preset, Stage, StageSettings

SIDES: Mapping[Stage, int] = {"pnet": 12, "rnet": 24, "onet": 48}


class Amount(NamedTuple):
    """What the samples of a set are made of.

    Attributes
    ----------
    num_photos, num_faces : int
        Photographs, and faces that are not ignored.
    weight : float
        Factor of the numbers of random windows.
    complete : bool
        Whether every face is annotated; otherwise there are windows around faces alone.
    """

    num_photos: int
    num_faces: int
    weight: float
    complete: bool


class StageEstimate(NamedTuple):
    """What the samples of a network take at most.

    Attributes
    ----------
    stage : str
        ``"pnet"``, ``"rnet"`` or ``"onet"``.
    num_samples : int
        Number of samples.
    num_bytes : int
        Size of their files.
    """

    stage: str
    num_samples: int
    num_bytes: int


def estimate_samples(
    amounts: Iterable[Amount], preset: Preset, sides: Mapping[Stage, int] = SIDES
) -> list[StageEstimate]:
    """Return the largest numbers of samples of each network.

    Few windows are of no use; there are fewer mined samples where the cascade proposes less.

    Parameters
    ----------
    amounts : iterable of Amount
        The sets.
    preset : Preset
        The recipe.
    sides : mapping of str to int
        Side of the samples of each network in pixels. Default: those of the original networks.
    """
    amounts = list(amounts)
    estimates = []
    for stage, side in sides.items():
        settings = preset.stages[stage]
        number = round(sum(_most(amount, settings) for amount in amounts))
        estimates.append(StageEstimate(stage, number, number * record_type(side).itemsize))
    return estimates


def _most(amount: Amount, settings: StageSettings) -> float:
    windows = settings.windows
    if not amount.complete:
        return windows.crop_tries * amount.weight * amount.num_faces
    drawn = amount.weight * (
        (windows.tries + windows.beside) * amount.num_faces + windows.anywhere * amount.num_photos
    )
    if not any(each.mines for each in settings.rounds):
        return drawn
    mining = MiningSettings()
    # Of a face, as many positives as part faces.
    return drawn + mining.negatives * amount.num_photos + 2 * mining.per_face * amount.num_faces
