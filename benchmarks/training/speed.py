"""What training costs: samples a second, samples and proposals a photograph, memory.

Trainings run with one thread of PyTorch. The thread that prepares the next mini-batch counts too:
samples are counted by the processor's second, so that the figure is that of one core.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.training.programs import Clock, Table, machine_of, parser, publish
from benchmarks.training.sets import shortened, some
from fastmtcnn.networks.architecture import find_architecture
from fastmtcnn.networks.loading import MODELS
from fastmtcnn.networks.native import ENGINE_VARIABLE
from fastmtcnn.training import PRESETS, Data, Settings, train
from fastmtcnn.training.calibration import mining_thresholds
from fastmtcnn.training.cascades import write_cascade
from fastmtcnn.training.data.reading import read_sets
from fastmtcnn.training.learning.augmentation import Augmentation
from fastmtcnn.training.learning.loop import Recipe, Step, train_network
from fastmtcnn.training.learning.losses import LossWeights
from fastmtcnn.training.learning.networks import TrainedNetwork
from fastmtcnn.training.learning.schedule import Schedule
from fastmtcnn.training.learning.setup import prepared_device
from fastmtcnn.training.samples.batches import Batches
from fastmtcnn.training.samples.files import map_chunks
from fastmtcnn.training.samples.making import Making, Source, make_samples
from fastmtcnn.training.samples.mining import MiningSettings
from fastmtcnn.training.settings import STAGES, Stage

PRESET = PRESETS["modern"]
STEPS = {"pnet": 30, "rnet": 12, "onet": 8}  # of a repetition
ENGINES = {"native": "native", "fast twins": "onnxruntime", "plain files": "onnxruntime"}


def making_of(key: Stage, *, cascade: Path | None, thresholds: tuple[float, float]) -> Making:
    """Return how samples of a network are made: mined ones with a cascade, else random windows."""
    architecture, windows = find_architecture(key, "original"), PRESET.stages[key].windows
    return Making(
        key=key,
        side=architecture.window,
        crop_scale=architecture.crop_scale,
        seed=0,
        windows=windows if cascade is None else None,
        reference=windows,
        mining=None if cascade is None else MiningSettings(thresholds=thresholds),
        cascade=cascade,
    )


def seconds_a_photograph(sources: list[Source], making: Making, folder: Path, times: int) -> float:
    """Return the median processor time of making the samples of a photograph.

    The last samples stay in the folder.
    """
    taken = []
    for _ in range(times):
        shutil.rmtree(folder, ignore_errors=True)
        clock = Clock()
        for made in make_samples(sources, making, folder, workers=1):
            for problem in made.problems:
                raise SystemExit(f"error: {problem}")
        taken.append(clock.read().processor / len(sources))
    return statistics.median(taken)


def plain_models(folder: Path) -> Path:
    """Write the shipped networks without twins; return the folder."""
    folder.mkdir()
    for key in STAGES:
        (folder / f"{key}.onnx").write_bytes((MODELS / f"{key}.onnx").read_bytes())
    return folder


def samples_a_second(key: Stage, files: list[Path], times: int, folder: Path) -> float:
    """Return the median of the samples that a core trains with in a second."""
    settings, steps = PRESET.stages[key], STEPS[key]
    architecture = find_architecture(key, "original")
    batches = Batches(map_chunks(files, architecture.window), settings.batch, seed=0)
    network = TrainedNetwork(architecture)
    network.initialize(PRESET.initialization, 0)
    recipe = Recipe(
        Schedule((times + 1) * steps, settings.rate, PRESET.decay, PRESET.warm_up),
        LossWeights(*settings.weights),
        augmentation=Augmentation(colour=settings.colour),
        nesterov=PRESET.nesterov,
    )
    speeds = Speeds(settings.batch * steps)
    with prepared_device("cpu", 1) as device:
        path = folder / f"{key}.pt"
        train_network(network, batches, recipe, path, device, speeds, report_every=steps)
    return statistics.median(speeds.found[1:])  # the first holds the start


class Speeds:
    """Counts samples a second of the processor from report to report."""

    def __init__(self, samples: int) -> None:
        self.found: list[float] = []
        self._samples, self._clock = samples, Clock()

    def __call__(self, step: Step) -> None:
        """Note a report."""
        self.found.append(self._samples / self._clock.read().processor)
        self._clock = Clock()


def peak_of_run(data: list[str], arguments: argparse.Namespace, folder: Path) -> tuple[float, ...]:
    """Train briefly in this process; return its peak of memory and its largest child's, in MB."""
    train(
        Data(data),
        folder / "run",
        Settings(steps=(arguments.steps,) * len(STAGES)),
        machine=machine_of(arguments),
    )
    return tuple(
        resource.getrusage(who).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )


