"""The interface of ModelScope's face detection with ``damo/cv_manual_face-detection_mtcnn``."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from .. import checks, detector
from ..detections import Detections
from ..errors import ImageError, unknown_name
from ..faces.drawing import draw
from ..files.images import DEFAULT_MAX_PIXELS, ImageLike, as_rgb
from ..networks.native import Engine
from ..networks.providers import Providers
from ._common import device_number, providers_for

__all__ = [
    "LoadImage",
    "MtcnnFaceDetectionPipeline",
    "OutputKeys",
    "Tasks",
    "draw_face_detection_result",
    "pipeline",
]

URL_TIMEOUT = 20.0  # seconds, for a whole download
URL_MOST_BYTES = 64 * 2**20

_MODEL = "cv_manual_face-detection_mtcnn"
_PIPELINE = "manual-face-detection-mtcnn"
_ADDRESS = re.compile(r"(\w[\w+.-]*)://")
_DEVICE = re.compile(r"(cpu|gpu|cuda)(?::(\d+))?", re.IGNORECASE)
_CHUNK = 2**16


class Tasks:
    """Names of tasks; of ModelScope's tasks, only face detection is supported."""

    face_detection = "face-detection"


class OutputKeys:
    """The keys of a result."""

    SCORES = "scores"
    BOXES = "boxes"
    KEYPOINTS = "keypoints"


class Result(TypedDict):
    """The faces of one image, highest score first; empty lists if there is none.

    Attributes
    ----------
    scores : list of float
        Probabilities, 0 to 1.
    boxes : list of list of float
        x1, y1, x2, y2 in pixels; they may reach outside the image.
    keypoints : list of list of float
        x1, y1, ..., x5, y5 in pixels of the eye at image left, the eye at image right, the nose,
        the mouth corner at image left, the mouth corner at image right.
    """

    scores: list[float]
    boxes: list[list[float]]
    keypoints: list[list[float]]


