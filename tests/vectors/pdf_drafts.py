"""PDF signatures put together by hand, so that single bytes of them can be wrong on purpose.

The digest is made over whatever the ByteRange says, and the signature over that is right: a vector
is refused for its shape or not at all.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.certificates import BasicAttributes
from jpki.cms import assemble_detached, signed_attributes
from jpki.terms import CertificateKind, Purpose, Sex
from simulator.agency.authority import create_authority
from simulator.agency.issue import Issuance, issue_signature_certificate
from simulator.agency.publish import Edition, build_revocation_list
from simulator.keys import KeyDirectory, SeededKeys
from simulator.municipalities import municipality
from simulator.pdf_contract import contract_objects, pdf_file, pdf_revision

CREATED = datetime(2023, 7, 16, 1, 0, 0, tzinfo=UTC)
ISSUED = datetime(2024, 3, 10, 1, 0, 0, tzinfo=UTC)
LAST_DAY = date(2028, 9, 15)
SIGNED = datetime(2026, 8, 1, 3, 0, 0, tzinfo=UTC)
LISTED = datetime(2026, 7, 31, 20, 0, 0, tzinfo=UTC)
SHIBUYA = municipality("13113")
LINES = ("売買契約書（模擬）", "代金 100円")

PAGE, CONTENT, FORM, AMOUNT, SIGNATURE, FIELD = 3, 4, 8, 9, 20, 21
_RANGE_WIDTH = 80
_VALUE_BYTES = 4096

TEXT_FIELD = (
    b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (%s) "
    b"/Rect [72 600 200 620] /P 3 0 R /F 4 /DA (/F1 12 Tf 0 g) >>"
)


class Keys:
    """A simulated authority, a card's certificate and key, and an empty revocation list."""

    def __init__(self, cache: Path | None = None) -> None:
        keys = SeededKeys("pdf vectors", cache=KeyDirectory(cache) if cache else None)
        self._key = keys.rsa("holder")
        self.root = create_authority(Purpose.SIGNATURE, generation=1, keys=keys, at=CREATED)
        self.certificate = issue_signature_certificate(
            self.root,
            Issuance(
                CertificateKind.CARD_SIGNATURE,
                100,
                "2024031010000012345678901234",
                self._key.public_key(),
                SHIBUYA,
                ISSUED,
                LAST_DAY,
            ),
            attributes=BasicAttributes.of(
                name="模擬　花子",
                birth_date=date(1990, 9, 15),
                sex=Sex.FEMALE,
                address="東京都渋谷区模擬町１－２－３",
            ),
        )
        self.revocation_list = build_revocation_list(
            self.root,
            {},
            edition=Edition(1, LISTED, LISTED + timedelta(hours=48)),
            municipality=SHIBUYA,
        )

    @property
    def key(self) -> object:
        """The holder's private key."""
        return self._key

    def sign_sha256(self, digest: bytes) -> bytes:
        """Sign as a card does."""
        return self._key.sign(digest, PKCS1v15(), Prehashed(SHA256()))

    def cms(self, digest: bytes, *, claimed: datetime | None = SIGNED) -> bytes:
        """Return a detached CMS over a digest."""
        attributes = signed_attributes(
            content_digest=digest, certificate=self.certificate, signing_time=claimed
        )
        return assemble_detached(
            attributes=attributes,
            certificate=self.certificate,
            signature=self.sign_sha256(hashlib.sha256(attributes).digest()),
        )


@dataclass(frozen=True)
class Gap:
    """Where the value stands in a file: ``data[start:stop]`` is ``<…>``."""

    start: int
    stop: int
    end: int


Numbers = tuple[int, ...]


def right(gap: Gap) -> Numbers:
    """Return the ByteRange as it should be."""
    return (0, gap.start, gap.stop, gap.end - gap.stop)


