"""The cascade as an object: networks and options, pixels in, traces out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from .. import _core
from ..networks.loading import Networks
from ..networks.network import Network
from ..options import Options
from ..runtime.shutdown import native_section
from ..runtime.workers import Map
from .rotations import run_rotated
from .run import run_stages
from .trace import Trace
from .views import run_views

_OF_NETWORKS = ("models", "providers", "engine", "mirror")


class Cascade:
    """Networks and options, which turn pixels into traces.

    It knows nothing of files, kinds of images, regions, threads and limits of the result, which
    belong to `MTCNN`. Pickled, copied or forked it opens its networks again where that is needed.

    Parameters
    ----------
    open_networks : callable
        Returns the `Networks`, usable in the process and thread that call it. It is called now and
        at each run.
    options : Options
        The options of the search. Those that limit the result have no effect here.

    Attributes
    ----------
    options : Options
        As given, with the window and the stride that P-Net's model states in the variant.
    """

    def __init__(self, open_networks: Callable[[], Networks], options: Options) -> None:
        self._open_networks = open_networks
        self.options = _with_grid_of(open_networks().pnet, options)

    @property
    def networks(self) -> Networks:
        """P-Net, R-Net and O-Net, usable in this process."""
        return self._open_networks()

    def run(self, images: Sequence[_core.Image], map_: Map = map) -> list[Trace]:
        """Find the faces of some images.

        Parameters
        ----------
        images : sequence of ndarray of uint8, shape (height, width, 3)
            RGB, pixels packed within a row.
        map_ : callable
            Like the builtin ``map``; may work on several items at a time. The result does not
            depend on it.

        Returns
        -------
        list of Trace
            One for each image. With `rotations` and `views`, all but the detections are of the
            image as it is.

        Raises
        ------
        ImageError
            If an image would have too many or too large pyramid levels, or has too many proposals.
        ModelError
            If a network fails.
        MemoryError
            If there is not enough memory.
        """
        networks, options = self.networks, self.options

        def search(pixels: Sequence[_core.Image], changed: Options) -> list[Trace]:
            return run_stages(pixels, networks, changed, map_)

        def search_views(pixels: Sequence[_core.Image]) -> list[Trace]:
            return run_views(search, pixels, options)

        with native_section:
            return run_rotated(search_views, images, options.rotations, options.nms_thresholds[-1])

    def replace(self, **changes: Any) -> Cascade:  # noqa: ANN401
        """Return a cascade with other options and the same networks.

        Parameters
        ----------
        **changes : object
            Options by name, but not `models`, `providers`, `engine` and `mirror`: the networks
            have them.

        Raises
        ------
        TypeError, ValueError
            If an option is invalid, or belongs to the networks.
        """
        fixed = [name for name in _OF_NETWORKS if name in changes]
        if fixed:
            raise TypeError(f"a cascade keeps its networks, so {fixed[0]} cannot be replaced")
        return Cascade(self._open_networks, replace(self.options, **changes))

    def __repr__(self) -> str:
        """Name the options that differ from their defaults."""
        changed = {key: each for key, each in self.options.changed().items() if key != "models"}
        return f"Cascade({', '.join(f'{key}={value!r}' for key, value in changed.items())})"

    def wrap_networks(self, wrap: Callable[[Network], Network]) -> Cascade:
        """Return a cascade whose networks are wrapped: to time, to record or to change them.

        Parameters
        ----------
        wrap : callable
            Takes a network and returns what is called in its place.
        """
        networks = Networks(*map(wrap, self.networks))
        return Cascade(lambda: networks, self.options)


def _with_grid_of(pnet: Network, options: Options) -> Options:
    """Return options whose variant has the window and the stride of P-Net."""
    variant = options.variant
    window, stride = pnet.window or variant.window, pnet.stride or variant.stride
    if (window, stride) == (variant.window, variant.stride):
        return options
    return replace(options, variant=replace(variant, window=window, stride=stride))
