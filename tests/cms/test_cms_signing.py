"""What is signed here says what it should, at every level, and refuses what it must."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime

import pytest
from asn1crypto import cms as asn1_cms
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.certificates import der
from jpki.cms import (
    AttributeId,
    add_unsigned_attributes,
    attribute,
    digest_content,
    integrity,
    ocsp_response,
    parse_signed_data,
)
from jpki.errors import BadSignature, MalformedDocument, MalformedSignature
from jpki.sign import (
    Evidence,
    EvidencePlace,
    SignatureLevel,
    add_timestamp,
    extend,
    sign_cms,
    sign_detached,
    sign_raw,
)
from jpki.validation.claim import ProofKind
from jpki.validation.formats.cms import read_cms
from tests.cms.keys_and_stamps import AT, MAKER, KeySigner, Stamper
from tests.vectors.make_cms_attack_vectors import CONTENT, OTHER_CONTENT

SHA256_OID = "2.16.840.1.101.3.4.2.1"
# No answer of anybody: an OCSP response is only carried here, never read.
BASIC = der.sequence(der.sequence(), der.sequence(), der.bit_string(b"\0"))


def made(level: SignatureLevel = SignatureLevel.B_B, **options: bool) -> bytes:
    return sign_cms(CONTENT, KeySigner(), at=AT, level=level, timestamper=Stamper(), **options)


# levels


@pytest.mark.parametrize(
    ("level", "types"),
    [
        (SignatureLevel.PLAIN, {"CONTENT_TYPE", "SIGNING_TIME", "MESSAGE_DIGEST"}),
        *(
            (level, {"CONTENT_TYPE", "SIGNING_TIME", "MESSAGE_DIGEST", "SIGNING_CERTIFICATE_V2"})
            for level in (SignatureLevel.B_B, SignatureLevel.B_T)
        ),
    ],
)
def test_a_level_signs_its_attributes(level: SignatureLevel, types: set[str]) -> None:
    (signer,) = parse_signed_data(made(level)).signers
    assert signer.attributes is not None
    assert set(signer.attributes.types) == {getattr(AttributeId, name) for name in types}
    assert signer.attributes.signing_time == AT


def test_a_bare_signature_has_no_attributes_and_signs_the_content() -> None:
    (signer,) = parse_signed_data(made(SignatureLevel.BARE)).signers
    assert signer.attributes is None
    MAKER.key.public_key().verify(signer.signature, CONTENT, PKCS1v15(), SHA256())


def test_only_level_b_t_asks_for_a_timestamp_and_over_the_signature_value() -> None:
    for level in SignatureLevel:
        stamper = Stamper()
        signature = sign_cms(CONTENT, KeySigner(), at=AT, level=level, timestamper=stamper)
        (signer,) = parse_signed_data(signature).signers
        wanted = [hashlib.sha256(signer.signature).digest()]
        assert stamper.asked == (wanted if level is SignatureLevel.B_T else [])
        assert len(signer.signature_timestamps) == len(stamper.asked)


def test_level_b_t_without_an_authority_is_refused_before_anything_is_signed() -> None:
    class Untouched:
        certificate = MAKER.card

        def sign_sha256(self, digest: bytes) -> bytes:
            raise AssertionError("signed")

    with pytest.raises(MalformedDocument, match="timestamp authority"):
        sign_cms(CONTENT, Untouched(), at=AT, level=SignatureLevel.B_T)


def test_a_timestamp_over_something_else_is_refused() -> None:
    with pytest.raises(MalformedSignature, match="something else"):
        add_timestamp(made(), Stamper(falsify=True))


def test_a_token_that_signs_wrongly_is_found_out() -> None:
    with pytest.raises(BadSignature):
        sign_detached(CONTENT, KeySigner(key=MAKER.good.other_key), at=AT)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(TypeError):
        sign_detached(CONTENT, KeySigner(), at=datetime(2026, 8, 1))  # noqa: DTZ001  the point


# content


@pytest.mark.parametrize("attached", [False, True])
def test_a_file_is_signed_like_its_bytes(attached: bool) -> None:
    of_bytes = sign_cms(CONTENT, KeySigner(), at=AT, attached=attached)
    of_file = sign_cms(io.BytesIO(CONTENT), KeySigner(), at=AT, attached=attached)
    assert of_file == of_bytes
    assert parse_signed_data(of_file).content == (CONTENT if attached else None)


def test_a_raw_value_is_over_the_content() -> None:
    value = sign_raw(io.BytesIO(CONTENT), KeySigner())
    MAKER.key.public_key().verify(value, CONTENT, PKCS1v15(), SHA256())


def test_attributes_are_never_signed_bare() -> None:
    """The value would pass for a signature of whatever they name."""
    attributes = parse_signed_data(made()).signers[0].attributes
    assert attributes is not None
    with pytest.raises(MalformedDocument, match="signed attributes"):
        sign_raw(attributes.signed_bytes, KeySigner())
    with pytest.raises(MalformedDocument, match="signed attributes"):
        sign_cms(attributes.signed_bytes, KeySigner(), at=AT, level=SignatureLevel.BARE)
    assert sign_raw(attributes.signed_bytes + b"\0", KeySigner())  # one byte more is no SET
    assert sign_cms(attributes.signed_bytes, KeySigner(), at=AT)


def test_content_too_large_to_attach_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jpki.sign.LARGEST_SIGNATURE", len(CONTENT))
    assert sign_cms(CONTENT, KeySigner(), at=AT, attached=True)
    for content in (CONTENT + b"!", io.BytesIO(CONTENT + b"!")):
        with pytest.raises(MalformedDocument, match="cannot be attached"):
            sign_cms(content, KeySigner(), at=AT, attached=True)


# long-term


def extended(place: EvidencePlace, **options: object) -> bytes:
    stamper = Stamper()
    evidence = Evidence(
        certificates=(MAKER.root, stamper.certificate),
        revocation_lists=(MAKER.good.revocation_list(),),
        ocsp_responses=(ocsp_response(BASIC),),
        place=place,
    )
    return extend(made(SignatureLevel.B_T), evidence, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("place", EvidencePlace)
def test_evidence_is_read_back_from_either_place(place: EvidencePlace) -> None:
    (claim,) = read_cms(extended(place), content=CONTENT).claims
    assert claim.problems == ()
    assert MAKER.root in claim.certificates
    assert claim.revocation_lists == (MAKER.good.revocation_list(),)
    assert claim.ocsp_responses == (ocsp_response(BASIC),)
    assert [proof.kind for proof in claim.proofs] == [ProofKind.SIGNATURE]
    assert integrity(extended(place), content=CONTENT)


def test_a_message_with_ocsp_answers_has_version_5_and_one_without_has_1() -> None:
    """RFC 5652 §5.1: revocation data of another form asks for version 5."""
    assert parse_signed_data(extended(EvidencePlace.MESSAGE)).version == 5
    assert parse_signed_data(extended(EvidencePlace.ATTRIBUTES)).version == 1


@pytest.mark.parametrize("place", EvidencePlace)
@pytest.mark.parametrize("attached", [False, True])
def test_an_archive_timestamp_is_over_what_the_standard_says(
    place: EvidencePlace, attached: bool
) -> None:
    """EN 319 122-1 §5.5.3, put together here from asn1crypto's reading of the file."""
    stamper = Stamper()
    signature = made(SignatureLevel.B_T, attached=attached)
    evidence = Evidence((MAKER.root,), (MAKER.good.revocation_list(),), (), place)
    content = None if attached else CONTENT
    long = extend(signature, evidence, content=content, timestamper=stamper)
    (claim,) = read_cms(long, content=content).claims
    assert claim.problems == ()
    archive = claim.proofs[-1]
    assert archive.kind is ProofKind.ARCHIVE
    token = asn1_cms.ContentInfo.load(archive.token)["content"]["signer_infos"][0]
    index = token["unsigned_attrs"][0]["values"][0].dump()
    signed = asn1_cms.ContentInfo.load(long)["content"]
    signer = signed["signer_infos"][0]
    names = ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm")
    wanted = b"".join(
        (
            signed["encap_content_info"]["content_type"].dump(),
            hashlib.sha256(CONTENT).digest(),
            *(signer[name].dump() for name in (*names, "signature")),
            index,
        )
    )
    assert hashlib.sha256(wanted).digest() == archive.imprints[SHA256_OID] == stamper.asked[-1]
    lists = der.open_document(index, error=MalformedSignature).children()[1:]
    count = [len(one.children()) for one in lists]
    in_message = place is EvidencePlace.MESSAGE
    # certificates of the message, its lists, and the values of the signer's unsigned attributes:
    # the timestamp, and the two attributes of values when the evidence is there
    assert count == ([2, 1, 1] if in_message else [1, 0, 3])


