"""The parsers that are fuzzed, a row each.

A target takes any bytes. What a parser accepts is also held against what must then be so: that it
can be written back, that another program reads it too, that nothing of it breaks the report.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache

from cryptography.x509 import load_der_x509_certificate, load_der_x509_crl

from jpki.authenticate import AuthenticationResponse, explain_authentication
from jpki.batch.absence import microseconds
from jpki.batch.judge import Judge, Row
from jpki.card.apdu import CommandApdu, ResponseApdu
from jpki.card.ber import members, read_object
from jpki.card.card_record import CardRecord
from jpki.card.certified import (
    BasicInformation,
    CardVerifiableCertificate,
    InputSupportSignature,
)
from jpki.card.face import BirthDateRecord, CardFace, FaceBasicInformation, NumberImage
from jpki.card.personal import FourAttributes, MyNumber
from jpki.card.trace import Trace, mask
from jpki.certificates import (
    certificate_der,
    deviations,
    parse_authority,
    parse_certificate,
    recognise,
)
from jpki.cms import parse_signed_data
from jpki.errors import JpkiError, MalformedDocument
from jpki.mdoc import MdocReport, Presentation
from jpki.mdoc import explain as explain_mdoc
from jpki.revocation import parse_ocsp_request, parse_ocsp_response, parse_revocation_list
from jpki.timestamps import (
    parse_timestamp_request,
    parse_timestamp_response,
    parse_timestamp_token,
)
from jpki.timestamps import timestamp_request as write_timestamp_request
from jpki.validation import DocumentReport, Verdict, VerificationReport, read_report
from jpki.validation.formats.pdf import read_pdf
from jpki.validation.formats.xml import read_xml
from jpki.verify import explain, explain_document, explain_later_status, explain_raw
from simulator.card.faults import read_faults
from simulator.story.reading import read_story
from tests.fuzz import seeds
from tests.fuzz.asked import AT, BATCH_EVIDENCE, CHALLENGE, CONTENT, EVIDENCE, SERVICE
from tests.fuzz.target import Target

__all__ = ["TARGETS"]

_RSA_2048 = 256


def certificate(data: bytes) -> None:
    """A certificate that is read has the serial that OpenSSL reads, and reads the same again."""
    deviations(data)
    found = parse_certificate(data)
    assert parse_certificate(found.der) == found
    assert load_der_x509_certificate(found.der).serial_number == found.serial
    assert repr(found)


def authority(data: bytes) -> None:
    """What ``--trust`` and ``--timestamp-trust`` read; trusted is only who signed itself."""
    certificate_der(data)
    found = parse_authority(data)
    assert parse_authority(found.der) == found
    assert recognise(found) is None or found.fingerprint_sha256


def revocation_list(data: bytes) -> None:
    """A list that is read has the numbers that another reader finds, when it reads it too.

    We do not look into the issuer's name, which is compared byte for byte; the other does.
    """
    found = parse_revocation_list(data)
    assert repr(found)
    with suppress(ValueError):
        other = load_der_x509_crl(data)
        assert {each.serial_number for each in other} == set(found.entries)


def ocsp_response(data: bytes) -> None:
    """An OCSP response is kept as it came."""
    found = parse_ocsp_response(data)
    assert found.der == data
    assert repr(found) + repr(found.answer)


def ocsp_request(data: bytes) -> None:
    """An OCSP request is written back to one that asks the same."""
    found = parse_ocsp_request(data)
    again = parse_ocsp_request(found.der)
    assert (again.certificate_ids, again.nonce) == (found.certificate_ids, found.nonce)


def timestamp_token(data: bytes) -> None:
    """A timestamp token, as far as reading goes."""
    assert repr(parse_timestamp_token(data))


def timestamp_request(data: bytes) -> None:
    """A timestamp request is written back to one that asks the same."""
    found = parse_timestamp_request(data)
    again = write_timestamp_request(
        found.digest,
        nonce=found.nonce,
        policy=found.policy,
        algorithm=found.algorithm,
        certificates=found.certificates,
    )
    assert parse_timestamp_request(again) == replace(found, extensions=())


def timestamp_response(data: bytes) -> None:
    """A timestamp response, as far as reading goes."""
    assert repr(parse_timestamp_response(data))


def cms(data: bytes) -> None:
    """Signed data, as far as reading goes."""
    assert repr(parse_signed_data(data))


def xml(data: bytes) -> None:
    """The XML signatures of a file, as far as reading goes."""
    assert read_xml(data).claims


def pdf(data: bytes) -> None:
    """The PDF signatures of a file, as far as reading goes."""
    assert read_pdf(data).claims


def signature(data: bytes) -> None:
    """A verdict on one signature, whatever its bytes."""
    _told(explain(data, content=CONTENT, roots=EVIDENCE.roots, at=AT))


def document(data: bytes) -> None:
    """A verdict on a file of any format, whatever its bytes."""
    report = explain_document(data, content=CONTENT, evidence=EVIDENCE, at=AT)
    for one in report.signatures:
        _told(one)
    assert DocumentReport.model_validate_json(report.model_dump_json()) == report


def batch(data: bytes) -> None:
    """A batch that has met the signature vectors says of any bytes what is said of them alone."""
    alone = explain_document(data, content=CONTENT, evidence=BATCH_EVIDENCE, at=AT)
    worst = next(one for one in alone.signatures if one.verdict is alone.verdict)
    expected = (alone.verdict, worst.deciding_step.number, worst.deciding_step.code)
    judge = _judge()
    row = Row(data, CONTENT, None, None, microseconds(AT))
    assert judge.answer(row)[:3] == expected
    assert judge._fast is not None
    judge._fast.forget_signers()  # and the same when the certificate is new
    assert judge.answer(row)[:3] == expected


@cache
def _judge() -> Judge:
    judge = Judge(BATCH_EVIDENCE)
    for data in seeds.files("cms/*.p7s")():
        judge.answer(Row(data, CONTENT, None, None, microseconds(AT)))
    return judge


def raw(data: bytes) -> None:
    """A bare signature value and a certificate."""
    value, beside = data[:_RSA_2048], data[_RSA_2048:]
    _told(explain_raw(value, certificate=beside, content=CONTENT, evidence=EVIDENCE, at=AT))


def authentication(data: bytes) -> None:
    """The answer to a challenge."""
    answer = AuthenticationResponse(certificate=data[_RSA_2048:], signature=data[:_RSA_2048])
    _told(explain_authentication(answer, CHALLENGE, audience=SERVICE, evidence=EVIDENCE, at=AT))


def later_status(data: bytes) -> None:
    """A certificate looked at again."""
    _told(explain_later_status(data, evidence=EVIDENCE, at=AT))


def _told(report: VerificationReport) -> None:
    """A report can be printed and kept. Only the holders of the vectors can have signed."""
    assert report.text("en")
    assert report.text("ja")
    assert VerificationReport.model_validate_json(report.model_dump_json()) == report
    if report.verdict is Verdict.VALID:
        assert report.signer is not None
        assert report.signer.serial in (100, 101)


def mdoc(data: bytes) -> None:
    """A presentation that is read is written back the same, and without a root never valid."""
    report = explain_mdoc(data, roots=(), transcript=None, at=AT)
    assert report.text("en")
    assert report.text("ja")
    assert MdocReport.model_validate_json(report.model_dump_json()) == report
    assert report.verdict is not Verdict.VALID
    found = Presentation.parse(data)
    if found.device_auth is not None:
        written = found.to_bytes()
        assert Presentation.parse(written).to_bytes() == written


def command(data: bytes) -> None:
    """A command APDU is written back to the same bytes, and masked whatever it is."""
    assert len(mask(data).octets) == len(data)
    assert bytes(CommandApdu.parse(data)) == data


def response(data: bytes) -> None:
    """A response APDU is written back to the same bytes."""
    assert bytes(ResponseApdu.parse(data)) == data


def trace(data: bytes) -> None:
    """A trace is written back to one that reads the same."""
    found = Trace.parse(data.decode("utf-8", errors="replace"))
    assert Trace.parse(found.format()) == found


def ber(data: bytes) -> None:
    """An object is stored as it came, and so are the objects inside it."""
    if not data:
        return
    tag = int.from_bytes(data[:2] if data[0] & 0x1F == 0x1F else data[:1], "big")
    found = read_object(data, tag=tag, source="fuzz")
    assert data.startswith(found.stored)
    assert found.stored.endswith(found.value)
    inside = b"".join(one.stored for one in members(found, source="fuzz"))
    assert found.value.startswith(inside)


_CARD_FILES: tuple[Callable[[bytes], object], ...] = (
    MyNumber.parse,
    FourAttributes.parse,
    InputSupportSignature.parse,
    CardVerifiableCertificate.parse,
    BasicInformation.parse,
    CardFace.parse,
    BirthDateRecord.parse,
    NumberImage.parse,
    FaceBasicInformation.parse,
    CardRecord.parse,
)
_DERIVED = ("birth_day", "expires_on", "sex", "family_name", "masked_number")


def card_file(data: bytes) -> None:
    """Every reader of a card's file, on the same bytes; what it derives can be asked for."""
    for parse in _CARD_FILES:
        try:
            found = parse(data)
        except JpkiError:
            continue
        for name in _DERIVED:
            getattr(found, name, None)
        assert repr(found)