def in_own_process(function: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
    """Return what a function returns in a process of its own."""
    # Its workers must be allowed, which those of a multiprocessing.Pool are not.
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, function, *arguments))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        raise SystemExit("error: the training in a process of its own failed") from None
    finally:
        process.join()


def _send(sender: Any, function: Callable[..., Any], *arguments: object) -> None:  # noqa: ANN401
    sender.send(function(*arguments))


def main() -> None:
    """Measure and print."""
    made = parser(__doc__, seed=False)
    made.add_argument("data", nargs="+", help="sets, as `fastmtcnn train` takes them")
    made.add_argument("--photos", type=int, default=96, help="of the first set, for samples")
    made.add_argument("--times", type=int, default=5, help="repetitions")
    made.add_argument("--steps", type=int, default=200, help="of each network, for the memory")
    made.add_argument("--run-photos", type=int, help="photographs of that run; default: all")
    made.add_argument("--no-run", action="store_true", help="leave the memory out")
    arguments = made.parse_args()
    clock = Clock()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = measure(arguments, folder)
        if not arguments.no_run:
            first = shortened(arguments.data[0], arguments.run_photos, folder / "some.csv")
            sets = [first, *arguments.data[1:]]
            own, child = in_own_process(peak_of_run, sets, arguments, folder)
            workers = arguments.threads if arguments.threads > 1 else 0
            figures["memory"] = {"own": own, "worker": child, "sum": own + workers * child}
    publish(arguments, tables_of(figures), figures, clock)


def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Return the figures of samples and trainings."""
    first = read_sets(arguments.data[:1])[0]
    images = some([each for each in first.images if len(each.boxes)], arguments.photos)
    sources = [Source(image, complete=first.complete) for image in images]
    fast, plain = write_cascade(folder / "fast", {}), plain_models(folder / "plain")
    cascades = {"native": plain, "fast twins": fast, "plain files": plain}
    wanted = {key: PRESET.stages[key].proposals for key in STAGES}
    found: dict[str, Any] = {}
    for key in STAGES:
        random = making_of(key, cascade=None, thresholds=(0, 0))
        own: dict[str, Any] = {"steps": STEPS[key], "batch": PRESET.stages[key].batch}
        windows = folder / key / "random"
        own["random"] = seconds_a_photograph(sources, random, windows, arguments.times)
        thresholds = mining_thresholds(fast, images, key, wanted, 20.0)
        for cascade, path in cascades.items():
            mining = making_of(key, cascade=path, thresholds=thresholds)
            place = folder / key / cascade.replace(" ", "_")
            os.environ[ENGINE_VARIABLE] = ENGINES[cascade]
            own[cascade] = seconds_a_photograph(sources, mining, place, arguments.times)
        files = sorted((folder / key).rglob("*.npy"))
        own["samples"] = samples_a_second(key, files, arguments.times, folder)
        found[key] = own
    return found


def tables_of(figures: dict[str, Any]) -> list[Table]:
    """Return the figures as tables."""
    rows = []
    for key in STAGES:
        each = figures[key]
        native, fast, plain = (each[cascade] for cascade in ENGINES)
        numbers = [each["random"], native, fast, plain]
        texts = [f"{1000 * seconds:.0f}" for seconds in numbers]
        ratios = [f"{fast / native:.2f}", f"{plain / fast:.2f}"]
        rows.append([key, f"{each['samples']:,.0f}", *texts, *ratios])
    header = ["network", "samples/s", "random ms", "native ms", "fast ms", "plain ms"]
    header += ["fast / native", "plain / fast"]
    title = "training, samples a processor second; making of samples, processor time a photograph"
    tables = [Table(title, header, rows)]
    if "memory" in figures:
        memory = figures["memory"]
        cells = [[f"{memory[name]:,.0f}" for name in ("own", "worker", "sum")]]
        header = ["", "training", "largest worker", "all together, at most"]
        tables.append(Table("largest memory of a run, MB", header, [["run", *cells[0]]]))
    return tables


if __name__ == "__main__":
    main()