def test_an_archive_timestamp_without_the_content_cannot_be_made() -> None:
    with pytest.raises(MalformedDocument, match="content"):
        extend(made(), Evidence(), timestamper=Stamper())


def test_evidence_changed_under_an_archive_timestamp_is_noticed() -> None:
    evidence = Evidence(certificates=(MAKER.root,))
    long = extend(made(SignatureLevel.B_T), evidence, content=CONTENT, timestamper=Stamper())
    other = MAKER.root[:-1] + bytes([MAKER.root[-1] ^ 1])
    assert long.count(MAKER.root) == 1
    (claim,) = read_cms(long.replace(MAKER.root, other), content=CONTENT).claims
    assert [(one.step, one.code) for one in claim.problems] == [("time", "time.archive-index")]
    assert claim.problems[0].facts == {"count": "1"}
    assert [proof.kind for proof in claim.proofs] == [ProofKind.SIGNATURE]


def test_evidence_added_after_an_archive_timestamp_leaves_it_standing() -> None:
    long = extended(EvidencePlace.MESSAGE, content=CONTENT, timestamper=Stamper())
    more = extend(long, Evidence(certificates=(MAKER.mobile,)))
    again = extend(more, Evidence(), content=CONTENT, timestamper=Stamper())
    (claim,) = read_cms(again, content=CONTENT).claims
    assert claim.problems == ()
    kinds = [proof.kind for proof in claim.proofs]
    assert kinds == [ProofKind.SIGNATURE, ProofKind.ARCHIVE, ProofKind.ARCHIVE]


