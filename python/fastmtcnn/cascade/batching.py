"""Batches for the networks: how tiles and crops of the images are grouped and passed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ..networks.network import Network, Outputs
from ..runtime.workers import Map
from .tiles import Tile

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def run_batches(
    items: list[_Item],
    cut: Callable[[_Item], npt.NDArray[np.float32]],
    network: Network,
    decode: Callable[[_Item, Outputs], _Result],
    map_: Map,
) -> Iterator[_Result]:
    """Cut each batch out of the images, run the network on it, and yield the decoded outputs.

    Several batches are cut before the network sees the first, since it drives the images out of
    the processor's cache; not all of them, since they take memory.

    Parameters
    ----------
    items : list
        Contents of each batch.
    cut : callable
        Returns the batch of an item, an ndarray of float32 of shape (n, 3, height, width).
    network : Network
        The network to run.
    decode : callable
        Takes an item and the network's outputs for it.
    map_ : callable
        Like the builtin ``map``; may work on several items at a time.
    """

    def run(item: _Item, batch: npt.NDArray[np.float32]) -> _Result:
        return decode(item, network(batch))

    for first in range(0, len(items), network.prefetch):
        some = items[first : first + network.prefetch]
        yield from map_(run, some, list(map_(cut, some)))


def group_equal_tiles(work: list[tuple[int, Tile]], most: int) -> list[list[tuple[int, Tile]]]:
    """Return runs of neighbours of equal size.

    Parameters
    ----------
    work : list of (int, Tile)
        Level and tile.
    most : int
        Largest number of tiles in a run.
    """
    groups: list[list[tuple[int, Tile]]] = []
    for item in work:
        if groups and len(groups[-1]) < most and groups[-1][-1][1][2:] == item[1][2:]:
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


def group_crops(
    counts: list[int], most: int, batches_images: bool
) -> list[list[tuple[int, slice]]]:
    """Return the batches of the crops of several images, as (image, which of its crops).

    Parameters
    ----------
    counts : list of int
        Number of crops of each image.
    most : int
        Largest number of crops in a batch.
    batches_images : bool
        Whether a batch may hold crops of several images. If not, the results of an image cannot
        depend on the images beside it.

    Returns
    -------
    list of list of (int, slice)
        At least one batch, if of no crops, so that the outputs have their shapes.
    """
    groups: list[list[tuple[int, slice]]] = []
    room = 0
    for k, count in enumerate(counts):
        first = 0
        while first < count:
            if room == 0 or not (batches_images or first):
                groups.append([])
                room = most
            taken = min(room, count - first)
            groups[-1].append((k, slice(first, first + taken)))
            first += taken
            room -= taken
    return groups or [[(0, slice(0, 0))]]


def share_crops(counts: list[int], most: int, num_threads: int) -> list[tuple[int, slice]]:
    """Return the crops of several images in parts of about equal size, as (image, which crops).

    Parameters
    ----------
    counts : list of int
        Number of crops of each image.
    most : int
        Largest number of crops in a part.
    num_threads : int
        Number of threads that share the parts. If there are fewer images, the number of parts of
        each is a multiple of it, so that no thread waits for another.

    Returns
    -------
    list of (int, slice)
        At least one part, if of no crops, so that the outputs have their shapes.
    """
    threads = num_threads if len(counts) < num_threads else 1
    parts = []
    for k, count in enumerate(counts):
        size = -(-count // (threads * max(-(-count // (threads * most)), 1)))
        parts += [
            (k, slice(first, min(first + size, count))) for first in range(0, count, size or 1)
        ]
    return parts or [(0, slice(0, 0))]
