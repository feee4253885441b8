"""A record and its presentation (ISO/IEC 18013-5 §8.3.2.1.2 and §9.1.2), read and written.

A value reads itself completely or not at all. Names and values of items never show in a ``repr``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from jpki.errors import MalformedMdoc
from jpki.mdoc.cbor import DateAndTime, Embedded, FullDate, Limits, decode, encode
from jpki.mdoc.cose import Sign1, key_map, read_key
from jpki.mdoc.session import SessionTranscript
from jpki.mdoc.shape import as_kind, instant, member, optional, wrong_shape

__all__ = [
    "DIGESTS",
    "DOC_TYPE",
    "ITEMS_OF_JAPAN",
    "ITEMS_OF_MANY",
    "Item",
    "ItemValue",
    "Presentation",
    "SecurityObject",
    "SignedRecord",
    "device_signed_bytes",
]

DOC_TYPE: Final = "org.iso.23220.1.jp.mnc"
"""The document type of the My Number card's record (B: document types of two platforms)."""
ITEMS_OF_JAPAN: Final = "org.iso.23220.1.jp"
"""The namespace of the items that only Japan has (B)."""
ITEMS_OF_MANY: Final = "org.iso.23220.1"
"""The namespace of the items that identity documents share (B)."""

DIGESTS: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType(
    {
        "SHA-256": lambda data: hashlib.sha256(data).digest(),
        "SHA-384": lambda data: hashlib.sha384(data).digest(),
        "SHA-512": lambda data: hashlib.sha512(data).digest(),
    }
)
"""The digests of ISO/IEC 18013-5 §9.1.2.5."""

_VERSION: Final = "1.0"
_OK: Final = 0
_SHORTEST_SALT: Final = 16  # ISO/IEC 18013-5 §9.1.2.5

ItemValue = str | int | bool | bytes | FullDate
"""What an item of a record may be; the records of other countries have nested ones, too."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item with its salt. ``content`` is the item as it came, ``None`` for one made here."""

    namespace: str
    digest_id: int
    name: str
    salt: bytes = field(repr=False)
    value: object = field(repr=False)
    content: bytes | None = field(repr=False, default=None)

    @classmethod
    def of(cls, namespace: str, value: object, where: str) -> Self:
        """Read an embedded item."""
        content = as_kind(value, Embedded, where).content
        table = as_kind(decode(content, source=where), dict, where)
        if "elementValue" not in table:
            raise wrong_shape("'elementValue' is missing", where)
        return cls(
            namespace=namespace,
            digest_id=member(table, "digestID", int, where),
            name=member(table, "elementIdentifier", str, where),
            salt=member(table, "random", bytes, where),
            value=table["elementValue"],
            content=content,
        )

    @property
    def stored(self) -> bytes:
        """The bytes that the digest is of: the item, embedded (ISO/IEC 18013-5 §9.1.2.5)."""
        return encode(self.embedded)

    @property
    def embedded(self) -> Embedded:
        """The item, to be encoded."""
        if self.content is not None:
            return Embedded(self.content)
        return Embedded(
            encode(
                {
                    "digestID": self.digest_id,
                    "random": self.salt,
                    "elementIdentifier": self.name,
                    "elementValue": self.value,
                }
            )
        )


@dataclass(frozen=True, slots=True)
class SecurityObject:
    """The mobile security object (§9.1.2.4): digests, device key, document type and validity."""

    digest_name: str
    digests: Mapping[str, Mapping[int, bytes]]
    device_key: EllipticCurvePublicKey
    doc_type: str
    signed_at: datetime
    valid_from: datetime
    valid_until: datetime
    names_a_status: bool = False

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read what the issuer has signed; ``MalformedMdoc`` when it is no security object."""
        where = "security object"
        content = as_kind(decode(payload, source=where), Embedded, where).content
        table = as_kind(decode(content, source=where), dict, where)
        version = member(table, "version", str, where)
        if not version.startswith("1."):
            raise wrong_shape("this version is not read", f"{where}.version")
        key_info = member(table, "deviceKeyInfo", dict, where)
        validity = member(table, "validityInfo", dict, where)
        return cls(
            digest_name=member(table, "digestAlgorithm", str, where),
            digests=_digests(member(table, "valueDigests", dict, where), f"{where}.valueDigests"),
            device_key=read_key(
                member(key_info, "deviceKey", dict, f"{where}.deviceKeyInfo"),
                f"{where}.deviceKeyInfo.deviceKey",
            ),
            doc_type=member(table, "docType", str, where),
            signed_at=instant(validity, "signed", f"{where}.validityInfo"),
            valid_from=instant(validity, "validFrom", f"{where}.validityInfo"),
            valid_until=instant(validity, "validUntil", f"{where}.validityInfo"),
            names_a_status="status" in table,
        )

    def to_bytes(self) -> bytes:
        """Return what the issuer signs."""
        table = {
            "version": _VERSION,
            "digestAlgorithm": self.digest_name,
            "valueDigests": {name: dict(each) for name, each in self.digests.items()},
            "deviceKeyInfo": {"deviceKey": key_map(self.device_key)},
            "docType": self.doc_type,
            "validityInfo": {
                "signed": _tdate(self.signed_at),
                "validFrom": _tdate(self.valid_from),
                "validUntil": _tdate(self.valid_until),
            },
        }
        return encode(Embedded(encode(table)))


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """What the issuer gave: items with their salts, and its signature over their digests."""

    items: tuple[Item, ...]
    issuer_auth: Sign1

    @classmethod
    def of(cls, value: object, where: str) -> Self:
        """Read a decoded record."""
        table = as_kind(value, dict, where)
        spaces = optional(table, "nameSpaces", dict, where) or {}
        items = tuple(
            Item.of(as_kind(name, str, where), each, f"{where}.nameSpaces")
            for name, listed in spaces.items()
            for each in as_kind(listed, list, f"{where}.nameSpaces")
        )
        if "issuerAuth" not in table:
            raise wrong_shape("'issuerAuth' is missing", where)
        return cls(items, Sign1.of(table["issuerAuth"], f"{where}.issuerAuth"))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a record as a wallet keeps it."""
        where = "record"
        return cls.of(decode(data, source=where), where)

    @property
    def value(self) -> dict[str, object]:
        """The record, to be encoded."""
        spaces: dict[str, list[Embedded]] = {}
        for item in self.items:
            spaces.setdefault(item.namespace, []).append(item.embedded)
        return {"nameSpaces": spaces, "issuerAuth": self.issuer_auth.value}

    def to_bytes(self) -> bytes:
        """Return the record as a wallet keeps it."""
        return encode(self.value)

    def only(self, wanted: Sequence[tuple[str, str]]) -> SignedRecord:
        """Return the record with only these items (namespace and name), in its own order."""
        chosen = set(wanted)
        shown = tuple(item for item in self.items if (item.namespace, item.name) in chosen)
        return SignedRecord(shown, self.issuer_auth)


