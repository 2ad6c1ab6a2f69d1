"""Times of the stages of a detection, and multiply-adds per second of the networks."""

from __future__ import annotations

import cProfile
import pstats
import re
import statistics
import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import _core
from ..cascade.cascade import Cascade
from ..detector import MTCNN
from ..files.images import ImageLike, as_rgb
from ..networks.mirroring import MirroredNetwork
from ..networks.network import Network, Outputs, WrappedNetwork

# Multiply-adds of the original networks: P-Net for a cell of its map, R-Net and O-Net for a crop.
# Models of other architectures state their own.
MACS = {"pnet": 7_320, "rnet": 1_530_768, "onet": 12_909_952}

_CORE = re.compile(r"fastmtcnn\._core\.(\w+)")


class Stage(NamedTuple):
    """One kind of work within a detection.

    Attributes
    ----------
    name : str
        A network, a function of the C++ core, or ``"rest"``.
    calls : int
        Number of calls.
    items : int
        Number of inputs of a network, mirrored ones included: cells of P-Net's map, or crops; 0 for
        other kinds of work.
    seconds : float
        Time of all calls of a detection in seconds, median over the detections.
    rate : float
        Multiply-adds per second of a network; 0 for other kinds of work.
    """

    name: str
    calls: int
    items: int
    seconds: float
    rate: float


class _TimedNetwork(WrappedNetwork):
    """A network that counts its calls and items, and measures its time in seconds."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.seconds = 0.0
        self.calls = 0
        self.items = 0

    def __call__(self, batch: npt.NDArray[np.float32]) -> Outputs:
        start = time.perf_counter()
        outputs = self.network(batch)
        self.seconds += time.perf_counter() - start
        self.calls += 1
        self.items += outputs.scores.size
        return outputs


def profile(detector: MTCNN, image: ImageLike, rounds: int = 15) -> tuple[float, list[Stage]]:
    """Time the stages of a detection, in one thread.

    Parameters
    ----------
    detector : MTCNN
        Detector whose options are used, except the number of threads and limits on the result.
    image : ndarray, PIL.Image.Image, str, path-like or bytes
        An image that `MTCNN.detect` accepts. It is decoded once, before the timing.
    rounds : int
        Number of detections to time.

    Returns
    -------
    total : float
        Median time of a detection, in seconds.
    stages : list of Stage
        The networks, the functions of the core, and the rest. Their times are medians, which do not
        exactly add up to the total.
    """
    options = detector.cascade.options
    pixels = as_rgb(image, options.channel_order, options.max_pixels)
    totals: list[float] = []
    seconds: dict[str, list[float]] = {}
    counts: dict[str, tuple[int, int]] = {}
    for _ in range(rounds):
        one = _profile_once(detector.cascade, pixels)
        totals.append(sum(value for value, _, _ in one.values()))
        for name, (value, calls, items) in one.items():
            seconds.setdefault(name, []).append(value)
            counts[name] = (calls, items)
    multiply_adds = {
        network.role.key: network.metadata.multiply_adds or MACS[network.role.key]
        for network in detector.cascade.networks
    }
    stages = []
    for name, values in seconds.items():
        calls, items = counts[name]
        median = statistics.median(values)
        work = items * multiply_adds.get(name, 0)
        stages.append(Stage(name, calls, items, median, work / median if median else 0.0))
    return statistics.median(totals), stages


def _profile_once(
    cascade: Cascade, pixels: npt.NDArray[np.uint8]
) -> dict[str, tuple[float, int, int]]:
    """Return seconds, calls and items of each stage."""
    timed: list[_TimedNetwork] = []

    def wrap(network: Network) -> Network:
        if isinstance(network, MirroredNetwork):  # to count both of its runs
            return MirroredNetwork(wrap(network.network))
        timed.append(_TimedNetwork(network))
        return timed[-1]

    cascade = cascade.wrap_networks(wrap)
    profiler = cProfile.Profile(subcalls=False)
    start = time.perf_counter()
    profiler.runcall(cascade.run, [pixels])
    total = time.perf_counter() - start
    one = {each.role.key: (each.seconds, each.calls, each.items) for each in timed}
    start = time.perf_counter()
    _core.ResampleSource(pixels, cascade.options.variant.resampling)
    orientations = 1 + len(cascade.options.rotations)
    one["ResampleSource"] = (orientations * (time.perf_counter() - start), orientations, 0)
    for (_, _, function), (calls, _, seconds, _, _) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        found = _CORE.search(function)
        if found and found[1] != "ResampleSource":
            one[found[1]] = (seconds, calls, 0)
    one["rest"] = (max(total - sum(value for value, _, _ in one.values()), 0.0), 1, 0)
    return one
