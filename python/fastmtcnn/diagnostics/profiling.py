"""Times of the stages of a detection, and multiply-adds per second of the networks."""

from __future__ import annotations

import cProfile
import pstats
import re
import statistics
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from .. import _core
from ..cascade.cascade import Cascade
from ..detector import MTCNN
from ..files.images import ImageLike, as_rgb
from ..networks.mirroring import MirroredNetwork
from ..networks.network import Network, Outputs, WrappedNetwork
from .multiply_adds import MACS, NATIVE_MACS

_Clock: TypeAlias = Callable[[], float]  # returns seconds

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
        Wall time of all calls of a detection in seconds, median over the detections.
    cpu_seconds : float
        CPU time of the process, all its threads, likewise. On a busy machine it tells more than
        the wall time.
    rate : float
        Multiply-adds per second of CPU time of a network, as its graph states them; 0 for other
        kinds of work.
    issued_rate : float
        Multiply-adds per second of CPU time that the engine issues. The native engine needs fewer
        than the graph states; 0 if what the engine issues is not known, and for other kinds of
        work.
    engine : str
        What runs a network: ``"onnxruntime"`` or ``"native"``; empty for other kinds of work.
    """

    name: str
    calls: int
    items: int
    seconds: float
    cpu_seconds: float
    rate: float = 0.0
    issued_rate: float = 0.0
    engine: str = ""


class Profile(NamedTuple):
    """Where the time of a detection goes. Times are medians, which do not exactly add up.

    Attributes
    ----------
    seconds, cpu_seconds : float
        Wall time and CPU time of a detection, in seconds.
    stages : list of Stage
        The networks, the functions of the core, and the rest.
    """

    seconds: float
    cpu_seconds: float
    stages: list[Stage]


class _Part(NamedTuple):
    """What one detection spent on one kind of work, by the clock that was used."""

    seconds: float
    calls: int
    items: int


class _TimedNetwork(WrappedNetwork):
    """A network that counts its calls and items, and measures its time in seconds."""

    def __init__(self, network: Network, clock: _Clock) -> None:
        super().__init__(network)
        self.clock = clock
        self.seconds = 0.0
        self.calls = 0
        self.items = 0

    def __call__(self, batch: npt.NDArray[np.float32]) -> Outputs:
        start = self.clock()
        outputs = self.network(batch)
        self.seconds += self.clock() - start
        self.calls += 1
        self.items += outputs.scores.size
        return outputs


def profile(detector: MTCNN, image: ImageLike, rounds: int = 15) -> Profile:
    """Time the stages of a detection, in one thread.

    Parameters
    ----------
    detector : MTCNN
        Detector whose options are used, except the number of threads and limits on the result.
    image : ndarray, PIL.Image.Image, str, path-like or bytes
        An image that `MTCNN.detect` accepts. It is decoded once, before the timing.
    rounds : int
        Number of detections to time by each of the two clocks, in turns.

    Returns
    -------
    Profile
        Medians over the detections.
    """
    cascade = detector.cascade
    pixels = as_rgb(image, cascade.options.channel_order, cascade.options.max_pixels)
    wall: list[dict[str, _Part]] = []
    cpu: list[dict[str, _Part]] = []
    for _ in range(rounds):
        wall.append(_profile_once(cascade, pixels, time.perf_counter))
        cpu.append(_profile_once(cascade, pixels, time.process_time))
    networks = {network.role.key: network for network in cascade.networks}
    stages = []
    for name, part in wall[-1].items():
        seconds, cpu_seconds = (_median(one[name] for one in each) for each in (wall, cpu))
        network = networks.get(name)
        plain = issued = 0.0
        if network is not None and cpu_seconds:
            items_per_second = part.items / cpu_seconds
            plain = items_per_second * (network.metadata.multiply_adds or MACS[name])
            issued = items_per_second * NATIVE_MACS[name] if network.engine == "native" else 0.0
        engine = "" if network is None else network.engine
        stages.append(
            Stage(name, part.calls, part.items, seconds, cpu_seconds, plain, issued, engine)
        )
    total, cpu_total = (
        statistics.median(sum(part.seconds for part in one.values()) for one in each)
        for each in (wall, cpu)
    )
    return Profile(total, cpu_total, stages)


def _median(parts: Iterable[_Part]) -> float:
    return statistics.median(part.seconds for part in parts)


def _profile_once(
    cascade: Cascade, pixels: npt.NDArray[np.uint8], clock: _Clock
) -> dict[str, _Part]:
    timed: list[_TimedNetwork] = []

    def wrap(network: Network) -> Network:
        if isinstance(network, MirroredNetwork):  # to count both of its runs
            return MirroredNetwork(wrap(network.network))
        timed.append(_TimedNetwork(network, clock))
        return timed[-1]

    cascade = cascade.wrap_networks(wrap)
    profiler = cProfile.Profile(clock, subcalls=False)
    start = clock()
    profiler.runcall(cascade.run, [pixels])
    total = clock() - start
    one = {each.role.key: _Part(each.seconds, each.calls, each.items) for each in timed}
    start = clock()
    _core.ResampleSource(pixels, cascade.options.variant.resampling)
    searches = (1 + len(cascade.options.rotations)) * (1 + len(cascade.options.views))
    one["ResampleSource"] = _Part(searches * (clock() - start), searches, 0)
    for (_, _, function), (calls, _, seconds, _, _) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        found = _CORE.search(function)
        if found and found[1] != "ResampleSource":
            one[found[1]] = _Part(seconds, calls, 0)
    rest = total - sum(part.seconds for part in one.values())
    one["rest"] = _Part(max(rest, 0.0), 1, 0)
    return one