@dataclass(frozen=True, slots=True)
class Presentation:
    """One record as a device presents it. ``device_auth`` is ``None`` for a message code.

    ``device_spaces`` are the items that the device adds by itself, as encoded; ours add none.
    """

    doc_type: str
    record: SignedRecord
    device_spaces: bytes
    device_auth: Sign1 | None

    @classmethod
    def parse(cls, data: bytes, *, limits: Limits | None = None) -> Self:
        """Read a device's answer (DeviceResponse) with one document.

        Raises ``MalformedMdoc`` when it is none, carries an error, or has several documents.
        """
        where = "response"
        table = as_kind(decode(data, source=where, limits=limits), dict, where)
        if member(table, "version", str, where) != _VERSION:
            raise wrong_shape("this version is not read", f"{where}.version")
        status = member(table, "status", int, where)
        if status != _OK:
            raise wrong_shape(f"the device answered with status {status}", f"{where}.status")
        documents = member(table, "documents", list, where)
        if len(documents) != 1:
            raise wrong_shape(f"{len(documents)} documents, not one", f"{where}.documents")
        return cls._of(as_kind(documents[0], dict, f"{where}.documents[0]"))

    @classmethod
    def _of(cls, table: Mapping[object, object]) -> Self:
        where = "document"
        device = member(table, "deviceSigned", dict, where)
        auth = member(device, "deviceAuth", dict, f"{where}.deviceSigned")
        if len(auth) != 1 or not auth.keys() <= {"deviceSignature", "deviceMac"}:
            raise wrong_shape(
                "there is not one device signature or message code", f"{where}.deviceAuth"
            )
        signed = auth.get("deviceSignature")
        if "issuerSigned" not in table:
            raise wrong_shape("'issuerSigned' is missing", where)
        return cls(
            doc_type=member(table, "docType", str, where),
            record=SignedRecord.of(table["issuerSigned"], "issuerSigned"),
            device_spaces=member(device, "nameSpaces", Embedded, f"{where}.deviceSigned").content,
            device_auth=(
                Sign1.of(signed, "deviceSignature") if "deviceSignature" in auth else None
            ),
        )

    @classmethod
    def made(
        cls,
        record: SignedRecord,
        doc_type: str,
        *,
        transcript: SessionTranscript,
        sign: Callable[[bytes], Sign1],
    ) -> Self:
        """Return a presentation in a session; ``sign`` is the device's, over what it is given."""
        spaces = encode({})
        return cls(
            doc_type, record, spaces, sign(device_signed_bytes(transcript, doc_type, spaces))
        )

    def to_bytes(self) -> bytes:
        """Return the device's answer; ``MalformedMdoc`` when the device has not signed."""
        if self.device_auth is None:
            raise MalformedMdoc("the device has not signed", problem="shape", source="document")
        document = {
            "docType": self.doc_type,
            "issuerSigned": self.record.value,
            "deviceSigned": {
                "nameSpaces": Embedded(self.device_spaces),
                "deviceAuth": {"deviceSignature": self.device_auth.value},
            },
        }
        return encode({"version": _VERSION, "documents": [document], "status": _OK})


def device_signed_bytes(
    transcript: SessionTranscript, doc_type: str, device_spaces: bytes
) -> bytes:
    """Return what the device signs (DeviceAuthenticationBytes, ISO/IEC 18013-5 §9.1.3.4)."""
    # The transcript goes in as it was encoded by whoever opened the session.
    head = b"\x84" + encode("DeviceAuthentication")
    tail = encode(doc_type) + encode(Embedded(device_spaces))
    return encode(Embedded(head + transcript.encoded + tail))


def _digests(table: Mapping[object, object], where: str) -> Mapping[str, Mapping[int, bytes]]:
    return {
        as_kind(name, str, where): {
            as_kind(number, int, where): as_kind(digest, bytes, where)
            for number, digest in as_kind(listed, dict, where).items()
        }
        for name, listed in table.items()
    }


def _tdate(at: datetime) -> DateAndTime:
    """Return an instant to the second; a fraction is cut off."""
    return DateAndTime(at.astimezone(UTC).replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ"))
