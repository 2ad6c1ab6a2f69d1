"""Detection in images of any kind: decoding, the cascade, and the limits of the result."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from .cascade.cascade import Cascade
from .cascade.limits import Limits
from .cascade.region import Region
from .cascade.trace import Trace
from .detections import Detections
from .failures import Attempt, Failures, name_of
from .files.images import DeferredError, ImageLike, as_rgb, is_single_image, pixel_count, snapshot
from .runtime.pipeline import ordered
from .runtime.workers import Map, Workers

Pixels: TypeAlias = npt.NDArray[np.uint8]

_IMAGES_TOGETHER = 16  # whose tiles and crops an accelerator gets in the same batches


class _Named(NamedTuple):
    name: str | None
    image: ImageLike | DeferredError


@dataclass(frozen=True)
class ImageSearch:
    """One call of `MTCNN.detect`, `detect_batch`, `detect_stream` or `trace`.

    Attributes
    ----------
    cascade : Cascade
        Networks and options.
    limits : Limits
        Limits of the result.
    workers : Workers
        The threads to use.
    region : Region or None
        The part of each image to search.
    """

    cascade: Cascade
    limits: Limits
    workers: Workers
    region: Region | None

    def trace(self, image: ImageLike | DeferredError) -> Trace:
        """Find the faces of one image with all threads, and return every stage."""
        return self._trace([image], self.workers.map())[0]

    def detect(self, image: ImageLike | DeferredError) -> Detections:
        """Find the faces of one image with all threads."""
        return self.trace(image).detections

    def detect_batch(self, images: Iterable[ImageLike], failures: Failures) -> list[Detections]:
        """Find the faces of several images.

        Parameters
        ----------
        images : iterable
            Images of any kinds.
        failures : Failures
            Handling of images that cannot be used.
        """
        batch = self._list_images(images)
        if self.cascade.networks.pnet.batches_images:
            return self._detect_together(batch, failures)
        if self.workers.alone or len(batch) == 1:
            return self._detect_each(batch, failures)
        # The largest first, so that no thread is left with one when the others are done.
        order = sorted(range(len(batch)), key=lambda k: -pixel_count(batch[k].image))
        pending = {k: self.workers.submit(self._detect_alone, batch[k].image) for k in order}
        try:
            return [
                failures.caught(k, each.name, pending[k].result) for k, each in enumerate(batch)
            ]
        finally:
            while pending:  # an error's traceback leads here, and would be a cycle with its future
                pending.popitem()[1].cancel()

    def _list_images(self, images: Iterable[ImageLike]) -> list[_Named]:
        if isinstance(images, (Sequence, np.ndarray)):
            return [_Named(name_of(image), image) for image in images]
        # An iterator may fill the same buffer again for each of its images.
        return [self._snapshot(image) for image in images]

    def _snapshot(self, image: ImageLike) -> _Named:
        return _Named(name_of(image), snapshot(image, self.cascade.options.max_pixels))

    def _detect_each(
        self, batch: list[_Named], failures: Failures, first: int = 0
    ) -> list[Detections]:
        return [
            failures.caught(k, each.name, partial(self.detect, each.image))
            for k, each in enumerate(batch, first)
        ]

    def _detect_together(self, batch: list[_Named], failures: Failures) -> list[Detections]:
        """Find the faces of several images with as few calls of the networks as possible."""
        map_ = self.workers.map()
        found: list[Detections] = []
        for first in range(0, len(batch), _IMAGES_TOGETHER):
            some = batch[first : first + _IMAGES_TOGETHER]
            try:
                traces = self._trace([each.image for each in some], map_)
                found += [trace.detections for trace in traces]
            except Exception:  # one by one, it shows which image it was
                found += self._detect_each(some, failures, first)
        return found

    def detect_stream(
        self, images: Iterable[ImageLike], in_flight: int, failures: Failures
    ) -> Generator[Detections, None, None]:
        """Find the faces of a stream of images, in order.

        Parameters
        ----------
        images : iterable
            Images of any kinds; may be endless.
        in_flight : int
            Largest number of images taken whose results have not been asked for.
        failures : Failures
            Handling of images that cannot be used.
        """
        taken = map(self._take, images)
        del images
        attempts = ordered(self._attempt, taken, self.workers, in_flight)
        with contextlib.closing(attempts):
            # Without a variable for an attempt: with its error's traceback, which has this frame in
            # it, that would be a reference cycle.
            yield from map(failures.settle, itertools.count(), attempts)

    def _take(self, image: ImageLike) -> _Named:
        if self.workers.alone:  # it is used before the source goes on
            return _Named(name_of(image), image)
        return self._snapshot(image)

    def _attempt(self, named: _Named) -> Attempt:
        try:
            return Attempt(named.name, self._detect_alone(named.image))
        except Exception as error:
            return Attempt(named.name, error)

    def _detect_alone(self, image: ImageLike | DeferredError) -> Detections:
        """Find the faces of one image in the calling thread only."""
        return self._trace([image], map)[0].detections

    def _trace(self, images: Sequence[ImageLike | DeferredError], map_: Map) -> list[Trace]:
        pixels = list((map if len(images) == 1 else map_)(self._decode, images))
        return [
            self._finish(trace, image.shape)
            for image, trace in zip(pixels, self.cascade.run(pixels, map_), strict=True)
        ]

    def _decode(self, image: ImageLike | DeferredError) -> Pixels:
        options = self.cascade.options
        pixels = as_rgb(image, options.channel_order, options.max_pixels)
        return pixels if self.region is None else self.region.cut(pixels)

    def _finish(self, trace: Trace, shape: tuple[int, ...]) -> Trace:
        trace = trace._replace(detections=self.limits.apply(trace.detections, shape))
        return trace if self.region is None else self.region.shift(trace)


def check_several(images: object, method: str) -> None:
    """Refuse what is not several images.

    Parameters
    ----------
    images : object
        What the method was called with.
    method : str
        Its name, for the message.

    Raises
    ------
    TypeError
        If `images` is a single image, or not iterable.
    """
    if is_single_image(images):
        raise TypeError(
            f"{method} takes several images, got one ({type(images).__name__}); use detect for "
            "it, or put it into a list"
        )
    if not isinstance(images, Iterable):
        raise TypeError(f"{method} takes an iterable of images, got {type(images).__name__}")
