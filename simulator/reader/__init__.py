"""Readers for simulated cards: a PC/SC service with a virtual reader that no network can reach."""

from simulator.reader.private import (
    READER_NAME,
    InsertedCard,
    PrivateReader,
    exposed_listeners,
    plug,
    stop_on_signals,
)

__all__ = [
    "READER_NAME",
    "InsertedCard",
    "PrivateReader",
    "exposed_listeners",
    "plug",
    "stop_on_signals",
]
