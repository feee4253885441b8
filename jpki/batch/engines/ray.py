"""A batch as a Ray Data dataset (extra ``ray``)."""

from __future__ import annotations

from jpki.batch.settings import BatchSettings
from jpki.batch.validator import Validator
from jpki.errors import MissingExtra

try:
    from ray.data import Dataset
except ImportError as error:  # ray.data asks for pandas, too
    raise MissingExtra(error.name or "ray", extra="ray") from error

__all__ = ["verify_dataset"]

_ROWS = 4096


def verify_dataset(questions: Dataset, settings: BatchSettings) -> Dataset:
    """Return the dataset of verdicts; Ray computes it when it is written or read."""
    settings.check()
    return questions.map_batches(
        Validator(settings), batch_format="pyarrow", batch_size=_ROWS, zero_copy_batch=True
    )
