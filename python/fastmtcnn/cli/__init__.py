"""The command line: photos in; a table, JSON and annotated copies out."""

from .commands import app, main

__all__ = ["app", "main"]
