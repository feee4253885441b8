"""The authorities of a night, in a form that is handed to other processes."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from jpki.certificates import parse_authority
from jpki.errors import KeyUnavailable
from jpki.life import Authority
from simulator.agency.agency import GENERATIONS, Generation
from simulator.agency.authority import SimulatedAuthority, create_authority
from simulator.agency.nightly.work import PURPOSES, Night
from simulator.agency.publication import PublicationOptions
from simulator.agency.publish import Edition
from simulator.keys import KeySource

__all__ = ["Signer", "signers_of"]


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """An authority: its certificate, its key (PKCS #8), and the edition of the night's lists."""

    authority: Authority
    certificate: bytes
    key: bytes
    edition: Edition

    def __repr__(self) -> str:
        return f"<Signer {self.authority}>"

    def simulated(self) -> SimulatedAuthority:
        """Return the authority, ready to sign."""
        # Its primes were checked where the key comes from; it takes a while.
        key = load_der_private_key(self.key, None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, RSAPrivateKey):
            raise KeyUnavailable("an authority signs with RSA")
        certificate = parse_authority(self.certificate)
        return SimulatedAuthority(self.authority.generation, key, certificate)


def signers_of(night: Night, keys: KeySource, options: PublicationOptions) -> tuple[Signer, ...]:
    """Return the authorities of a night in the order of its lists."""
    known = {one.number: one for one in GENERATIONS}
    return tuple(
        _signer(known[number], Authority(purpose, number), night, keys, options)
        for number in night.generations
        for purpose in PURPOSES
    )


def _signer(
    generation: Generation,
    authority: Authority,
    night: Night,
    keys: KeySource,
    options: PublicationOptions,
) -> Signer:
    made = create_authority(
        authority.purpose,
        generation=generation.number,
        keys=keys,
        at=generation.begins_at,
        serial=generation.serials[authority.purpose],
    )
    key = made.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    edition = options.edition(night.made, begins_at=generation.begins_at)
    return Signer(authority, made.certificate.der, key, edition)
