"""Paths as text in files of results, from which every file is found again."""

from __future__ import annotations

import os
from urllib.parse import quote, unquote_to_bytes

_SCHEME = "file:"


def text_of(path: str) -> str:
    """Return a path as text that every program can read: valid Unicode.

    Parameters
    ----------
    path : str
        Any path. If its bytes are not valid UTF-8, the text is a relative or absolute URI
        reference: ``file:`` and the path with percent-encoded bytes. So it is if the path begins
        with ``file:`` itself. Otherwise the text is the path.
    """
    if not path.startswith(_SCHEME) and _is_unicode(path):
        return path
    return _SCHEME + quote(os.fsencode(path))


def path_of(text: str) -> str:
    """Return the path that a text stands for: the inverse of `text_of`.

    Parameters
    ----------
    text : str
        Text that `text_of` returned.
    """
    if not text.startswith(_SCHEME):
        return text
    return os.fsdecode(unquote_to_bytes(text.removeprefix(_SCHEME)))


def _is_unicode(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
