"""signxml asked about the same signature: a second judge, whose disagreement is reported.

Nothing is believed because signxml says so. It is asked because two readers that were written
apart seldom make the same mistake.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from cryptography import x509
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.verifier import SignatureConfiguration, XMLVerifier

from jpki.validation.formats.xml.canonical import inherited
from jpki.validation.formats.xml.document import Document, Element, at_path
from jpki.validation.formats.xml.markup import SignatureMarkup
from jpki.validation.formats.xml.names import CANONICALIZATIONS, SHA1
from jpki.validation.formats.xml.references import Resolved, file_name
from jpki.validation.formats.xml.signed_info import SignedInfo

__all__ = ["abstains", "agrees"]

# At its finest level signxml logs all that it canonicalises, and people's names are in that.
logging.getLogger("signxml").setLevel(logging.INFO)

_C14N_10 = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_METHODS = frozenset({SignatureMethod.RSA_SHA256})
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})


def abstains(
    document: Document,
    markup: SignatureMarkup,
    info: SignedInfo,
    resolved: Iterable[Resolved],
) -> bool:
    """Say whether signxml is known to read such a signature differently from the standard.

    It writes parts without the ``xml:`` attributes of what is above them, and handles comments and
    the instructions around the root in its own way. With SHA-1 it is not asked at all.
    """
    if document.root.getprevious() is not None or document.root.getnext() is not None:
        return True
    if any(each.digest is SHA1 for each in info.references):
        return True
    methods = [info.method, *(each.canonical for each in info.references if each.canonical)]
    if any(method.comments for method in methods):
        return True
    taken = [markup.signed_info, *(one.target for one in resolved if one.target is not None)]
    return any(inherited(each, CANONICALIZATIONS[_C14N_10]) for each in taken)


def agrees(
    document: Document,
    markup: SignatureMarkup,
    resolved: Iterable[Resolved],
    certificate: bytes,
    files: Mapping[str, bytes] | Callable[[str], bytes | None] | None,
) -> bool:
    """Say whether signxml takes the signature for good, with every reference in it."""
    references = list(resolved)
    # It reads the whole document again for every reference.
    document.meter.spend(len(document.data) * (len(references) + 2))
    signer = x509.load_der_x509_certificate(certificate)
    verifier = _OneSignature(document.path(markup.element))
    plus = document.rules.plus_means_space
    find = files if callable(files) else (files or {}).get
    try:
        results = verifier.verify(
            document.data,
            x509_cert=signer,
            # e-Gov identifiers begin with a digit, which the schema forbids; the reader has
            # checked the structure itself.
            validate_schema=False,
            uri_resolver=lambda uri: find(file_name(uri, plus_means_space=plus) or ""),
            expect_config=SignatureConfiguration(
                require_x509=True,
                expect_references=True,
                signature_methods=_METHODS,
                digest_algorithms=_DIGESTS,
                # Validity in time is a later step's question, not this judge's.
                verification_time=signer.not_valid_before_utc,
                default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
            ),
        )
    except Exception:  # whatever a judge stumbles over is no agreement
        return False
    signed = results if isinstance(results, list) else [results]
    ours = [each.part.data for each in references if each.part is not None]
    return len(signed) == len(references) and all(
        data in [each.signed_data for each in signed] for data in ours
    )


class _OneSignature(XMLVerifier):
    """signxml's verifier, made to look at one signature among several."""

    def __init__(self, path: tuple[int, ...]) -> None:
        super().__init__()
        self._path = path

    def _get_signature(self, root: Element) -> Element:
        return at_path(root, self._path)

    def _resolve_reference(
        self, doc_root: Element, reference: Element, uri_resolver: Any = None
    ) -> Any:
        # It compares fragments as they are written; e-Gov percent-encodes them (RFC 3986 §2.1).
        uri = reference.get("URI", "")
        if uri.startswith("#"):
            reference.set("URI", unquote(uri))
        return super()._resolve_reference(  # type: ignore[no-untyped-call]
            doc_root, reference, uri_resolver=uri_resolver
        )

    def _tostring(self, xml_node: Element, **options: Any) -> bytes:
        # In ASCII, as it would write, element names in Japanese come out as no names at all.
        options = {"encoding": "utf-8", "with_tail": False, **options}
        written: bytes = super()._tostring(xml_node, **options)  # type: ignore[no-untyped-call]
        return written

    def _c14n(
        self,
        nodes: Element,
        algorithm: CanonicalizationMethod,
        inclusive_ns_prefixes: list[str] | None = None,
    ) -> bytes:
        # lxml writes a part of a tree without the default namespace declared above it when the
        # inclusive forms are asked for; a part read again on its own is written rightly.
        text = self._tostring(nodes)
        alone = self._fromstring(text)  # type: ignore[no-untyped-call]
        written: bytes = super()._c14n(
            alone, algorithm, inclusive_ns_prefixes=inclusive_ns_prefixes
        )
        return written
