"""A verifier that asks the services is told what everybody reads in the publication."""

from __future__ import annotations

from datetime import date, time, timedelta

import httpx

from jpki.jst import at_time
from jpki.revocation import Issuer
from jpki.revocation.ocsp import CertificateId, IdHash, OcspRequest, parse_ocsp_response
from jpki.terms import CertificateKind, Purpose
from simulator import callcentre
from tests.services import servicework as work
from tests.web.webwork import Served

SECOND = timedelta(seconds=1)
TUESDAY = date(2026, 6, 23)


def test_lists_are_the_same_bytes_also_while_a_new_one_is_taken_over(served: Served) -> None:
    record = work.live(served.world, served.person, CertificateKind.CARD_SIGNATURE)
    path = f"/crl/sign/{record.authority.generation}/{record.municipality}.crl"
    served.world.advance(at_time(date(2026, 6, 22), time(23, 0)))
    callcentre.suspend_card(served.world, served.person)
    begins = at_time(TUESDAY, time(0, 0))
    seen = []
    with served.verifier() as bank:
        # Ten minutes of refresh window, its two sides, and the day around it.
        for after in (-1, 0, 1, 60, 599, 600, 601, 3600):
            served.world.advance(begins + after * SECOND)
            public = httpx.get(served.server.url + path)
            given = bank.revocation_list(
                Purpose.SIGNATURE,
                generation=record.authority.generation,
                municipality=record.municipality,
            )
            assert public.status_code == 200
            assert given == public.content
            seen.append(given)
    # The window was really crossed: the old edition before it, one new edition behind it.
    assert seen[0] != seen[-1]
    assert len(set(seen)) == 2


def test_status_is_that_of_the_public_answer_of_the_same_quarter_hour(served: Served) -> None:
    record = work.live(served.world, served.person, CertificateKind.CARD_SIGNATURE)
    issuer = Issuer.of(served.world.agency.authority(record.authority).certificate)
    question = OcspRequest(
        (CertificateId.of(issuer, record.serial, hash_algorithm=IdHash.SHA1),)
    ).der
    served.world.advance(at_time(TUESDAY, time(10, 1)))
    callcentre.suspend_card(served.world, served.person)
    seen = []
    with served.verifier() as bank:
        for minutes, seconds in ((1, 0), (14, 59), (15, 0), (15, 1), (29, 59), (30, 0)):
            served.world.advance(at_time(TUESDAY, time(10, minutes, seconds)))
            public = httpx.post(
                served.server.url + "/ocsp",
                content=question,
                headers={"content-type": "application/ocsp-request"},
            )
            answer = parse_ocsp_response(public.content).answer
            assert answer is not None
            (single,) = answer.singles
            told = bank.status(record.serial, Purpose.SIGNATURE)
            assert told.as_of == single.this_update
            entry = single.entry
            assert told.recorded_at == (None if entry is None else entry.recorded_at)
            reason = None if entry is None or entry.reason is None else entry.reason.rfc_name
            assert told.reason == reason
            assert (told.status == "good") == (entry is None)
            seen.append(told.status.value)
    # Recorded at 10:01: the data of 10:15 is the first that has it.
    assert seen[:2] == ["good", "good"]
    assert "good" not in seen[2:]
