"""Makes the pictures of the documentation anew: ``python docs/pictures [NAME ...]``.

Each other file of this folder makes some of them, by a function ``make(folder)``.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = sorted(path.stem for path in HERE.glob("*.py") if path != Path(__file__).resolve())


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="docs/pictures", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all")
    parser.add_argument("--folder", type=Path, default=HERE, help="where to; beside the scripts")
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.names or NAMES:
        importlib.import_module(name).make(options.folder)


if __name__ == "__main__":
    main()
