"""The function that trains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..extras import importing
from .folder import RunFolder
from .inputs import Data, Machine
from .judging.thresholds import DEFAULT_GOAL, Goal
from .observer import Observer
from .settings import Settings

if TYPE_CHECKING:
    from .outcome import Outcome


def train(
    data: Data,
    out: str | Path,
    settings: Settings | None = None,
    *,
    goal: Goal = DEFAULT_GOAL,
    machine: Machine | None = None,
    restart: bool = False,
    observer: Observer | None = None,
    command: str = "",
) -> Outcome | None:
    """Train the networks of the cascade, or go on where an interrupted run was.

    P-Net learns from random windows and from what it proposes itself, R-Net from what P-Net
    proposes, O-Net from what both propose. Thresholds are chosen on the photographs that were held
    back. Source of the method: Zhang, Zhang, Li and Qiao, "Joint Face Detection and Alignment Using
    Multitask Cascaded Convolutional Networks", IEEE Signal Processing Letters 23 (2016).

    Parameters
    ----------
    data : Data
        The photographs.
    out : str or Path
        Folder of the run. It will hold the models, a model card, a report, curves and a log. If it
        holds a run with the same data and settings, that run goes on.
    settings : Settings, optional
        Settings of the training.
    goal : Goal
        What O-Net's threshold is chosen for.
    machine : Machine, optional
        Device, threads and processes.
    restart : bool, default False
        Whether to delete the run that `out` holds first.
    observer : Observer, optional
        Is told what happens.
    command : str
        The command that began the training, for the report.

    Returns
    -------
    Outcome or None
        Figures before and after the training; None in all but the first of the processes that
        ``torchrun`` started.

    Raises
    ------
    TrainingError
        If data or settings do not fit, `out` holds another run, or a loss is not finite.
    DatasetError
        If annotations have another format.
    ModelError
        If a network to begin with is of no known architecture.
    ValueError, TypeError
        If a setting is wrong.
    MissingExtraError
        If PyTorch or another package of the extra ``train`` is missing.
    OSError
        If a file cannot be read or written. The run can go on after any error.

    Examples
    --------
    Fine-tune the shipped networks to photographs of your own::

        from fastmtcnn.training import Data, Settings, train

        train(Data(["voc:photos"]), "run", Settings(start="shipped"))
        detector = fastmtcnn.MTCNN(models="run")
    """
    with importing("train"):
        from .run import run_training
    return run_training(
        data,
        RunFolder(Path(out)),
        settings or Settings(),
        goal,
        machine or Machine(),
        restart,
        observer or Observer(),
        command,
    )
