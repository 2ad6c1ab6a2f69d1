"""A page for the browser that shows the faces of many photos."""

from ..results.photo import Photo as ReportedPhoto
from ..results.reading import TableError, read_results
from .page import Summary, write_report

__all__ = ["ReportedPhoto", "Summary", "TableError", "read_results", "write_report"]
