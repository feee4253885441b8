"""The batch function as a value that can be sent to another process or machine."""

from __future__ import annotations

from dataclasses import dataclass

from jpki.batch.arrow import pa
from jpki.batch.judge import Judge
from jpki.batch.settings import BatchSettings
from jpki.batch.table import answer_schema, validate

__all__ = ["Validator"]

# One judge a process: what it learned of forms serves every batch that comes to this process.
_judges: dict[str, Judge] = {}


@dataclass(frozen=True, slots=True)
class Validator:
    """Judges a record batch, or a table of several; see :func:`~jpki.batch.table.validate`."""

    settings: BatchSettings

    def __call__(self, question: pa.RecordBatch | pa.Table) -> pa.RecordBatch | pa.Table:
        """Return the verdicts in the rows' order, as a table when a table was given."""
        if isinstance(question, pa.RecordBatch):
            return validate(question, self._judge(), self.settings)
        answers = [validate(piece, self._judge(), self.settings) for piece in question.to_batches()]
        return pa.Table.from_batches(answers, answer_schema(question.schema, self.settings))

    def _judge(self) -> Judge:
        key = self.settings.fingerprint  # another one once the index is replaced
        judge = _judges.get(key)
        if judge is None:
            _judges.clear()
            judge = _judges[key] = self.settings.judge()
        return judge
