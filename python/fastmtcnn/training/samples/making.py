"""Samples of all photographs of a training, made in several processes, chunk by chunk."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...errors import first_line
from ...files.images import DEFAULT_MAX_PIXELS, as_rgb
from ...networks.loading import network_loader
from ...networks.network import ROLES
from ...runtime.per_process import PerProcess
from ..data.annotated import AnnotatedImage
from .cutting import cut_samples
from .faces import Faces
from .files import chunk_path, write_chunk
from .mining import MiningSettings, StageKey, choose_hard, find_proposals
from .records import Records, record_type
from .settings import WindowSettings
from .teaching import Teacher
from .windows import View, draw_windows

_IMAGES_OF_A_CHUNK = 24


class Source(NamedTuple):
    """A photograph with what its set says of it.

    Attributes
    ----------
    image : AnnotatedImage
        The photograph.
    amount : float
        Factor of the numbers of its random windows.
    complete : bool
        Whether all of its faces are annotated.
    """

    image: AnnotatedImage
    amount: float = 1.0
    complete: bool = True


@dataclass(frozen=True)
class Making:
    """All that decides what the samples of a network are, beside the photographs.

    Attributes
    ----------
    key : {"pnet", "rnet", "onet"}
        The network.
    side : int
        Height and width of the samples.
    crop_scale : float
        Side of what is cut out, in units of the window's side.
    seed : int
        Seed of all that is random.
    windows : WindowSettings or None
        How random windows are drawn; None for none.
    reference : WindowSettings
        How windows are labelled.
    mining : MiningSettings or None
        What is taken of the proposals of the cascade so far; None for none.
    cascade : Path or None
        Folder with the networks that propose samples; None for none.
    teacher : bytes or None
        ONNX model of an O-Net that gives positives without landmarks the points it sees.
    """

    key: StageKey
    side: int
    crop_scale: float
    seed: int
    windows: WindowSettings | None
    reference: WindowSettings
    mining: MiningSettings | None
    cascade: Path | None
    teacher: bytes | None = None

    def describe(self) -> dict[str, object]:
        """Return all of it as JSON values, models by their SHA-256."""
        return {
            "version": 2,
            "key": self.key,
            "side": self.side,
            "crop_scale": self.crop_scale,
            "seed": self.seed,
            "windows": None if self.windows is None else vars(self.windows),
            "reference": [self.reference.reference, self.reference.min_face],
            "mining": None if self.mining is None else vars(self.mining),
            "cascade": None if self.cascade is None else _digests(self.cascade),
            "teacher": None if self.teacher is None else _digest(self.teacher),
        }


class Made(NamedTuple):
    """A chunk of samples.

    Attributes
    ----------
    path : Path
        The file.
    num_images : int
        Number of photographs that it is of.
    problems : list of str
        One sentence for each photograph that could not be used.
    """

    path: Path
    num_images: int
    problems: list[str]


def make_samples(
    sources: Sequence[Source],
    making: Making,
    folder: Path,
    workers: int,
    part: tuple[int, int] = (0, 1),
) -> Iterator[Made]:
    """Make the samples of photographs, but not those that are in the folder already.

    Parameters
    ----------
    sources : sequence of Source
        The photographs.
    making : Making
        How samples are made.
    folder : Path
        Folder of the files.
    workers : int
        Number of processes; with 1 no other process is started.
    part : tuple of int
        Remainder and divisor of the numbers of the chunks to make, to share the work.

    Yields
    ------
    Made
        Each chunk in order, as soon as it and those before it are there.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    make = ChunkMaker(making, folder)
    numbered = [
        (number, sources[first : first + _IMAGES_OF_A_CHUNK])
        for number, first in enumerate(range(0, len(sources), _IMAGES_OF_A_CHUNK))
        if number % part[1] == part[0]
    ]
    if workers == 1:
        yield from map(make, numbered)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _prepare_worker) as pool:
        try:
            work = iter(numbered)
            pending = [pool.submit(make, each) for each in islice(work, 2 * workers)]
            while pending:
                made = pending.pop(0).result()
                pending += [pool.submit(make, each) for each in islice(work, 1)]
                yield made
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def count_chunks(num_sources: int) -> int:
    """Return the number of files that the samples of some photographs are in."""
    return -(-num_sources // _IMAGES_OF_A_CHUNK)


def _prepare_worker() -> None:
    """Leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def end() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=end, daemon=True).start()


class ChunkMaker:
    """Makes one chunk; pickled to the worker processes."""

    def __init__(self, making: Making, folder: Path) -> None:
        self._making, self._folder = making, folder
        mining = making.mining
        if mining is not None:
            options = self._options = mining.options()
            self._networks = network_loader(making.cascade, options.providers, (), options.engine)
        self._teacher: PerProcess[Teacher] | None = None
        if making.teacher is not None:
            self._teacher = PerProcess(partial(Teacher, making.teacher))

    def __call__(self, numbered: tuple[int, Sequence[Source]]) -> Made:
        """Make a chunk with a number from some photographs, unless it is there."""
        number, sources = numbered
        path = chunk_path(self._folder, number)
        if path.exists():
            return Made(path, len(sources), [])
        made, problems = [], []
        for source in sources:
            try:
                made += self._samples_of(source)
            except (OSError, ValueError, TypeError, MemoryError) as error:
                problems.append(f"{source.image.file}: {first_line(error)}")
        records = np.concatenate([np.zeros(0, record_type(self._making.side)), *made])
        write_chunk(path, records)
        return Made(path, len(sources), problems)

    def _samples_of(self, source: Source) -> list[Records]:
        making = self._making
        pixels = as_rgb(source.image.file.read(), "rgb", DEFAULT_MAX_PIXELS)
        rng = np.random.default_rng([making.seed, _number(source.image.name)])
        height, width = pixels.shape[:2]
        views: list[View] = []
        faces = Faces.of(source.image, making.reference)
        if making.windows is not None:
            size = (width, height)
            views += draw_windows(faces, size, making.windows, rng, source.amount, source.complete)
        if making.mining is not None and source.complete:
            proposals = find_proposals(pixels, self._networks.get(), making.key, self._options)
            hard = choose_hard(proposals, faces, making.mining, rng)
            views.append(View(hard, faces, np.zeros(2)))
        made = []
        for view in views:
            records = cut_samples(pixels, view, making.side, making.crop_scale, source.complete)
            if self._teacher is not None:
                self._teacher.get().teach(records)
            made.append(records)
        return made


def _number(name: str) -> int:
    return int.from_bytes(
        hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big"
    )


def _digests(cascade: Path) -> dict[str, str]:
    """Return the SHA-256 of the plain models in a folder."""
    names = [f"{role.key}.onnx" for role in ROLES]
    return {name: _digest((cascade / name).read_bytes()) for name in names}


def _digest(model: bytes) -> str:
    return hashlib.sha256(model).hexdigest()
