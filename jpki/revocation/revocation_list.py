"""Certificate revocation lists (失効情報ファイル in technical dress) as values (RFC 5280 §5).

A list is read once, from front to back, and its entries end up in one mapping; that of a large
ward can have 100,000 of them. JPKI does not publish its list profile, so everything RFC 5280 allows
is read, and whoever decides about a certificate has to look at ``unknown_critical_extensions``,
``is_delta`` and ``distribution_point`` before relying on a list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.certificates import der
from jpki.certificates.der import Element
from jpki.certificates.structure import (
    SHA256_WITH_RSA,
    ExtensionId,
    GeneralName,
    GeneralNameForm,
    RawExtension,
    read_authority_key_identifier,
    read_extensions,
    read_names_inside,
)
from jpki.errors import DeltaDoesNotFit, MalformedRevocationList
from jpki.revocation.delta import why_not_continued
from jpki.revocation.entries import (
    LONGEST_SERIAL,
    REMOVE_FROM_CRL,
    EntryReader,
    RevokedEntry,
)

__all__ = [
    "LONGEST_LIST",
    "REMOVE_FROM_CRL",
    "HasRsaKey",
    "IssuingDistributionPoint",
    "ListFrame",
    "RevocationList",
    "RevokedEntry",
    "open_revocation_list",
    "parse_revocation_list",
    "read_revocation_list",
]

LONGEST_LIST: Final = 64 * 2**20
"""Bytes; the list of the largest ward is reckoned to have some four million (C)."""


class HasRsaKey(Protocol):
    """Whoever may have signed a list: an authority's certificate, or an issuer as read from one."""

    @property
    def public_key(self) -> RSAPublicKey:
        """The key that signs."""


@dataclass(frozen=True, slots=True)
class IssuingDistributionPoint:
    """Which certificates a list speaks of (RFC 5280 §5.2.5).

    ``directory_names`` are DER names; ``uris`` and ``other_forms`` are there so that a name of a
    form JPKI does not use is seen and not taken for no name.
    """

    directory_names: tuple[bytes, ...] = ()
    uris: tuple[str, ...] = ()
    other_forms: bool = False
    only_user_certificates: bool = False
    only_authority_certificates: bool = False
    only_attribute_certificates: bool = False
    only_some_reasons: bool = False
    indirect: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class RevocationList:
    """One signed list. Two of them are equal when the same bytes carry the same signature.

    ``entries`` maps issue numbers to what is said of them. ``unknown_critical_extensions`` names
    what was not understood and may not be ignored, in the list or in any of its entries.
    ``delta_base`` is the number of the list that a delta continues. ``delta`` is there when a delta
    was applied to this list; the signature and its digest are then still those of the base.
    """

    issuer: bytes = field(compare=False)
    this_update: datetime = field(compare=False)
    next_update: datetime = field(compare=False)
    crl_number: int | None = field(compare=False)
    authority_key_id: bytes | None = field(compare=False)
    distribution_point: IssuingDistributionPoint | None = field(compare=False)
    entries: Mapping[int, RevokedEntry] = field(compare=False)
    unknown_critical_extensions: tuple[str, ...] = field(compare=False)
    is_delta: bool = field(compare=False)
    algorithm: bytes = field(compare=False)
    signature: bytes
    tbs_digest: bytes
    fingerprint_sha256: bytes = field(compare=False)
    delta_base: int | None = field(default=None, compare=False)
    delta: RevocationList | None = None

    def __repr__(self) -> str:
        return (
            f"<RevocationList number {self.crl_number} of {self.this_update:%Y-%m-%dT%H:%M:%SZ}, "
            f"{len(self.entries)} entries>"
        )

    @property
    def issuing_distribution_point(self) -> bytes | None:
        """The DER of the one directory name the list hangs under; ``None`` when there is none."""
        point = self.distribution_point
        if point is None or len(point.directory_names) != 1:
            return None
        return point.directory_names[0]

    @property
    def fingerprints(self) -> tuple[bytes, ...]:
        """The SHA-256 of every file this list is made of: itself, and the delta if there is one."""
        return (self.fingerprint_sha256, *(self.delta.fingerprints if self.delta else ()))

    def signed_by(self, authority: HasRsaKey) -> bool:
        """Tell whether the authority's key signed this list (RSASSA-PKCS1-v1_5 with SHA-256).

        The digest was taken from the bytes as they came; nothing is encoded again. Of a list with a
        delta both have to be signed.
        """
        if self.algorithm != SHA256_WITH_RSA:
            return False
        try:
            authority.public_key.verify(
                self.signature, self.tbs_digest, PKCS1v15(), Prehashed(SHA256())
            )
        except InvalidSignature:
            return False
        return self.delta is None or self.delta.signed_by(authority)

    def with_delta(self, delta: RevocationList) -> RevocationList:
        """Return this list brought up to date by a delta list (RFC 5280 §5.2.4, §6.3.3).

        Raises ``DeltaDoesNotFit`` unless the delta continues exactly this list. Nothing is verified
        here: ``signed_by`` of the result asks for both signatures. removeFromCRL takes a hold away
        and nothing else, because a revocation once recorded is final.
        """
        reason = why_not_continued(self, delta)
        if reason is not None:
            raise DeltaDoesNotFit(reason)
        entries = dict(self.entries)
        for serial, entry in delta.entries.items():
            known = entries.get(serial)
            if known is not None and not known.is_hold:
                continue
            if entry.reason_code == REMOVE_FROM_CRL:
                entries.pop(serial, None)
            else:
                entries[serial] = entry
        return replace(
            self,
            this_update=delta.this_update,
            next_update=delta.next_update,
            crl_number=delta.crl_number,
            entries=MappingProxyType(entries),
            unknown_critical_extensions=(
                *self.unknown_critical_extensions,
                *delta.unknown_critical_extensions,
            ),
            delta=delta,
        )


