"""What a training is given: photographs, and a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from .. import checks
from ..errors import unknown_name
from .data.annotated import TrainingSet
from .data.formats import has_names
from .data.reading import read_sets
from .data.shared_photos import without_copies
from .data.splitting import SHARE, Split, split
from .errors import TrainingError


class ReadSets(NamedTuple):
    """Sets by what the user named them for.

    Attributes
    ----------
    training, validation, guard : list of TrainingSet
        As the attributes of `Data`.
    """

    training: list[TrainingSet]
    validation: list[TrainingSet]
    guard: list[TrainingSet]


_MOST_WATCHED = 60  # photographs; the networks are judged on them several times while they learn


@dataclass(frozen=True)
class Data:
    """Where the photographs of a training come from.

    Attributes
    ----------
    training : sequence of str
        Sets to learn from, as ``[FORMAT:]PATH[@WEIGHT]``.
    validation : sequence of str
        Sets to hold back instead of a part of `training`.
    guard : sequence of str
        Sets on which the result must not get worse. When networks are fine-tuned, half of each is
        learned from, so that they do not forget, and the other half measures.
    held_back : float
        Share of `training` to hold back, above 0 and below 1.
    licences : mapping of str to str
        Licences of the sets, by their names, for the model card.
    object_names : sequence of str
        Names of the objects that are faces, in sets in the form of VOC or COCO. Default: all
        objects are faces.
    """

    training: Sequence[str]
    validation: Sequence[str] = ()
    guard: Sequence[str] = ()
    held_back: float = SHARE
    licences: Mapping[str, str] = field(default_factory=dict)
    object_names: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse another share."""
        checks.open_fraction("held_back", self.held_back)

    def read(self) -> Split:
        """Read and split the sets.

        Raises
        ------
        TrainingError, DatasetError
            If they cannot be used.
        OSError
            If a file cannot be read.
        """
        return self.split(self.read_sets())

    def read_sets(self) -> ReadSets:
        """Read the sets.

        Raises
        ------
        TrainingError, DatasetError, OSError
            As `read`.
        """
        names = self.object_names
        sets = read_sets(self.training, object_names=names)
        taken = [each.name for each in sets]
        validation, guard = [], []
        if self.validation:
            validation = read_sets(self.validation, taken=taken, object_names=names)
        taken += [each.name for each in validation]
        if self.guard:
            guard = read_sets(self.guard, taken=taken, object_names=names)
        validation = without_copies(validation, sets)
        guard = without_copies(guard, sets)
        if names and not any(has_names(each.format) for each in (*sets, *validation, *guard)):
            raise TrainingError(
                "only objects of VOC and COCO have names to choose by, got "
                f"{', '.join(names)} for sets of other formats"
            )
        every = [each.name for each in (*sets, *validation, *guard)]
        for name in self.licences:
            if name not in every:
                raise unknown_name("a set with a licence", name, every)
        return ReadSets(sets, validation, guard)

    def split(self, sets: ReadSets) -> Split:
        """Split the sets that were read.

        Parameters
        ----------
        sets : ReadSets
            What `read_sets` returned.

        Raises
        ------
        TrainingError
            If they cannot be used.
        """
        return split(
            sets.training,
            share=self.held_back,
            validation=sets.validation,
            guard=sets.guard,
            most_watched=_MOST_WATCHED,
        )


@dataclass(frozen=True)
class Machine:
    """What a training runs on.

    Attributes
    ----------
    device : str
        ``"auto"`` for a GPU if there is one, or a device of PyTorch.
    num_threads : int or None
        Number of threads; None for the number of cores that may be used, or for one if several
        processes train together.
    workers : int or None
        Number of processes that make samples; None for the same number.
    samples : Path or None
        Folder of samples, which several runs may share; None for one in the folder of the run.
    """

    device: str = "auto"
    num_threads: int | None = None
    workers: int | None = None
    samples: Path | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that are not possible."""
        for name in ("num_threads", "workers"):
            if getattr(self, name) is not None:
                checks.threads(name, getattr(self, name))
