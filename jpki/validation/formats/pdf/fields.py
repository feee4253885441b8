"""Which signatures a PDF file has or had: every signature field, in every revision."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pyhanko.pdf_utils import generic
from pyhanko.sign.fields import enumerate_sig_fields

from jpki.validation.formats.pdf.bounded import BoundedReader, entry

__all__ = ["SignedField", "empty_fields", "signed_fields", "stray_signatures"]

_Key = tuple[int, int]
_BYTE_RANGE = re.compile(rb"/ByteRange[\x00\t\n\f\r ]*\[")
_USAGE_RIGHTS = ("/UR", "/UR3")


@dataclass(frozen=True, slots=True)
class SignedField:
    """A signature field with a value, as it stands in the last revision that has it.

    ``at`` is the offset of the signature dictionary's object, or ``None`` when it has no place of
    its own in the file. ``removed`` says that later revisions no longer have it.
    """

    name: str
    field: generic.DictionaryObject
    dictionary: generic.DictionaryObject
    key: _Key
    revision: int
    at: int | None
    removed: bool = False


def signed_fields(reader: BoundedReader) -> tuple[SignedField, ...]:
    """Return the signed fields of all revisions, in the order in which they were signed."""
    last = reader.xrefs.total_revisions - 1
    found = {(one.name, one.key): one for one in _signed_in(reader, last)}
    for revision in reversed(range(last)):
        for one in _signed_in(reader, revision):
            found.setdefault((one.name, one.key), replace(one, removed=True))
    if len(found) > reader.meter.limits.fields:
        raise reader.meter.refusal(f"more than {reader.meter.limits.fields} signature fields")
    return tuple(sorted(found.values(), key=lambda one: (one.revision, one.at or 0)))


def empty_fields(reader: BoundedReader) -> tuple[str, ...]:
    """Return the names of the signature fields that nobody has signed."""
    return tuple(str(name) for name, _, _ in enumerate_sig_fields(reader, filled_status=False))


def stray_signatures(
    reader: BoundedReader, data: bytes, known: tuple[SignedField, ...]
) -> Iterator[_Key]:
    """Yield signature dictionaries that no field of the form leads to.

    Usage rights, which some programs write beside the form (ISO 32000-2 §12.8.6), are no
    signatures of a person and are left out.
    """
    seen = {one.key for one in known} | _usage_rights(reader)
    places = _places(reader)
    offsets = [at for at, _, _ in places]
    for hit in _BYTE_RANGE.finditer(data):
        reader.meter.spend(1)
        index = bisect.bisect_right(offsets, hit.start()) - 1
        if index < 0:
            continue
        _, key, revision = places[index]
        if key in seen:
            continue
        seen.add(key)
        value = reader.get_object(generic.Reference(*key, reader), revision)
        if _is_signature(value):
            yield key


def _signed_in(reader: BoundedReader, revision: int) -> Iterator[SignedField]:
    handler = reader.get_historical_resolver(revision)
    for name, _, field_ref in enumerate_sig_fields(handler, filled_status=True):
        field = field_ref.get_object()
        value = field.raw_get("/V")
        dictionary = value.get_object()
        if not isinstance(dictionary, generic.DictionaryObject):
            continue
        if isinstance(value, generic.IndirectObject):
            reference = generic.Reference(value.idnum, value.generation, reader)
            signed_in = reader.xrefs.get_last_change(reference)
            place = reader.xrefs.get_historical_ref(reference, revision)
            at = place if isinstance(place, int) else None
        else:
            reference, signed_in, at = field_ref.reference, revision, None
        yield SignedField(
            name=str(name),
            field=field,
            dictionary=dictionary,
            key=(reference.idnum, reference.generation),
            revision=min(signed_in, revision),
            at=at,
        )


def _usage_rights(reader: BoundedReader) -> set[_Key]:
    permissions = entry(reader.root, "/Perms")
    if not isinstance(permissions, generic.DictionaryObject):
        return set()
    values = [permissions.raw_get(name) for name in _USAGE_RIGHTS if name in permissions]
    return {(v.idnum, v.generation) for v in values if isinstance(v, generic.IndirectObject)}


def _places(reader: BoundedReader) -> list[tuple[int, _Key, int]]:
    """Return where every object of every revision begins."""
    return sorted(
        (offset, (number, generation), revision)
        for revision in range(reader.xrefs.total_revisions)
        for number, (generation, offset) in reader.xrefs.get_xref_data(
            revision
        ).standard_xrefs.items()
    )


def _is_signature(value: object) -> bool:
    return (
        isinstance(value, generic.DictionaryObject)
        and not isinstance(value, generic.StreamObject)
        and "/ByteRange" in value
        and "/Contents" in value
    )
