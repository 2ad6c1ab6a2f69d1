"""Every function of the C++ core with arguments as wrong as they come: an error, or a result.

What is right and wrong in detail is tested beside; here, that nothing else happens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from fastmtcnn import _core, cpu_features
from tests.support.helpers import random_image
from tests.support.native import CLASSES, open_shipped, shipped_weights

odd_things = (
    st.sampled_from(
        [None, "5", b"5", 1.5, -1, 0, 2**62, 2**63 - 1, 2**63, -(2**63), 2**200, np.nan, np.inf]
    )
    | st.sampled_from(
        [-np.inf, 1e308, 5e-324, "union\0", "\udc00", [], {}, (1, 2), np.zeros(3), object(), 1j]
    )
    | st.sampled_from([2.0, "up", "nearest", b"\xff", (0, 0, 1, 1), (-1, 0, 1, 1), (2**62,) * 4])
)
odd_dtypes = st.sampled_from(
    ["u1", "i1", "?", "i4", "i8", "u8", "f2", "f4", "f8", ">f4", ">f8", "c16", "O", "S3", "f8, u1"]
)
odd_shapes = st.sampled_from(
    [(), (0,), (4,), (0, 4), (4, 0), (1, 5), (3, 4), (4, 3), (2, 10), (0, 0, 3), (5, 0, 3)]
) | st.sampled_from(
    [(5, 5, 4), (5, 5, 1), (5, 5), (4, 3, 3), (4, 0, 0), (1, 5, 5, 3), (0, 7), (7, 1, 3)]
)


@st.composite
def odd_arrays(draw: st.DrawFn) -> Any:
    """Any shape, dtype and layout."""
    array: NDArray[Any] = np.zeros(draw(odd_shapes), draw(odd_dtypes))
    way = draw(st.integers(0, 6))
    if way == 1:
        return np.asfortranarray(array)
    if way == 2 and array.ndim:
        return array[::-1]
    if way == 3 and array.ndim > 1:
        return array.swapaxes(0, 1)
    if way == 4:
        return np.broadcast_to(array, (3, *array.shape))
    if way == 5 and array.size:
        # Not on any boundary that its values want.
        raw = np.zeros(array.nbytes + 1, np.uint8)[1:]
        return array if array.dtype.hasobject else raw.view(array.dtype)[: array.size]
    if way == 6:
        array.flags.writeable = False
    return array


wild = st.floats(width=64) | st.integers(-50, 50).map(float)
wild_singles = st.floats(width=32) | st.sampled_from([0.0, 0.5, 1.0, np.nan, np.inf])
# No more: results of such sizes are really made.
sizes = st.integers(1, 40)
large = sizes | st.sampled_from([2**20, 2**28])
counts = st.shared(st.integers(0, 12), key="count")
boxes = counts.flatmap(lambda n: arrays(np.float64, (n, 4), elements=wild))
flags = st.booleans()
fractions = st.floats(0, 1)
targets = st.sampled_from([None, *cpu_features()])
roundings = st.sampled_from(["round_half_even", "trunc", "floor", "none"])


def rows(*columns: int) -> st.SearchStrategy[NDArray[np.float32]]:
    return counts.flatmap(lambda n: arrays(np.float32, (n, *columns), elements=wild_singles))


lengths = st.shared(st.integers(1, 7), key="length")
colours = st.tuples(*(st.integers(0, 255),) * 3)


def points(*leading: st.SearchStrategy[int]) -> st.SearchStrategy[NDArray[np.float64]]:
    return st.tuples(*leading, lengths).flatmap(
        lambda shape: arrays(np.float64, (*shape, 2), elements=wild)
    )


def transforms() -> st.SearchStrategy[NDArray[np.float64]]:
    numbers = st.floats(-4, 4) | st.floats(-60, 60) | wild
    return counts.flatmap(lambda n: arrays(np.float64, (n, 2, 3), elements=numbers))


@st.composite
def boxes_around_the_first_pixel(draw: st.DrawFn) -> NDArray[np.float64]:
    count = draw(counts)
    before = draw(arrays(np.float64, (count, 2), elements=st.floats(-60, 0)))
    after = draw(arrays(np.float64, (count, 2), elements=st.floats(0, 60)))
    return np.hstack([before, after])


@st.composite
def images(draw: st.DrawFn) -> NDArray[np.uint8]:
    """Views of pixels: gaps between rows, rows upside down, equal rows, rows that overlap."""
    height, width = draw(sizes), draw(sizes)
    image = random_image(2 * height, width + 3)[::2, :width]
    way = draw(st.integers(0, 5))
    if way == 1:
        return image[::-1]
    if way == 2:
        return np.broadcast_to(image[:1], (height, width, 3))
    if way == 3:
        return as_strided(image.copy(), (height, width, 3), (1, 3, 1), writeable=False)[:1]
    if way == 4:
        return np.broadcast_to(image[:1, :1], (draw(st.sampled_from([1, 70_000])), 1, 3))
    return image.copy() if way == 5 else image


sources = st.builds(
    _core.ResampleSource,
    images(),
    st.sampled_from(["bilinear", "bilinear", "area", "adaptive"]),
    targets,
)
cells = st.shared(st.tuples(st.integers(0, 9), st.integers(0, 50)), key="cells")
scores = cells.flatmap(
    lambda shape: arrays(np.float32, shape, elements=wild_singles, fill=st.just(0.75))
)
offsets = cells.map(lambda shape: np.zeros((4, *shape), np.float32))


@st.composite
def levels(draw: st.DrawFn) -> tuple[Any, ...]:
    """A size, and what part of it: of one that no memory can hold, a tile."""
    is_huge = draw(flags)
    height, width = (2**28, 2**28) if is_huge else (draw(sizes), draw(sizes))
    top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    tile = (top, left, min(height - top, draw(sizes)), min(width - left, draw(sizes)))
    return height, width, None if not is_huge and draw(flags) else tile


def check(array: NDArray[Any], dtype: type, *shape: int) -> None:
    assert isinstance(array, np.ndarray)
    assert array.dtype == dtype
    assert array.shape == shape
    assert array.flags.c_contiguous


def check_longest(got: float, height: int, width: int) -> None:
    assert got == 16.0 * max(height, width, 64)


def check_indices(got: NDArray[np.int64], count: int) -> None:
    check(got, np.int64, len(got))
    assert len(set(got.tolist())) == len(got)
    assert len(got) == 0 or (got.min() >= 0 and got.max() < count)


def check_scales(got: list[float], height: int, width: int, *_: Any) -> None:
    assert np.isfinite(got).all()
    assert sorted(got, reverse=True) == got


def check_level_size(got: tuple[int, int], *_: Any) -> None:
    assert all(1 <= side <= 2**28 + 1 for side in got)


def check_source(got: _core.ResampleSource, image: NDArray[np.uint8], *_: Any) -> None:
    assert (got.height, got.width, 3) == image.shape


def check_resampled(got: NDArray[Any], _: Any, height: int, width: int, tile: Any) -> None:
    check(got, np.float32, 3, *((height, width) if tile is None else tile[2:]))
    assert np.abs(got).max() <= 1


def check_proposals(got: tuple[Any, ...], scores: NDArray[Any], *_: Any) -> None:
    found = got[0]
    for array, dtype, columns in zip(
        got, (np.float64, np.float32, np.float32, np.int64), ((4,), (), (4,), (2,)), strict=True
    ):
        check(array, dtype, len(found), *columns)
    assert len(found) <= scores.size


def check_networks(got: Any, _: Any, target: str | None, *__: Any) -> None:
    assert got.target == (target or _core.network_targets()[0])


def check_map(got: tuple[Any, ...], height: int, width: int, begin: int, end: int | None) -> None:
    """An `end` of None is the map's own."""
    rows, columns = ((side - 1) // 2 - 4 for side in (height, width))
    rows = (rows if end is None else end) - begin
    check(got[0], np.float32, rows, columns)
    check(got[1], np.float32, 4, rows, columns)


def check_outputs(got: tuple[Any, ...], crops: NDArray[Any]) -> None:
    for array, columns in zip(got, ((), (4,), (10,)), strict=False):
        check(array, np.float32, len(crops), *columns)


def check_crops(got: NDArray[Any], _: Any, rows: NDArray[Any], size: int) -> None:
    check(got, np.float32, len(rows), 3, size, size)
    assert got.size == 0 or np.abs(got).max() <= 1


PNET, RNET, ONET = (open_shipped(key, poison=False) for key in CLASSES)
assert isinstance(PNET, _core.NativePNet)
assert isinstance(RNET, _core.NativeRNet)
assert isinstance(ONET, _core.NativeONet)
network_targets = st.sampled_from([None, *_core.network_targets()])


@st.composite
def maps(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Height and width of a level, and rows of its map."""
    height, width = draw(st.integers(12, 60)), draw(st.integers(12, 60))
    begin = draw(st.integers(0, (height - 1) // 2 - 5))
    return height, width, begin, draw(st.integers(begin + 1, (height - 1) // 2 - 4))


def networks_of(key: str) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(st.just(shipped_weights(key)), network_targets, flags)


def crops_of(side: int) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(
        st.integers(0, 3).flatmap(
            lambda n: arrays(np.float32, (n, 3, side, side), elements=wild_singles)
        )
    )


class Case(NamedTuple):
    """A function, arguments that it takes, and what its result must look like."""

    function: Callable[..., Any]
    arguments: st.SearchStrategy[tuple[Any, ...]]
    check: Callable[..., None]


CASES = {
    "pyramid_scales": Case(
        _core.pyramid_scales,
        st.tuples(
            *(large, large, st.floats(1e-3, 1e6)),
            *(st.floats(0.01, 0.99), st.just(12) | large, flags, flags),
        ),
        check_scales,
    ),
    "level_size": Case(
        _core.level_size,
        st.tuples(large, large, st.floats(1e-3, 1) | st.floats(5e-324, 2), flags),
        check_level_size,
    ),
    "ResampleSource": Case(
        _core.ResampleSource,
        st.tuples(images(), st.sampled_from(["bilinear", "area", "adaptive"]), targets),
        check_source,
    ),
    "resample": Case(
        _core.resample,
        st.tuples(sources, levels()).map(lambda parts: (parts[0], *parts[1])),
        check_resampled,
    ),
    "boxes_from_heat_map": Case(
        _core.boxes_from_heat_map,
        st.tuples(
            *(scores, offsets, st.floats(1e-3, 4) | st.floats(5e-324, 1e308), fractions),
            *(large, large, st.integers(0, 2**28), large, roundings, flags, flags),
        ),
        check_proposals,
    ),
    "nms": Case(
        _core.nms,
        st.tuples(boxes, rows(), fractions, st.sampled_from(["union", "min"]), flags, targets),
        lambda got, rows, *_: check_indices(got, len(rows)),
    ),
    "apply_offsets": Case(
        _core.apply_offsets,
        st.tuples(boxes, rows(4), flags),
        lambda got, rows, *_: check(got, np.float64, len(rows), 4),
    ),
    "square_boxes": Case(
        _core.square_boxes,
        st.tuples(boxes, flags, roundings),
        lambda got, rows, *_: check(got, np.float64, len(rows), 4),
    ),
    "croppable_indices": Case(
        _core.croppable_indices,
        st.tuples(boxes, large, large),
        lambda got, rows, *_: check_indices(got, len(rows)),
    ),
    "longest_box": Case(
        _core.longest_box,
        st.tuples(large, large),
        check_longest,
    ),
    "crop": Case(
        _core.crop,
        st.tuples(sources, boxes_around_the_first_pixel() | boxes, sizes),
        check_crops,
    ),
    "clip": Case(
        _core.clip,
        st.tuples(boxes, large, large),
        lambda got, rows, *_: check(got, np.float64, len(rows), 4),
    ),
    "project_landmarks": Case(
        _core.project_landmarks,
        st.tuples(boxes, rows(10), wild),
        lambda got, rows, *_: check(got, np.float32, len(rows), 5, 2),
    ),
    "fit_similarities": Case(
        _core.fit_similarities,
        st.tuples(points(counts), points()),
        lambda got, sets, _: check(got, np.float64, len(sets), 2, 3),
    ),
    "warp": Case(
        _core.warp,
        st.tuples(
            *(images(), transforms(), sizes, sizes),
            *(st.sampled_from(["constant", "replicate", "reflect"]), colours, flags, targets),
        ),
        lambda got, _, each, height, width, *__: check(got, np.uint8, len(each), height, width, 3),
    ),
    **{
        each.__name__: Case(each, networks_of(key), check_networks) for key, each in CLASSES.items()
    },
    "PNet": Case(
        PNET,
        maps().flatmap(
            lambda each: st.tuples(
                arrays(np.float32, (3, *each[:2]), elements=wild_singles),
                *(st.just(each[2]), st.sampled_from([each[3], None])),
            )
        ),
        lambda got, level, begin, end: check_map(got, level.shape[1], level.shape[2], begin, end),
    ),
    "PNet.on_level": Case(
        PNET.on_level,
        st.tuples(sources, maps(), wild).map(lambda parts: (parts[0], *parts[1], parts[2])),
        lambda got, _, *rest: check_map(got, *rest[:4]),
    ),
    "RNet": Case(RNET, crops_of(24), check_outputs),
    "ONet": Case(ONET, crops_of(48), check_outputs),
    "RNet.on_crops": Case(
        RNET.on_crops,
        st.tuples(sources, boxes_around_the_first_pixel() | boxes),
        lambda got, _, rows: check_outputs(got, rows),
    ),
    "ONet.on_crops": Case(
        ONET.on_crops,
        st.tuples(sources, boxes_around_the_first_pixel() | boxes),
        lambda got, _, rows: check_outputs(got, rows),
    ),
    "apply_table": Case(
        _core.apply_table,
        st.tuples(
            st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 9)).flatmap(
                lambda shape: arrays(np.uint8, (*shape, 3))
            ),
            arrays(np.float32, 256, elements=wild_singles, fill=st.just(0.5)),
            flags,
        ),
        lambda got, images, _, planes: check(
            got, np.float32, *(images.shape if not planes else np.array(images.shape)[[0, 3, 1, 2]])
        ),
    ),
}


def test_no_function_is_left_out() -> None:
    public = {name for name in dir(_core) if not name.startswith("_")}
    assert public - set(CASES) == {
        *("cpu_features", "has_avx512f", "measure_peak_macs", "network_targets")
    }


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_an_error_or_a_result(name: str, data: st.DataObject) -> None:
    case = CASES[name]
    arguments = list(data.draw(case.arguments))
    for _ in range(data.draw(st.sampled_from([0, 0, 1, 1, 1, 2]))):
        position = data.draw(st.integers(0, len(arguments) - 1))
        arguments[position] = data.draw(odd_things | odd_arrays())
    try:
        result = case.function(*arguments)
    except (TypeError, MemoryError):
        return
    except ValueError as error:
        message = str(error)
    else:
        case.check(result, *arguments)
        return
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("number", range(4))
def test_too_few_and_too_many_arguments(number: int) -> None:
    for name, case in CASES.items():
        for arguments in ((None,) * number, (1,) * (number + 9)):
            if (name, arguments) != ("square_boxes", ()):
                with pytest.raises(TypeError):
                    case.function(*arguments)


def test_a_source_that_was_never_made() -> None:
    empty = _core.ResampleSource.__new__(_core.ResampleSource)
    for use in (
        lambda: _core.resample(empty, 3, 3),
        lambda: _core.crop(empty, np.zeros((0, 4)), 3),
        lambda: empty.height,
        lambda: empty.width,
        lambda: empty.target,
    ):
        with pytest.raises(TypeError, match=r"ResampleSource\.__init__\(\) was not called"):
            use()


@pytest.mark.parametrize("network", CLASSES.values())
def test_a_network_that_was_never_made(network: Any) -> None:
    empty = network.__new__(network)
    source, squares = _core.ResampleSource(random_image(30, 30)), np.zeros((0, 4))
    uses: list[Callable[[], Any]] = [lambda: empty.target]
    if network is _core.NativePNet:
        uses.append(lambda: empty(np.zeros((3, 12, 12), np.float32)))
        uses.append(lambda: empty.on_level(source, 12, 12, 0, 1, 0.5))
    else:
        uses.append(lambda: empty(np.zeros((0, 3, 24, 24), np.float32)))
        uses.append(lambda: empty.on_crops(source, squares))
    for use in uses:
        with pytest.raises(TypeError, match=r"__init__\(\) was not called"):
            use()


@pytest.mark.parametrize(
    ("min_face_size", "factor"), [(1e-300, 0.75), (5e-324, 0.5), (1.0, np.nextafter(1, 0))]
)
def test_a_pyramid_without_an_end(min_face_size: float, factor: float) -> None:
    with pytest.raises(ValueError, match="must give at most 65536 levels, got"):
        _core.pyramid_scales(2**28, 2**28, min_face_size, factor, 12)


def test_a_tile_at_the_end_of_the_numbers() -> None:
    scores, offsets = np.ones((2, 2), np.float32), np.zeros((4, 2, 2), np.float32)
    with pytest.raises(
        ValueError, match=r"top and left must be at least 0 and at most 2\*\*28, got"
    ):
        _core.boxes_from_heat_map(scores, offsets, 1, 0.5, 12, 2, 2**63 - 1, 0)