def test_other_content_gives_another_archive_imprint_and_none_gives_no_proof() -> None:
    long = extended(EvidencePlace.MESSAGE, content=CONTENT, timestamper=Stamper())
    (right,) = read_cms(long, content=CONTENT).claims
    (wrong,) = read_cms(long, content=OTHER_CONTENT).claims
    (without,) = read_cms(long).claims
    assert right.proofs[-1].imprints != wrong.proofs[-1].imprints
    assert [proof.kind for proof in without.proofs] == [ProofKind.SIGNATURE]


def test_an_archive_timestamp_without_index_proves_nothing_and_says_so() -> None:
    token = Stamper().timestamp(bytes(32))
    odd = add_unsigned_attributes(made(), [attribute(AttributeId.ARCHIVE_TIMESTAMP_V3, token)])
    (claim,) = read_cms(odd, content=CONTENT).claims
    assert [(one.code, one.severity.value) for one in claim.problems] == [
        ("time.archive-unreadable", "indeterminate")
    ]
    assert claim.proofs == ()


def test_digested_content_is_not_read_again() -> None:
    digested = digest_content(io.BytesIO(CONTENT))
    assert digest_content(digested) is digested
    (claim,) = read_cms(made(), content=digested).claims
    assert claim.content[0].found == claim.content[0].stated
