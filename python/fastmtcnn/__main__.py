"""The command ``fastmtcnn``, also as ``python -m fastmtcnn``."""

from __future__ import annotations

import sys

from .extras import how_to_get
from .runtime.interrupts import interrupt_status, raise_interrupts


def main() -> None:
    """Run the command line, or say how to get what it needs."""
    raise_interrupts()
    try:
        from . import cli

        cli.main()
    except KeyboardInterrupt:
        sys.exit(interrupt_status())
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in ("typer", "rich"):
            raise
        sys.exit(
            f"fastmtcnn: the command line needs {package}, which is not installed; "
            f"{how_to_get('cli')}"
        )


if __name__ == "__main__":
    main()
