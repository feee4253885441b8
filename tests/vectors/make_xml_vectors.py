"""Make the XML vectors: each is right, or broken in exactly one way.

Run ``python tests/vectors/make_xml_vectors.py`` to write them again; nothing changes, because keys
and times are fixed. The values are made by libxmlsec1, an outside program, from templates; what is
expected of each stands in ``xml.toml``, written by hand.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import xmlsec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

HERE = Path(__file__).parent
FOLDER = HERE / "xml"

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N11 = "http://www.w3.org/2006/12/xml-c14n11"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
HMAC = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
BASE64 = "http://www.w3.org/2000/09/xmldsig#base64"
PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
MANIFEST = "http://www.w3.org/2000/09/xmldsig#Manifest"
DSIG = 'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
XADES = 'xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"'
FILES = {"添付 書類.txt": "添付書類の内容\n".encode(), "form_01.xml": b"<form/>\n"}


def load(name: str) -> ModuleType:
    """Return a maker beside this one; the folder is no package."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def reference(
    uri: str | None, *transforms: str, digest: str = SHA256, kind: str = "", inside: str = ""
) -> str:
    """Return a ds:Reference whose digest is still to be made; ``inside`` goes in a transform."""
    listed = "".join(
        f'<ds:Transform Algorithm="{each}">{inside}</ds:Transform>' for each in transforms
    )
    return (
        "<ds:Reference"
        + ("" if uri is None else f' URI="{uri}"')
        + (f' Type="{kind}"' if kind else "")
        + ">"
        + (f"<ds:Transforms>{listed}</ds:Transforms>" if listed else "")
        + f'<ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference>'
    )


def signature(
    *references: str,
    method: str = RSA_SHA256,
    canonical: str = EXC,
    identifier: str = "s",
    after: str = "",
) -> str:
    """Return a ds:Signature whose values are still to be made; ``after`` follows the value."""
    return (
        f'<ds:Signature {DSIG} Id="{identifier}"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{canonical}"/>'
        f'<ds:SignatureMethod Algorithm="{method}"/>{"".join(references)}</ds:SignedInfo>'
        f"<ds:SignatureValue/>{after}</ds:Signature>"
    )


def filing(inside: str, *, attributes: str = "") -> str:
    """Return a document around a signature."""
    return (
        f'<申請 xmlns="urn:example:filing" xmlns:unused="urn:example:unused"{attributes}>'
        f'<内容 ID="内容1">転居の届出<!-- 控え -->です</内容>\n{inside}</申請>'
    )


WHOLE = reference("", ENVELOPED, EXC)
PART = reference("#内容1", EXC)


