"""The one place where pyarrow is imported, so that whoever lacks it is told what to install."""

from __future__ import annotations

from jpki.errors import MissingExtra

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as error:
    raise MissingExtra("pyarrow", extra="scale") from error

__all__ = ["pa", "pq"]