def parse_revocation_list(
    data: bytes, *, source: str = "", longest: int = LONGEST_LIST
) -> RevocationList:
    """Parse a version 2 list, DER or one PEM block, in time and memory proportional to its size.

    Raises ``MalformedRevocationList``. A list without next update is refused (RFC 5280 §5.1.2.5),
    and so is one that names a certificate twice or, being complete, says removeFromCRL, or one of
    more than ``longest`` bytes: an entry takes about ten times as much memory as in the file.
    """
    return read_revocation_list(data, source=source, longest=longest, any_time_form=False)


def read_revocation_list(
    data: bytes, *, source: str = "", longest: int = LONGEST_LIST, any_time_form: bool = True
) -> RevocationList:
    """Parse a list of any authority, whose times may be GeneralizedTime in any year.

    Everything else is as in ``parse_revocation_list``, which is the one for JPKI's lists.
    """
    if len(data) > longest:
        raise MalformedRevocationList(
            f"{len(data)} bytes, where a list may have {longest}", source=source, offset=longest
        )
    data = der.from_pem(data, label="X509 CRL", error=MalformedRevocationList, source=source)
    whole = der.open_document(
        data, error=MalformedRevocationList, source=source, any_time_form=any_time_form
    )
    frame = open_revocation_list(whole)
    entries = EntryReader(is_delta=frame.is_delta)
    if frame.listed is not None:
        entries.read(frame.listed)
    tbs, content = frame.tbs, memoryview(whole.document.data)
    return RevocationList(
        issuer=frame.issuer,
        this_update=frame.this_update,
        next_update=frame.next_update,
        crl_number=frame.crl_number,
        authority_key_id=frame.authority_key_id,
        distribution_point=frame.distribution_point,
        entries=MappingProxyType(entries.found),
        unknown_critical_extensions=(
            *frame.unknown_critical_extensions,
            *sorted(entries.unknown_critical),
        ),
        is_delta=frame.is_delta,
        algorithm=frame.algorithm,
        signature=frame.signature,
        tbs_digest=hashlib.sha256(content[tbs.start : tbs.end]).digest(),
        fingerprint_sha256=hashlib.sha256(content).digest(),
        delta_base=frame.delta_base,
    )


@dataclass(frozen=True, slots=True)
class ListFrame:
    """Everything of a list but its entries, which lie unread in ``listed``, if there are any.

    ``tbs`` is the part that is signed; its place in the data is what a digest is taken of.
    """

    tbs: Element
    algorithm: bytes
    signature: bytes
    issuer: bytes
    this_update: datetime
    next_update: datetime
    listed: Element | None
    crl_number: int | None
    authority_key_id: bytes | None
    distribution_point: IssuingDistributionPoint | None
    unknown_critical_extensions: tuple[str, ...]
    is_delta: bool
    delta_base: int | None


