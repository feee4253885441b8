"""Each way in which a presented record is not to be relied on, and the step that says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from jpki.errors import (
    BadSignature,
    DigestMismatch,
    Expired,
    Indeterminate,
    IssuerUnknown,
    NotYetValid,
    OtherSession,
    UntrustedIssuer,
    VerificationError,
    WrongPolicy,
)
from jpki.mdoc import (
    DOC_TYPE,
    ITEMS_OF_JAPAN,
    Algorithm,
    MdocReport,
    Presentation,
    SessionTranscript,
    Sign1,
    explain,
    verify,
)
from jpki.validation import Verdict
from simulator import mdoc
from simulator.mdoc import IssuingProfile
from simulator.mdoc.keys import ec_key, signing_with
from simulator.mdoc.memory import Wallets
from tests.mdoc.mdocwork import ADULT, BEGINS, NAME, Scene, new_world, session


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with new_world() as world:
        made = Scene.begin(world)
        made.apply()
        yield made


@pytest.fixture(scope="module")
def answer(scene: Scene) -> bytes:
    return scene.show(NAME, ADULT)


def judged(
    scene: Scene, data: bytes, transcript: SessionTranscript | None = None, **kwargs: object
) -> MdocReport:
    asked = {"roots": scene.roots(), "transcript": transcript or session(), "at": BEGINS, **kwargs}
    return explain(data, **asked)  # type: ignore[arg-type]


def raised(scene: Scene, data: bytes, **kwargs: object) -> VerificationError:
    asked = {"roots": scene.roots(), "transcript": session(), "at": BEGINS, **kwargs}
    with pytest.raises(VerificationError) as caught:
        verify(data, **asked)  # type: ignore[arg-type]
    return caught.value


def test_a_presented_record_is_valid_and_shows_its_items(scene: Scene, answer: bytes) -> None:
    report = judged(scene, answer)
    assert report.verdict is Verdict.VALID
    shown = {item.name: item.value for item in report.items}
    name = scene.world.state().person(scene.person).items.name
    assert shown == {"full_name_unicode": name, "age_over_20": True}
    assert name not in repr(report)
    assert name not in report.text("en") + report.text("ja")


def test_a_report_never_says_that_it_has_not_fallen(scene: Scene, answer: bytes) -> None:
    report = judged(scene, answer)
    assert report.fallen_since == "unknown"
    assert "UNKNOWN" in report.text("en")
    assert "不明" in report.text("ja")
    assert MdocReport.model_validate_json(report.model_dump_json()) == report


def test_an_answer_for_another_session_is_a_replay(scene: Scene, answer: bytes) -> None:
    error = raised(scene, answer, transcript=session(2))
    assert isinstance(error, OtherSession)
    assert error.step == 8


def test_without_the_session_it_is_indeterminate(scene: Scene, answer: bytes) -> None:
    assert isinstance(raised(scene, answer, transcript=None), Indeterminate)


def test_without_a_root_it_is_indeterminate(scene: Scene, answer: bytes) -> None:
    assert isinstance(raised(scene, answer, roots=()), IssuerUnknown)


def test_the_root_of_another_world_is_not_the_issuer(scene: Scene, answer: bytes) -> None:
    other = IssuingProfile(root_name="Simulated IACA of another country")
    assert isinstance(raised(scene, answer, roots=scene.roots(other)), IssuerUnknown)


def test_a_root_of_the_same_name_with_another_key_has_not_signed(
    scene: Scene, answer: bytes
) -> None:
    other = IssuingProfile(algorithm=Algorithm.ES384)
    assert isinstance(raised(scene, answer, roots=scene.roots(other)), UntrustedIssuer)


def test_its_month_begins_and_ends_to_the_second(scene: Scene, answer: bytes) -> None:
    # Issued at 10:00 on 6 July; ends with 6 August in Japan, 23:59:59.
    last = BEGINS.replace(month=8, hour=14, minute=59, second=59)
    assert judged(scene, answer, at=BEGINS).verdict is Verdict.VALID
    assert judged(scene, answer, at=last).verdict is Verdict.VALID
    assert isinstance(raised(scene, answer, at=BEGINS - timedelta(seconds=1)), NotYetValid)
    assert isinstance(raised(scene, answer, at=last + timedelta(seconds=1)), Expired)


def altered(answer: bytes, **changes: object) -> Presentation:
    found = Presentation.parse(answer)
    return replace(found, record=replace(found.record, **changes))


def test_an_item_with_another_value_is_not_what_was_signed(scene: Scene, answer: bytes) -> None:
    items = Presentation.parse(answer).record.items
    changed = tuple(
        replace(item, value=False, content=None) if item.name == "age_over_20" else item
        for item in items
    )
    error = raised(scene, altered(answer, items=changed).to_bytes())
    assert isinstance(error, DigestMismatch)
    assert error.step == 6


def test_an_item_of_the_holders_other_record_does_not_fit(scene: Scene, answer: bytes) -> None:
    other = Presentation.parse(scene.show(NAME, party="bank")).record.items[0]
    adult = Presentation.parse(answer).record.items[1]
    error = raised(scene, altered(answer, items=(other, adult)).to_bytes())
    assert isinstance(error, DigestMismatch)


def test_an_item_in_another_namespace_or_shown_twice_is_refused(
    scene: Scene, answer: bytes
) -> None:
    name, adult = Presentation.parse(answer).record.items
    moved = replace(adult, namespace=ITEMS_OF_JAPAN)
    assert isinstance(
        raised(scene, altered(answer, items=(name, moved)).to_bytes()), DigestMismatch
    )
    twice = judged(scene, altered(answer, items=(name, name)).to_bytes())
    assert twice.deciding_step.code == "items.twice"


def test_an_item_that_nobody_signed_is_refused(scene: Scene, answer: bytes) -> None:
    name, adult = Presentation.parse(answer).record.items
    forged = replace(adult, digest_id=999, content=None)
    report = judged(scene, altered(answer, items=(name, forged)).to_bytes())
    assert report.deciding_step.code == "items.unsigned"


def test_a_record_signed_by_a_stranger_is_not_the_signers(scene: Scene, answer: bytes) -> None:
    auth = Presentation.parse(answer).record.issuer_auth
    stranger = ec_key(scene.world, "stranger", Algorithm.ES256)
    assert auth.payload is not None
    forged = Sign1.made(
        auth.payload,
        algorithm=Algorithm.ES256,
        sign=signing_with(stranger, Algorithm.ES256),
        chain=auth.chain,
    )
    error = raised(scene, altered(answer, issuer_auth=forged).to_bytes())
    assert isinstance(error, BadSignature)
    assert error.step == 5


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chain": ()}, "signer.absent"),
        ({"chain": (b"\x30\x00",)}, "signer.malformed"),
        ({"signature": b""}, "record.differs"),
        ({"signature": bytes(64)}, "record.differs"),
        ({"algorithm": -35, "protected": bytes.fromhex("a1013822")}, "record.algorithm"),
        ({"payload": None}, "record.empty"),
    ],
)
def test_a_broken_issuer_signature_names_its_step(
    scene: Scene, answer: bytes, change: dict[str, object], code: str
) -> None:
    auth = replace(Presentation.parse(answer).record.issuer_auth, **change)
    report = judged(scene, altered(answer, issuer_auth=auth).to_bytes())
    assert report.verdict is Verdict.INVALID
    assert report.deciding_step.code == code


def test_the_roots_own_certificate_does_not_sign_records(scene: Scene, answer: bytes) -> None:
    auth = replace(Presentation.parse(answer).record.issuer_auth, chain=(scene.roots()[0].der,))
    report = judged(scene, altered(answer, issuer_auth=auth).to_bytes())
    assert report.deciding_step.code == "signer.malformed"


def test_another_document_type_than_was_signed_is_refused(scene: Scene, answer: bytes) -> None:
    other = replace(Presentation.parse(answer), doc_type="org.example.other")
    assert isinstance(raised(scene, other.to_bytes()), WrongPolicy)


def test_what_the_device_adds_by_itself_is_refused(scene: Scene, answer: bytes) -> None:
    added = replace(Presentation.parse(answer), device_spaces=bytes.fromhex("a16161a1616101"))
    report = judged(scene, added.to_bytes())
    assert report.deciding_step.code == "items.device"


def test_the_device_key_of_another_record_does_not_sign_for_this_one(
    scene: Scene, answer: bytes
) -> None:
    wallet = Wallets(scene.world.store).of_device(scene.device)
    assert wallet is not None
    other = ec_key(scene.world, wallet.records[1].key, Algorithm.ES256)
    stolen = Presentation.made(
        Presentation.parse(answer).record,
        DOC_TYPE,
        transcript=session(),
        sign=lambda data: Sign1.made(
            data,
            algorithm=Algorithm.ES256,
            sign=signing_with(other, Algorithm.ES256),
            detached=True,
        ),
    )
    assert isinstance(raised(scene, stolen.to_bytes()), OtherSession)


def test_every_truncation_is_refused_and_never_a_strange_error(scene: Scene, answer: bytes) -> None:
    for length in range(0, len(answer), 7):
        assert judged(scene, answer[:length]).deciding_step.number == 1


def test_no_changed_bit_leaves_it_valid(scene: Scene, answer: bytes) -> None:
    for place in range(len(answer)):
        changed = bytearray(answer)
        changed[place] ^= 1 << (place % 8)
        assert judged(scene, bytes(changed)).verdict is not Verdict.VALID, place


def test_records_signed_with_es384_are_valid_too() -> None:
    with new_world() as world:
        profile = IssuingProfile(algorithm=Algorithm.ES384, digest="SHA-384")
        scene = Scene.begin(world)
        scene.apply(profile)
        data = scene.show(ADULT, profile=profile)
        report = explain(data, roots=scene.roots(profile), transcript=session(), at=BEGINS)
    assert report.verdict is Verdict.VALID
    assert report.record is not None
    assert (report.record.algorithm, report.record.digest_algorithm) == (-35, "SHA-384")
    assert mdoc.DEFAULT_PROFILE.algorithm is Algorithm.ES256
