"""What was done to a PDF file after it was signed, and whether the signature allows it.

ISO 32000-2 §12.8.2: later revisions may fill in forms, sign again, add timestamps and evidence,
as far as a certification (DocMDP) or a lock on fields (FieldMDP) does not forbid it. Everything
else makes the shown document another one than the signed one.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import process_data_at_eof
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, SuspiciousModification
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm

from jpki.errors import JpkiError
from jpki.validation.claim import Problem, Severity
from jpki.validation.formats.pdf.bounded import BoundedReader, entry
from jpki.validation.formats.pdf.fields import SignedField

__all__ = ["Changes", "Permissions", "changes_since", "permissions_of", "revision_is_whole"]

_EOF = b"%%EOF"
_EOF_WITHIN = 64
_WHITE = b"\x00\t\n\f\r "
_STEP = "content"


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a signature lets later revisions do. ``document`` is the DocMDP level, 1 to 3."""

    document: int | None = None
    fields: FieldMDPSpec | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What later revisions did: the form fields changed, or the problem."""

    fields: tuple[str, ...] = ()
    problem: Problem | None = None


def permissions_of(signed: SignedField) -> Permissions:
    """Return the DocMDP and FieldMDP rules of a signature, or of the lock on its field.

    Of several DocMDP rules the strictest counts (ISO 32000-2 table 257; without a level it is 2).
    """
    levels: list[int] = []
    locks: list[FieldMDPSpec] = []
    for reference in entry(signed.dictionary, "/Reference", ()):
        rule = reference.get_object()
        parameters = entry(rule, "/TransformParams", generic.DictionaryObject())
        match str(entry(rule, "/TransformMethod")):
            case "/DocMDP":
                levels.append(_level(parameters))
            case "/FieldMDP":
                locks.append(FieldMDPSpec.from_pdf_object(parameters))
    lock = entry(signed.field, "/Lock")
    if isinstance(lock, generic.DictionaryObject):
        if "/P" in lock:
            levels.append(_level(lock))
        if not locks:
            locks.append(FieldMDPSpec.from_pdf_object(lock))
    if len(locks) > 1:
        raise PdfReadError("a signature has two locks on fields")
    return Permissions(min(levels, default=None), locks[0] if locks else None)


def _level(parameters: generic.DictionaryObject) -> int:
    return int(MDPPerm(entry(parameters, "/P", MDPPerm.FILL_FORMS.value)).value)


def revision_is_whole(reader: BoundedReader, data: bytes, revision: int, end: int) -> bool:
    """Return whether the bytes up to ``end`` are all of the revisions up to this one.

    The end must be an end-of-file mark behind the very table that this revision is read by, and no
    table of it or of an earlier revision may lie behind it.
    """
    if not data[max(0, end - _EOF_WITHIN) : end].rstrip(_WHITE).endswith(_EOF):
        return False
    reader.stream.seek(end)
    try:
        found = process_data_at_eof(reader.stream)
    except PdfReadError:
        return False
    tables = [reader.xrefs.get_xref_container_info(one) for one in range(revision + 1)]
    return found == reader.xrefs.get_startxref_for_revision(revision) and all(
        table.end_location <= end for table in tables
    )


def changes_since(
    reader: BoundedReader, data: bytes, revision: int, permissions: Permissions
) -> Changes:
    """Judge what the revisions after ``revision`` did to the document."""
    if data[data.rfind(_EOF) + len(_EOF) :].strip(_WHITE):
        return Changes(problem=Problem(_STEP, "content.pdf-tail"))
    level = None if permissions.document is None else MDPPerm(permissions.document)
    allowed = MDPPerm.FILL_FORMS.value if permissions.document is None else permissions.document
    signed = reader.get_historical_resolver(revision)
    changed: set[str] = set()
    for later in range(revision + 1, reader.xrefs.total_revisions):
        facts = {"revision": str(later)}
        reader.meter.spend(len(reader.xrefs.explicit_refs_in_revision(later)))
        try:
            found = DEFAULT_DIFF_POLICY.apply(
                signed, reader.get_historical_resolver(later), permissions.fields, level
            )
        except SuspiciousModification:
            return Changes(problem=Problem(_STEP, "content.pdf-changed", facts))
        except (JpkiError, RecursionError):
            raise
        except Exception:
            # A revision that the comparison stumbles over was neither allowed nor forbidden.
            return Changes(
                problem=Problem(_STEP, "content.pdf-unread", facts, Severity.INDETERMINATE)
            )
        if found.modification_level.value > allowed:
            facts["level"] = str(allowed)
            return Changes(problem=Problem(_STEP, "content.pdf-not-permitted", facts))
        changed |= found.changed_form_fields
    return Changes(fields=tuple(sorted(str(name) for name in changed)))
