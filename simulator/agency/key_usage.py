"""What a key of the simulated state's smaller authorities may be used for (RFC 5280 §4.2.1.3)."""

from __future__ import annotations

from cryptography import x509

__all__ = ["key_usage"]


def key_usage(*, certifies: bool) -> x509.KeyUsage:
    """Return the extension of one who signs certificates and lists, or else of one who signs."""
    return x509.KeyUsage(
        digital_signature=not certifies,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certifies,
        crl_sign=certifies,
        encipher_only=False,
        decipher_only=False,
    )
