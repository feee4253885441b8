"""The entries of a revocation list: what one says, and how they are read one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from jpki.certificates import der
from jpki.certificates.der import Document, Element
from jpki.certificates.structure import ExtensionId, read_extension_list
from jpki.terms import RevocationReason

__all__ = [
    "LONGEST_SERIAL",
    "NAMED_TWICE",
    "REASON_CODES",
    "REMOVE_FROM_CRL",
    "EntryReader",
    "ReadEntry",
    "RevokedEntry",
]

REMOVE_FROM_CRL: Final = 8
REASON_CODES: Final = frozenset({0, 1, 2, 3, 4, 5, 6, REMOVE_FROM_CRL, 9, 10})
"""RFC 5280 §5.3.1; 7 is not used."""
LONGEST_SERIAL: Final = 20
"""RFC 5280 §4.1.2.2: no serial number has more octets."""
NAMED_TWICE: Final = "the same certificate for the second time"
_MOST_FORMS: Final = 256
"""How many endings of an entry are remembered: an honest list has about as many as reasons."""


@dataclass(frozen=True, slots=True)
class RevokedEntry:
    """What a list says of one certificate.

    ``reason_code`` is what is written, ``None`` when nothing is; ``reason`` is the same as one of
    the reasons JPKI uses, ``None`` for the codes it does not use (8, 9, 10).
    """

    recorded_at: datetime
    reason_code: int | None = None

    @property
    def reason(self) -> RevocationReason | None:
        """The reason, when it is one that JPKI uses."""
        return _REASONS.get(self.reason_code)

    @property
    def is_hold(self) -> bool:
        """Whether the certificate is held (一時停止) rather than revoked for good."""
        return self.reason_code == RevocationReason.CERTIFICATE_HOLD


_REASONS: Final[Mapping[int | None, RevocationReason]] = {
    reason.value: reason for reason in RevocationReason
}


class ReadEntry(NamedTuple):
    """One entry as read: the certificate, what is said of it, and the bytes behind the date."""

    serial: int
    entry: RevokedEntry
    after: bytes


class EntryReader:
    """The entries while they are read.

    Lists are long and their entries alike, so what follows the date is decoded once for each form
    it comes in; an entry of a form not met before is read in full.
    """

    def __init__(self, *, is_delta: bool) -> None:
        self.found: dict[int, RevokedEntry] = {}
        self.unknown_critical: set[str] = set()
        self._is_delta = is_delta
        self._codes: dict[bytes, int | None] = {}

    def read(self, listed: Element) -> None:
        """Read every entry of the list once, front to back."""
        document, at, end = listed.document, listed.content, listed.end
        if at == end:
            raise listed.malformed("an empty list of entries, which RFC 5280 leaves out")
        while at < end:
            at = self._quickly(document, at, end) or self._in_full(document.element_at(at, end))

    def _quickly(self, document: Document, at: int, limit: int) -> int | None:
        """Read an entry whose form is known, and return where it ends."""
        data = document.data
        if at + 4 > limit or data[at] != der.SEQUENCE or data[at + 2] != der.INTEGER:
            return None
        end, dated = at + 2 + data[at + 1], at + 4 + data[at + 3]
        if end > limit or data[at + 1] >= 0x80 or dated + 15 > end:
            return None
        after = data[dated + 15 : end]
        recorded_at = der.utc_time(data[dated : dated + 15])
        digits = data[at + 4 : dated]
        if recorded_at is None or after not in self._codes or not _plain_serial(digits):
            return None
        serial = int.from_bytes(digits, "big")
        self._keep(serial, RevokedEntry(recorded_at, self._codes[after]), document, at)
        return end

    def _in_full(self, element: Element) -> int:
        read = self.read_one(element)
        if len(self._codes) < _MOST_FORMS:
            self._codes[read.after] = read.entry.reason_code
        self._keep(read.serial, read.entry, element.document, element.start)
        return element.end

    def read_one(self, element: Element) -> ReadEntry:
        """Read one entry in full and keep nothing but the extensions that are not known."""
        fields = element.fields("an entry")
        digits = fields.take(der.INTEGER, "its serial number")
        serial = digits.as_integer("a serial number")
        if len(digits.value) > LONGEST_SERIAL:
            raise digits.malformed("a serial number longer than 20 octets")
        date = fields.take_any("its date")
        recorded_at = date.as_time("the date of an entry")
        extensions = fields.take_if(der.SEQUENCE)
        fields.end()
        code = self._reason_code(extensions)
        after = element.document.data[date.end : element.end]
        return ReadEntry(serial, RevokedEntry(recorded_at, code), after)

    def _reason_code(self, listed: Element | None) -> int | None:
        if listed is None:
            return None
        extensions = read_extension_list(listed, "an entry's extensions")
        self.unknown_critical.update(
            one.oid
            for one in extensions
            if one.critical and one.oid not in (ExtensionId.REASON_CODE, _INVALIDITY_DATE)
        )
        for one in extensions:
            if one.oid == ExtensionId.REASON_CODE:
                return self._checked_code(one.octets.inner())
        return None

    def _checked_code(self, element: Element) -> int:
        code = element.as_integer("a reason", tag=der.ENUMERATED)
        if code not in REASON_CODES:
            raise element.malformed("a reason that RFC 5280 does not have")
        if code == REMOVE_FROM_CRL and not self._is_delta:
            raise element.malformed("removeFromCRL in a list that is complete")
        return code

    def _keep(self, serial: int, entry: RevokedEntry, document: Document, at: int) -> None:
        if serial in self.found:
            raise document.malformed(NAMED_TWICE, at)
        self.found[serial] = entry


_INVALIDITY_DATE = "2.5.29.24"


def _plain_serial(digits: bytes) -> bool:
    """Whether this is a positive INTEGER of ordinary length in its shortest form."""
    if not 0 < len(digits) <= LONGEST_SERIAL or digits[0] >= 0x80:
        return False
    return digits[0] != 0 or (len(digits) > 1 and digits[1] >= 0x80)
