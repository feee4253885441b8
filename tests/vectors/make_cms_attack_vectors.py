"""Make the signatures that try to fool a verifier: each differs from a good one in one way.

Run ``python -m tests.vectors.make_cms_attack_vectors`` to write them again; nothing changes,
because keys and times are fixed. What is expected of each stands in ``cms_attacks.toml``, written
by hand. Everything is written by hand here, too, since a library would mend half of it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.certificates import der
from jpki.certificates.structure import read_certificate
from tests.vectors import make_cms_vectors as good
from tests.vectors.cms_drafts import (
    CONTENT_TYPE,
    COUNTERSIGNATURE,
    DATA,
    ESS_V1,
    ESS_V2,
    MESSAGE_DIGEST,
    PROTECTION,
    RSA_SHA256,
    RSA_SHA512,
    SHA1,
    SHA256_OID,
    SHA512_OID,
    SIGNED_DATA,
    SIGNING_TIME,
    TIMESTAMP,
    TST_INFO,
    UNKNOWN,
    Draft,
    algorithm,
    attribute,
    cube_root,
    indefinite,
    long_form,
    longer,
    nested,
    set_of,
    sha256,
)

HERE = Path(__file__).parent
FOLDER = HERE / "cms_attacks"
CONTENT, OTHER_CONTENT = good.CONTENT, good.OTHER_CONTENT


class AttackMaker:
    """A good signature, and everything that can be done to it."""

    def __init__(self, cache: Path | None = None) -> None:
        self.good = good.Maker(cache)
        self.key: RSAPrivateKey = self.good.key
        self.card, self.mobile = self.good.card, self.good.mobile
        self.root = self.good.root.certificate.der
        self.cube = self._with_exponent_three()

    # parts

    def sid(self, certificate: bytes) -> bytes:
        parsed = read_certificate(certificate)
        return der.sequence(parsed.issuer.der, parsed.serial.der)

    def identity(self, certificate: bytes, *, oid: str = SHA256_OID, name: str = "sha256") -> bytes:
        stated = b"" if oid in (SHA256_OID, SHA1) else algorithm(oid)
        return der.sequence(stated, der.octet_string(hashlib.new(name, certificate).digest()))

    def ess(self, *identities: bytes, oid: str = ESS_V2) -> bytes:
        return attribute(oid, der.sequence(der.sequence(*identities)))

    def issuer_serial(self, certificate: bytes, serial: int, *, tag: int = 4) -> bytes:
        parsed = read_certificate(certificate)
        issuer = der.context(tag, parsed.issuer.der if tag == 4 else b"")
        return der.sequence(der.sequence(issuer), der.integer(serial))

    def standard(self, digest: bytes | None = None) -> list[bytes]:
        found = sha256(CONTENT) if digest is None else digest
        return [
            attribute(CONTENT_TYPE, der.object_identifier(DATA)),
            attribute(MESSAGE_DIGEST, der.octet_string(found)),
            attribute(SIGNING_TIME, der.time(good.SIGNED)),
        ]

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data, PKCS1v15(), SHA256())

    def draft(self, *extra: bytes, digest: bytes | None = None, ess: bool = True) -> Draft:
        """Return a good signature with further signed attributes."""
        own = (self.ess(self.identity(self.card)),) if ess else ()
        return self.over(set_of(*self.standard(digest), *own, *extra))

    def over(self, attributes: bytes) -> Draft:
        """Return a signature over these attributes, whatever they are."""
        return Draft(self.sid(self.card), (self.card,), attributes, self.sign(attributes))

    def bare(self, content: bytes = CONTENT) -> Draft:
        return Draft(self.sid(self.card), (self.card,), None, self.sign(content))

    def changed(self, **changes: object) -> bytes:
        draft = self.draft()
        for name, value in changes.items():
            setattr(draft, name, value)
        return draft.written()

    # values

    def _with_exponent_three(self) -> bytes:
        """Return a certificate like the card's whose key has the exponent 3."""
        parsed = x509.load_der_x509_certificate(self.card)
        key = RSAPublicNumbers(3, self.key.public_key().public_numbers().n).public_key()
        builder = x509.CertificateBuilder(parsed.issuer, parsed.subject, key, 300)
        builder = builder.not_valid_before(good.ISSUED).not_valid_after(good.ENDS)
        return builder.sign(self.good.root.key, SHA256()).public_bytes(Encoding.DER)

    def block(self, *parts: bytes, fill: bytes = b"\xff", kind: bytes = b"\1") -> bytes:
        """Return a padded block: 00, its kind, filling to 256 bytes, 00, the parts."""
        tail = b"\0" + b"".join(parts)
        return b"\0" + kind + fill * (254 - len(tail)) + tail

    def private(self, block: bytes) -> bytes:
        """Return what the private key makes of a block, however it is padded."""
        numbers = self.key.private_numbers()
        n = numbers.public_numbers.n
        return pow(int.from_bytes(block, "big"), numbers.d, n).to_bytes(256, "big")

    def digest_info(self, digest: bytes, *, parameters: bytes = der.null()) -> bytes:
        return der.sequence(algorithm(SHA256_OID, parameters), der.octet_string(digest))

    def cube_root_forgery(self, digest: bytes) -> bytes:
        """Return a value whose cube begins like a padded digest; no private key is needed."""
        beginning = b"\0\1" + b"\xff" * 8 + b"\0" + self.digest_info(digest)
        wanted = int.from_bytes(beginning.ljust(256, b"\0"), "big")
        root = cube_root(wanted) + 1
        return root.to_bytes(256, "big")

    def values(self) -> dict[str, bytes]:
        """Return values over the same attributes, by the way in which each is wrong."""
        digest = sha256(self._attributes())
        info = self.digest_info(digest)
        number = info[:1] + b"\x81" + info[1:]
        right = self.sign(self._attributes())
        garbage = info + b"\0" * 16
        middle = bytearray(self.block(info))
        middle[100] = 0
        short = b"\0\1" + b"\xff" * 8 + b"\0" + info
        return {
            "no-null": self.private(self.block(self.digest_info(digest, parameters=b""))),
            "other-parameters": self.private(
                self.block(self.digest_info(digest, parameters=der.octet_string(b"!!")))
            ),
            "long-length": self.private(self.block(number)),
            "sha1-name": self.private(
                self.block(der.sequence(algorithm(SHA1), der.octet_string(digest[:20])))
            ),
            "digest-alone": self.private(self.block(digest)),
            "garbage-behind": self.private(self.block(garbage)),
            "short-padding": self.private(short.ljust(256, b"\0")),
            "padding-type-2": self.private(self.block(info, kind=b"\2")),
            "zero-in-padding": self.private(bytes(middle)),
            "leading-zero": b"\0" + right,
            "one-byte-short": right[1:],
            "zero": bytes(256),
            "one": bytes(255) + b"\1",
            "modulus": self.key.public_key().public_numbers().n.to_bytes(256, "big"),
        }

    def _attributes(self) -> bytes:
        found = self.draft().attributes
        assert found is not None
        return found

    # files

    def files(self) -> dict[str, bytes]:
        """Return every file by its name."""
        return {
            "content.txt": CONTENT,
            "card.cer": self.card,
            "attributes.der": self._attributes(),
            "raw.sig": self.sign(CONTENT),
            "raw-attributes.sig": self.sign(self._attributes()),
            **{f"raw-{n}.sig": v for n, v in self.values().items() if n in ("no-null", "zero")},
            **self._shapes(),
            **self._attribute_games(),
            **self._algorithms(),
            **self._contents(),
            **self._signers(),
            **self._certificates(),
            **{f"value-{name}.p7s": self.changed(value=v) for name, v in self.values().items()},
            **self._cubes(),
            **self._unsigned(),
        }

    def _shapes(self) -> dict[str, bytes]:
        draft = self.draft()
        body = draft.body()
        whole = indefinite(
            0x30, der.object_identifier(SIGNED_DATA), indefinite(0xA0, indefinite(0x30, *body))
        )
        octets = der.octet_string
        halves = indefinite(0x24, octets(CONTENT[:10]), octets(CONTENT[10:]))
        definite = der.encode(0x24, octets(CONTENT[:10]), octets(CONTENT[10:]))

        def holding(content: bytes) -> bytes:
            return self.changed(wrapped=indefinite(0xA0, content))

        return {
            "good.p7s": draft.written(),
            "ber.p7s": whole,
            "ber-open.p7s": whole[:-2],
            "ber-open-inside.p7s": der.sequence(
                der.object_identifier(SIGNED_DATA), b"\xa0\x80\x30\x80" + b"".join(body)
            ),
            "ber-extra-end.p7s": whole + b"\0\0",
            "ber-end-with-length.p7s": whole[:-1] + b"\1\0",
            "ber-end-in-definite.p7s": self.changed(behind=b"\0\0"),
            "segments.p7s": holding(halves),
            "segments-definite.p7s": holding(definite),
            "segments-nested.p7s": holding(indefinite(0x24, halves)),
            "segments-deepest.p7s": holding(nested(octets(CONTENT), 35)),
            "segments-too-deep.p7s": holding(nested(octets(CONTENT), 36)),
            "segments-of-text.p7s": holding(indefinite(0x24, der.text(0x0C, "text"))),
            "primitive-indefinite.p7s": holding(b"\x04\x80" + CONTENT + b"\0\0"),
            "long-lengths.p7s": long_form(draft.written()),
            "left-over-inside.p7s": self.changed(behind=der.null()),
            "left-over-in-signer.p7s": self.changed(behind_signer=der.null()),
            "length-of-five-bytes.p7s": b"\x30\x85\0\0\0\0\2" + b"\5\0",
            "multi-byte-tag.p7s": b"\x3f\x82\x01\x02\5\0",
            "content-not-octets.p7s": self.changed(wrapped=der.context(0, der.sequence())),
            "unknown-certificate-form.p7s": self.changed(certificates=(self.card, b"\x85\0")),
        }

    def _attribute_games(self) -> dict[str, bytes]:
        ordered = sorted((*self.standard(), self.ess(self.identity(self.card))))
        plain = der.encode(der.SET, *ordered)
        no_value = der.sequence(der.object_identifier(UNKNOWN), der.encode(der.SET))
        unordered_values = der.sequence(
            der.object_identifier(UNKNOWN), der.encode(der.SET, der.integer(2), der.integer(1))
        )
        digest = attribute(MESSAGE_DIGEST, der.octet_string(sha256(CONTENT)))
        other = attribute(MESSAGE_DIGEST, der.octet_string(sha256(OTHER_CONTENT)))
        both = attribute(
            MESSAGE_DIGEST, *(der.octet_string(sha256(one)) for one in (CONTENT, OTHER_CONTENT))
        )
        swapped = der.encode(der.SET, *reversed(ordered))
        stamped = self.good.sign()

        def signed(*attributes: bytes) -> bytes:
            return self.over(set_of(*attributes)).written()

        def mangled(encoded: bytes) -> bytes:
            draft = self.over(plain)
            draft.attributes = encoded
            return draft.written()

        segmented = attribute(MESSAGE_DIGEST, der.encode(0x24, der.octet_string(sha256(CONTENT))))
        return {
            "attributes-swapped.p7s": self.over(swapped).written(),
            "attributes-swapped-unsigned.p7s": mangled(swapped),
            "attributes-indefinite.p7s": mangled(indefinite(0x31, *ordered)),
            "attributes-long-length.p7s": mangled(longer(plain)),
            "attributes-segmented.p7s": signed(ordered[0], segmented),
            "attributes-empty.p7s": signed(),
            "attributes-boolean.p7s": self.draft(attribute(UNKNOWN, b"\1\1\1")).written(),
            "attributes-boolean-der.p7s": self.draft(attribute(UNKNOWN, b"\1\1\xff")).written(),
            "attributes-integer.p7s": self.draft(attribute(UNKNOWN, b"\2\2\0\1")).written(),
            "attribute-unknown-twice.p7s": self.draft(
                attribute(UNKNOWN, der.integer(1)), attribute(UNKNOWN, der.integer(2))
            ).written(),
            "attribute-unknown-two-values.p7s": self.draft(
                attribute(UNKNOWN, der.integer(1), der.integer(2))
            ).written(),
            "attribute-values-swapped.p7s": self.draft(unordered_values).written(),
            "attribute-no-value.p7s": self.draft(no_value).written(),
            "digest-twice.p7s": signed(self.standard()[0], digest, other),
            "digest-two-values.p7s": signed(self.standard()[0], both),
            "digest-not-octets.p7s": signed(
                self.standard()[0], attribute(MESSAGE_DIGEST, der.integer(7))
            ),
            "content-type-twice.p7s": self.draft(
                attribute(CONTENT_TYPE, der.object_identifier(TST_INFO))
            ).written(),
            "timestamp-signed.p7s": self.draft(attribute(TIMESTAMP, stamped)).written(),
            "countersignature-signed.p7s": self.draft(
                attribute(COUNTERSIGNATURE, self.draft().signer())
            ).written(),
            "time-not-a-time.p7s": signed(
                *self.standard()[:2], attribute(SIGNING_TIME, der.text(0x17, "260229030000Z"))
            ),
        }

    def _algorithms(self) -> dict[str, bytes]:
        def protected(digest: str, signature: str) -> bytes:
            value = der.sequence(
                algorithm(digest), der.encode(0xA1, der.object_identifier(signature), der.null())
            )
            return self.draft(attribute(PROTECTION, value)).written()

        nothing = attribute(PROTECTION, der.sequence(algorithm(SHA256_OID)))
        return {
            "protection.p7s": protected(SHA256_OID, RSA_SHA256),
            "protection-digest.p7s": protected(SHA512_OID, RSA_SHA256),
            "protection-signature.p7s": protected(SHA256_OID, RSA_SHA512),
            "protection-of-nothing.p7s": self.draft(nothing).written(),
            "digest-not-listed.p7s": self.changed(digests=(algorithm(SHA512_OID),)),
            "digest-listed-too.p7s": self.changed(
                digests=(algorithm(SHA256_OID), algorithm(SHA512_OID))
            ),
            "digest-none-listed.p7s": self.changed(digests=()),
            "digest-parameters.p7s": self.changed(digest=algorithm(SHA256_OID, der.integer(1))),
            "digest-no-parameters.p7s": self.changed(digest=algorithm(SHA256_OID, b"")),
            "null-with-bytes.p7s": self.changed(digest=algorithm(SHA256_OID, b"\5\1\0")),
            "signature-sha512.p7s": self.changed(signature=algorithm(RSA_SHA512)),
            "digest-sha512.p7s": self.changed(
                digest=algorithm(SHA512_OID), digests=(algorithm(SHA512_OID),)
            ),
        }

    def _contents(self) -> dict[str, bytes]:
        attributes = self._attributes()
        as_content = self.bare(attributes)
        as_content.wrapped = der.context(0, der.octet_string(attributes))
        stamp = [attribute(CONTENT_TYPE, der.object_identifier(TST_INFO)), *self.standard()[1:]]
        typed = self.over(set_of(*stamp))
        typed.content_type, typed.version = TST_INFO, 3
        untyped = self.bare()
        untyped.content_type, untyped.version = TST_INFO, 3
        return {
            "bare.p7s": self.bare().written(),
            "attributes-as-content.p7s": as_content.written(),
            "attributes-as-detached-content.p7s": self.bare(attributes).written(),
            "other-type.p7s": typed.written(),
            "other-type-bare.p7s": untyped.written(),
            "digest-short.p7s": self.draft(digest=sha256(CONTENT)[:31]).written(),
            "digest-empty.p7s": self.draft(digest=b"").written(),
            "digest-long.p7s": self.draft(digest=sha256(CONTENT) + b"\0").written(),
            "content-empty.p7s": self.changed(wrapped=der.context(0, der.octet_string(b""))),
        }

    def _signers(self) -> dict[str, bytes]:
        draft = self.draft()
        counter = set_of(attribute(MESSAGE_DIGEST, der.octet_string(sha256(draft.value))))
        countersigned = self.over(counter).signer()
        typed = self.over(
            set_of(
                attribute(CONTENT_TYPE, der.object_identifier(DATA)),
                attribute(MESSAGE_DIGEST, der.octet_string(sha256(draft.value))),
            )
        ).signer()
        by_key = b"\x80\x14" + (read_certificate(self.card).values.subject_key or b"")
        second = self.draft(attribute(UNKNOWN, der.integer(2)))
        broken = self.draft(attribute(UNKNOWN, der.integer(2)))
        broken.value = bytes(256)
        return {
            "signers-none.p7s": self.changed(signers=()),
            "signers-two.p7s": self.changed(signers=(draft.signer(), second.signer())),
            "signers-second-broken.p7s": self.changed(signers=(draft.signer(), broken.signer())),
            "countersigned.p7s": self.changed(
                unsigned=der.encode(0xA1, attribute(COUNTERSIGNATURE, countersigned))
            ),
            "countersignature-as-signature.p7s": self.changed(signers=(countersigned,)),
            "countersignature-with-type.p7s": self.changed(
                unsigned=der.encode(0xA1, attribute(COUNTERSIGNATURE, typed))
            ),
            "version-0.p7s": self.changed(version=0),
            "version-2.p7s": self.changed(version=2),
            "version-3.p7s": self.changed(version=3),
            "version-5.p7s": self.changed(version=5),
            "signer-version-2.p7s": self.changed(signer_version=2),
            "signer-version-3.p7s": self.changed(signer_version=3, version=3),
            "key-identifier-version-1.p7s": self.changed(sid=by_key),
            "key-identifier.p7s": self.changed(sid=by_key, signer_version=3, version=3),
        }

    def _certificates(self) -> dict[str, bytes]:
        by_key = b"\x80\x14" + (read_certificate(self.card).values.subject_key or b"")
        foreign = b"\x80\x14" + bytes(20)
        identity = self.identity(self.card)
        sha1 = self.identity(self.card, oid=SHA1, name="sha1")
        with_serial = der.sequence(
            der.octet_string(sha256(self.card)), self.issuer_serial(self.card, 100)
        )
        wrong_serial = der.sequence(
            der.octet_string(sha256(self.card)), self.issuer_serial(self.card, 101)
        )
        other_name = der.sequence(
            der.octet_string(sha256(self.card)), self.issuer_serial(self.card, 100, tag=0)
        )

        def tied(*identities: bytes, also: tuple[bytes, ...] = ()) -> bytes:
            return self.draft(self.ess(*identities), *also, ess=False).written()

        plain = self.draft(ess=False)
        plain.sid, plain.certificates = self.sid(self.mobile), (self.mobile,)
        v1_other = self.ess(self.identity(self.mobile, oid=SHA1, name="sha1"), oid=ESS_V1)
        return {
            "ess-none.p7s": self.draft(ess=False).written(),
            "ess-serial.p7s": tied(with_serial),
            "ess-serial-wrong.p7s": tied(wrong_serial),
            "ess-issuer-form.p7s": tied(other_name),
            "ess-empty.p7s": tied(),
            "ess-chain.p7s": tied(identity, self.identity(self.root)),
            "ess-chain-reversed.p7s": tied(self.identity(self.root), identity),
            "ess-sha512.p7s": tied(self.identity(self.card, oid=SHA512_OID, name="sha512")),
            "ess-sha1-as-v2.p7s": tied(der.sequence(algorithm(SHA1), sha1[2:])),
            "ess-v1.p7s": self.draft(self.ess(sha1, oid=ESS_V1), ess=False).written(),
            "ess-v1-other.p7s": self.draft(v1_other, ess=False).written(),
            "ess-v1-other-beside-v2.p7s": tied(identity, also=(v1_other,)),
            "same-key-other-certificate.p7s": self.changed(
                sid=self.sid(self.mobile), certificates=(self.mobile,)
            ),
            "same-key-other-certificate-untied.p7s": plain.written(),
            "certificates-both.p7s": self.changed(certificates=(self.mobile, self.card)),
            "certificate-twice.p7s": self.changed(certificates=(self.card, self.card)),
            "key-identifier-of-two.p7s": self.changed(
                sid=by_key, signer_version=3, version=3, certificates=(self.card, self.mobile)
            ),
            "key-identifier-of-nobody.p7s": self.changed(sid=foreign, signer_version=3, version=3),
            "same-serial-twice.p7s": self.changed(certificates=(self.card, self.good.altered())),
        }

    def _cubes(self) -> dict[str, bytes]:
        attributes = set_of(*self.standard(), self.ess(self.identity(self.cube)))
        draft = Draft(
            self.sid(self.cube),
            (self.cube,),
            attributes,
            self.cube_root_forgery(sha256(attributes)),
        )
        return {"value-cube-root.p7s": draft.written()}

    def _unsigned(self) -> dict[str, bytes]:
        def beside(*attributes: bytes) -> bytes:
            return self.changed(unsigned=der.encode(0xA1, *attributes))

        no_value = der.sequence(der.object_identifier(UNKNOWN), der.encode(der.SET))
        return {
            "unsigned-unknown.p7s": beside(attribute(UNKNOWN, der.integer(1))),
            "unsigned-no-value.p7s": beside(no_value),
            "unsigned-timestamp-octets.p7s": beside(attribute(TIMESTAMP, der.octet_string(b"!"))),
        }


def main() -> None:
    """Write every file."""
    FOLDER.mkdir(exist_ok=True)
    for name, data in AttackMaker().files().items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