@dataclass(frozen=True)
class Draft:
    """A signature to be made. What is not said is right.

    ``numbers`` is the ByteRange; ``written`` its text, when that differs; ``entry`` the whole entry
    in the dictionary. ``value`` turns the CMS into what stands between the brackets.
    """

    numbers: Callable[[Gap], Numbers] = right
    written: Callable[[Gap], bytes] | None = None
    range_entry: bytes = b"/ByteRange [@]"
    contents_entry: bytes = b"/Contents <#>"
    subfilter: bytes = b"/SubFilter /adbe.pkcs7.detached"
    entries: bytes = b""
    field_entries: bytes = b""
    value: Callable[[bytes], bytes] = lambda cms: cms.hex().encode("ascii")
    cms: Callable[[Keys, bytes], bytes] = lambda keys, digest: keys.cms(digest)
    width: int = 2 * _VALUE_BYTES
    time: bytes = b"D:20260801120000+09'00'"
    more: Mapping[int, bytes] | None = None


def base_objects() -> dict[int, bytes]:
    """Return the contract with a text field in its form."""
    objects = contract_objects(LINES)
    objects[PAGE] = objects[PAGE].replace(b"/Annots []", b"/Annots [9 0 R]")
    objects[FORM] = b"<< /Fields [9 0 R] /DA (/F1 12 Tf 0 g) >>"
    objects[AMOUNT] = TEXT_FIELD % b"100"
    return objects


def base_pdf() -> bytes:
    """Return the file before anybody signs it."""
    return pdf_file(base_objects())


def table_of(data: bytes) -> int:
    """Return where the last table of a file begins."""
    return int(re.findall(rb"startxref\s+(\d+)", data)[-1])


def append(data: bytes, objects: Mapping[int, bytes], extra: bytes = b"") -> bytes:
    """Return the file with a revision appended that holds these objects."""
    return pdf_revision(data, objects, extra=extra, previous=table_of(data))


def sign(keys: Keys, draft: Draft | None = None, *, before: bytes | None = None) -> bytes:
    """Return the contract with a signature as drafted, in a revision of its own."""
    draft = draft or Draft()
    base = base_pdf() if before is None else before
    blank = b" " * _RANGE_WIDTH
    dictionary = b"<< /Type /Sig /Filter /Adobe.PPKLite %s %s %s /M (%s) %s >>"
    page, form = base_objects()[PAGE], base_objects()[FORM]
    unsigned = append(
        base,
        {
            PAGE: page.replace(b"[9 0 R]", b"[9 0 R 21 0 R]"),
            FORM: form.replace(b"[9 0 R]", b"[9 0 R 21 0 R]").replace(b"/DA", b"/SigFlags 3 /DA"),
            SIGNATURE: dictionary
            % (
                draft.subfilter,
                draft.range_entry.replace(b"@", blank),
                draft.contents_entry.replace(b"#", b"0" * draft.width),
                draft.time,
                draft.entries,
            ),
            FIELD: b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (signature) /V 20 0 R "
            b"/Rect [0 0 0 0] /P 3 0 R /F 132 %s >>" % draft.field_entries,
            **(draft.more or {}),
        },
    )
    return _filled(keys, draft, unsigned, len(base))


def _filled(keys: Keys, draft: Draft, unsigned: bytes, since: int) -> bytes:
    data = bytearray(unsigned)
    start = data.find(b"0" * draft.width, since) - 1 if draft.width else len(data) // 2
    gap = Gap(start, start + draft.width + 2, len(data))
    numbers = draft.numbers(gap)
    text = draft.written(gap) if draft.written else b" ".join(b"%d" % one for one in numbers)
    if b"@" in draft.range_entry:
        at = data.find(b" " * _RANGE_WIDTH, since)
        data[at : at + len(text)] = text
    covered = b"".join(
        bytes(data[max(0, first) : max(0, first) + max(0, length)])
        for first, length in zip(numbers[::2], numbers[1::2], strict=False)
    )
    value = draft.value(draft.cms(keys, hashlib.sha256(covered).digest()))
    assert len(value) <= draft.width or not draft.width
    if draft.width:
        data[start + 1 : start + 1 + len(value)] = value
    return bytes(data)


Make = Callable[[Keys], bytes]


class Vectors:
    """Vectors by name, each with the function that makes it."""

    def __init__(self) -> None:
        self.by_name: dict[str, Make] = {}

    def vector(self, make: Make) -> Make:
        """Add a vector under its function's name."""
        self.by_name[make.__name__.replace("_", "-")] = make
        return make

    def drafted(self, name: str, draft: Draft) -> None:
        """Add a vector that differs from a good one in its draft."""
        self.by_name[name] = lambda keys: sign(keys, draft)
