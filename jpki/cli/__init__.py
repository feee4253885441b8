"""The command ``jpki``: parse, call, print. Nothing is decided here."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; say which extra is missing when it cannot be run."""
    try:
        import typer  # noqa: F401
    except ModuleNotFoundError:
        sys.stderr.write("The command line is not installed. Run: pip install 'jpki[cli]'\n")
        raise SystemExit(2) from None
    from jpki.cli.app import app

    app(prog_name="jpki")
