"""Readers for simulated cards: a PC/SC service with virtual readers that no network can reach."""

from simulator.reader.background import BackgroundReader
from simulator.reader.plugging import PluggedCard, plug, stop_on_signals, system_slot
from simulator.reader.private import (
    READER_NAME,
    SOCKET_VARIABLE,
    InsertedCard,
    PrivateReader,
    exposed_listeners,
    reader_name,
)
from simulator.reader.state import ReaderRecord, StateFolder

__all__ = [
    "READER_NAME",
    "SOCKET_VARIABLE",
    "BackgroundReader",
    "InsertedCard",
    "PluggedCard",
    "PrivateReader",
    "ReaderRecord",
    "StateFolder",
    "exposed_listeners",
    "plug",
    "reader_name",
    "stop_on_signals",
    "system_slot",
]
