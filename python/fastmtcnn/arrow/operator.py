"""The operator that finds the faces of the photos in a table."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from .. import checks
from ..detector import MTCNN
from ..errors import ImageError, shortened, unknown_name
from ..extras import importing
from ..options import OPTIONS, Options
from ..presets import find_preset
from ..results.photo import Photo
from ..results.photo_columns import CROPS, RESULT_COLUMNS, CropFormat, result_columns, result_fields
from ..runtime.per_process import PerProcess
from .images import Image, check_type, images_in, images_of
from .search import AlignedCrops, Searched, search

if TYPE_CHECKING:
    import pyarrow as pa

_ON_ERROR = ("column", "raise")
_NULL = "there is no image: the value is null"
_MOST_DETECTORS = 8  # of different options, in a process


class DetectFaces:
    """Finds the faces of the photos in a table: a picklable function of Arrow tables.

    The same rows come back in the same order, with all their columns and these:

    - ``width``, ``height``: int32, size of the upright photo in pixels.
    - ``faces``: list of struct, highest score first. ``box`` is four float32 x1, y1, x2, y2 and
      ``landmarks`` five pairs of float32 x, y, in pixels; ``score`` is float32.
    - ``error``: struct, null or ``kind`` and ``message``.
    - ``crops``: list of binary, with `crops`: an image file for each face.

    A photo without a face has an empty list. A photo that cannot be used has an error, and null for
    its faces; its size is null, too, if it is not known.

    Parameters
    ----------
    column : str, default "path"
        The column with the photos. If it has text, these are paths, as ``fastmtcnn detect`` reads
        and writes them; if it is binary, contents of image files. Structs, as Hugging Face datasets
        have them, have the content as ``bytes``, or null there and a path as ``path``.
    preset : str, optional
        A key of `fastmtcnn.PRESETS`. Further options override its own.
    roi : sequence of four int, optional
        As for `MTCNN.detect`, the same for all photos.
    on_error : {"column", "raise"}, default "column"
        What to do with a photo that cannot be used: describe it in the column ``error``, or raise
        the error.
    crops : {"png", "jpeg"}, optional
        Add the faces, cut out and aligned by `fastmtcnn.align`, in this format. Default: no crops.
    crop_size : int, default 112
        Side of the crops in pixels.
    crop_margin : float, default 0
        Margin of the crops, as for `fastmtcnn.align`.
    num_threads : int, default 1
        Number of threads for each photo: engines run one worker on each core.
    **options
        Options of `MTCNN`, except `channel_order`, which is for arrays.

    Raises
    ------
    ValueError, TypeError
        If an option is invalid. Models are opened when the first table comes, in its process.
    MissingExtraError
        If pyarrow is not installed.

    Notes
    -----
    A detector is made once in each process for all operators of the same options, whichever way
    these have come there. ``error.kind`` is a `kind` of `ImageError`; ``"null"`` if the value is
    null; ``"missing"`` or ``"unreadable"`` if the file is not there or cannot be read;
    ``"memory"`` if there is not enough; or ``"other"``.

    Examples
    --------
    >>> import fastmtcnn
    >>> import pyarrow as pa
    >>> from fastmtcnn.arrow import DetectFaces
    >>> photos = pa.table({"path": [str(fastmtcnn.sample_photo()), "missing.jpg"]})
    >>> found = DetectFaces(min_face_size=40)(photos)
    >>> found.column_names
    ['path', 'width', 'height', 'faces', 'error']
    >>> [faces and len(faces) for faces in found["faces"].to_pylist()]
    [1, None]
    >>> found["error"].to_pylist()[1]
    {'kind': 'missing', 'message': 'No such file or directory'}
    """

    def __init__(
        self,
        column: str = "path",
        *,
        preset: str | None = None,
        roi: Sequence[int] | None = None,
        on_error: Literal["column", "raise"] = "column",
        crops: CropFormat | None = None,
        crop_size: int = 112,
        crop_margin: float = 0.0,
        num_threads: int = 1,
        **options: Any,  # noqa: ANN401
    ) -> None:
        with importing("parquet"):
            import pyarrow as pa  # noqa: F401
        if not isinstance(column, str):
            raise TypeError(f"column must be the name of a column, got {type(column).__name__}")
        if on_error not in _ON_ERROR:
            raise unknown_name("on_error", on_error, _ON_ERROR)
        valid = [name for name in OPTIONS if name != "channel_order"]
        for name in options:
            if name not in valid:
                raise TypeError(str(unknown_name("an option of DetectFaces", name, valid)))
        options = {
            **({} if preset is None else find_preset(preset)),
            **options,
            "num_threads": num_threads,
        }
        Options(**options)  # which checks them
        self._column = column
        self._roi = None if roi is None else checks.rectangle("roi", roi)
        self._raises = on_error == "raise"
        self._crops = (
            None if crops is None else AlignedCrops(crops, crop_size, crop_margin).checked()
        )
        self._options = pickle.dumps(options)

    def __call__(self, rows: Any) -> Any:  # noqa: ANN401
        """Find the faces of the photos in rows.

        Parameters
        ----------
        rows : pyarrow.Table, pyarrow.RecordBatch or mapping of str to list or ndarray
            The rows. The columns of a mapping have equal lengths.

        Returns
        -------
        pyarrow.Table, pyarrow.RecordBatch or dict of str to list or ndarray
            The same rows with the columns above. In a dict these are lists of plain Python values.

        Raises
        ------
        TypeError
            If `rows` is something else, or the column has neither text nor bytes.
        ValueError
            If there is no such column, or one that would be added.
        ModelError
            If a model cannot be used.
        ImageError, OSError
            With ``on_error="raise"``, for the first photo that cannot be used.
        """
        import pyarrow as pa

        if isinstance(rows, pa.Table):
            return self._with_results(rows)
        if isinstance(rows, pa.RecordBatch):
            table = self._with_results(pa.Table.from_batches([rows]))
            batches = table.combine_chunks().to_batches()
            return batches[0] if batches else _empty_batch(table.schema)
        if isinstance(rows, Mapping):
            return self._with_lists(rows)
        raise TypeError(
            "the rows must be a pyarrow.Table, a pyarrow.RecordBatch or a dict of columns, "
            f"got {type(rows).__name__}"
        )

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema of the result for the schema of a table, as engines want to know it.

        Parameters
        ----------
        schema : pyarrow.Schema
            Schema of the table.

        Returns
        -------
        pyarrow.Schema
            The same fields and those of the columns above.

        Raises
        ------
        ValueError, TypeError
            As for a call.
        """
        self._check(schema.names)
        check_type(self._column, schema.field(self._column).type)
        for field in result_fields(crops=self._crops is not None):
            schema = schema.append(field)
        return schema

    def __repr__(self) -> str:
        """Name the column and the options."""
        options = pickle.loads(self._options)
        given = [repr(self._column)]
        given += [f"{name}={shortened(repr(value))}" for name, value in options.items()]
        return f"{type(self).__name__}({', '.join(given)})"

    def _with_results(self, table: pa.Table) -> pa.Table:
        self.schema(table.schema)
        found = self._search(images_of(self._column, table.column(self._column)))
        fields = result_fields(crops=self._crops is not None)
        for field, values in zip(fields, self._columns(found), strict=True):
            table = table.append_column(field, values)
        return table

    def _with_lists(self, rows: Mapping[str, Any]) -> dict[str, Any]:
        self._check(list(rows))
        lengths = {name: len(values) for name, values in rows.items()}
        if len(set(lengths.values())) != 1:
            listed = ", ".join(f"{name!r}: {length}" for name, length in lengths.items())
            raise ValueError(f"the columns of a dict must have equal lengths, got {listed}")
        columns = self._columns(self._search(images_in(self._column, rows[self._column])))
        names = [*RESULT_COLUMNS, CROPS][: len(columns)]
        return {
            **rows,
            **{name: values.to_pylist() for name, values in zip(names, columns, strict=True)},
        }

    def _check(self, names: Sequence[str]) -> None:
        """Refuse columns among which one is missing, doubled or taken."""
        if self._column not in names:
            raise unknown_name("column", self._column, names)
        if list(names).count(self._column) > 1:
            raise ValueError(f"there must be one column {self._column!r}, got several")
        taken = [name for name in self._added if name in names]
        if taken:
            raise ValueError(
                f"the columns {', '.join(self._added)} are added, so the rows must not have them, "
                f"got {', '.join(taken)}; rename or drop {'it' if len(taken) == 1 else 'them'}"
            )

    @property
    def _added(self) -> tuple[str, ...]:
        return RESULT_COLUMNS if self._crops is None else (*RESULT_COLUMNS, CROPS)

    def _search(self, images: Iterable[Image]) -> list[Searched]:
        detector = _detector(self._options).get()
        found = []
        for number, image in enumerate(images):
            result = self._searched(detector, image)
            if result.error is not None and self._raises:
                raise _located(result.error, number, image)
            found.append(result)
        return found

    def _searched(self, detector: MTCNN, image: Image) -> Searched:
        if image is None:
            error = ImageError(_NULL, kind="other")
            return Searched(Photo.failed("", _NULL, "null"), [], error)
        name, content = (image, None) if isinstance(image, str) else ("", image)
        return search(detector, name, content, roi=self._roi, crops=self._crops)

    def _columns(self, found: Sequence[Searched]) -> list[pa.Array]:
        crops = None if self._crops is None else [each.crops for each in found]
        return result_columns([each.photo for each in found], crops)


def _located(error: Exception, number: int, image: Image) -> Exception:
    """Return an error that names the row, and the path if there is one."""
    if isinstance(error, ImageError):
        error.index = number
        error.path = image if isinstance(image, str) else None
    return error


def _empty_batch(schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


@functools.lru_cache(_MOST_DETECTORS)
def _detector(options: bytes) -> PerProcess[MTCNN]:
    """Return the detector of pickled options, the same for all operators that have them."""
    return PerProcess(functools.partial(_made, options))


def _made(options: bytes) -> MTCNN:
    return MTCNN(**pickle.loads(options))
