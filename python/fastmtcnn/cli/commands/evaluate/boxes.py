"""``fastmtcnn evaluate voc`` and ``coco``: accuracy on images with annotated boxes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from ....evaluation import (
    CocoSummary,
    Curve,
    Dataset,
    coco_summary,
    read_coco,
    read_voc,
    recall_by_height,
    voc_curve,
)
from ....evaluation.figures import precision_recall_figure, roc_figure, save_figure
from ...messages import count, write_stdout
from ...options import DetectorOptions, takes_detector_options
from ...text_tables import plain_table
from .group import Out, PredictionFolder, Quiet, Subset, evaluate, evaluating, listed, prepare
from .output import (
    by_height,
    curve_as_json,
    heights_as_json,
    number,
    percent,
    summary,
    write_json,
)
from .searching import boxes_in

_NUMS_FALSE_POSITIVES = (10, 100, 1000)
_COCO_NAMES = {
    "ap": "COCO, AP",
    "ap50": "  at overlap 0.5",
    "ap75": "  at overlap 0.75",
    "ap_small": "  faces below 32 x 32 px",
    "ap_medium": "  below 96 x 96 px",
    "ap_large": "  larger",
    "ar100": "COCO, recall with 100 boxes",
}

Name: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Name of the objects that are faces; may be repeated. Default: all objects.",
        show_default=False,
    ),
]


@evaluate.command()
@takes_detector_options
def voc(
    detector_options: DetectorOptions,
    root: Annotated[
        Path,
        typer.Argument(
            metavar="ROOT",
            help="Folder with Annotations and JPEGImages, or with .xml files beside the images.",
            show_default=False,
        ),
    ],
    name: Name = None,
    subset: Subset = None,
    predictions: PredictionFolder = None,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Measure average precision on images with the annotations of PASCAL VOC.

    The figures are the average precision of VOC, over all points and over 11, the average precision
    of COCO, the true positive rate at some numbers of false positives as for FDDB, and the recall
    by face height.

    Exit status: 0; 1 if something could not be read or written; 2 if the command is wrong; 130 if
    it was interrupted.
    """
    with evaluating():
        data = read_voc(root, name=name or None)
        title = root.resolve().name
        _evaluate(data, title, detector_options, subset, predictions, out, quiet, crowds=False)


@evaluate.command()
@takes_detector_options
def coco(
    detector_options: DetectorOptions,
    annotations: Annotated[
        Path, typer.Argument(metavar="ANNOTATIONS", help="A .json file.", show_default=False)
    ],
    images: Annotated[
        Path, typer.Argument(metavar="IMAGES", help="Folder of the images.", show_default=False)
    ],
    name: Name = None,
    subset: Subset = None,
    predictions: PredictionFolder = None,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Measure average precision on images with annotations in the form of COCO.

    The figures are those of "evaluate voc".

    Exit status: 0; 1 if something could not be read or written; 2 if the command is wrong; 130 if
    it was interrupted.
    """
    with evaluating():
        data = read_coco(annotations, images, name=name or None)
        title = annotations.stem
        _evaluate(data, title, detector_options, subset, predictions, out, quiet, crowds=True)


def _evaluate(
    data: Dataset,
    title: str,
    options: DetectorOptions,
    subset: Path | None,
    predictions: Path | None,
    out: Path | None,
    quiet: bool,
    *,
    crowds: bool,
) -> None:
    prepare(out, "pycocotools.cocoeval")
    names = listed(subset)
    if names is not None:
        data = data.subset(names)
    searched = boxes_in(data.names, data.paths, options, predictions, out, quiet)
    truth = data.truth()
    curve = voc_curve(truth, searched.found)
    coco_figures = coco_summary(truth, searched.found, crowds=crowds)
    bins = recall_by_height(truth, searched.found)
    if out is not None:
        save_figure(precision_recall_figure({"faces": curve}, title), out / "curve")
        save_figure(roc_figure({"faces": curve}, title), out / "roc")
        results = {
            "protocol": "VOC, COCO",
            "subset": None if subset is None else str(subset),
            "num_images": len(data.names),
            "num_failed": searched.num_failed,
            "num_boxes": sum(len(each.scores) for each in searched.found),
            **searched.settings,
            **curve_as_json(curve),
            "eleven_point_precision": number(curve.average_precision_11_point),
            "coco": {key: number(value) for key, value in coco_figures._asdict().items()},
            "true_positive_rate": {
                str(limit): number(curve.recall_at(limit)) for limit in _NUMS_FALSE_POSITIVES
            },
            "recall_by_height": heights_as_json(bins),
        }
        write_json(out / "results.json", results)
    tables = (_table(curve, coco_figures), by_height(bins), summary(len(data.names), searched))
    if not write_stdout("\n".join(tables)) or searched.num_failed:
        raise typer.Exit(1)


def _table(curve: Curve, coco_figures: CocoSummary) -> str:
    rows = [
        ("VOC, AP over all points", percent(curve.average_precision)),
        ("VOC, AP over 11 points", percent(curve.average_precision_11_point)),
        *((text, percent(getattr(coco_figures, key))) for key, text in _COCO_NAMES.items()),
    ]
    total = int(curve.num_false_positives[-1])
    for limit in _NUMS_FALSE_POSITIVES:
        if limit < total:
            rows.append((f"recall with {limit} false positives", percent(curve.recall_at(limit))))
    rows.append((f"recall with all boxes, {total} false positives", percent(curve.highest_recall)))
    return plain_table((count(curve.num_faces, "face"), ""), rows)
