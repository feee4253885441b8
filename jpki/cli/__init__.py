"""The command ``jpki``: parse, call, print. Nothing is decided here."""

from __future__ import annotations

import sys
from importlib.util import find_spec

__all__ = ["main"]


def main() -> None:
    """Run the command line; say which extra is missing when it cannot be run."""
    if not all(map(find_spec, ("typer", "rich"))):
        sys.stderr.write("The command line is not installed. Run: pip install 'jpki[cli]'\n")
        raise SystemExit(2)
    from jpki.cli.app import app

    app(prog_name="jpki")
