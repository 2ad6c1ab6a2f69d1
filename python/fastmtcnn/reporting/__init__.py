"""A page for the browser that shows what was found in many photos."""

from .page import Summary, write_report
from .photos import ReportedPhoto
from .results import TableError, read_results

__all__ = ["ReportedPhoto", "Summary", "TableError", "read_results", "write_report"]
