"""A batch as a Spark data frame (extra ``spark``; Spark itself needs Java 17 or later)."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from jpki.batch.arrow import pa
from jpki.batch.settings import BatchSettings
from jpki.batch.table import answer_schema
from jpki.batch.validator import Validator
from jpki.errors import MissingExtra

try:
    import pandas  # noqa: F401  # what mapInArrow asks for when it is called
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
except ImportError as error:
    raise MissingExtra(error.name or "pyspark", extra="spark") from error

__all__ = ["local_session", "verify_frame"]

_ROWS = "4096"


def local_session(processes: int) -> SparkSession:
    """Return a Spark session on this machine alone, which listens on the loopback address only.

    Raises ``MissingExtra`` when there is no Java.
    """
    home = os.environ.get("JAVA_HOME")
    if not (Path(home) / "bin" / "java").exists() if home else shutil.which("java") is None:
        raise MissingExtra("Java", extra="spark", hint=_JAVA)
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": _ROWS,
        "spark.sql.session.timeZone": "UTC",
    }
    # Spark asks nothing else for the Python of its workers, and would take the system's.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(f"local[{processes}]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


_JAVA = "install Java 17 or later (Debian: openjdk-17-jre-headless), or set JAVA_HOME"


def verify_frame(questions: DataFrame, settings: BatchSettings) -> DataFrame:
    """Return the data frame of verdicts; Spark computes it when it is written or read."""
    settings.check()
    judge = Validator(settings)

    def judged(pieces: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return map(judge, pieces)

    answers = answer_schema(to_arrow_schema(questions.schema), settings)
    return questions.mapInArrow(judged, from_arrow_schema(answers))
