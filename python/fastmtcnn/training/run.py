"""The course of a run, from photographs to models."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from .._core import __version__
from ..networks.architecture import Architecture, Weights
from ..runtime.cores import default_num_threads
from .data.annotated import TrainingSet
from .data.fingerprints import fingerprint
from .data.problems import warnings_of
from .data.splitting import Split, names_of, take_replay
from .errors import TrainingError
from .finishing import Finish, images_of
from .folder import RunFolder, write_text
from .inputs import Data, Machine
from .judging.thresholds import Goal
from .learning.setup import prepared_device
from .observer import CheckingObserver, Observer
from .outcome import Outcome
from .recording import Recorder
from .reporting.log import RunLog
from .reporting.writing import require_packages
from .samples.making import Source
from .settings import STAGES, Settings, Stage, find_preset
from .stage import Run, Start, train_stage
from .start import SHIPPED, OldNetwork, architectures_of, read_old_networks

# Of a limited time, for figures, thresholds and the report: without and with mixtures.
_SHARE_TO_FINISH, _SHARE_TO_MIX = 0.12, 0.2


def run_training(
    data: Data,
    folder: RunFolder,
    settings: Settings,
    goal: Goal,
    machine: Machine,
    restart: bool,
    observer: Observer,
    command: str,
) -> Outcome | None:
    """Train; parameters and errors as for `train`, which alone calls this."""
    together = int(os.environ.get("WORLD_SIZE", "1")) > 1
    num_threads = machine.num_threads or (1 if together else default_num_threads())
    workers = machine.workers or num_threads
    with prepared_device(machine.device, num_threads) as device, contextlib.ExitStack() as stack:
        preset = find_preset(settings.preset)
        old = read_old_networks(settings.start)
        architectures = architectures_of(settings, old)
        _check_stages(settings, old)
        require_packages()
        _check_other_folder(settings, folder)
        sets = data.read_sets()
        parts = data.split(sets)
        if old:
            parts = take_replay(parts)
        if not device.is_first:
            observer = CheckingObserver(observer)
        else:
            stack.enter_context(folder.locked())
            if restart:
                folder.clear()
            if folder.begin(_recorded(data, settings, goal, parts, architectures, old)):
                folder.require_stages(settings.stages)
            for path, some in ((folder.held_back, parts.held_back), (folder.guard, parts.guard)):
                write_text(path, "".join(f"{name}\n" for name in names_of(some)))
            log = RunLog(folder.log)
            observer = Recorder(
                log,
                folder,
                images_of(parts.watched),
                settings.min_face_size,
                num_threads,
                observer,
            )
            for each in (*sets.training, *sets.validation, *sets.guard):
                for text in warnings_of(each):
                    observer.note("data", text)
        device.wait()
        run = Run(
            folder=folder,
            samples=machine.samples or folder.samples,
            settings=settings,
            preset=preset,
            sources=_sources(parts.training),
            fingerprint=fingerprint(parts.training),
            device=device,
            workers=workers,
            observer=observer,
        )
        trained = _train_stages(run, architectures, old)
        if not device.is_first:
            return None
        observer.finishing(len(names_of(parts.held_back)) + len(names_of(parts.guard)))
        return Finish(
            folder=folder,
            settings=settings,
            trained=trained,
            old=old,
            parts=parts,
            goal=goal,
            log=log,
            versions=versions(),
            command=command,
            licences=data.licences,
            num_threads=num_threads,
        ).run()


def _check_other_folder(settings: Settings, folder: RunFolder) -> None:
    start = settings.start
    if start in (None, SHIPPED) or not folder.path.exists():
        return
    if os.path.realpath(start) == os.path.realpath(folder.path):
        raise TrainingError(
            f"{folder.path}: a run must have another folder than the networks that it begins with"
        )


def _check_stages(settings: Settings, old: Mapping[str, OldNetwork]) -> None:
    missing = [key for key in STAGES if key not in settings.stages and key not in old]
    if missing:
        raise TrainingError(
            f"a cascade needs all three networks: {missing[0]} must be among the stages, or the "
            "training must begin with networks that have it"
        )


def _train_stages(
    run: Run, architectures: Mapping[Stage, Architecture], old: Mapping[str, OldNetwork]
) -> dict[str, tuple[Architecture, Weights]]:
    settings, preset = run.settings, run.preset
    shares = {key: preset.stages[key].time_share for key in settings.stages}
    networks: dict[str, tuple[Architecture, Weights]] = {}
    for key in STAGES:
        if key not in settings.stages:
            networks[key] = old[key].architecture, old[key].weights
            continue
        seconds = None
        if settings.seconds is not None:
            share = shares[key] / sum(shares.values())
            rest = 1 - (_SHARE_TO_MIX if old else _SHARE_TO_FINISH)
            seconds = settings.seconds * rest * share
        teacher = old.get("onet") if key == "onet" else None
        if teacher is not None and teacher.architecture != architectures[key]:
            teacher = None  # it sees other crops
        start = Start(
            {**networks},
            old[key].weights if key in old else None,
            None if teacher is None else teacher.content,
        )
        weights = train_stage(run, key, architectures[key], start, seconds)
        networks[key] = architectures[key], weights
    return networks


def _sources(sets: Sequence[TrainingSet]) -> list[Source]:
    return [Source(image, each.weight, each.complete) for each in sets for image in each.images]


def _recorded(
    data: Data,
    settings: Settings,
    goal: Goal,
    parts: Split,
    architectures: Mapping[Stage, Architecture],
    old: Mapping[str, OldNetwork],
) -> dict[str, Any]:
    """Return all that the result depends on, as JSON values."""
    return {
        "data": {
            "training": list(data.training),
            "validation": list(data.validation),
            "guard": list(data.guard),
            "held_back": data.held_back,
        },
        "photographs and annotations": fingerprint(
            [*parts.training, *parts.held_back, *parts.guard]
        ),
        "networks to begin with": {
            key: hashlib.sha256(each.content).hexdigest() for key, each in old.items()
        },
        **settings.to_dict(),
        "architectures": {key: each.name for key, each in architectures.items()},
        "goal": {"kind": goal.kind, "value": goal.value},
    }


def versions() -> dict[str, str]:
    """Return the versions of what a training's result depends on."""
    return {
        "fastmtcnn": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "onnxruntime": version("onnxruntime"),
        "numpy": np.__version__,
    }
