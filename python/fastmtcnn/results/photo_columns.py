"""Photos as Arrow columns with one row a photo: a photo without a face and a failure are rows too.

The tables of `writing` have one row a face instead.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from ..detections import Detections
from ..extras import importing
from .photo import Photo

if TYPE_CHECKING:
    import pyarrow as pa

Pixels: TypeAlias = npt.NDArray[np.uint8]
CropFormat: TypeAlias = Literal["png", "jpeg"]
CROP_FORMATS: tuple[CropFormat, ...] = ("png", "jpeg")

RESULT_COLUMNS = ("width", "height", "faces", "error")
CROPS = "crops"
_JPEG_QUALITY = 95


def result_fields(*, crops: bool = False) -> list[pa.Field]:
    """Return the fields of the columns that a search adds to a row.

    Parameters
    ----------
    crops : bool
        Whether crops of the faces are among them.

    Returns
    -------
    list of pyarrow.Field
        ``width`` and ``height``, int32; ``faces``, a list of structs of ``box`` (float32, 4),
        ``score`` (float32) and ``landmarks`` (float32, 5 times 2); ``error``, a struct of ``kind``
        and ``message``; with `crops`, ``crops``, a list of binary.

    Raises
    ------
    MissingExtraError
        If pyarrow is not installed.
    """
    with importing("parquet"):
        import pyarrow as pa

    error = pa.struct([pa.field("kind", pa.string()), pa.field("message", pa.string())])
    types = (pa.int32(), pa.int32(), pa.list_(_face_type()), error)
    fields = [pa.field(name, kind) for name, kind in zip(RESULT_COLUMNS, types, strict=True)]
    return [*fields, pa.field(CROPS, pa.list_(pa.binary()))] if crops else fields


def result_columns(
    photos: Sequence[Photo], crops: Sequence[Sequence[bytes]] | None = None
) -> list[pa.Array]:
    """Return the columns of `result_fields` for photos.

    Parameters
    ----------
    photos : sequence of Photo
        The photos. One with a problem has no faces, that is null instead of an empty list, and no
        size unless it is known.
    crops : sequence of sequence of bytes, optional
        The crops of the faces of each photo.
    """
    import pyarrow as pa

    fields = result_fields(crops=crops is not None)
    kinds = [field.type for field in fields]
    errors = [
        None
        if photo.problem is None
        else {"kind": photo.problem_kind or "other", "message": photo.problem}
        for photo in photos
    ]
    columns = [
        pa.array([photo.width or None for photo in photos], kinds[0]),
        pa.array([photo.height or None for photo in photos], kinds[1]),
        _faces([None if photo.problem else photo.detections for photo in photos]),
        pa.array(errors, kinds[3]),
    ]
    if crops is not None:
        pairs = zip(photos, crops, strict=True)
        listed = [None if photo.problem else list(each) for photo, each in pairs]
        columns.append(pa.array(listed, kinds[4]))
    return columns


def encoded_crop(pixels: Pixels, form: CropFormat) -> bytes:
    """Return the content of an image file.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        RGB pixels.
    form : {"png", "jpeg"}
        The format. JPEG has quality 95.
    """
    file = io.BytesIO()
    options: dict[str, Any] = {"quality": _JPEG_QUALITY} if form == "jpeg" else {}
    Image.fromarray(pixels).save(file, form.upper(), **options)
    return file.getvalue()


def _face_type() -> pa.DataType:
    import pyarrow as pa

    number = pa.float32()
    return pa.struct(
        [
            pa.field("box", pa.list_(number, 4)),
            pa.field("score", number),
            pa.field("landmarks", pa.list_(pa.list_(number, 2), 5)),
        ]
    )


def _faces(found: Sequence[Detections | None]) -> pa.Array:
    """Return lists of faces, null for None, without a Python object a number."""
    import pyarrow as pa

    known = [each for each in found if each is not None]
    empty = Detections.empty()
    boxes, scores, landmarks = (
        np.concatenate([*parts, none]) for *parts, none in zip(*known, empty, strict=True)
    )
    points = pa.FixedSizeListArray.from_arrays(pa.array(landmarks.ravel(), pa.float32()), 2)
    faces = pa.StructArray.from_arrays(
        [
            pa.FixedSizeListArray.from_arrays(pa.array(boxes.ravel(), pa.float32()), 4),
            pa.array(scores, pa.float32()),
            pa.FixedSizeListArray.from_arrays(points, 5),
        ],
        fields=list(_face_type()),
    )
    counts = [0 if each is None else each.num_faces for each in found]
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int32)]).astype(np.int32)
    is_null = np.array([each is None for each in found] + [False])
    return pa.ListArray.from_arrays(pa.array(starts, pa.int32(), mask=is_null), faces)