class MtcnnFaceDetectionPipeline:
    """A face detector with the interface of ModelScope's pipeline of this name.

    Parameters
    ----------
    model : str or path-like, default "damo/cv_manual_face-detection_mtcnn"
        The default, which stands for the shipped networks, or a folder with custom ``pnet.onnx``,
        ``rnet.onnx`` and ``onet.onnx``. Nothing is downloaded. The owner before the slash is
        ignored.
    device : str, optional
        ``"cpu"``, or ``"gpu"``, ``"cuda:1"`` and so on, which needs onnxruntime's CUDA provider.
        Default: the CPU.
    allow_urls : bool, default False
        Whether an input may be the address of an image, ``http://`` or ``https://``, which is
        fetched. Do not set it if others choose the inputs: they could access servers that only this
        machine can reach.
    min_face_size : float, default 20
        Smallest face searched for, in pixels.
    thresholds : sequence of three floats, optional
        Probabilities, 0 to 1, that a face must exceed after P-Net, R-Net and O-Net.
        Default: 0.7, 0.8, 0.9.
    engine : {"onnxruntime", "native", "auto"}, optional
        What runs the networks, as for `fastmtcnn.MTCNN`.
    views : sequence of str, default ()
        Views in which the image is also searched, as for `fastmtcnn.MTCNN`.
    num_threads : int, optional
        Number of threads for an image or a list. Default: the cores that this process may use.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid or the device is not available.
    ModelError
        If a network cannot be loaded or the device cannot be used.

    Notes
    -----
    A pipeline may be shared between threads, used after a fork, copied and pickled.

    Examples
    --------
    >>> import fastmtcnn
    >>> from fastmtcnn.compat.modelscope import Tasks, pipeline
    >>> face_detection = pipeline(Tasks.face_detection, "damo/cv_manual_face-detection_mtcnn")
    >>> result = face_detection(fastmtcnn.sample_photo())
    >>> {key: len(values) for key, values in result.items()}
    {'scores': 1, 'boxes': 1, 'keypoints': 1}
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = f"damo/{_MODEL}",
        *,
        device: str | None = None,
        allow_urls: bool = False,
        min_face_size: float = 20.0,
        thresholds: Sequence[float] | None = None,
        engine: Engine | None = None,
        views: Sequence[str] = (),
        num_threads: int | None = None,
    ) -> None:
        self._allow_urls = checks.flag("allow_urls", allow_urls)
        self._detector = detector.MTCNN(
            min_face_size,
            thresholds,
            variant="modelscope",
            channel_order="bgr",
            models=_models(model),
            providers=_providers(device),
            engine=engine,
            views=views,
            num_threads=num_threads,
        )

    def __call__(self, input: object, batch_size: int | None = None) -> Result | list[Result]:
        """Detect the faces of one image or of several.

        Parameters
        ----------
        input : str, path-like, bytes, PIL.Image.Image, ndarray, or list of these
            A path or the bytes of an image file, whose EXIF orientation is applied; a PIL image,
            whose orientation is not; a uint8 array in BGR, as OpenCV reads images, of shape
            (h, w, 3), (h, w, 4), (h, w, 1) or (h, w); with `allow_urls` also an address.
            (`LoadImage.convert_to_ndarray` returns RGB: reverse its channels first.)
        batch_size : int, optional
            Has no effect on results.

        Returns
        -------
        dict or list of dict
            ``"scores"``, ``"boxes"`` and ``"keypoints"``, see `Result`; a list of such dicts for
            a list of images. The values are lists of floats of equal length, empty if there is no
            face.

        Raises
        ------
        ValueError
            If an input is an address without `allow_urls`.
        TypeError, ImageError
            If an image is of another kind, damaged, too large or cannot be fetched.
        OSError
            If a file cannot be read.
        """
        if isinstance(input, list):
            images = [self._local(each) for each in input]
            return [_result(found) for found in self._detector.detect_batch(images)]
        return _result(self._detector.detect(self._local(input)))

    def _local(self, image: object) -> ImageLike:
        return _local(image, self._allow_urls)


def pipeline(
    task: str | None = None,
    model: str | os.PathLike[str] | None = None,
    preprocessor: None = None,
    config_file: None = None,
    pipeline_name: str | None = None,
    framework: str | None = None,
    device: str | None = None,
    model_revision: str | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> MtcnnFaceDetectionPipeline:
    """Make a pipeline, like ``modelscope.pipelines.pipeline``.

    Parameters
    ----------
    task : str
        ``Tasks.face_detection``; optional if `pipeline_name` is passed.
    model : str or path-like, optional
        Model of `MtcnnFaceDetectionPipeline`, with the same default.
    preprocessor, config_file : None
        Not supported: they must be None.
    pipeline_name : str, optional
        ``"manual-face-detection-mtcnn"``.
    framework, model_revision : str, optional
        Have no effect.
    device : str, optional
        Device of `MtcnnFaceDetectionPipeline`.
    **kwargs
        Other parameters of `MtcnnFaceDetectionPipeline`, such as ``allow_urls=True``.

    Returns
    -------
    MtcnnFaceDetectionPipeline
        The pipeline, a callable.

    Raises
    ------
    ValueError, TypeError
        If another task, model or pipeline is requested, or another argument is invalid.
    """
    if task is None and pipeline_name is None:
        raise ValueError("pipeline needs a task, such as Tasks.face_detection, got none")
    if task not in (None, Tasks.face_detection):
        raise unknown_name("task", task, [Tasks.face_detection])
    if pipeline_name not in (None, _PIPELINE):
        raise unknown_name("pipeline_name", pipeline_name, [_PIPELINE])
    for name, value in {"preprocessor": preprocessor, "config_file": config_file}.items():
        if value is not None:
            raise ValueError(f"{name} cannot be chosen here, got {value!r}")
    if model is not None:
        kwargs["model"] = model
    return MtcnnFaceDetectionPipeline(device=device, **kwargs)


class LoadImage:
    """The image loader of ModelScope's pipelines."""

    @staticmethod
    def convert_to_ndarray(input: object, allow_urls: bool = False) -> npt.NDArray[np.uint8]:
        """Return the RGB pixels of an image.

        Parameters
        ----------
        input : str, path-like, bytes, PIL.Image.Image or ndarray
            An image that `MtcnnFaceDetectionPipeline` accepts; arrays must be BGR.
        allow_urls : bool, default False
            Whether `input` may be the address of an image, ``http://`` or ``https://``.

        Returns
        -------
        ndarray of uint8, shape (h, w, 3)
            RGB pixels; may share memory with `input` if that is an array.

        Raises
        ------
        ValueError
            If `input` is an address without `allow_urls`.
        TypeError, ImageError
            If the image is of another kind, damaged, too large or cannot be fetched.
        OSError
            If a file cannot be read.
        """
        return as_rgb(
            _local(input, checks.flag("allow_urls", allow_urls)), "bgr", DEFAULT_MAX_PIXELS
        )


