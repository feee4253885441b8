"""Under which path what is published lies, and where to ask about a certificate.

The certificates name their lists by a directory name, without a host, and a responder that does not
exist, as the real ones name a responder that answers nobody but verifiers. So the way from a
certificate to an address is a convention of the simulator.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from jpki.life import Authority, CertificateRecord
from jpki.terms import CertificateKind, Purpose
from simulator.agency.issue import ProfileOptions
from simulator.agency.publication.office import ListKey
from simulator.municipalities import municipalities, municipality

__all__ = [
    "PURPOSE_WORDS",
    "Addresses",
    "authority_path",
    "list_key",
    "list_path",
    "list_template",
    "purpose_of",
    "serving_profile",
]

PURPOSE_WORDS: Final = {Purpose.SIGNATURE: "sign", Purpose.USER_AUTHENTICATION: "auth"}
"""The two purposes as paths have them."""

_PURPOSES: Final = {word: purpose for purpose, word in PURPOSE_WORDS.items()}
_CODE: Final = re.compile(r"[0-9]{5}")


def purpose_of(word: str) -> Purpose | None:
    """Return the purpose that a path names."""
    return _PURPOSES.get(word)


def list_path(key: ListKey) -> str:
    """Return the path of a list, such as ``/crl/sign/3/13113.crl``; an ARL's is ``/arl/…``."""
    word = PURPOSE_WORDS[key.authority.purpose]
    if key.municipality is None:
        return f"/arl/{word}/{key.authority.generation}.crl"
    return f"/crl/{word}/{key.authority.generation}/{key.municipality}.crl"


def list_key(authority: Authority, name: str, prefecture: str = "") -> ListKey | None:
    """Return which list a path names, by code or by prefecture and name in romaji."""
    if not prefecture:
        known = _CODE.fullmatch(name) is not None and name in municipalities()
        return ListKey(authority, name) if known else None
    for code, place in municipalities().items():
        if (place.prefecture, place.name) == (prefecture, name):
            return ListKey(authority, code)
    return None


def list_template(base: str, authority: Authority) -> str:
    """Return where an authority's lists are, for :class:`jpki.revocation.http.HttpSource`."""
    word = PURPOSE_WORDS[authority.purpose]
    return f"{base}/crl/{word}/{authority.generation}/{{prefecture}}/{{municipality}}.crl"


def authority_path(authority: Authority, suffix: str = "cer") -> str:
    """Return the path of an authority's certificate: ``cer`` in DER, ``pem`` in PEM."""
    return f"/ca/{PURPOSE_WORDS[authority.purpose]}/{authority.generation}.{suffix}"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where to ask about one certificate: its list, its authority's list, and the responder."""

    serial: int
    purpose: str
    generation: int
    municipality: str
    municipality_name: str
    crl: str
    ocsp: str
    authority: str
    authority_pem: str
    arl: str

    @classmethod
    def of(cls, record: CertificateRecord, base: str = "") -> Addresses:
        """Return the addresses for a certificate on record, under a base such as a host's."""
        return cls(
            record.serial,
            PURPOSE_WORDS[record.authority.purpose],
            record.authority.generation,
            record.municipality,
            municipality(record.municipality).name,
            base + list_path(ListKey(record.authority, record.municipality)),
            f"{base}/ocsp",
            base + authority_path(record.authority),
            base + authority_path(record.authority, "pem"),
            base + list_path(ListKey(record.authority)),
        )


def serving_profile(base: str, options: ProfileOptions | None = None) -> ProfileOptions:
    """Return a profile whose certificates name the responder that runs at ``base``.

    **Not like the real profile**: of the real certificates only those for user authentication name
    a responder, and another one. The list stays a directory name, since a reader of JPKI's profile
    refuses any other.
    """
    return replace(
        options or ProfileOptions(),
        ocsp_urls=dict.fromkeys(CertificateKind, f"{base}/ocsp"),
    )
