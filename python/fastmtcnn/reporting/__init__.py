"""A page for the browser that shows what was found in many photos."""

from ..results.reading import TableError, read_results
from .page import Summary, write_report
from .photos import ReportedPhoto

__all__ = ["ReportedPhoto", "Summary", "TableError", "read_results", "write_report"]
