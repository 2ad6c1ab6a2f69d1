"""What is known of models that a user passes."""

from __future__ import annotations

from typing import Any

from ..networks.loading import Models, network_loader

_CPU = ("CPUExecutionProvider",)


def describe_models(models: Models) -> list[dict[str, Any]]:
    """Open models on the CPU, and return what a detector would use of them.

    Fast twins are looked for as the engine onnxruntime does.

    Parameters
    ----------
    models : str, path-like or mapping
        As for `fastmtcnn.MTCNN`.

    Returns
    -------
    list of dict
        JSON values for each network: ``"network"``; ``"file"``, the path of the model that is used,
        or the name of a shipped file, None for a model from memory; ``"is_fast_twin"``, whether it
        was made from the plain file beside it; ``"runs_natively"``, whether the native engine can
        run the plain file; and what the model states: ``"architecture"``, ``"window"`` and
        ``"stride"`` in pixels, ``"crop_scale"``, the side of a crop relative to that of the box,
        and ``"threshold"``. None stands for what P-Net and the defaults of the variant leave open.

    Raises
    ------
    ModelError, OSError, TypeError, ValueError
        As from `fastmtcnn.MTCNN`.
    """
    engines = [network.engine for network in network_loader(models, _CPU, (), "auto").get()]
    networks = network_loader(models, _CPU, ()).get()
    return [
        {
            "network": network.role.title,
            "file": network.file,
            "is_fast_twin": network.metadata.plain_sha256 is not None,
            "runs_natively": engine == "native",
            "architecture": network.metadata.architecture,
            "window": network.window or None,
            "stride": network.stride or None,
            "crop_scale": network.crop_scale,
            "threshold": network.threshold,
        }
        for network, engine in zip(networks, engines, strict=True)
    ]
