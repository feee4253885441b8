"""Signatures in columns, verdicts out: the pure function that every engine runs.

Columns in: ``signature`` (binary), and as far as there are any ``content`` or ``digest`` (binary),
``certificate`` (binary), ``at`` (timestamp) and ``id`` (any type, handed through). A row with a
``certificate`` is a bare RSA value, one without is a CMS, PDF or XML file: see
:class:`~jpki.batch.judge.Row`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Final

from jpki.batch.absence import microseconds
from jpki.batch.answer import Answer
from jpki.batch.arrow import pa
from jpki.batch.judge import Judge
from jpki.batch.settings import BatchSettings
from jpki.errors import MalformedDocument
from jpki.validation import Verdict

__all__ = ["ANSWERS", "answer_schema", "check_columns", "validate"]

_INSTANT: Final = pa.timestamp("us", tz="UTC")

ANSWERS: Final = pa.schema(
    [
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("step", pa.int8(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("kind", pa.string()),
        pa.field("serial", pa.int64()),
        pa.field("not_before", _INSTANT),
        pa.field("not_after", _INSTANT),
        pa.field("judged_at", _INSTANT, nullable=False),
        pa.field("revoked_at", _INSTANT),
        pa.field("revocation_reason", pa.string()),
    ]
)
"""The columns of the answer, after ``id``."""

_ATTRIBUTES: Final = pa.schema(
    [
        pa.field("name", pa.string()),
        pa.field("birth_date", pa.date32()),
        pa.field("sex", pa.string()),
        pa.field("address", pa.string()),
    ]
)
_JUDGED_AT: Final = ANSWERS.get_field_index("judged_at")
_BYTES: Final = frozenset({"signature", "content", "digest", "certificate"})
_AT_ONCE: Final = 64
_TAKEN: Final = (*sorted(_BYTES), "at", "id")


def answer_schema(question: pa.Schema, settings: BatchSettings) -> pa.Schema:
    """Return the schema of the answers to a table of this schema."""
    fields = [question.field("id")] if "id" in question.names else []
    more = _ATTRIBUTES if settings.attributes else ()
    return pa.schema([*fields, *ANSWERS, *more])


def check_columns(question: pa.Schema, settings: BatchSettings, *, source: str) -> None:
    """Raise ``MalformedDocument`` when a table cannot be a question: which column, and why."""

    def wrong(message: str, hint: str) -> MalformedDocument:
        return MalformedDocument(message, source=source, hint=hint)

    for name in question.names:
        if name not in _TAKEN:
            hint = f"the columns are {', '.join(_TAKEN)}; rename or drop it"
            raise wrong(f"there is a column {name[:40]!r} that means nothing here", hint)
        if question.names.count(name) > 1:
            raise wrong(f"the column {name} is there twice", "drop one of them")
    for name in _BYTES.intersection(question.names):
        kind = question.field(name).type
        if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
            raise wrong(f"the column {name} is of type {kind}", "make it binary: raw bytes")
    if "signature" not in question.names:
        raise wrong("there is no column signature", "give one signature a row, as bytes")
    if "at" in question.names:
        kind = question.field("at").type
        if not pa.types.is_timestamp(kind) or kind.tz is None:
            raise wrong(f"the column at is of type {kind}", "make it a timestamp with a time zone")
    elif settings.at is None:
        raise wrong("there is no column at", "give the instant of reception a row, or one for all")


def validate(question: pa.RecordBatch, judge: Judge, settings: BatchSettings) -> pa.RecordBatch:
    """Return the verdict on each row, in the rows' order.

    ``judge`` is one made by ``settings``; it remembers forms from batch to batch. Raises
    ``MalformedDocument`` for columns that are no question, and nothing for what is in a row.
    """
    check_columns(question.schema, settings, source="the batch")
    default = 0 if settings.at is None else microseconds(settings.at)
    answers: list[Answer] = []
    instants: list[int] = []
    for signature, content, digest, certificate, at in _rows(question, settings):
        if signature is None or at is None:
            answers.append(_NO_ROW)
            instants.append(default)
        else:
            answers.append(judge.judge(signature, content, digest, certificate, at))
            instants.append(at)
    columns: list[pa.Array] = [question.column("id")] if "id" in question.schema.names else []
    columns += _columns(answers, instants, settings)
    return pa.record_batch(columns, schema=answer_schema(question.schema, settings))


# A row without a signature, or without an instant, is no question.
_NO_ROW: Final = Answer(Verdict.INDETERMINATE, 1, "structure.no-question")


_Cell = bytes | None


def _rows(
    question: pa.RecordBatch, settings: BatchSettings
) -> Iterator[tuple[_Cell, _Cell, _Cell, _Cell, int | None]]:
    """Yield the rows one by one, so that what is judged has just been read."""

    def column(name: str) -> Iterator[_Cell]:
        if name in question.schema.names:
            return _values(question.column(name))
        return repeat(None, question.num_rows)

    return zip(
        column("signature"),
        column("content"),
        column("digest"),
        column("certificate"),
        _instants(question, settings),
        strict=True,
    )


def _values(column: pa.Array) -> Iterator[bytes | None]:
    """Yield the values of a column, a few read at once: all at once would be far from the cache."""
    for first in range(0, len(column), _AT_ONCE):
        yield from column.slice(first, _AT_ONCE).to_pylist()


def _instants(question: pa.RecordBatch, settings: BatchSettings) -> Sequence[int | None]:
    default = None if settings.at is None else microseconds(settings.at)
    if "at" not in question.schema.names:
        return [default] * question.num_rows
    given = question.column("at").cast(_INSTANT, safe=False).cast(pa.int64()).to_pylist()
    return [default if at is None else at for at in given]


def _columns(
    answers: Sequence[Answer], instants: list[int], settings: BatchSettings
) -> list[pa.Array]:
    values = [list(column) for column in zip(*answers, strict=True)] or [[]] * len(Answer._fields)
    items = values.pop()
    values.insert(_JUDGED_AT, instants)
    fields = [*ANSWERS]
    if settings.attributes:
        fields += _ATTRIBUTES
        values += [[None if one is None else one[place] for one in items] for place in range(4)]
    return [pa.array(column, field.type) for column, field in zip(values, fields, strict=True)]
