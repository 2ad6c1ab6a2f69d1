"""Non-maximum suppression with torchvision's signature and arithmetic."""

from importlib import import_module
from typing import Any

from .greedy import suppress

torch: Any = import_module("torch")


def batched_nms(boxes: Any, scores: Any, idxs: Any, iou_threshold: float) -> Any:  # noqa: ANN401
    """Keep the best of boxes that overlap, group by group.

    Parameters
    ----------
    boxes : Tensor of float32, shape (n, 4)
        x1, y1, x2, y2.
    scores : Tensor of float32, shape (n,)
        Higher is better.
    idxs : Tensor of int64, shape (n,)
        The group of each box.
    iou_threshold : float
        Intersection over union above which the box with the lower score goes.

    Returns
    -------
    Tensor of int64
        Indices of the boxes that stay, highest score first.
    """
    if len(boxes) == 0:
        return torch.empty(0, dtype=torch.int64)
    offsets = idxs.to(boxes) * (boxes.max() + 1)  # torchvision's own way to keep groups apart
    order = torch.sort(scores, descending=True, stable=True).indices
    apart = (boxes + offsets[:, None])[order]
    return order[torch.from_numpy(suppress(apart.numpy(), iou_threshold))]
