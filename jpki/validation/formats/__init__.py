"""Readers of signature formats: bytes in, a :class:`~jpki.validation.claim.SignedDocument` out."""
