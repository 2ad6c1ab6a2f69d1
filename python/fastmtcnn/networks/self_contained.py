"""Refuses models that read other files, loop, or make tensors of any size.

What onnxruntime refuses of this depends on its version, so a model is searched before onnxruntime
gets it. The search goes into each message that may hold a tensor or a graph, and passes over the
weights themselves. Numbers of fields are those of onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

from ..errors import ModelError
from .onnx_file import shown
from .protobuf import EMPTY, DamagedError, Value, as_message, as_text, read_fields

_MOST_FIELDS = 250_000  # bounds time: less than a second; the largest shipped model has 1,428
_ORT_FORMAT = b"ORTM"  # from the fifth byte on
_OF_ANY_SIZE = (
    *("ConstantOfShape", "EyeLike", "Expand", "OneHot", "RandomNormal", "RandomUniform", "Range"),
    *("Resize", "Tile", "Upsample"),
)
_OF_OTHER_FILES = "EPContext"  # what a provider has compiled


def check_self_contained(content: bytes, what: str) -> None:
    """Check that a model needs nothing but itself, and has no operator that may run without end.

    Parameters
    ----------
    content : bytes
        Content of a file.
    what : str
        Name of the model for messages.

    Raises
    ------
    ModelError
        If it is no ONNX file; if weights lie in another file; or if it has functions, instructions
        for training, operators with graphs of their own, which loops are, or operators that
        make tensors whose size is a number in the model.
    """
    try:
        if content[4:8] == _ORT_FORMAT:
            _refuse("it must be in ONNX format, got onnxruntime's own format (.ort)")
        _Search().check_model(memoryview(content))
    except DamagedError as error:
        raise ModelError(f"cannot load {what}: it is not a valid ONNX file: {error}") from None
    except _RefusedError as error:
        raise ModelError(f"cannot load {what}: {error}") from None


class _RefusedError(Exception):
    """The model has something that it must not have."""


def _refuse(sentence: str) -> NoReturn:
    raise _RefusedError(sentence)


class _Search:
    """A search of one model, which ends after a number of fields."""

    def __init__(self) -> None:
        self._left = _MOST_FIELDS

    def _fields(self, value: Value) -> Iterator[tuple[int, Value]]:
        for field in read_fields(as_message(value)):
            if not self._left:
                raise DamagedError(f"it has more than {_MOST_FIELDS} fields")
            self._left -= 1
            yield field

    def check_model(self, content: memoryview) -> None:
        for number, value in self._fields(content):
            if number == 7:
                self._check_graph(value)
            elif number == 20:
                _refuse("it must be for inference, got a model with instructions for training")
            elif number == 25:
                _refuse(
                    "it must be without functions of its own; "
                    "onnx.inliner.inline_local_functions replaces them"
                )

    def _check_graph(self, value: Value) -> None:
        for number, part in self._fields(value):
            if number == 1:
                self._check_node(part)
            elif number == 5:
                self._check_tensor(part)
            elif number == 15:
                self._check_sparse_tensor(part)

    def _check_node(self, value: Value) -> None:
        operator, has_graph = "", False
        for number, part in self._fields(value):
            if number == 4:
                operator = as_text(part)
            elif number == 5:
                has_graph |= self._check_attribute(part)
        if has_graph:
            _refuse(
                f"operator {shown(operator)} has a graph of its own, as loops and branches have "
                "and no network of MTCNN does"
            )
        if operator in _OF_ANY_SIZE:
            _refuse(
                f"operator {operator} makes a tensor of any size, which no network of MTCNN needs"
            )
        if operator == _OF_OTHER_FILES:
            _refuse(f"operator {operator} takes what lies in other files")

    def _check_attribute(self, value: Value) -> bool:
        """Check the tensors of an attribute, and return whether it holds a graph."""
        has_graph = False
        for number, part in self._fields(value):
            if number in (6, 11):
                has_graph = True
            elif number in (5, 10):
                self._check_tensor(part)
            elif number in (22, 23):
                self._check_sparse_tensor(part)
        return has_graph

    def _check_sparse_tensor(self, value: Value) -> None:
        for number, part in self._fields(value):
            if number in (1, 2):
                self._check_tensor(part)

    def _check_tensor(self, value: Value) -> None:
        name, location, is_external = "", "", False
        for number, part in self._fields(value):
            if number == 8:
                name = as_text(part)
            elif number == 13:
                is_external = True
                entry = dict(self._fields(part))
                if as_text(entry.get(1, EMPTY)) == "location":
                    location = as_text(entry.get(2, EMPTY))
            elif number == 14:
                is_external |= part != 0
        if is_external:
            file = f" ({shown(location)!r})" if location else ""
            _refuse(
                f"it must hold all its weights, but tensor {shown(name)!r} lies elsewhere{file}"
            )
