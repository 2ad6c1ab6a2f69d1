"""``fastmtcnn info``: what is installed, and what of it would be used."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from ...diagnostics.information import information
from ...diagnostics.own_models import describe_models
from ...errors import printable
from ..app import app, usage_errors, work_errors
from ..messages import write_stdout


@app.command()
def info(
    as_json: Annotated[
        bool, typer.Option("--json", help="Write JSON to standard output, not a list.")
    ] = False,
    models: Annotated[
        str | None,
        typer.Option(
            "--models",
            metavar="DIR",
            help="Also show what a detector uses of this folder of models, and how.",
        ),
    ] = None,
) -> None:
    """Show versions, networks, providers, and what optional packages are missing.

    The sha256 of each network is compared with the one it had when it was released.
    """
    with work_errors():
        found = information()
        if models is not None:
            with usage_errors():
                found["own_models"] = describe_models(models)
    text = json.dumps(found, indent=2) if as_json else "\n".join(_lines(found))
    if not write_stdout(f"{text}\n"):
        raise typer.Exit(1)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    packages = [f"{name} {version}" for name, version in found["packages"].items()]
    networks = [f"{each['network']} {each['on_cpu']}" for each in found["networks"]]
    others = [each["elsewhere"] for each in found["networks"]]
    native = [each["native"] for each in found["networks"]]
    yield f"fastmtcnn  {found['fastmtcnn']}"
    yield f"python     {found['python']}, {found['platform']}"
    yield f"packages   {', '.join(packages)}"
    yield f"processor  {', '.join(found['cpu_targets'])}"
    yield f"threads    {found['threads']} by default"
    yield f"providers  {', '.join(found['providers'])}"
    yield f"networks   {', '.join(networks)}"
    yield f"           on other providers than the CPU {', '.join(others)}"
    yield f"engine     {found['engine']} by default"
    if found["native"] is None:
        yield "           native needs AVX2 with FMA, AVX-512 or NEON, which this processor lacks"
    else:
        yield f"           native: {found['native']}, runs {', '.join(native)}"
    yield "\nmodels"
    for model in found["models"]:
        size = "" if model["bytes"] is None else f"{model['bytes']:>9,} bytes"
        line = f"  {model['file']:21}  {model['state']:7}  {size:15}  {model['sha256'] or ''}"
        yield line.rstrip()
    if "own_models" in found:
        yield "\nown models"
        yield from map(_own_model, found["own_models"])
    yield "\nextras"
    for name, extra in found["extras"].items():
        versions = [f"{each} {version or 'missing'}" for each, version in extra["packages"].items()]
        purpose = f"{extra['purpose']}: " if extra["purpose"] else ""
        line = f"  {name:9}  {purpose}{', '.join(versions)}"
        yield line if extra["installed"] else f"{line}; get it with: {extra['install']}"


def _own_model(model: Mapping[str, Any]) -> str:
    parts = [f"  {model['network']}  {printable(str(model['file']))}"]
    parts.append("fast twin" if model["is_fast_twin"] else "plain file without a fast twin")
    parts.append("runs natively" if model["runs_natively"] else "not by the native engine")
    if model["architecture"] is not None:
        parts.append(f"architecture {printable(model['architecture'])}")
    if model["window"] is not None:
        parts.append(f"{model['window']} px")
    if model["stride"] is not None:
        parts.append(f"stride {model['stride']}")
    if model["crop_scale"] != 1:
        parts.append(f"crops of {model['crop_scale']:g} times the box")
    threshold = model["threshold"]
    parts.append("no threshold" if threshold is None else f"threshold {threshold:g}")
    return ", ".join(parts)