def draw_face_detection_result(
    img_path: ImageLike, detection_result: Mapping[str, Any]
) -> npt.NDArray[np.uint8]:
    """Draw a result over its image, like the function of ``modelscope.utils.cv.image_utils``.

    Parameters
    ----------
    img_path : str, path-like, bytes, PIL.Image.Image or ndarray
        An image that `MtcnnFaceDetectionPipeline` accepts; arrays must be BGR.
    detection_result : dict
        Result of the pipeline for this image.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        A copy in BGR, as OpenCV writes images.

    Raises
    ------
    ValueError, TypeError
        If `detection_result` has another form.
    TypeError, ImageError
        If the image is of another kind or damaged.
    OSError
        If a file cannot be read.
    """
    found = _detections(detection_result)
    picture = draw(LoadImage.convert_to_ndarray(img_path), found)
    return np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])


def _result(found: Detections) -> Result:
    return {
        "scores": found.scores.tolist(),
        "boxes": found.boxes.tolist(),
        "keypoints": found.landmarks.reshape(-1, 10).tolist(),
    }


def _detections(result: Mapping[str, Any]) -> Detections:
    keys = (OutputKeys.SCORES, OutputKeys.BOXES, OutputKeys.KEYPOINTS)
    wanted = "detection_result must be a dict of scores, boxes of 4 and keypoints of 10 numbers"
    if not isinstance(result, Mapping):
        raise TypeError(f"{wanted}, got {type(result).__name__}")
    try:
        scores, boxes, keypoints = (np.asarray(result[key], np.float32) for key in keys)
        count = scores.size
        return Detections(
            boxes.reshape(count, 4), scores.reshape(count), keypoints.reshape(count, 5, 2)
        )
    except KeyError as error:
        raise ValueError(f"{wanted}, got one without {error}") from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{wanted} for each face: {error}") from None


def _models(model: object) -> str | None:
    """Return the folder of custom networks, or None for the shipped ones."""
    if not isinstance(model, (str, os.PathLike)):
        raise TypeError(f"model must be 'damo/{_MODEL}' or a folder, got {model!r}")
    path = os.fspath(model)
    # This includes a folder of this name, to which ModelScope has downloaded the same networks.
    if Path(path).name == _MODEL:
        return None
    if not Path(path).is_dir():
        raise unknown_name("model (if not a folder)", path, [f"damo/{_MODEL}"])
    return path


def _providers(device: object) -> Providers | None:
    if device is None:
        return providers_for(None)
    return providers_for(device_number(device, _DEVICE, "'cpu', 'gpu', 'cuda:0' and so on"))


def _local(image: object, allow_urls: bool) -> ImageLike:
    """Return an image unchanged, or the downloaded content if it is an address."""
    if not isinstance(image, str):
        return image  # type: ignore[return-value]
    address = _ADDRESS.match(image)
    if address is None:
        return image
    if not allow_urls:
        raise ValueError(
            f"addresses are not fetched unless allow_urls=True is passed, got {image!r}; "
            "download the image and give its path or its bytes"
        )
    if address[1].lower() not in ("http", "https"):
        raise ValueError(f"an address must be http:// or https://, got {image!r}")
    return _fetch(image)


def _fetch(address: str) -> bytes:
    # Not at import of the package: they take long to import and are rarely needed.
    import urllib.error
    import urllib.request

    until = time.monotonic() + URL_TIMEOUT
    # Not urlopen, which follows redirects to FTP servers and reads files, too.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.UnknownHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    try:
        with opener.open(address, timeout=URL_TIMEOUT) as response:
            content = bytearray()
            while chunk := response.read1(_CHUNK):
                content += chunk
                if len(content) > URL_MOST_BYTES:
                    reason = f"{address}: larger than {URL_MOST_BYTES} bytes"
                    raise ImageError(reason, kind="file")
                if time.monotonic() > until:
                    raise TimeoutError(f"not complete after {URL_TIMEOUT:g} seconds")
    except ImageError:
        raise
    except Exception as error:  # sockets, TLS, HTTP and invalid addresses raise many classes
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise ImageError(f"{address}: cannot be fetched: {error}", kind="file") from error
    return bytes(content)
