"""The stages of version 1.0 of ``mtcnn``, as classes that its constructor accepts."""

from __future__ import annotations

import os
from typing import ClassVar

from ..errors import unknown_name


class Stage:
    """One network of the cascade, an item of the list that the constructor of 1.0 accepts.

    Parameters
    ----------
    stage_name : str, optional
        Name of the stage. Default: that of the original, such as ``"Stage PNET"``.
    stage_id : int, optional
        Number of the stage. Default: that of the original, 1 to 3.
    weights : str or path-like, optional
        An ONNX file to use instead of the shipped network. (The original's weight files are not
        supported.)

    Attributes
    ----------
    name : str
        `stage_name`.
    id : int
        `stage_id`.
    weights : str, path-like or None
        The argument `weights`.
    """

    key: ClassVar[str]
    _default: ClassVar[tuple[str, int]]

    def __init__(
        self,
        stage_name: str | None = None,
        stage_id: int | None = None,
        weights: str | os.PathLike[str] | None = None,
    ) -> None:
        self.name = self._default[0] if stage_name is None else stage_name
        self.id = self._default[1] if stage_id is None else stage_id
        self.weights = weights


class StagePNet(Stage):
    """P-Net, which proposes boxes."""

    key = "pnet"
    _default = ("Stage PNET", 1)


class StageRNet(Stage):
    """R-Net, which refines boxes."""

    key = "rnet"
    _default = ("Stage RNET", 2)


class StageONet(Stage):
    """O-Net, which refines boxes again and locates landmarks."""

    key = "onet"
    _default = ("Stage ONET", 3)


STAGES = (StagePNet, StageRNet, StageONet)
NAMED_STAGES: dict[str, tuple[type[Stage], ...]] = {
    "face_and_landmarks_detection": STAGES,
    "face_detection_only": STAGES[:2],
}


def checked_stages(stages: object) -> list[Stage]:
    """Return the stages as instances, from the forms that the constructor accepts."""
    if isinstance(stages, str):
        if stages not in NAMED_STAGES:
            raise unknown_name("stages", stages, NAMED_STAGES)
        return [stage() for stage in NAMED_STAGES[stages]]
    wanted = (
        f"stages must be one of {', '.join(map(repr, NAMED_STAGES))}, or a list of this module's "
        "StagePNet, StageRNet and StageONet in this order, of which the last may be left out"
    )
    if not isinstance(stages, (list, tuple)):
        raise TypeError(f"{wanted}, got {stages!r}")
    made = [stage() if isinstance(stage, type) else stage for stage in stages]
    fits = 0 < len(made) <= len(STAGES) and all(map(isinstance, made, STAGES))
    if not fits:
        raise ValueError(f"{wanted}, got {stages!r}")
    return made
