"""Parts of a run's summary that follow from its photographs and its log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...networks.network import ROLES
from ..data.annotated import TrainingSet
from ..data.splitting import Split
from ..judging.stages import StageRecall
from .summary import DataSummary, StageSummary

if TYPE_CHECKING:
    from PIL import Image


def data_summaries(parts: Split, licences: Mapping[str, str] | None = None) -> list[DataSummary]:
    """Return what is told of the photographs of a run.

    Parameters
    ----------
    parts : Split
        The photographs by their use.
    licences : mapping of str to str, optional
        Licences by the names of the sets, as the user gave them.

    Returns
    -------
    list of DataSummary
        One for each set, in the order of training, held-back and guard sets. The parts of a set
        are counted together.
    """
    sets: dict[str, list[TrainingSet]] = {}
    held_back: dict[str, int] = {}
    for each in [*parts.training, *parts.held_back, *parts.guard]:
        sets.setdefault(each.name, []).append(each)
    for each in [*parts.held_back, *parts.guard]:
        held_back[each.name] = held_back.get(each.name, 0) + len(each.images)
    return [
        _data_summary(name, some, held_back.get(name, 0), (licences or {}).get(name, ""))
        for name, some in sets.items()
    ]


def notes_of(log: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the notes of a log as sentences, each once.

    A run that was interrupted notes again what it finds in the photographs.

    Parameters
    ----------
    log : sequence of mapping
        Lines of the run's log, from `read_log`.
    """
    texts = dict.fromkeys(line["text"] for line in log if line.get("event") == "note")
    return [f"{text[:1].upper()}{text[1:]}." for text in texts]


def _data_summary(
    name: str, parts: Sequence[TrainingSet], num_held_back: int, licence: str
) -> DataSummary:
    images = [image for part in parts for image in part.images]
    faces = sum(int((~image.ignored).sum()) for image in images)
    with_points = sum(
        int((np.isfinite(image.points).all(axis=(1, 2)) & ~image.ignored).sum()) for image in images
    )
    return DataSummary(
        name=name,
        source=parts[0].source,
        num_images=len(images),
        num_faces=faces,
        num_with_points=with_points,
        num_held_back=num_held_back,
        weight=parts[0].weight,
        licence=licence,
    )


def stage_summaries(
    lines: Iterable[Mapping[str, Any]],
    architectures: Mapping[str, str],
    batches: Mapping[str, int],
    *,
    before: Mapping[str, StageRecall] | None = None,
    after: Mapping[str, StageRecall] | None = None,
    sheets: Mapping[str, Image.Image] | None = None,
) -> list[StageSummary]:
    """Return what is told of the training of the networks.

    Parameters
    ----------
    lines : iterable of mapping
        Lines of the run's log, from `read_log`. Networks without losses in it were not trained,
        and are left out.
    architectures : mapping of str to str
        Name of the architecture of each network.
    batches : mapping of str to int
        Samples of a mini-batch of each network.
    before, after : mapping of str to StageRecall, optional
        Recall on the held-back part, by network.
    sheets : mapping of str to PIL.Image.Image, optional
        Sheets of samples, by network.
    """
    listed = list(lines)
    found = []
    for key in (role.key for role in ROLES):
        own = [k for k, line in enumerate(listed) if line.get("stage") == key]
        losses = [listed[k] for k in own if listed[k].get("event") == "loss"]
        if not losses:
            continue
        samples = [listed[k] for k in own if listed[k].get("event") == "samples"]
        began = float(listed[own[0] - 1]["seconds"]) if own[0] else 0.0
        found.append(
            StageSummary(
                key=key,
                architecture=architectures.get(key, "original"),
                steps=int(losses[-1]["step"]),
                batch=batches.get(key, 0),
                seconds=float(listed[own[-1]]["seconds"]) - began,
                samples=samples[-1].get("counts", {}) if samples else {},
                before=(before or {}).get(key),
                after=(after or {}).get(key),
                sheet=(sheets or {}).get(key),
            )
        )
    return found
