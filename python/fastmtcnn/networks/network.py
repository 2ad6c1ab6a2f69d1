"""What the cascade expects of a network, whichever engine runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from .. import _core
from ..errors import ModelError
from .metadata import PREFIX, Metadata

RunningEngine: TypeAlias = Literal["onnxruntime", "native"]

NUM_OFFSETS = 4
NUM_POINTS = 10  # five x, then five y
# An index: in a mirrored face, the eyes and the corners of the mouth change places.
MIRRORED_LANDMARKS = [1, 0, 2, 4, 3]


class Outputs(NamedTuple):
    """The outputs of a network for a batch.

    Attributes
    ----------
    scores : ndarray of float32, shape (n,), for P-Net (n, rows, columns)
        Face probabilities.
    offsets : ndarray of float32, shape (n, 4), for P-Net (n, 4, rows, columns)
        Bounding-box regression offsets of x1, y1, x2, y2, relative to the width and height of the
        box.
    points : ndarray of float32, shape (n, 10) for O-Net, else (n, 0)
        Landmarks: five x, then five y, relative to the box.
    """

    scores: npt.NDArray[np.float32]
    offsets: npt.NDArray[np.float32]
    points: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Role:
    """One of the three places in the cascade, and what its network must look like.

    Attributes
    ----------
    key : str
        Name of the role, and of its model file without the extension.
    title : str
        Name to show to people.
    size : int
        Side in pixels of the input images, unless the model states another one; 0 if any size is
        accepted.
    cpu_batch : int
        Batch size at which a CPU is fastest: the activations should stay in its cache.
    accelerator_batch : int
        Batch size for an accelerator, and number of images prepared at a time; bounded by memory.
    rank : int
        Number of dimensions of the outputs.
    has_points : bool
        Whether the network has landmarks among its outputs.
    """

    key: str
    title: str
    size: int
    cpu_batch: int
    accelerator_batch: int
    rank: int
    has_points: bool = False


PNET = Role("pnet", "P-Net", size=0, cpu_batch=1, accelerator_batch=16, rank=4)
RNET = Role("rnet", "R-Net", size=24, cpu_batch=32, accelerator_batch=1024, rank=2)
ONET = Role("onet", "O-Net", size=48, cpu_batch=12, accelerator_batch=256, rank=2, has_points=True)
ROLES = (PNET, RNET, ONET)


class RunOnLevel(Protocol):
    """P-Net on a level of an image, whose pixels it resamples itself, strip by strip."""

    def __call__(
        self,
        source: _core.ResampleSource,
        height: int,
        width: int,
        begin: int,
        end: int,
        threshold: float,
    ) -> Outputs:
        """Return some rows of the map.

        Parameters
        ----------
        source : ResampleSource
            The image.
        height, width : int
            Size of the level.
        begin, end : int
            The rows. Their values do not depend on which rows are asked for.
        threshold : float
            Score from which on offsets are wanted; elsewhere they may be any numbers.

        Returns
        -------
        Outputs
            Of one level: scores of shape (end - begin, columns), offsets with 4 in front.
        """


class RunOnCrops(Protocol):
    """R-Net or O-Net on crops of an image, which it cuts out itself."""

    def __call__(self, source: _core.ResampleSource, boxes: _core.Boxes) -> Outputs:
        """Return the outputs for boxes as `_core.crop` takes them."""


class Network(Protocol):
    """A callable that maps a batch of images to `Outputs`, with the batch sizes it prefers.

    It may be called from several threads at the same time.
    """

    @property
    def role(self) -> Role:
        """The network's place in the cascade."""

    @property
    def batch_size(self) -> int:
        """Number of images to pass in one call."""

    @property
    def prefetch(self) -> int:
        """Number of batches that may be prepared before the first of them is passed."""

    @property
    def batches_images(self) -> bool:
        """Whether a batch should be filled from several images, as is best for accelerators."""

    @property
    def max_tile(self) -> tuple[int, int] | None:
        """Largest height and width of an input; None for any size."""

    @property
    def on_level(self) -> RunOnLevel | None:
        """P-Net without arrays of pixels, which is faster; None if the network needs them."""

    @property
    def on_crops(self) -> RunOnCrops | None:
        """R-Net or O-Net without arrays of pixels; None if the network needs them."""

    @property
    def window(self) -> int:
        """Side of the crops in pixels; of P-Net that of its window, 0 for the variant's."""

    @property
    def stride(self) -> int:
        """Pixels from one window of P-Net to the next, 0 for the variant's; 0 of the others."""

    @property
    def crop_scale(self) -> float:
        """Side of a crop relative to that of the box that the network examines."""

    @property
    def threshold(self) -> float | None:
        """Score that a face must exceed after this network, if the model states one."""

    @property
    def metadata(self) -> Metadata:
        """What the model states about itself."""

    @property
    def file(self) -> str | None:
        """Path of the model, or name of the shipped file; None if it is from memory."""

    @property
    def engine(self) -> RunningEngine:
        """What runs the network."""

    def __call__(self, batch: npt.NDArray[np.float32]) -> Outputs:
        """Run the network.

        Parameters
        ----------
        batch : ndarray of float32, shape (n, 3, height, width)
            RGB values (p - 127.5) / 128; n may be 0.

        Raises
        ------
        ModelError
            If the network fails, or its outputs do not fit the batch.
        MemoryError
            If there is not enough memory.
        """


class WrappedNetwork:
    """A network that delegates to another one, as a base class of networks that change results.

    Parameters
    ----------
    network : Network
        The wrapped network.

    Attributes
    ----------
    network : Network
        The wrapped network.
    role, batch_size, prefetch, batches_images, max_tile, window, stride, crop_scale, threshold, \
    metadata, file, engine
        Attributes of the wrapped network.
    on_level, on_crops
        None: every call is one of this object.
    """

    on_level = None
    on_crops = None

    def __init__(self, network: Network) -> None:
        self.network = network
        self.role = network.role
        self.batch_size = network.batch_size
        self.prefetch = network.prefetch
        self.batches_images = network.batches_images
        self.max_tile = network.max_tile
        self.window = network.window
        self.stride = network.stride
        self.crop_scale = network.crop_scale
        self.threshold = network.threshold
        self.metadata = network.metadata
        self.file = network.file
        self.engine = network.engine

    def __call__(self, batch: npt.NDArray[np.float32]) -> Outputs:
        """Run the wrapped network."""
        return self.network(batch)


def role_metadata(role: Role, properties: Mapping[str, str], what: str) -> Metadata:
    """Return what a model states about itself, for its place in the cascade.

    Parameters
    ----------
    role : Role
        The place.
    properties : mapping of str to str
        All metadata of the model.
    what : str
        Name of the model for error messages.

    Raises
    ------
    ModelError
        If the value of an entry is invalid, or an entry belongs to another place.
    """
    try:
        metadata = Metadata.from_properties(properties)
    except ValueError as error:
        raise ModelError(f"{what}: {error}") from error
    foreign = "stride" if role.size else "crop_scale"
    if getattr(metadata, foreign) is not None:
        raise ModelError(
            f"{what} must have no {PREFIX}{foreign} in its metadata, "
            f"got {properties[PREFIX + foreign]!r}"
        )
    return metadata


def no_outputs(role: Role) -> Outputs:
    """Return the outputs of R-Net or O-Net for an empty batch.

    Parameters
    ----------
    role : Role
        RNET or ONET.
    """
    shapes = (0,), (0, NUM_OFFSETS), (0, NUM_POINTS if role.has_points else 0)
    return Outputs(*(np.zeros(shape, np.float32) for shape in shapes))
