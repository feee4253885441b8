"""A world on disk: one SQLite file, or a PostgreSQL database by URL."""

from simulator.store.engine import Location, is_url, told
from simulator.store.notes import Notes
from simulator.store.side_tables import Row, SideTables
from simulator.store.store import Store
from simulator.store.tables import FORMAT
from simulator.store.version import FileVersion

__all__ = [
    "FORMAT",
    "FileVersion",
    "Location",
    "Notes",
    "Row",
    "SideTables",
    "Store",
    "is_url",
    "told",
]