class Maker:
    """Fixed keys and certificates, and the ways to break an XML signature."""

    def __init__(self) -> None:
        cms = load("make_cms_vectors").Maker()
        self.card, self.mobile, self.root = cms.card, cms.mobile, cms.root.certificate.der
        self.key, self.other_key = cms.key, cms.other_key
        self.altered = cms.altered()

    @property
    def certificate(self) -> bytes:
        """The card's certificate, so that the maker serves as a signer."""
        return bytes(self.card)

    def sign_sha256(self, digest: bytes) -> bytes:
        """Sign as a card does."""
        return bytes(self.key.sign(digest, PKCS1v15(), Prehashed(hashes.SHA256())))

    def key_info(self, *certificates: bytes, extra: str = "") -> str:
        """Return a KeyInfo with certificates; the card's unless others are named."""
        held = "".join(
            f"<ds:X509Certificate>{base64.b64encode(each).decode()}</ds:X509Certificate>"
            for each in certificates or (self.card,)
        )
        return f"<ds:KeyInfo><ds:X509Data>{held}</ds:X509Data>{extra}</ds:KeyInfo>"

    def key_value(self, key: object) -> str:
        """Return the bare key (XML-DSig §4.5.2.2)."""
        numbers = key.public_key().public_numbers()  # type: ignore[attr-defined]
        modulus = base64.b64encode(numbers.n.to_bytes(256)).decode()
        return (
            "<ds:KeyValue><ds:RSAKeyValue>"
            f"<ds:Modulus>{modulus}</ds:Modulus><ds:Exponent>AQAB</ds:Exponent>"
            "</ds:RSAKeyValue></ds:KeyValue>"
        )

    def sign(
        self, document: str, *, key: object = None, key_info: str | None = None, hmac: bool = False
    ) -> bytes:
        """Let libxmlsec1 fill in every signature of ``document``; then add the KeyInfo."""
        root = etree.fromstring(document.encode())
        xmlsec.tree.add_ids(root, ["Id", "ID"])
        for node in root.iter("{http://www.w3.org/2000/09/xmldsig#}Signature"):
            context = xmlsec.SignatureContext()
            if hmac:
                context.key = xmlsec.Key.from_binary_data(xmlsec.KeyData.HMAC, self.card)
            else:
                pem = (key or self.key).private_bytes(  # type: ignore[attr-defined]
                    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
                )
                context.key = xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.PEM)
            context.sign(node)
        signed: bytes = etree.tostring(root.getroottree(), encoding="utf-8")
        info = (self.key_info() if key_info is None else key_info).encode()
        end = b"</ds:SignatureValue>"
        return signed.replace(end, end + info)

    def properties(
        self,
        certificate: bytes | None = None,
        target: str = "#s",
        time: str = "2026-08-01T12:00:00+09:00",
    ) -> str:
        """Return an Object with the properties of XAdES B-B."""
        digest = base64.b64encode(hashlib.sha256(certificate or self.card).digest()).decode()
        return (
            f'<ds:Object><xades:QualifyingProperties {XADES} Target="{target}">'
            '<xades:SignedProperties Id="p"><xades:SignedSignatureProperties>'
            f"<xades:SigningTime>{time}</xades:SigningTime>"
            "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
            f'<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue>{digest}</ds:DigestValue>'
            "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
            "</xades:SignedSignatureProperties></xades:SignedProperties>"
            "</xades:QualifyingProperties></ds:Object>"
        )

    def files(self) -> dict[str, bytes]:
        """Return every vector by its file name."""
        return {
            f"{name}.xml": data
            for part in (self._right(), self._broken(), self._structure(), self._wrapped())
            for name, data in part.items()
        }

    def _right(self) -> dict[str, bytes]:
        whole = self.sign(filing(signature(WHOLE)))
        signed_properties = reference("#p", EXC, kind=PROPERTIES)
        text = whole.decode()
        return {
            "enveloped": whole,
            "enveloped-inclusive": self.sign(
                filing(signature(reference("", ENVELOPED, C14N), canonical=C14N))
            ),
            "enveloped-inclusive-11": self.sign(
                filing(signature(reference("", ENVELOPED, C14N11), canonical=C14N11))
            ),
            "enveloped-only": self.sign(filing(signature(reference("", ENVELOPED)))),
            "root-by-name": self.sign(
                "<?around the root?>"
                + filing(signature(reference("#r", ENVELOPED, C14N)), attributes=' ID="r"')
            ),
            "instructions-around": self.sign(
                "<?before the root?><!-- not signed -->"
                + filing(signature(reference("", ENVELOPED, C14N)))
                + "<?after the root?>"
            ),
            "beside": self.sign(filing(signature(PART))),
            "around": self.sign(
                signature(
                    reference("#o", EXC), after='<ds:Object Id="o"><届出>転居</届出></ds:Object>'
                )
            ),
            "inherited-language": self.sign(
                filing(
                    signature(reference("#内容1", C14N), canonical=C14N),
                    attributes=' xml:lang="ja" xml:space="preserve"',
                )
            ),
            "comments-named": self.sign(filing(signature(WHOLE, canonical=EXC + "WithComments"))),
            "two": self.sign(
                filing(
                    signature(PART)
                    + signature(
                        WHOLE.replace('""', '"#2"').replace(
                            f'<ds:Transform Algorithm="{ENVELOPED}"></ds:Transform>', ""
                        ),
                        identifier="t",
                    )
                    + '<内容 ID="2">もう一つ</内容>'
                )
            ),
            "key-value-same": self.sign(
                filing(signature(WHOLE)), key_info=self.key_info(extra=self.key_value(self.key))
            ),
            "with-root": self.sign(
                filing(signature(WHOLE)), key_info=self.key_info(self.root, self.card)
            ),
            "key-info-signed": self.sign(
                filing(
                    signature(
                        WHOLE,
                        reference("#k", EXC),
                        after=self.key_info().replace("KeyInfo>", 'KeyInfo Id="k">', 1),
                    )
                ),
                key_info="",
            ),
            "xades": self.sign(
                filing(signature(WHOLE, signed_properties, after="@")).replace(
                    "@", self.properties()
                )
            ),
            "utf-8-mark": b"\xef\xbb\xbf" + whole,
            "utf-16": ('<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16"),
        }

    def _broken(self) -> dict[str, bytes]:
        whole = self.sign(filing(signature(WHOLE)))
        signed_properties = reference("#p", EXC, kind=PROPERTIES)
        value = whole[whole.index(b"<ds:SignatureValue>") + 19 :][:1]
        other = b"B" if value == b"A" else b"A"
        return {
            "content-changed": whole.replace("転居".encode(), "転出".encode()),
            "value-changed": whole.replace(
                b"<ds:SignatureValue>" + value, b"<ds:SignatureValue>" + other
            ),
            "signed-info-changed": whole.replace(b'URI=""', b'URI="" Id="r"'),
            "other-key": self.sign(filing(signature(WHOLE)), key=self.other_key),
            "other-certificate": self.sign(
                filing(signature(WHOLE, signed_properties, after=self.properties(self.mobile)))
            ),
            "same-key-two-certificates": self.sign(
                filing(signature(WHOLE)), key_info=self.key_info(self.card, self.mobile)
            ),
            "sha-1-digest": self.sign(
                filing(signature(reference("", ENVELOPED, EXC, digest=SHA1)))
            ),
            "sha-1-signature": self.sign(filing(signature(WHOLE, method=RSA_SHA1))),
            "sha-512-signature": self.sign(filing(signature(WHOLE, method=RSA_SHA512))),
            "mac": self.sign(filing(signature(WHOLE, method=HMAC)), hmac=True),
            "xpath": self.sign(
                filing(
                    signature(
                        reference(
                            "",
                            XPATH,
                            inside="<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>",
                        )
                    )
                )
            ),
            "base-64": self.sign(
                filing(signature(reference("#b", BASE64)) + '<b ID="b">dGV4dA==</b>')
            ),
            "style-sheet": whole.replace(
                f'<ds:Transform Algorithm="{EXC}"/>'.encode(),
                b'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>',
            ),
            "canonical-twice": self.sign(filing(signature(reference("", ENVELOPED, EXC, EXC)))),
            "unknown-digest": whole.replace(
                f'DigestMethod Algorithm="{SHA256}"'.encode(), b'DigestMethod Algorithm="urn:x"'
            ),
            "bare-key": self.sign(
                filing(signature(WHOLE)),
                key_info=f"<ds:KeyInfo>{self.key_value(self.key)}</ds:KeyInfo>",
            ),
            "key-value-other": self.sign(
                filing(signature(WHOLE)),
                key_info=self.key_info(extra=self.key_value(self.other_key)),
            ),
            "key-elsewhere": self.sign(
                filing(signature(WHOLE)),
                key_info=self.key_info(extra='<ds:RetrievalMethod URI="http://example.test/"/>'),
            ),
            "no-key": self.sign(filing(signature(WHOLE)), key_info=""),
            "properties-unsigned": self.sign(filing(signature(WHOLE, after=self.properties()))),
            "properties-of-another": self.sign(
                filing(signature(WHOLE, signed_properties, after=self.properties(target="#t")))
            ),
            "only-properties": self.sign(
                filing(signature(signed_properties, after=self.properties()))
            ),
            "manifest": self.sign(
                filing(
                    signature(
                        PART,
                        reference("#m", EXC, kind=MANIFEST),
                        after='<ds:Object><ds:Manifest Id="m"/></ds:Object>',
                    )
                )
            ),
        }

    def _structure(self) -> dict[str, bytes]:
        whole = self.sign(filing(signature(WHOLE)))
        part = self.sign(filing(signature(PART)))
        return {
            "twice-the-same-name": part.replace(
                b"</ds:Signature>", '</ds:Signature><内容 ID="内容1">偽</内容>'.encode()
            ),
            "odd-name": part.replace(b' ID="', b' iD="'),
            "no-such-name": part.replace(b' ID="', b' Nr="'),
            "around-without-transform": self.sign(filing(signature(reference("", EXC)))),
            "transform-without-need": self.sign(
                filing(signature(reference("#内容1", ENVELOPED, EXC)))
            ),
            "displaced": self.sign(
                filing(signature(reference("#d", EXC)) + '<他><内容 ID="d">奥</内容></他>')
            ),
            "pointer-expression": part.replace(
                'URI="#内容1"'.encode(), "URI=\"#xpointer(id('内容1'))\"".encode()
            ),
            "from-the-network": part.replace(
                'URI="#内容1"'.encode(), b'URI="http://example.test/a"'
            ),
            "from-another-folder": part.replace('URI="#内容1"'.encode(), b'URI="..%2Fa.txt"'),
            "no-address": part.replace(' URI="#内容1"'.encode(), b""),
            "comments-in-what-is-signed": self.sign(
                filing(signature(reference("#内容1", EXC + "WithComments")))
            ),
            "base-above": self.sign(
                filing(
                    signature(reference("#内容1", C14N11)),
                    attributes=' xml:base="http://example.test/"',
                )
            ),
            "comment-in-digest": whole.replace(b"<ds:DigestValue>", b"<ds:DigestValue><!-- x -->"),
            "comment-signed-in-digest": self.sign(
                filing(signature(WHOLE, canonical=EXC + "WithComments"))
            ).replace(b"<ds:DigestValue>", b"<ds:DigestValue><!-- x -->"),
            "text-between": whole.replace(b"<ds:KeyInfo>", b"text<ds:KeyInfo>"),
            "instruction-between": whole.replace(b"<ds:KeyInfo>", b"<?x?><ds:KeyInfo>"),
            "digest-not-base-64": whole.replace(b"</ds:DigestValue>", b"!</ds:DigestValue>"),
            "second-signed-info": whole.replace(
                b"<ds:SignatureValue>", b"<ds:SignedInfo/><ds:SignatureValue>"
            ),
            "unknown-canonicalisation": whole.replace(
                f'CanonicalizationMethod Algorithm="{EXC}"'.encode(),
                b'CanonicalizationMethod Algorithm="urn:x"',
            ),
            "document-type": b"<!DOCTYPE a>" + whole,
            "entities": b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + whole,
            "outside-entity": b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + whole,
            "shift-jis": b'<?xml version="1.0" encoding="Shift_JIS"?>' + whole,
            "utf-16-by-name-only": b'<?xml version="1.0" encoding="UTF-16"?>' + whole,
            "latin-bytes": whole.replace("転居".encode(), b"\xe9"),
            "version-1.1": b'<?xml version="1.1"?>' + whole,
            "truncated": whole[:-1],
            "trailing": whole + b"x",
            "unbound-prefix": whole.replace("<内容".encode(), "<x:空/><内容".encode(), 1),
            "no-signature": filing("").encode(),
            "not-xml": b"%PDF-1.7 is no XML\n",
        }

    def _wrapped(self) -> dict[str, bytes]:
        """The eight classic forms of signature wrapping, in their order in the literature."""

        def response(inside: str, name: str = "r") -> str:
            return f'<Response ID="{name}">{inside}</Response>'

        def assertion(words: str, inside: str = "", name: str = "a") -> str:
            return f'<Assertion ID="{name}"><Subject>{words}</Subject>{inside}</Assertion>'

        of_response = self.sign(
            response(assertion("good", name="x") + signature(reference("#r", ENVELOPED, EXC)))
        ).decode()
        of_assertion = self.sign(
            response(assertion("good", signature(reference("#a", ENVELOPED, EXC))))
        ).decode()
        first = of_response[of_response.index("<ds:Signature") : of_response.index("</Response>")]
        second = of_assertion[
            of_assertion.index("<ds:Signature") : of_assertion.index("</Assertion>")
        ]
        end = "</ds:Signature>"
        good_response = response(assertion("good", name="x"))
        good = assertion("good")
        evil_response = assertion("evil", name="y")
        evil = assertion("evil", name="e")
        made = {
            1: response(evil_response + first.replace(end, good_response + end), "e"),
            2: response(evil_response + good_response + first, "e"),
            3: response(evil + assertion("good", second)),
            4: response(assertion("evil", assertion("good", second), "e")),
            5: response(assertion("evil", second, "e") + good),
            6: response(assertion("evil", second.replace(end, good + end), "e")),
            7: response(
                f"<Extensions>{assertion('evil')}</Extensions>" + assertion("good", second)
            ),
            8: response(
                assertion("evil", second.replace(end, f"<ds:Object>{good}</ds:Object>{end}"), "e")
            ),
        }
        return {f"wrapped-{number}": text.encode() for number, text in made.items()}


def main() -> None:
    """Write every file."""
    FOLDER.mkdir(exist_ok=True)
    for name, data in Maker().files().items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
