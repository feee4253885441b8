"""The command ``jpki-sim``: parse, call, print. Nothing is decided here."""

from __future__ import annotations

import sys
from importlib.util import find_spec

__all__ = ["main"]


def main() -> None:
    """Run the command line; say which extra is missing when it cannot be run."""
    if not all(map(find_spec, ("Crypto", "sqlalchemy", "typer", "rich"))):
        sys.stderr.write("The simulator is not installed. Run: pip install 'jpki[simulator]'\n")
        raise SystemExit(2)
    from simulator.cli.app import app

    app(prog_name="jpki-sim")
