"""The interface of facenet-pytorch 2.6.0, with this package behind it.

``from fastmtcnn.compat.facenet_pytorch import MTCNN`` in place of
``from facenet_pytorch import MTCNN``. The boxes are the same; see `MTCNN` for what differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias, overload

import numpy as np

from .. import checks
from ..detections import Detections
from ..errors import unknown_name
from ..faces.overlaps import areas
from ..faces.selection import (
    SELECTION_METHODS,
    SelectionMethod,
    descending,
    select_faces,
)
from ..networks.native import Engine
from ..networks.providers import Providers
from ._facenet_crops import (
    Picture,
    SavePath,
    check_size,
    cut,
    extract_face,
    fixed_image_standardization,
    numbered,
    prewhiten,
    read,
    save_paths,
    shape_of,
    split,
    torch_or_none,
)
from ._facenet_module import Module
from ._facenet_results import box_rows, detections, listed, only, results

__all__ = ["MTCNN", "extract_face", "fixed_image_standardization", "prewhiten"]

Faces: TypeAlias = Any  # tensors if torch is installed, otherwise arrays; a list of them, or None


class MTCNN(Module):
    """Detects and crops faces, with the interface of facenet-pytorch's class of this name.

    Parameters
    ----------
    image_size : int, default 160
        Side of the square face crops in pixels.
    margin : float, default 0
        Margin of a crop around the box, sum of both sides, in pixels of the crop; less than
        `image_size`.
    min_face_size : float, default 20
        Smallest face searched for, in pixels.
    thresholds : sequence of three floats, default 0.6, 0.7, 0.7
        Probabilities that a face must exceed after P-Net, R-Net and O-Net.
    factor : float, default 0.709
        Scale of each pyramid level relative to the one before.
    post_process : bool, default True
        Whether crops have values (p - 127.5) / 128, instead of 0 to 255.
    select_largest : bool, default True
        Whether the largest face comes first, instead of the one with the highest probability.
    selection_method : str, optional
        Method that selects the one face that a call returns: ``"largest"``, ``"probability"``,
        ``"center_weighted_size"`` or ``"largest_over_threshold"``; see
        `fastmtcnn.faces.selection.select_faces`. Default: according to `select_largest`.
    keep_all : bool, default False
        Whether a call returns all faces of an image.
    device : str, int or torch.device, optional
        ``"cpu"``, which is the default, ``"cuda"`` or ``"cuda:0"``. Results are on the CPU.
    providers : sequence, optional
        Execution providers of onnxruntime, which take precedence over `device`.
    engine : {"onnxruntime", "native", "auto"}, optional
        What runs the networks, as for `fastmtcnn.MTCNN`.
    views : sequence of str, default ()
        Views in which the image is also searched, as for `fastmtcnn.MTCNN`.
    num_threads : int, optional
        Number of threads for an image or a batch. Default: the cores that this process may use.

    Attributes
    ----------
    image_size, margin, min_face_size, thresholds, factor, post_process, select_largest, keep_all
        The options. They may be changed at any time.
    selection_method : str
        The selection method in use.
    device : torch.device, str or int
        The device that was passed; by default the CPU, as a string if torch is not installed.
    training : bool
        True until `eval` is called. Has no effect.

    Raises
    ------
    ValueError, TypeError
        If an option is invalid, or the installed onnxruntime does not support `device`.

    Notes
    -----
    Images are PIL images of any 8-bit mode, arrays or tensors of shape (h, w, 3), (h, w, 4),
    (h, w, 1) or (h, w) in RGB with values 0 to 255 (fractions are rounded), and the paths and bytes
    that `fastmtcnn.MTCNN.detect` takes; a batch is a list of these, of any mix of kinds and sizes,
    or an array or tensor of shape (n, h, w, 3).

    torch is imported with the first crop, or when `device` is read. If it is not installed, crops
    are numpy arrays of the same shape and dtype.

    Differences from facenet-pytorch:

    * The class is not a ``torch.nn.Module``. Of its methods it has `eval`, `train`, `to`, `cpu` and
      `cuda`; it has no networks as attributes.
    * Results are arrays of float32, not of object.
    * Images without a face, of different sizes, tiny, grey, with alpha or with a palette raise no
      error; the latter three are converted to RGB.
    * ``"center_weighted_size"`` accepts arrays and tensors, too; ``"largest_over_threshold"``
      returns the probability and the landmarks of the selected face.
    * Of equally good faces, the last one is selected; facenet-pytorch uses an unstable sort if
      there are many.
    * Crops of tensors can be saved; `save_path` must name as many files as there are images.
    * Crops of arrays do not need OpenCV, and may differ from its result by one in value.

    Examples
    --------
    >>> import fastmtcnn
    >>> from fastmtcnn.compat.facenet_pytorch import MTCNN
    >>> mtcnn = MTCNN(image_size=160, margin=14)
    >>> face = mtcnn(fastmtcnn.sample_photo())
    >>> tuple(face.shape)
    (3, 160, 160)
    >>> boxes, probs, points = mtcnn.detect(fastmtcnn.sample_photo(), landmarks=True)
    >>> boxes.shape, probs.shape, points.shape
    ((1, 4), (1,), (1, 5, 2))
    """

    def __init__(
        self,
        image_size: int = 160,
        margin: float = 0,
        min_face_size: float = 20,
        thresholds: Sequence[float] = (0.6, 0.7, 0.7),
        factor: float = 0.709,
        post_process: bool = True,
        select_largest: bool = True,
        selection_method: SelectionMethod | None = None,
        keep_all: bool = False,
        device: object = None,
        *,
        providers: Providers | None = None,
        engine: Engine | None = None,
        views: Sequence[str] = (),
        num_threads: int | None = None,
    ) -> None:
        check_size(image_size, margin)
        self.image_size = image_size
        self.margin = margin
        self.min_face_size = min_face_size
        self.thresholds: Sequence[float] = list(checks.fractions("thresholds", thresholds, 3))
        self.factor = factor
        self.post_process = checks.flag("post_process", post_process)
        self.select_largest = checks.flag("select_largest", select_largest)
        self.keep_all = checks.flag("keep_all", keep_all)
        self.selection_method: SelectionMethod = selection_method or (
            "largest" if select_largest else "probability"
        )
        if self.selection_method not in SELECTION_METHODS:
            raise unknown_name("selection_method", selection_method, SELECTION_METHODS)
        super().__init__(providers, engine, views, num_threads)
        self.to(device)

    def __call__(
        self,
        img: object,
        save_path: SavePath | Sequence[SavePath | None] | None = None,
        return_prob: bool = False,
    ) -> Faces:
        """Call `forward`."""
        return self.forward(img, save_path, return_prob)

    def forward(
        self,
        img: object,
        save_path: SavePath | Sequence[SavePath | None] | None = None,
        return_prob: bool = False,
    ) -> Faces:
        """Detect the faces of an image or a batch, and crop one face of each image, or all.

        Parameters
        ----------
        img : PIL.Image.Image, ndarray, Tensor, or list of these
            An image or a batch.
        save_path : str, path-like or list of these, optional
            File to which the crop is written, before `post_process`; for a batch, one file for each
            image. With `keep_all`, the second face of ``face.png`` is written to ``face_2.png``,
            and so on.
        return_prob : bool, default False
            Whether to return the probabilities, too.

        Returns
        -------
        faces : Tensor of float32, None, or list of these
            Crop of shape (3, image_size, image_size), or with `keep_all` crops of shape
            (n, 3, image_size, image_size); None if there is no face. A list for a batch.
        probs : float, None or ndarray, if `return_prob`
            Probability of the face, None if there is none. For a batch, an array of shape
            (images, 1). With `keep_all`, the array that `detect` returns.

        Raises
        ------
        TypeError, ValueError
            If an image cannot be used, or `save_path` does not fit the images.
        """
        images, several = split(img)
        paths = save_paths(save_path, len(images))
        pictures = [read(image) for image in images]
        found = self._find(pictures)
        if not self.keep_all:
            shapes = [picture.pixels.shape for picture in pictures]
            found = [
                select_faces(each, self.selection_method, image_shape=shape)
                for each, shape in zip(found, shapes, strict=True)
            ]
        faces = self._cut(pictures, [each.boxes for each in found], paths)
        result: Faces = faces if several else faces[0]
        if not return_prob:
            return result
        probs = results(found, several)[1]
        return result, probs if several or self.keep_all else only(probs)

    @overload
    def detect(self, img: object, landmarks: Literal[False] = False) -> tuple[Any, Any]: ...

    @overload
    def detect(self, img: object, landmarks: Literal[True]) -> tuple[Any, Any, Any]: ...

    @overload
    def detect(self, img: object, landmarks: bool) -> tuple[Any, ...]: ...

    def detect(self, img: object, landmarks: bool = False) -> tuple[Any, ...]:
        """Detect the faces of an image or a batch.

        Parameters
        ----------
        img : PIL.Image.Image, ndarray, Tensor, or list of these
            An image or a batch.
        landmarks : bool, default False
            Whether to return the landmarks, too.

        Returns
        -------
        boxes : ndarray of float32, shape (n, 4), or None
            x1, y1, x2, y2 in pixels; they may reach outside the image. The largest box comes first,
            or with ``select_largest=False`` the one with the highest probability. None if there is
            no face.
        probs : ndarray of float32, shape (n,), or ndarray of object
            Probabilities, 0 to 1; ``[None]`` if there is no face.
        points : ndarray of float32, shape (n, 5, 2), or None, if `landmarks`
            x, y in pixels of the eye at image left, the eye at image right, the nose, the mouth
            corner at image left, the mouth corner at image right. None if there is no face.

        For a batch whose images have equal numbers of faces, each array has one more dimension; for
        other batches it is a flat array of object with the results of the images.

        Raises
        ------
        TypeError, ValueError
            If an image cannot be used.
        """
        images, several = split(img)
        boxes, probs, points = results(self._find([read(image) for image in images]), several)
        return (boxes, probs, points) if landmarks else (boxes, probs)

    def select_boxes(
        self,
        all_boxes: Any,  # noqa: ANN401
        all_probs: Any,  # noqa: ANN401
        all_points: Any,  # noqa: ANN401
        imgs: object,
        method: SelectionMethod = "probability",
        threshold: float = 0.9,
        center_weight: float = 2.0,
    ) -> tuple[Any, Any, Any]:
        """Select one face of an image, or of each image of a batch.

        Parameters
        ----------
        all_boxes, all_probs, all_points
            Results of `detect` with ``landmarks=True``.
        imgs : PIL.Image.Image, ndarray, Tensor, or list of these
            The image or batch. Only ``"center_weighted_size"`` uses it, for its size.
        method : str, default "probability"
            Selection method: see `fastmtcnn.faces.selection.select_faces`.
        threshold : float, default 0.9
            Probability for ``"largest_over_threshold"``.
        center_weight : float, default 2.0
            Weight of the squared distance for ``"center_weighted_size"``.

        Returns
        -------
        boxes : ndarray of float32, shape (1, 4), or None
            x1, y1, x2, y2 of the selected face; None if there is none. For a batch, an array as
            `detect` returns it.
        probs : float or None
            Probability of the face; for a batch, an array of shape (images, 1).
        points : ndarray of float32, shape (1, 5, 2), or None
            x, y of the landmarks; for a batch, an array as `detect` returns it.

        Raises
        ------
        ValueError, TypeError
            If an argument is invalid, or the numbers of results and images differ.
        """
        images, several = split(imgs)
        columns = [listed(each, several) for each in (all_boxes, all_probs, all_points)]
        if any(len(column) != len(images) for column in columns):
            raise ValueError(
                f"select_boxes needs boxes, probabilities and landmarks of {len(images)} images, "
                f"got those of {', '.join(str(len(column)) for column in columns)}"
            )
        needs_size = method == "center_weighted_size"
        found = [
            select_faces(
                detections(*row),
                method,
                image_shape=shape_of(image) if needs_size else None,
                threshold=threshold,
                center_weight=center_weight,
            )
            for image, *row in zip(images, *columns, strict=True)
        ]
        boxes, probs, points = results(found, several)
        return boxes, probs if several else only(probs), points

    def extract(
        self,
        img: object,
        batch_boxes: Any,  # noqa: ANN401
        save_path: SavePath | Sequence[SavePath | None] | None,
    ) -> Faces:
        """Crop the first face of an image or of each image of a batch, or all with `keep_all`.

        Parameters
        ----------
        img : PIL.Image.Image, ndarray, Tensor, or list of these
            An image or a batch.
        batch_boxes : array_like of shape (n, 4), None, or sequence of these
            x1, y1, x2, y2 of the boxes of the image, or of each image.
        save_path : str, path-like, list of these, or None
            File to which the crop is written, as for `forward`.

        Returns
        -------
        Tensor of float32, None, or list of these
            Crops in the form that `forward` returns.

        Raises
        ------
        ValueError, TypeError
            If an argument is invalid, or a box contains no pixel of its image.
        """
        images, several = split(img)
        boxes = listed(batch_boxes, several)
        if len(boxes) != len(images):
            raise ValueError(
                f"extract needs boxes of {len(images)} images, got those of {len(boxes)}"
            )
        paths = save_paths(save_path, len(images))
        faces = self._cut([read(image) for image in images], boxes, paths)
        return faces if several else faces[0]

    def _find(self, pictures: list[Picture]) -> list[Detections]:
        found = self._finder().detect_batch([picture.pixels for picture in pictures])
        if not self.select_largest:
            return found
        return [each.select(descending(areas(each.boxes))) for each in found]

    def _cut(
        self, pictures: list[Picture], boxes: Iterable[Any], paths: list[str | None]
    ) -> list[Faces]:
        torch = torch_or_none()
        faces: list[Faces] = []
        for picture, given, path in zip(pictures, boxes, paths, strict=True):
            rows = box_rows(given)
            if len(rows) == 0:
                faces.append(None)
                continue
            crops = [
                cut(picture, row, self.image_size, self.margin, numbered(path, number))
                for number, row in enumerate(rows if self.keep_all else rows[:1], start=1)
            ]
            crop = np.stack(crops) if self.keep_all else crops[0]
            if self.post_process:
                crop = fixed_image_standardization(crop)
            faces.append(crop if torch is None else torch.from_numpy(crop))
        return faces
