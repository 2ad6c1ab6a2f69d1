"""Whether networks began at random: how like their filters are to those of the shipped ones.

A filter is compared with all filters of the same layer of the shipped network by the absolute
cosine between their weights, without biases: the sign and the order of filters mean nothing. The
figure of a layer is the mean over its filters of the best match. That of random filters is not 0,
since the best of many is taken: it is printed beside the others.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.training.programs import Clock, Table, parser, publish
from fastmtcnn.training.settings import STAGES
from fastmtcnn.training.start import SHIPPED, OldNetwork, read_old_networks

LAYERS = ("conv2", "conv3")
FILES = tuple(f"{key}.onnx" for key in STAGES)


def best_cosine(
    filters: npt.NDArray[np.floating], others: npt.NDArray[np.floating]
) -> tuple[float, float]:
    """Return the mean over filters of the largest absolute cosine with another set of filters.

    Parameters
    ----------
    filters, others : ndarray, shapes (n, ...) and (k, ...)
        The filters, of the same shape.

    Returns
    -------
    mean, of_random : float
        The figure, and the same for filters of normally distributed weights; NaN if the filters
        have another shape than the others.
    """
    if filters.shape[1:] != others.shape[1:]:
        return math.nan, math.nan
    random = np.random.default_rng(0).normal(size=filters.shape)
    return _best(filters, others), _best(random, others)


def _best(filters: npt.NDArray[np.floating], others: npt.NDArray[np.floating]) -> float:
    one, other = (each.reshape(len(each), -1).astype(np.float64) for each in (filters, others))
    norms = np.linalg.norm(one, axis=1)[:, None] * np.linalg.norm(other, axis=1)
    cosines = np.abs(one @ other.T) / np.where(norms > 0, norms, 1)
    return float(cosines.max(axis=1).mean())


def digests(run: Path) -> dict[str, str]:
    """Return the first half of the SHA-256 of each network of a run."""
    return {name: hashlib.sha256((run / name).read_bytes()).hexdigest()[:32] for name in FILES}


def compare(
    networks: Mapping[str, OldNetwork], shipped: Mapping[str, OldNetwork]
) -> dict[str, tuple[float, float]]:
    """Return the figures of all layers, by names such as ``"pnet conv2"``."""
    return {
        f"{key} {layer}": best_cosine(
            networks[key].weights[f"{layer}.weight"], shipped[key].weights[f"{layer}.weight"]
        )
        for key in STAGES
        for layer in LAYERS
    }


def same_bytes(names: Sequence[str], sums: Sequence[Mapping[str, str]]) -> Table:
    """Return which files of each two runs are equal, byte by byte."""
    pairs = [(a, b) for a in range(len(names)) for b in range(a + 1, len(names))]
    rows = [
        [
            f"{names[a]} and {names[b]}",
            *("same" if sums[a][file] == sums[b][file] else "other" for file in FILES),
        ]
        for a, b in pairs
    ]
    return Table("bytes of the models", ["runs", *FILES], rows)


def main() -> None:
    """Print the figures of each run, and which runs are equal."""
    made = parser(__doc__, seed=False)
    made.add_argument("runs", metavar="RUN", type=Path, nargs="+", help="folder of a run")
    arguments = made.parse_args()
    if len(set(arguments.runs)) < len(arguments.runs):
        made.error("each run must be named once")
    clock = Clock()
    shipped = read_old_networks(SHIPPED)
    found = {str(run): compare(read_old_networks(str(run)), shipped) for run in arguments.runs}
    sums = [digests(run) for run in arguments.runs]
    layers = list(next(iter(found.values())))
    rows = [[run, *(_shown(each[layer][0]) for layer in layers)] for run, each in found.items()]
    first = next(iter(found.values()))
    rows.append(["random weights", *(_shown(first[layer][1]) for layer in layers)])
    tables = [Table("mean best cosine with the shipped filters", ["networks", *layers], rows)]
    if len(sums) > 1:
        tables.append(same_bytes([str(run) for run in arguments.runs], sums))
    figures = {
        "cosines": {run: {k: v[0] for k, v in each.items()} for run, each in found.items()},
        "of_random_weights": {layer: first[layer][1] for layer in layers},
        "digests": dict(zip(found, sums, strict=True)),
    }
    publish(arguments, tables, figures, clock)


def _shown(cosine: float) -> str:
    return "other shape" if math.isnan(cosine) else f"{cosine:.2f}"


if __name__ == "__main__":
    main()
