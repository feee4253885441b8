"""A batch as a Spark data frame (extra ``spark``; Spark itself needs Java)."""

from __future__ import annotations

from collections.abc import Iterator

from jpki.batch.arrow import pa
from jpki.batch.settings import BatchSettings
from jpki.batch.table import answer_schema
from jpki.batch.validator import Validator
from jpki.errors import MissingExtra

try:
    from pyspark.sql import DataFrame
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
except ImportError as error:
    raise MissingExtra("pyspark", extra="spark") from error

__all__ = ["verify_frame"]


def verify_frame(questions: DataFrame, settings: BatchSettings) -> DataFrame:
    """Return the data frame of verdicts; Spark computes it when it is written or read."""
    judge = Validator(settings)

    def judged(pieces: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return map(judge, pieces)

    answers = answer_schema(to_arrow_schema(questions.schema), settings)
    return questions.mapInArrow(judged, from_arrow_schema(answers))