def report(data: bytes) -> None:
    """A kept report that is read can be told in both languages and kept again."""
    found = read_report(data)
    for file in found.files:
        assert file.text("en")
        assert file.text("ja")
        assert [str(one.etsi) for one in file.signatures]
    assert read_report(found.model_dump_json().encode()) == found


def story(data: bytes) -> None:
    """A story is read, or has problems each of which can be told and stands somewhere."""
    reading = read_story(data.decode("utf-8", errors="replace"), name="a-story", source="fuzz")
    assert (reading.story is None) == bool(reading.problems)
    for problem in reading.problems:
        assert problem.message("en")
        assert problem.message("ja")


def faults(data: bytes) -> None:
    """A script of card faults."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedDocument("not UTF-8") from None
    read_faults(text)


_ROWS = (
    Target("certificate", certificate, seeds.files("certificates/*.der")),
    Target("authority", authority, seeds.files("certificates/authority*.der", "cms/*root.cer")),
    Target("revocation-list", revocation_list, seeds.files("revocation/*.crl", "cms/*.crl")),
    Target("cms", cms, seeds.files("cms/*.p7s", "cms/*.pem", "cms_attacks/*.p7s"), 9000),
    Target("signature", signature, seeds.files("cms/*.p7s"), 6000, never_raises=True),
    Target("document", document, seeds.files("cms/*.p7s", "cms/*.pem"), 6000, never_raises=True),
    Target("batch", batch, seeds.files("cms/*.p7s"), 6000, never_raises=True),
    Target("raw", raw, seeds.beside_a_certificate, never_raises=True),
    Target("authentication", authentication, seeds.beside_a_certificate, never_raises=True),
    Target("later-status", later_status, seeds.files("certificates/*.der"), never_raises=True),
    Target("pdf", pdf, seeds.pdf_files, 20_000),
    Target("xml", xml, seeds.files("xml/*.xml"), 20_000),
    Target("ocsp-response", ocsp_response, seeds.files("ocsp/*.ors"), 20_000),
    Target("ocsp-request", ocsp_request, seeds.ocsp_requests, 600),
    Target("timestamp-token", timestamp_token, seeds.files("timestamps/*.tst"), 8000),
    Target("timestamp-request", timestamp_request, seeds.timestamp_requests, 600),
    Target("timestamp-response", timestamp_response, seeds.timestamp_responses, 8000),
    Target("mdoc", mdoc, seeds.files("mdoc/annex-d-response.cbor", "mdoc/shown.cbor"), 6000),
    Target("command-apdu", command, seeds.commands, 600),
    Target("response-apdu", response, seeds.responses, 600),
    Target("trace", trace, seeds.traces),
    Target("ber", ber, seeds.card_files, 9000),
    Target("card-file", card_file, seeds.card_files, 9000),
    Target("report", report, seeds.reports, 30_000),
    Target("story", story, seeds.stories, 6000),
    Target("faults", faults, seeds.fault_scripts),
)
TARGETS = {row.name: row for row in _ROWS}
