"""The result of a detection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import checks
from .errors import shortened
from .extras import importing

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from .files.images import ImageLike

_MAX_IN_REPR = 3  # faces listed in a repr
_PREVIEW = 1024  # longer side in pixels of the picture that a notebook shows

# Left and right as seen in the image: a person's right eye is at image left.
LANDMARK_NAMES = ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right")
COLUMNS = (
    *("x1", "y1", "x2", "y2", "score"),
    *(f"{name}_{axis}" for name in LANDMARK_NAMES for axis in "xy"),
)


_DICT_SHAPES: dict[str, tuple[int, ...]] = {"box": (4,), "score": (), "landmarks": (5, 2)}


class Face(NamedTuple):
    """One face.

    Attributes
    ----------
    box : ndarray of float32, shape (4,)
        x1, y1, x2, y2 in pixels of the image.
    score : float
        Probability, 0 to 1, that this is a face.
    landmarks : ndarray of float32, shape (5, 2)
        x, y in pixels of the eye at image left, the eye at image right, the nose, the mouth
        corner at image left, the mouth corner at image right.
    """

    box: npt.NDArray[np.float32]
    score: float
    landmarks: npt.NDArray[np.float32]


class Detections(NamedTuple):
    """The faces of one image, highest score first; empty arrays if there is none.

    A tuple of three arrays: it unpacks as ``boxes, scores, landmarks``, its ``len`` is 3, and a
    loop over it runs over the arrays. The number of faces is `num_faces`, `faces` lists them one by
    one, and a result is true if there is a face.

    Attributes
    ----------
    boxes : ndarray of float32, shape (n, 4)
        x1, y1, x2, y2 in pixels of the image, the centre of its first pixel at (0, 0). They may
        reach outside the image.
    scores : ndarray of float32, shape (n,)
        Probabilities, 0 to 1.
    landmarks : ndarray of float32, shape (n, 5, 2)
        x, y in pixels of the eye at image left, the eye at image right, the nose, the mouth
        corner at image left, the mouth corner at image right.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    landmarks: npt.NDArray[np.float32]

    @classmethod
    def empty(cls) -> Detections:
        """Return the result for an image without a face."""
        return cls(
            np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32)
        )

    @classmethod
    def from_dicts(cls, faces: Iterable[Mapping[str, Any]]) -> Detections:
        """Return the detections of a list of dicts; the inverse of `to_dicts`.

        Parameters
        ----------
        faces : iterable of mapping
            The faces, each with ``"box"``, ``"score"`` and ``"landmarks"``. Other keys are ignored.

        Raises
        ------
        TypeError, ValueError
            If `faces` is not a list of dicts, a key is missing, or a value has another form.
        """
        if isinstance(faces, Mapping) or not isinstance(faces, Iterable):
            raise TypeError(f"faces must be a list of dicts, got {type(faces).__name__}")
        listed = list(faces)
        columns = [
            [_value(number, face, name, shape) for number, face in enumerate(listed)]
            for name, shape in _DICT_SHAPES.items()
        ]
        return cls(
            *(
                np.array(column, np.float32).reshape(len(listed), *shape)
                for column, shape in zip(columns, _DICT_SHAPES.values(), strict=True)
            )
        )

    @property
    def num_faces(self) -> int:
        """Number of faces."""
        return len(self.boxes)

    def faces(self) -> list[Face]:
        """Return the faces one by one, in the order of the arrays."""
        return [
            Face(box, float(score), landmarks)
            for box, score, landmarks in zip(self.boxes, self.scores, self.landmarks, strict=True)
        ]

    def select(self, which: npt.ArrayLike) -> Detections:
        """Return some of the faces.

        Parameters
        ----------
        which : array_like of bool, shape (n,), or of int, shape (k,)
            A mask, or the indices of the faces in the order of the result.

        Returns
        -------
        Detections
            The selected faces, as copies.

        Raises
        ------
        ValueError
            If `which` is neither a mask of length n nor a list of indices.
        IndexError
            If an index is out of range.
        """
        chosen = np.asarray(which)
        if chosen.size == 0 and chosen.dtype != bool:
            chosen = chosen.astype(np.intp)
        is_mask = chosen.dtype == bool and chosen.shape == (self.num_faces,)
        if not is_mask and (chosen.ndim != 1 or not np.issubdtype(chosen.dtype, np.integer)):
            raise ValueError(
                f"select needs a mask of shape ({self.num_faces},) or a list of indices, "
                f"got {chosen.dtype} of shape {chosen.shape}"
            )
        return self._replace(
            boxes=self.boxes[chosen], scores=self.scores[chosen], landmarks=self.landmarks[chosen]
        )

    def filter(
        self,
        *,
        min_score: float | None = None,
        min_size: float | None = None,
        max_size: float | None = None,
    ) -> Detections:
        """Return the faces whose score and size are within limits.

        Parameters
        ----------
        min_score : float, optional
            Lowest score, 0 to 1.
        min_size, max_size : float, optional
            Smallest and largest length of the longer side of the box, in pixels.

        Returns
        -------
        Detections
            These faces in the same order, as copies.

        Raises
        ------
        ValueError, TypeError
            If a limit is not a number, or out of range.
        """
        kept = np.ones(self.num_faces, bool)
        sizes = (self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1, initial=0)
        if min_score is not None:
            kept &= self.scores >= checks.fraction("min_score", min_score)
        if min_size is not None:
            kept &= sizes >= checks.pixels("min_size", min_size)
        if max_size is not None:
            kept &= sizes <= checks.pixels("max_size", max_size)
        return self.select(kept)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the faces as plain Python values, ready for JSON.

        Returns
        -------
        list of dict
            A dict for each face: ``"box"`` [x1, y1, x2, y2], ``"score"`` and ``"landmarks"``
            [[x, y], ...], in pixels of the image.
        """
        return [
            {"box": face.box.tolist(), "score": face.score, "landmarks": face.landmarks.tolist()}
            for face in self.faces()
        ]

    def to_columns(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the faces as columns of a table, with a row for each face.

        Returns
        -------
        dict of str to ndarray of float32, shape (n,)
            The columns ``x1``, ``y1``, ``x2``, ``y2``, ``score``, then x and y of ``eye_left``,
            ``eye_right``, ``nose``, ``mouth_left`` and ``mouth_right`` (``eye_left_x``, ...), with
            left and right as seen in the image.
        """
        numbers = np.column_stack([self.boxes, self.scores, self.landmarks.reshape(-1, 10)])
        return dict(zip(COLUMNS, numbers.T.copy(), strict=True))

    def to_arrow(self) -> pa.Table:
        """Return the columns of `to_columns` as a pyarrow table.

        Raises
        ------
        MissingExtraError
            If pyarrow is not installed.
        """
        with importing("parquet"):
            import pyarrow as pa

        return pa.table(self.to_columns())

    def to_pandas(self) -> pd.DataFrame:
        """Return the columns of `to_columns` as a pandas data frame.

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        with importing("pandas"):
            import pandas as pd

        return pd.DataFrame(self.to_columns())

    def on(self, image: ImageLike) -> ShownDetections:
        """Return the same faces with their image, which a notebook shows with the faces drawn.

        Parameters
        ----------
        image : ndarray, PIL.Image.Image, str, path-like or bytes
            An image that `draw` accepts. It is not copied, and read each time it is shown.

        Returns
        -------
        Detections
            The same faces. The results of their `select` and `filter` are shown, too.

        Examples
        --------
        >>> import fastmtcnn
        >>> photo = fastmtcnn.sample_photo()
        >>> fastmtcnn.MTCNN().detect(photo).on(photo)  # in a notebook, a picture
        Detections(1 face: 89x112 px score 1.000)
        """
        return ShownDetections(*self).on(image)

    def __bool__(self) -> bool:
        """Return whether there is a face."""
        return self.num_faces > 0

    def __repr__(self) -> str:
        """Return the number of faces, with the sizes and scores of the first ones."""
        try:
            named = [
                f"{x2 - x1:.0f}x{y2 - y1:.0f} px score {score:.3f}"
                for (x1, y1, x2, y2), score, _ in self.select(
                    range(self.num_faces)[:_MAX_IN_REPR]
                ).faces()
            ]
        except Exception:  # a repr must not fail, even if the arrays do not fit together
            return f"Detections{tuple(self)!r}"
        if self.num_faces > len(named):
            named.append("...")
        count = "1 face" if self.num_faces == 1 else f"{self.num_faces} faces"
        return f"Detections({count}{': ' if named else ''}{', '.join(named)})"


def _value(number: int, face: object, name: str, shape: tuple[int, ...]) -> Any:  # noqa: ANN401
    """Return a value of a face's dict as an array of this shape."""
    if not isinstance(face, Mapping):
        raise TypeError(f"face {number} must be a dict, got {type(face).__name__}")
    if name not in face:
        wanted = ", ".join(map(repr, _DICT_SHAPES))
        has = ", ".join(map(repr, face)) or "none"
        raise ValueError(f"face {number} must have the keys {wanted}, got {has}")
    wanted = f"numbers of shape {shape}" if shape else "a number"
    try:
        value = np.array(face[name], np.float32)
    except (TypeError, ValueError, OverflowError):
        value = None
    if face[name] is None or value is None or value.shape != shape:
        got = shortened(repr(face[name]))
        raise ValueError(f"{name!r} of face {number} must be {wanted}, got {got}")
    return value


class ShownDetections(Detections):
    """`Detections` with their image: see `Detections.on`."""

    image: ImageLike | None = None

    def on(self, image: ImageLike) -> ShownDetections:
        """Return the same faces with another image."""
        shown = ShownDetections(*self)
        shown.image = image
        return shown

    def _replace(self, **parts: npt.NDArray[np.float32]) -> ShownDetections:
        """Return detections with other arrays and the same image."""
        shown = super()._replace(**parts)
        shown.image = self.image
        return shown

    def _repr_png_(self) -> bytes | None:
        if self.image is None:
            return None
        from .faces.drawing import preview  # not at import: only notebooks need it

        return preview(self.image, self, _PREVIEW)
