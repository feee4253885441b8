"""OpenSSL and pyHanko make signatures that are read here, and take the ones made here."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from jpki.cms import AttributeId, IntactSignature, integrity, parse_signed_data
from jpki.errors import VerificationError
from jpki.sign import Evidence, EvidencePlace, SignatureLevel, add_timestamp, extend, sign_cms
from jpki.validation.claim import ProofKind
from jpki.validation.formats.cms import read_cms
from tests.cms.keys_and_stamps import AT, MAKER, KeySigner, Stamper
from tests.vectors.make_cms_attack_vectors import CONTENT, OTHER_CONTENT

pytestmark = pytest.mark.system


def pem(certificate: bytes) -> bytes:
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with key, certificates and content, as OpenSSL wants them."""
    folder = tmp_path_factory.mktemp("judged-cms")
    key = MAKER.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for name, data in {
        "key.pem": key,
        "card.pem": pem(MAKER.card),
        "mobile.pem": pem(MAKER.mobile),
        "root.pem": pem(MAKER.root),
        "content.txt": CONTENT,
        "other.txt": OTHER_CONTENT,
    }.items():
        (folder / name).write_bytes(data)
    return folder


def openssl(desk: Path, *command: str) -> tuple[int, str]:
    if shutil.which("openssl") is None:
        pytest.fail("openssl is missing: apt-get install openssl")
    done = subprocess.run(
        ("openssl", *command), cwd=desk, capture_output=True, check=False, timeout=60
    )
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


SIGNER = ("-signer", "card.pem", "-inkey", "key.pem", "-md", "sha256", "-binary")
SECOND = ("-signer", "mobile.pem", "-inkey", "key.pem", "-md", "sha256")
# With -stream OpenSSL attaches the content whether -nodetach is given or not.
FORMS = {
    "detached": (),
    "attached": ("-nodetach",),
    "no attributes": ("-noattr",),
    "attached, no attributes": ("-noattr", "-nodetach"),
    "by key identifier": ("-keyid",),
    "streamed, attached": ("-stream", "-nodetach"),
    "streamed, attached, no attributes": ("-stream", "-nodetach", "-noattr"),
    "CAdES": ("-cades",),
    "two signers": SECOND,
    "with the root": ("-certfile", "root.pem"),
    "no S/MIME capabilities": ("-nosmimecap",),
}


@pytest.mark.parametrize("outform", ["DER", "PEM"])
@pytest.mark.parametrize("form", FORMS)
def test_what_openssl_makes_is_read_here(desk: Path, form: str, outform: str) -> None:
    options = ("cms", "-sign", "-in", "content.txt", "-outform", outform, "-out", "made.p7s")
    status, said = openssl(desk, *options, *SIGNER, *FORMS[form])
    assert status == 0, said
    made = (desk / "made.p7s").read_bytes()
    attached = "attached" in form
    found = integrity(made, content=None if attached else CONTENT)
    assert len(found) == (2 if form == "two signers" else 1)
    assert found[0].certificate in (MAKER.card, MAKER.mobile)
    (claim, *_) = read_cms(made, content=None if attached else CONTENT).claims
    assert claim.problems == ()
    assert [part.data for part in claim.parts] == ([CONTENT] if attached else [])
    assert bool(claim.references) is (form == "CAdES")
    if not attached:
        with pytest.raises(VerificationError):
            integrity(made, content=OTHER_CONTENT)


def test_openssl_streams_in_indefinite_lengths(desk: Path) -> None:
    """Otherwise the streamed forms above would say nothing about BER."""
    out = ("-outform", "DER", "-out", "streamed.p7s", "-stream", "-nodetach")
    openssl(desk, "cms", "-sign", "-in", "content.txt", *SIGNER, *out)
    assert (desk / "streamed.p7s").read_bytes()[:2] == b"\x30\x80"


def test_what_openssl_smime_makes_is_read_here(desk: Path) -> None:
    """PKCS #7 as the older command writes it."""
    out = ("-outform", "DER", "-out", "old.p7s")
    status, said = openssl(desk, "smime", "-sign", "-in", "content.txt", *SIGNER, *out)
    assert status == 0, said
    assert integrity((desk / "old.p7s").read_bytes(), content=CONTENT)


def judged(desk: Path, signature: bytes, *, content: str | None) -> tuple[int, str]:
    (desk / "ours.p7s").write_bytes(signature)
    given = () if content is None else ("-content", content)
    return openssl(
        desk,
        *("cms", "-verify", "-inform", "DER", "-in", "ours.p7s", *given, "-binary"),
        *("-CAfile", "root.pem", "-purpose", "any", "-attime", str(int(AT.timestamp()))),
        *("-out", "taken.txt"),
    )