def open_revocation_list(whole: Element) -> ListFrame:
    """Read the one element that a list is, except for its entries.

    Raises ``MalformedRevocationList`` for whatever is wrong outside of them.
    """
    outer = whole.fields("a revocation list")
    tbs = outer.take(der.SEQUENCE, "the part that is signed")
    algorithm = outer.take(der.SEQUENCE, "the signature algorithm")
    signature = outer.take(der.BIT_STRING, "the signature").as_bits("the signature")
    outer.end()
    fields = tbs.fields("the part that is signed")
    if fields.take(der.INTEGER, "the version").as_integer("the version") != 1:
        raise tbs.malformed("not a version 2 list")
    if fields.take(der.SEQUENCE, "the signature algorithm").der != algorithm.der:
        raise algorithm.malformed("another signature algorithm than the signed part names")
    issuer = fields.take(der.SEQUENCE, "the issuer")
    this_update = fields.take_any("thisUpdate").as_time("thisUpdate")
    next_update = fields.take_any("nextUpdate").as_time("nextUpdate")
    listed = fields.take_if(der.SEQUENCE)
    extensions = read_extensions(fields.take_if(0xA0), "the list's extensions")
    fields.end()
    if next_update < this_update:
        raise tbs.malformed("nextUpdate lies before thisUpdate")
    by_oid = {one.oid: one for one in extensions}
    return ListFrame(
        tbs=tbs,
        algorithm=algorithm.der,
        signature=signature,
        issuer=issuer.der,
        this_update=this_update,
        next_update=next_update,
        listed=listed,
        crl_number=_crl_number(by_oid.get(ExtensionId.CRL_NUMBER)),
        authority_key_id=_authority_key_id(by_oid.get(ExtensionId.AUTHORITY_KEY_IDENTIFIER)),
        distribution_point=_distribution_point(by_oid.get(ExtensionId.ISSUING_DISTRIBUTION_POINT)),
        unknown_critical_extensions=tuple(
            one.oid for one in extensions if one.critical and one.oid not in _KNOWN
        ),
        is_delta=ExtensionId.DELTA_CRL_INDICATOR in by_oid,
        delta_base=_crl_number(by_oid.get(ExtensionId.DELTA_CRL_INDICATOR)),
    )


_KNOWN = frozenset(
    {
        ExtensionId.AUTHORITY_KEY_IDENTIFIER,
        ExtensionId.CRL_NUMBER,
        ExtensionId.DELTA_CRL_INDICATOR,
        ExtensionId.ISSUING_DISTRIBUTION_POINT,
    }
)


def _crl_number(extension: RawExtension | None) -> int | None:
    if extension is None:
        return None
    element = extension.octets.inner()
    number = element.as_integer("the list's number")
    if number < 0 or len(element.value) > LONGEST_SERIAL:
        raise element.malformed("a list number that is negative or longer than 20 octets")
    return number


def _authority_key_id(extension: RawExtension | None) -> bytes | None:
    if extension is None:
        return None
    return read_authority_key_identifier(extension.octets.inner()).key_identifier


def _distribution_point(extension: RawExtension | None) -> IssuingDistributionPoint | None:
    if extension is None:
        return None
    element = extension.octets.inner()
    fields = element.fields("the issuing distribution point")
    where = fields.take_if(0xA0)
    flags = {number: fields.take_if(0x80 | number) for number in range(1, 6)}
    if flags[3] is not None:
        flags[3].as_flags("onlySomeReasons", tag=0x83)
    fields.end()
    if element.content == element.end:
        raise element.malformed("an issuing distribution point that says nothing")
    # RFC 5280 §5.2.5: at most one of the three may be TRUE.
    if sum(_flag(flags[number]) for number in (1, 2, 5)) > 1:
        raise element.malformed("a list said to hold only one kind of certificate, and another")
    names, relative = _point_names(where)
    directories = GeneralNameForm.DIRECTORY_NAME
    uris = [one for one in names if one.form is GeneralNameForm.URI]
    return IssuingDistributionPoint(
        directory_names=tuple(one.element.der for one in names if one.form is directories),
        uris=tuple(one.text("an address of the distribution point") for one in uris),
        other_forms=relative
        or any(one.form not in (directories, GeneralNameForm.URI) for one in names),
        only_user_certificates=_flag(flags[1]),
        only_authority_certificates=_flag(flags[2]),
        only_some_reasons=flags[3] is not None,
        indirect=_flag(flags[4]),
        only_attribute_certificates=_flag(flags[5]),
    )


def _point_names(where: Element | None) -> tuple[tuple[GeneralName, ...], bool]:
    if where is None:
        return (), False
    name = where.only_child("distribution point name")
    if name.tag == 0xA0:
        return read_names_inside(name), False
    return (), True


def _flag(element: Element | None) -> bool:
    if element is None:
        return False
    if element.value != b"\xff":
        raise element.malformed("a flag that is not TRUE, which DER leaves out")
    return True
