"""The evidence that a PDF file carries for its signatures: the document security store.

ETSI EN 319 142-1 §5.4.2. It is material, trusted for nothing: certificates, revocation lists and
OCSP answers are judged by the numbered steps like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose

from jpki.validation.formats.pdf.bounded import BoundedReader, entry

__all__ = ["Evidence", "evidence_in"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """DER values, each once, in the order of the file."""

    certificates: tuple[bytes, ...] = ()
    revocation_lists: tuple[bytes, ...] = ()
    ocsp_responses: tuple[bytes, ...] = ()


# What the store calls them, what its entries for single signatures (VRI) call them.
_CERTIFICATES = ("/Certs", "/Cert", DecodePurpose.CERTIFICATE)
_LISTS = ("/CRLs", "/CRL", DecodePurpose.CRL)
_ANSWERS = ("/OCSPs", "/OCSP", DecodePurpose.OCSP_RESPONSE)


def evidence_in(reader: BoundedReader) -> Evidence:
    """Return the evidence of the file's last revision, empty without a security store."""
    store = entry(reader.root, "/DSS")
    if store is None:
        return Evidence()
    single = [one.get_object() for one in dict(entry(store, "/VRI", {})).values()]

    def values(kind: tuple[str, str, DecodePurpose]) -> tuple[bytes, ...]:
        whole, part, purpose = kind
        arrays = [entry(store, whole, ()), *(entry(one, part, ()) for one in single)]
        return tuple(dict.fromkeys(_streams(reader, arrays, purpose)))

    return Evidence(values(_CERTIFICATES), values(_LISTS), values(_ANSWERS))


def _streams(
    reader: BoundedReader, arrays: list[object], purpose: DecodePurpose
) -> Iterator[bytes]:
    left = reader.meter.limits.evidence
    for array in arrays:
        if not isinstance(array, list | tuple):
            raise TypeError
        for one in array:
            left -= 1
            if left < 0:
                raise reader.meter.refusal("too many pieces of evidence")
            value = one.get_object()
            if not isinstance(value, generic.StreamObject):
                raise TypeError
            yield value.read_data(purpose)