@pytest.mark.parametrize("attached", [False, True])
@pytest.mark.parametrize("level", SignatureLevel)
def test_openssl_takes_what_is_made_here(desk: Path, level: SignatureLevel, attached: bool) -> None:
    made = sign_cms(
        CONTENT, KeySigner(), at=AT, level=level, attached=attached, timestamper=Stamper()
    )
    status, said = judged(desk, made, content=None if attached else "content.txt")
    assert status == 0, said
    assert (desk / "taken.txt").read_bytes() == CONTENT
    if not attached:
        assert judged(desk, made, content="other.txt")[0] != 0


@pytest.mark.parametrize("place", EvidencePlace)
def test_openssl_takes_a_signature_with_evidence_and_archive_timestamp(
    desk: Path, place: EvidencePlace
) -> None:
    stamper = Stamper()
    made = sign_cms(CONTENT, KeySigner(), at=AT, level=SignatureLevel.B_T, timestamper=stamper)
    evidence = Evidence(
        (MAKER.root, stamper.certificate), (MAKER.good.revocation_list(),), (), place
    )
    long = extend(made, evidence, content=CONTENT, timestamper=stamper)
    status, said = judged(desk, long, content="content.txt")
    assert status == 0, said


def test_openssl_takes_the_cades_attribute_for_what_it_is(desk: Path) -> None:
    made = sign_cms(CONTENT, KeySigner(), at=AT)
    (desk / "cades.p7s").write_bytes(made)
    status, said = openssl(
        desk,
        *("cms", "-verify", "-cades", "-inform", "DER", "-in", "cades.p7s", "-binary"),
        *("-content", "content.txt", "-CAfile", "root.pem", "-purpose", "any"),
        *("-attime", str(int(AT.timestamp())), "-out", "taken.txt"),
    )
    assert status == 0, said


# pyHanko


def hanko_signer() -> object:
    signers = import_module("pyhanko.sign.signers")
    registry = import_module("pyhanko_certvalidator.registry")
    store = registry.SimpleCertificateStore()
    store.register(asn1_x509.Certificate.load(MAKER.root))
    key = MAKER.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(MAKER.card),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=store,
    )


def hanko_stamper() -> object:
    timestamps = import_module("pyhanko.sign.timestamps")
    key = MAKER.good.other_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return timestamps.DummyTimeStamper(
        tsa_cert=asn1_x509.Certificate.load(Stamper().certificate),
        tsa_key=asn1_keys.PrivateKeyInfo.load(key),
        fixed_dt=AT,
    )


@pytest.mark.parametrize("stamped", [False, True])
@pytest.mark.parametrize("detached", [False, True])
def test_what_pyhanko_makes_is_read_here(detached: bool, stamped: bool) -> None:
    signed = asyncio.run(
        hanko_signer().async_sign_general_data(
            CONTENT,
            "sha256",
            detached=detached,
            use_cades=True,
            timestamper=hanko_stamper() if stamped else None,
        )
    )
    made = signed.dump()
    content = CONTENT if detached else None
    assert integrity(made, content=content) == (IntactSignature(MAKER.card, _SHA256),)
    (claim,) = read_cms(made, content=content).claims
    assert claim.problems == ()
    assert [proof.kind for proof in claim.proofs] == [ProofKind.SIGNATURE] * stamped
    for proof in claim.proofs:
        assert _imprint(proof.token) == proof.imprints[_SHA256]


_SHA256 = "2.16.840.1.101.3.4.2.1"


def _imprint(token: bytes) -> bytes:
    info = asn1_cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"].parsed
    return info["message_imprint"]["hashed_message"].native


@pytest.mark.parametrize("level", [SignatureLevel.PLAIN, SignatureLevel.B_B, SignatureLevel.B_T])
def test_pyhanko_takes_what_is_made_here(level: SignatureLevel) -> None:
    validation = import_module("pyhanko.sign.validation")
    context = import_module("pyhanko_certvalidator.context").ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(MAKER.root)], moment=AT
    )
    made = sign_cms(CONTENT, KeySigner(), at=AT, level=level, timestamper=Stamper())
    signed = asn1_cms.ContentInfo.load(made)["content"]

    def status(content: bytes) -> object:
        return asyncio.run(
            validation.async_validate_detached_cms(
                content, signed, signer_validation_context=context
            )
        )

    assert (status(CONTENT).intact, status(CONTENT).valid) == (True, True)
    assert not status(OTHER_CONTENT).intact


def test_a_timestamp_added_later_is_read_by_pyhanko() -> None:
    made = add_timestamp(sign_cms(CONTENT, KeySigner(), at=AT), Stamper())
    (signer,) = asn1_cms.ContentInfo.load(made)["content"]["signer_infos"]
    (unsigned,) = signer["unsigned_attrs"]
    assert unsigned["type"].dotted == AttributeId.SIGNATURE_TIMESTAMP
    assert (
        parse_signed_data(made).signers[0].signature_timestamps[0] == unsigned["values"][0].dump()
    )
