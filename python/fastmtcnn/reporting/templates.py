"""Templates of pages that need no network, and into which no text can bring elements."""

from __future__ import annotations

import base64
import hashlib
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING

from ..errors import printable
from ..extras import importing

if TYPE_CHECKING:
    import jinja2


def make_environment(package: str, *, extra: str) -> jinja2.Environment:
    """Return an environment that finds the templates of a package.

    All values are escaped, control characters and undecodable bytes replaced, and unknown names
    are errors.

    Parameters
    ----------
    package : str
        Name of the package in whose folder the templates are.
    extra : str
        The extra that brings Jinja2.

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.
    """
    with importing(extra):
        import jinja2
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(partial(read_source, package)),
        autoescape=True,
        finalize=_printable_value,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def read_source(package: str, name: str) -> str:
    """Return the content of a template, style or script in the folder of a package."""
    return (resources.files(package) / name).read_text(encoding="utf-8")


def content_hash(text: str) -> str:
    """Return the hash of a style or script for the content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _printable_value(value: object) -> object:
    return printable(value) if type(value) is str else value
