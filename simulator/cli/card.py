"""``jpki-sim card``: simulated cards in real readers."""

from __future__ import annotations

import typer

__all__ = ["card_app"]

card_app = typer.Typer(no_args_is_help=True, help="Simulated cards in real readers.")
