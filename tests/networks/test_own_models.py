"""Own models, and what is said of those that cannot be used."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import pytest
from onnx import NodeProto, TensorProto, helper, numpy_helper

import fastmtcnn
from fastmtcnn import MTCNN, ModelError
from fastmtcnn.networks.network import ONET, RNET, Role
from tests.support.helpers import (
    assert_no_faces,
    assert_same,
    assert_same_detections,
    error_of_pipe,
    golden_image,
)
from tests.support.networks import open_network
from tests.support.own_models import indifferent_model, own_model, shipped

SMALL = "hopper_61x73.png"
CPU = ("CPUExecutionProvider",)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("pnet", "rnet", "onet"):
        (tmp_path / f"{name}.onnx").write_bytes(shipped(name))
    return tmp_path


def test_models_from_folder(folder: Path) -> None:
    expected = MTCNN(engine="onnxruntime", num_threads=1).detect(golden_image(SMALL))
    for models in (folder, str(folder)):
        own = MTCNN(models=models, engine="onnxruntime", num_threads=1)
        assert_same_detections(own.detect(golden_image(SMALL)), expected)


@pytest.mark.parametrize("names", [(), ("pnet",), ("rnet", "onet"), ("pnet", "rnet", "onet")])
def test_models_from_mapping(folder: Path, names: tuple[str, ...]) -> None:
    expected = MTCNN(engine="onnxruntime", num_threads=1).detect(golden_image(SMALL))
    kinds: list[Callable[[str], Any]] = [
        shipped,
        lambda name: folder / f"{name}.onnx",
        lambda name: str(folder / f"{name}.onnx"),
    ]
    for kind in kinds:
        models = {name: kind(name) for name in names}
        own = MTCNN(models=models, engine="onnxruntime", num_threads=1)
        assert_same_detections(own.detect(golden_image(SMALL)), expected)


def test_model_of_another_place(folder: Path) -> None:
    for place, model, wanted in [
        ("rnet", "pnet", r"R-Net from .* one float32 input \(n, 3, 24, 24\)|R-Net .* 2 dimensions"),
        ("pnet", "rnet", r"P-Net from .* \(n, 3, any, any\), got tensor\(float\) .*24"),
        ("rnet", "onet", r"R-Net from .* \(n, 3, 24, 24\), got tensor\(float\) .*48"),
        ("onet", "rnet", r"O-Net from .* \(n, 3, 48, 48\), got tensor\(float\) .*24"),
        ("onet", "pnet", r"O-Net from .*landmarks"),
    ]:
        with pytest.raises(ModelError, match=wanted):
            MTCNN(models={place: shipped(model)})
        with pytest.raises(ModelError, match=re.escape(repr(str(folder / f"{model}.onnx")))):
            MTCNN(models={place: folder / f"{model}.onnx"})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a model",
        b"\0" * 100,
        shipped("pnet")[:1000],
        shipped("pnet")[:-1],
        shipped("pnet")[: len(shipped("pnet")) // 2],
        shipped("pnet")[100:],
    ],
    ids=["empty", "text", "zeros", "1000 bytes", "a byte short", "half", "without its start"],
)
def test_broken_model(content: bytes, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelError, match=f"cannot load P-Net from {len(content)} bytes: ."):
        MTCNN(models={"pnet": content})
    (folder / "pnet.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"cannot load P-Net from '.*pnet\.onnx': .") as caught:
        MTCNN(models=folder)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, fastmtcnn.FastMTCNNError)
    assert capfd.readouterr() == ("", "")


def test_missing_model(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"pnet\.onnx"):
        MTCNN(models=folder / "nowhere")
    with pytest.raises(FileNotFoundError, match="nothing"):
        MTCNN(models={"rnet": folder / "nothing"})
    with pytest.raises(OSError, match=r"pnet\.onnx"):
        MTCNN(models=folder / "pnet.onnx")  # no folder
    (folder / "onet.onnx").unlink()
    with pytest.raises(FileNotFoundError, match=r"onet\.onnx"):
        MTCNN(models=folder)


@pytest.mark.parametrize(
    ("pnet", "message"),
    [
        (
            own_model(np.zeros((5, 3, 12, 12), np.float32), [0] * 5, 2, [3, 2]),
            r"P-Net from .* float32 outputs of 4 dimensions, one each with 4 channels \(offsets\), "
            r"2 or 1 \(probabilities\), got .*3.*2",
        ),
        (own_model(np.zeros((4, 3, 12, 12), np.float32), [0] * 4, 2, [4]), "probabilities"),
        (
            own_model(np.zeros((6, 1, 9, 9), np.float32), [0] * 6, 2, [4, 2], ("n", 1, "h", "w")),
            r"one float32 input \(n, 3, any, any\), got .*'n', 1, 'h', 'w'",
        ),
        (
            own_model(np.zeros((6, 3, 12, 12), np.float32), [0] * 6, 2, [4, 2], (1, 3, "h", "w")),
            r"one float32 input \(n, 3, any, any\), got .*1, 3",
        ),
        (
            own_model(np.zeros((6, 3, 9, 9), np.float32), [0] * 6, 2, [4, 2], ("n", 3, 12, 12)),
            r"one float32 input \(n, 3, any, any\), got .*12, 12",
        ),
    ],
    ids=["3 and 2 channels", "no probabilities", "gray", "batch of one", "fixed size"],
)
def test_model_that_does_not_fit(pnet: bytes, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        MTCNN(models={"pnet": pnet})


def test_model_of_two_inputs() -> None:
    model = onnx.load_model_from_string(shipped("pnet"))
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, ["n"]))
    with pytest.raises(ModelError, match=r"one float32 input .* got .*, tensor\(float\)"):
        MTCNN(models={"pnet": model.SerializeToString()})


# ---- a table of what else may be wrong with a model


def rnet(
    nodes: Sequence[NodeProto] = (),
    constants: Sequence[TensorProto] = (),
    kind: int = TensorProto.FLOAT,
) -> bytes:
    """An R-Net whose probabilities pass some nodes, from "in" to "out"."""
    model = onnx.load_model_from_string(indifferent_model(24, (0.1, 0.9), (0, 0, 0, 0)))
    model.graph.node[-1].output[0] = "in"
    model.graph.node.extend(nodes or [helper.make_node("Identity", ["in"], ["out"])])
    model.graph.initializer.extend(constants)
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("out", kind, ["n", 2]))
    content: bytes = model.SerializeToString()
    return content


def changed(change: Callable[[onnx.ModelProto], object]) -> bytes:
    model = onnx.load_model_from_string(rnet())
    change(model)
    content: bytes = model.SerializeToString()
    return content


def plus(*nodes: NodeProto) -> list[NodeProto]:
    """Nodes that make "sum", and one that adds it."""
    return [*nodes, helper.make_node("Add", ["in", "sum"], ["out"])]


def constant(name: str, values: Any) -> TensorProto:
    return numpy_helper.from_array(np.array(values), name)


def claimed(sides: Sequence[int], data: bytes) -> TensorProto:
    """A constant of these sides, whatever there is of it."""
    tensor = TensorProto(name="sum", data_type=TensorProto.FLOAT, raw_data=data)
    tensor.dims.extend(sides)
    return tensor


def elsewhere(location: str) -> bytes:
    """A model of which a part is said to lie in another file."""
    tensor = TensorProto(name="sum", data_type=TensorProto.FLOAT)
    tensor.dims.extend([2])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in [("location", location), ("offset", "4096"), ("length", "8")]:
        tensor.external_data.add(key=key, value=value)
    return rnet(plus(), [tensor])


def beside(folder: Path) -> Path:
    (folder / "weights").write_bytes(bytes(5000))
    (folder / "rnet.onnx").write_bytes(elsewhere("weights"))
    return folder


def sparse(folder: Path) -> Path:
    with (folder / "rnet.onnx").open("wb") as file:
        file.truncate(1 << 40)
    return folder


def replaced(name: str, content: bytes) -> Callable[[Path], Path]:
    def replace(folder: Path) -> Path:
        (folder / f"{name}.onnx").write_bytes(content)
        return folder

    return replace


def a_folder_instead(folder: Path) -> Path:
    (folder / "rnet.onnx").unlink()
    (folder / "rnet.onnx").mkdir()
    return folder


EXABYTES = (1 << 30, 1 << 30)  # more than there are addresses
ROW_OF_ONE = helper.make_node("ReduceMean", ["in"], ["out"], axes=[0], keepdims=1)


class Fault(NamedTuple):
    """What `models` holds, or a function of a folder with good models that spoils it."""

    name: str
    models: dict[str, Any] | Callable[[Path], Any]
    error: type[Exception]
    sentence: str


LOADING = "cannot load R-Net from "

WHEN_MADE = [
    Fault("no file", {"rnet": b""}, ModelError, f"{LOADING}0 bytes: ."),
    Fault("text file", replaced("rnet", b"weights"), ModelError, rf"{LOADING}'.*rnet\.onnx': ."),
    Fault("truncated", {"rnet": shipped("rnet")[:5000]}, ModelError, f"{LOADING}5000 bytes: ."),
    Fault("swapped", replaced("rnet", shipped("pnet")), ModelError, "R-Net from .* dimensions"),
    Fault("O-Net as R-Net", replaced("rnet", shipped("onet")), ModelError, "R-Net .*24, 24.*48"),
    Fault("folder instead", a_folder_instead, OSError, r"rnet\.onnx"),
    Fault("terabyte of a file", sparse, ModelError, r"rnet\.onnx': .* less than 2147483648 bytes"),
    Fault("device", {"rnet": os.devnull}, ModelError, "a model must be a regular file, got a dev"),
    Fault("NUL", {"rnet": "a\0b"}, ModelError, r"'a\\x00b': no file can have this name: ."),
    Fault("long path", {"rnet": "x" * 10**6}, OSError, r"x\.\.\.'$"),
    Fault("no path", {"rnet": 5}, TypeError, "a model must be a path or bytes, got int"),
    Fault(
        "doubles",
        {"rnet": rnet([helper.make_node("Cast", ["in"], ["out"], to=11)], kind=11)},
        ModelError,
        r"R-Net from .* float32 outputs of 2 dimensions.*, got tensor\(double\) \['n', 2\], ",
    ),
    Fault(
        "bytes as input",
        {"rnet": changed(lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", 2))},
        ModelError,
        "R-Net",
    ),
    Fault(
        "input without a shape",
        {"rnet": changed(lambda m: m.graph.input[0].type.tensor_type.ClearField("shape"))},
        ModelError,
        r"R-Net from .* one float32 input \(n, 3, 24, 24\), got tensor\(float\) \[\]$",
    ),
    Fault(
        "input without a type",
        {"rnet": changed(lambda m: m.graph.input[0].ClearField("type"))},
        ModelError,
        f"{LOADING}.*type",
    ),
    Fault(
        "two of the offsets",
        {"rnet": indifferent_model(24, (0.1, 0.9), [0] * 4, [0] * 4)},
        ModelError,
        "R-Net from .* one each with 4 channels .*, got .*4.*4",
    ),
    Fault(
        "no points",
        {"onet": indifferent_model(48, (0.1, 0.9), [0] * 4)},
        ModelError,
        r"O-Net from .* 2 or 1 \(probabilities\) and 10 \(landmarks\), got ",
    ),
    Fault(
        "output of no dimension",
        {"rnet": changed(lambda m: m.graph.output.pop())},
        ModelError,
        r"R-Net from .* got tensor\(float\) \['n', 2\]$",
    ),
    Fault(
        "no outputs", {"rnet": changed(lambda m: m.graph.ClearField("output"))}, ModelError, "R-"
    ),
    Fault(
        "unknown operator",
        {"rnet": rnet([helper.make_node("Nonsense", ["in"], ["out"])])},
        ModelError,
        f"{LOADING}.*Nonsense",
    ),
    Fault(
        "operator of another library",
        {"rnet": rnet([helper.make_node("Nonsense", ["in"], ["out"], domain="evil")])},
        ModelError,
        f"{LOADING}.*evil",
    ),
    Fault(
        "circle",
        {
            "rnet": rnet(
                [helper.make_node("Add", ["in", name], [other]) for name, other in ("ab", "ba")]
                + [helper.make_node("Identity", ["a"], ["out"])]
            )
        },
        ModelError,
        f"{LOADING}.",
    ),
    Fault(
        "opset of the future",
        {"rnet": changed(lambda m: setattr(m.opset_import[0], "version", 9999))},
        ModelError,
        f"{LOADING}.*9999|{LOADING}.",
    ),
    Fault(
        "format of the future",
        {"rnet": changed(lambda m: setattr(m, "ir_version", 9999))},
        ModelError,
        f"{LOADING}.",
    ),
    Fault(
        "exabytes of weights that are not there",
        {"rnet": rnet(plus(), [claimed(EXABYTES, b"")])},
        ModelError,
        f"{LOADING}.",
    ),
    Fault(
        "fewer weights than claimed",
        {"rnet": rnet(plus(), [claimed(EXABYTES, b"1234")])},
        ModelError,
        f"{LOADING}.",
    ),
    Fault(
        "a negative number of weights",
        {"rnet": rnet(plus(), [claimed([-5, 3], b"1234")])},
        ModelError,
        f"{LOADING}.",
    ),
    *(
        Fault(f"weights in {location}", {"rnet": elsewhere(location)}, ModelError, f"{LOADING}.")
        for location in ("../../etc/passwd", "/etc/passwd", "/dev/zero", "nothing.bin")
    ),
    Fault("weights beside it", beside, ModelError, rf"{LOADING}'.*rnet\.onnx': ."),
]

WHEN_RUN = [
    Fault(
        "a row for all crops",
        {"rnet": rnet([ROW_OF_ONE])},
        ModelError,
        r"R-Net from \d+ bytes must return a value for each image or cell, "
        r"got \(\d+, 4\), \(1, 2\) for \(\d+, 3, 24, 24\)$",
    ),
    Fault(
        "a row too many",
        {
            "onet": indifferent_model(48, (0.1, 0.9), [0] * 4, [0] * 10),
            "rnet": rnet([helper.make_node("Concat", ["in", "in"], ["out"], axis=0)]),
        },
        ModelError,
        "R-Net from .* must return a value for each",
    ),
    Fault(
        "a shape for seven crops only",
        {
            "rnet": rnet(
                [helper.make_node("Reshape", ["in", "s"], ["out"])], [constant("s", [7, 2])]
            )
        },
        ModelError,
        r"R-Net from .* cannot be run on \(\d+, 3, 24, 24\): .",
    ),
    Fault(
        "probabilities of other cells",
        {"pnet": None},
        ModelError,
        r"P-Net from .* must return a value for each image or cell, got \(1, 4, .*for \(1, 3, ",
    ),
]


def other_cells() -> bytes:
    """A P-Net whose probabilities are a column short."""
    model = onnx.load_model_from_string(
        own_model(np.zeros((6, 3, 12, 12), np.float32), [0.0] * 6, 2, [4, 2])
    )
    model.graph.node[-1].output[1] = "all"
    model.graph.node.append(helper.make_node("Slice", ["all", "from", "to", "axis"], ["part1"]))
    model.graph.initializer.extend(
        [constant("from", [1]), constant("to", [1 << 30]), constant("axis", [3])]
    )
    model.graph.output[1].CopyFrom(
        helper.make_tensor_value_info("part1", TensorProto.FLOAT, ["n", 2, "h", "v"])
    )
    content: bytes = model.SerializeToString()
    return content


def checked(error: BaseException, fault: Fault) -> None:
    message = str(error)
    assert isinstance(error, fault.error)
    assert re.search(fault.sentence, message), message
    assert "\n" not in message


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in WHEN_MADE])
def test_fault_shows_when_made(
    fault: Fault, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    models = fault.models(folder) if callable(fault.models) else fault.models
    with pytest.raises(fault.error) as caught:
        MTCNN(models=models)
    checked(caught.value, fault)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in WHEN_RUN])
@pytest.mark.parametrize("num_threads", [1, 2])
def test_fault_shows_when_run(
    fault: Fault, num_threads: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(fault.models, dict)
    models = {key: value or other_cells() for key, value in fault.models.items()}
    detector = MTCNN(models=models, num_threads=num_threads)
    image = golden_image(SMALL)
    calls: list[Callable[[], Any]] = [
        lambda: detector.detect(image),
        lambda: detector.detect_batch([image, image]),
        lambda: list(detector.detect_stream([image])),
    ]
    for call in calls:
        with pytest.raises(fault.error) as caught:
            call()
        checked(caught.value, fault)
    assert detector.detect(image[:15]).num_faces == 0  # an image that no network sees
    assert capfd.readouterr() == ("", "")


def test_exabytes_of_ones(capfd: pytest.CaptureFixture[str]) -> None:
    """Some versions of onnxruntime try to make them at once, others in use."""
    nodes = plus(
        helper.make_node("Expand", ["one", "shape"], ["many"]),
        helper.make_node("ReduceSum", ["many"], ["sum"], keepdims=0),
    )
    model = rnet(nodes, [constant("shape", EXABYTES), constant("one", np.ones(1, np.float32))])
    with pytest.raises((ModelError, MemoryError), match=r"R-Net from \d+ bytes.*: .") as caught:
        MTCNN(models={"rnet": model}, num_threads=1).detect(golden_image(SMALL))
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe_is_not_waited_for(folder: Path) -> None:
    path = folder / "onet.onnx"
    path.unlink()
    error = error_of_pipe(path, lambda _: MTCNN(models=folder))
    assert isinstance(error, ModelError)
    assert re.search(r"onet\.onnx': a model must be a regular file, got a device or", str(error))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers(value: float) -> None:
    """They are no faces, whichever network takes them for some."""
    window = np.zeros((6, 3, 12, 12), np.float32)
    for models in (
        {"pnet": own_model(window, [value] * 4 + [0.1, 0.9], 2, [4, 2])},
        {"rnet": indifferent_model(24, (0.1, 0.9), [value] * 4)},
        {"onet": indifferent_model(48, (0.1, 0.9), [value] * 4, [0.5] * 10)},
        {"onet": indifferent_model(48, (0.1, 0.9), [0.0] * 4, [0.5] * 9 + [value])},
    ):
        trace = MTCNN(models=models, num_threads=1).trace(golden_image(SMALL))
        assert len(trace.proposals) > 0
        assert_no_faces(trace.detections)
    for models in (
        {"pnet": own_model(window, [0.0] * 4 + [0.1, value], 2, [4, 2])},
        {"rnet": rnet(plus(), [constant("sum", np.float32(value))])},
    ):
        trace = MTCNN(models=models, num_threads=1).trace(golden_image(SMALL))
        assert all(np.isfinite(part).all() for part in trace.detections)
        assert (len(trace.onet.boxes) > 0) == (value > 0)


@pytest.mark.parametrize("role", [RNET, ONET])
def test_no_crops(role: Role) -> None:
    """A network is not asked, for many cannot count to none."""
    own = open_network(role, shipped(role.key))
    some = own(np.zeros((2, 3, role.size, role.size), np.float32))
    none = own(np.zeros((0, 3, role.size, role.size), np.float32))
    for part, other in zip(some, none, strict=True):
        assert_same(other, part[:0])
    reshaped = onnx.load_model_from_string(indifferent_model(24, (0.1, 0.9), (0, 0, 0, 0)))
    reshaped.graph.node[1].CopyFrom(helper.make_node("Reshape", ["map", "flat"], ["y"]))
    reshaped.graph.initializer.append(constant("flat", [0, -1]))
    detector = MTCNN(models={"rnet": reshaped.SerializeToString()}, num_threads=1)
    assert detector.detect(np.zeros((40, 40, 3), np.uint8)).num_faces == 0
