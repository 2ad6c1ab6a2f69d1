"""``fastmtcnn evaluate widerface``: average precision by the protocol of WIDER FACE."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from ....evaluation import read_widerface, recall_by_height, widerface_curve
from ....evaluation.figures import precision_recall_figure, save_figure
from ...messages import write_stdout
from ...numbers import number, number_from_0
from ...options import DetectorOptions, takes_detector_options
from ...text_tables import plain_table
from .group import Out, PredictionFolder, Quiet, Subset, evaluate, evaluating, listed, prepare
from .output import (
    by_height,
    curve_as_json,
    heights_as_json,
    percent,
    summary,
    write_json,
)
from .searching import boxes_in


@evaluate.command()
@takes_detector_options
def widerface(
    detector_options: DetectorOptions,
    root: Annotated[
        Path,
        typer.Argument(
            metavar="ROOT",
            help="Folder with WIDER_val/images and wider_face_split/wider_face_val_bbx_gt.txt, or "
            "images and bbx_gt.txt; with ground_truth or eval_tools/ground_truth, easy, "
            "medium and hard faces are evaluated apart.",
            show_default=False,
        ),
    ],
    split: Annotated[
        str, typer.Option(metavar="NAME", help="Split, which replaces val in these names.")
    ] = "val",
    ground_truth: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder with wider_face_val.mat and the lists of easy, medium and hard faces, if "
            "it is elsewhere.",
            show_default=False,
        ),
    ] = None,
    subset: Subset = None,
    min_height: Annotated[
        float,
        typer.Option(
            parser=number_from_0, metavar="N", help="Ignore faces of a smaller height, in pixels."
        ),
    ] = 0.0,
    max_height: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="N",
            help="Ignore faces of this height or more, in pixels.",
            show_default=False,
        ),
    ] = None,
    predictions: PredictionFolder = None,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Measure the average precision on WIDER FACE, by its protocol.

    A box that matches an ignored face counts neither as a true nor as a false positive. Any other
    box that matches no face, or a face that was matched before, is a false positive.

    Exit status: 0; 1 if something could not be read or written; 2 if the command is wrong; 130 if
    it was interrupted.
    """
    if max_height is not None and not min_height < max_height < math.inf:
        raise typer.BadParameter(
            f"must be a finite number above {min_height:g}, got {max_height:g}",
            param_hint="--max-height",
        )
    with evaluating():
        prepare(out)
        data = read_widerface(root, split, ground_truth=ground_truth)
        title = "WIDER FACE" + (f", {data.split}" if data.split else "")
        names = listed(subset)
        if names is not None:
            data = data.subset(names)
        searched = boxes_in(data.names, data.paths, detector_options, predictions, out, quiet)
        below = math.inf if max_height is None else max_height
        truth = {
            level: data.truth(level, min_height=min_height, max_height=below)
            for level in data.levels
        }
        curves = {level: widerface_curve(faces, searched.found) for level, faces in truth.items()}
        bins = recall_by_height(truth[list(truth)[-1]], searched.found)  # the most faces
        if out is not None:
            save_figure(precision_recall_figure(curves, title), out / "curve")
            results = {
                "protocol": "WIDER FACE",
                "split": data.split,
                "subset": None if subset is None else str(subset),
                "min_height": min_height,
                "max_height": max_height,
                "num_images": len(data.names),
                "num_failed": searched.num_failed,
                "num_boxes": sum(len(each.scores) for each in searched.found),
                **searched.settings,
                "levels": {level: curve_as_json(curve) for level, curve in curves.items()},
                "recall_by_height": heights_as_json(bins),
            }
            write_json(out / "results.json", results)
    rows = [
        (
            level,
            percent(curve.average_precision),
            percent(curve.highest_recall),
            str(curve.num_faces),
            str(curve.num_false_positives[-1]),
        )
        for level, curve in curves.items()
    ]
    text = plain_table(("faces", "AP", "recall", "number", "false positives"), rows)
    text += f"\n{by_height(bins)}\n{summary(len(data.names), searched)}"
    if not write_stdout(text) or searched.num_failed:
        raise typer.Exit(1)
