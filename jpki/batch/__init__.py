"""Validation of very many signatures: the same verdicts as one by one, by columns.

* :func:`verify_batch` judges a Parquet file or a folder of signed files, with several processes,
  and can be resumed after a kill.
* :func:`validate` judges one record batch; it is what distributed engines run.
* :class:`BatchSettings` is what both are asked with: plain values that can be sent anywhere.

Needs the extra ``scale``.
"""

from jpki.batch.run import BatchSummary, verify_batch
from jpki.batch.settings import BatchSettings
from jpki.batch.table import ANSWERS, answer_schema, check_columns, validate

__all__ = [
    "ANSWERS",
    "BatchSettings",
    "BatchSummary",
    "answer_schema",
    "check_columns",
    "validate",
    "verify_batch",
]
