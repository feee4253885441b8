"""The verifier meets every fault: never good where it must not be, and as the catalogue says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import httpx
import pytest

from jpki.errors import JpkiError
from jpki.life import Authority
from jpki.revocation import StatusEvidence
from jpki.revocation.http import Fetcher, HttpLimits, HttpSource
from jpki.terms import Purpose
from jpki.timestamps import (
    SHA256,
    TimestampToken,
    check_response,
    parse_timestamp_request,
    parse_timestamp_response,
    timestamp_request,
)
from jpki.validation import CertificateStatus, Standing, status_at
from jpki.validation.claim import ProofKind, TimeProof
from jpki.validation.timestamps import TimeTrust, judge_timestamp
from simulator.agency.publication import list_template
from simulator.faults import CATALOGUE, Fault, FaultName, FaultPlan, FaultsAtWork, Target
from tests.agency.publication.serving import Town, served

NONCE = bytes(range(32))
LIMITS = HttpLimits(read=30.0, deadline=30.0, longest_list=200_000, longest_answer=100_000)
# Only who waits for a slow server loses patience: on a busy machine a good one may take a second.
IMPATIENT = replace(LIMITS, read=1.0, deadline=2.0)
# What would take a minute or a hundred megabytes is made small enough for a test.
SMALL = {FaultName.SLOW: {"seconds": 20}, FaultName.OVERSIZE: {"bytes": 300_000}}
DIGEST = hashlib.sha256(b"a document").digest()
SIGN = Authority(Purpose.SIGNATURE, 3)


@dataclass
class Bench:
    town: Town
    base: str = ""
    plan: FaultPlan = field(default_factory=FaultPlan)

    def order(self, name: FaultName, target: Target | None = None, **more: object) -> None:
        fields = {"name": name, "target": target, **SMALL.get(name, {}), **more}
        self.plan = FaultPlan(seed=1).ordered(Fault.model_validate(fields))

    @property
    def limits(self) -> HttpLimits:
        slow = any(order.fault.name is FaultName.SLOW for order in self.plan.orders)
        return IMPATIENT if slow else LIMITS

    def source(self, *targets: Target, nonce: bool = True) -> HttpSource:
        return HttpSource(
            clock=lambda: self.town.world.now,
            lists=list_template(self.base, SIGN) if Target.CRL in targets else None,
            responder=f"{self.base}/ocsp" if Target.OCSP in targets else None,
            nonces=(lambda: NONCE) if nonce else None,
            fetcher=Fetcher(limits=self.limits),
        )

    def evidence(self, person: str, *targets: Target, nonce: bool = True) -> StatusEvidence:
        source = self.source(*targets, nonce=nonce)
        return source.evidence(self.town.certificate(person), self.town.authority())

    def status(self, person: str, *targets: Target, nonce: bool = True) -> CertificateStatus:
        found = self.evidence(person, *targets, nonce=nonce)
        return status_at(
            self.town.certificate(person),
            authority=self.town.authority(),
            lists=found.lists,
            answers=found.answers,
            at=self.town.world.now,
            nonce=NONCE if nonce and Target.OCSP in targets else None,
        )


@pytest.fixture(scope="module")
def running() -> Iterator[Bench]:
    town = Town.build("good", "moved", "held")
    town.wait(days=4)
    town.moves("moved")
    town.loses_the_card("held")
    town.wait(days=5)
    bench = Bench(town)
    with served(town.world, FaultsAtWork(lambda: bench.plan)) as base:
        bench.base = base
        yield bench


@pytest.fixture
def bench(running: Bench) -> Iterator[Bench]:
    yield running
    running.plan = FaultPlan()


ROWS = [
    (name, target, standing)
    for name, kind in CATALOGUE.items()
    for target, standing in kind.standing.items()
    if target in (Target.CRL, Target.OCSP) and kind.alone
]


@pytest.mark.parametrize("target", [Target.CRL, Target.OCSP])
def test_without_faults_the_three_are_good_revoked_and_held(bench: Bench, target: Target) -> None:
    assert bench.status("good", target).standing is Standing.GOOD
    assert bench.status("moved", target).standing is Standing.REVOKED
    # A lost card's signature certificate: the list and the answer say certificateHold.
    assert bench.status("held", target).standing is Standing.HELD


@pytest.mark.parametrize(("name", "target", "standing"), ROWS)
def test_a_fault_leads_a_verifier_where_the_catalogue_says_and_never_to_good(
    bench: Bench, name: FaultName, target: Target, standing: str
) -> None:
    bench.order(name, target)
    assert bench.status("good", target).standing is Standing(standing)
    assert bench.status("moved", target).standing in (Standing.UNKNOWN, Standing.REVOKED)
    assert bench.status("held", target).standing in (Standing.UNKNOWN, Standing.HELD)


PROBLEMS = {
    (FaultName.STALE_CRL, Target.CRL): "revocation.stale",
    (FaultName.FUTURE_THIS_UPDATE, Target.CRL): "revocation.not-yet",
    (FaultName.FUTURE_THIS_UPDATE, Target.OCSP): "revocation.answer-not-yet",
    (FaultName.WRONG_ISSUER_KEY, Target.CRL): "revocation.bad-signature",
    (FaultName.WRONG_ISSUER_KEY, Target.OCSP): "revocation.answer-signature",
    (FaultName.WRONG_PARTITION, Target.CRL): "revocation.other-partition",
    (FaultName.UNKNOWN_CRITICAL_EXTENSION, Target.CRL): "revocation.critical-extension",
    (FaultName.UNKNOWN_CRITICAL_EXTENSION, Target.OCSP): "revocation.answer-critical-extension",
    (FaultName.OCSP_TRY_LATER, Target.OCSP): "revocation.answer-refused",
    (FaultName.OCSP_UNAUTHORIZED, Target.OCSP): "revocation.answer-refused",
    (FaultName.RESPONDER_WITHOUT_NO_CHECK, Target.OCSP): "revocation.answer-no-check",
    (FaultName.RESPONDER_EXPIRED, Target.OCSP): "revocation.answer-responder",
    (FaultName.CLOCK_SKEW, Target.CRL): "revocation.not-yet",
    (FaultName.CLOCK_SKEW, Target.OCSP): "revocation.answer-not-yet",
}


@pytest.mark.parametrize(("row", "code"), PROBLEMS.items())
def test_a_fault_is_found_for_its_own_reason_and_no_other(
    bench: Bench, row: tuple[FaultName, Target], code: str
) -> None:
    name, target = row
    bench.order(name, target)
    assert bench.status("good", target).code == code


FAILURES = {
    (FaultName.MISSING_NEXT_UPDATE, Target.CRL): "format.revocation-list",
    (FaultName.REPLAYED_NONCE, Target.OCSP): "source",
    (FaultName.TRUNCATED, Target.CRL): "format.revocation-list",
    (FaultName.TRUNCATED, Target.OCSP): "format.ocsp-response",
    (FaultName.SLOW, Target.CRL): "source.timed-out",
    (FaultName.SLOW, Target.OCSP): "source.timed-out",
    (FaultName.OVERSIZE, Target.CRL): "source.too-large",
    (FaultName.OVERSIZE, Target.OCSP): "source.too-large",
    (FaultName.CONNECTION_RESET, Target.CRL): "source.unreachable",
    (FaultName.CONNECTION_RESET, Target.OCSP): "source.unreachable",
    (FaultName.HTTP_5XX, Target.CRL): "source.refused",
    (FaultName.HTTP_5XX, Target.OCSP): "source.refused",
}


@pytest.mark.parametrize(("row", "code"), FAILURES.items())
def test_a_fault_in_delivery_or_form_is_named_among_the_failures(
    bench: Bench, row: tuple[FaultName, Target], code: str
) -> None:
    name, target = row
    bench.order(name, target)
    (failure,) = bench.evidence("good", target).failures
    assert failure.code == code


def test_every_fault_of_the_catalogue_has_its_reason_here() -> None:
    # The last is allowed by RFC 6960 §2.4: the answer holds for the policy's max_age.
    assert {row[:2] for row in ROWS} - set(PROBLEMS) - set(FAILURES) == {
        (FaultName.MISSING_NEXT_UPDATE, Target.OCSP)
    }


@pytest.mark.parametrize("liar", [Target.CRL, Target.OCSP])
def test_when_one_of_two_sources_lies_the_revocation_decides_and_the_lie_is_told(
    bench: Bench, liar: Target
) -> None:
    bench.order(FaultName.CRL_OCSP_DISAGREE, liar)
    status = bench.status("moved", Target.CRL, Target.OCSP)
    assert status.standing is Standing.REVOKED
    assert [one.code for one in status.disagreements] == ["revocation.against-revocation"]


def test_a_liar_alone_cannot_be_seen_which_is_why_the_catalogue_says_so(bench: Bench) -> None:
    bench.order(FaultName.CRL_OCSP_DISAGREE, Target.CRL)
    assert bench.status("moved", Target.CRL).standing is Standing.GOOD
    assert not CATALOGUE[FaultName.CRL_OCSP_DISAGREE].alone


def test_a_good_certificate_that_one_source_calls_revoked_is_revoked(bench: Bench) -> None:
    serial = bench.town.certificate("good").serial
    for liar in (Target.CRL, Target.OCSP):
        bench.order(FaultName.CRL_OCSP_DISAGREE, liar, serial=serial)
        status = bench.status("good", Target.CRL, Target.OCSP)
        assert status.standing is Standing.REVOKED
        assert len(status.disagreements) == 1
    # The fault names one serial; the others are told the truth.
    assert bench.status("moved", Target.OCSP).standing is Standing.REVOKED


def test_a_replayed_nonce_goes_unseen_by_a_verifier_that_sends_none(bench: Bench) -> None:
    bench.order(FaultName.REPLAYED_NONCE, Target.OCSP)
    assert bench.status("good", Target.OCSP, nonce=False).standing is Standing.GOOD


def test_a_fault_befalls_the_partition_it_names_and_no_other(bench: Bench) -> None:
    bench.order(FaultName.STALE_CRL, partition="01202")
    assert bench.status("good", Target.CRL).standing is Standing.GOOD
    bench.order(FaultName.STALE_CRL, partition="13113")
    assert bench.status("good", Target.CRL).standing is Standing.UNKNOWN
    bench.order(FaultName.OCSP_TRY_LATER, partition="13113")
    assert bench.status("good", Target.OCSP).standing is Standing.UNKNOWN


def test_a_fault_befalls_the_serial_it_names_and_no_other(bench: Bench) -> None:
    bench.order(FaultName.OCSP_TRY_LATER, serial=bench.town.certificate("good").serial)
    assert bench.status("good", Target.OCSP).standing is Standing.UNKNOWN
    assert bench.status("moved", Target.OCSP).standing is Standing.REVOKED


# timestamps


def judged(bench: Bench, token: TimestampToken) -> str:
    root, crl = (httpx.get(f"{bench.base}/tsa/root.{kind}").content for kind in ("cer", "crl"))
    proof = TimeProof(ProofKind.SIGNATURE, token.der, {SHA256: DIGEST})
    trust = TimeTrust(roots=(root,), crls=(crl,))
    verdict = judge_timestamp(proof, trust=trust, at=bench.town.world.now)
    return verdict.code


def stamped(bench: Bench) -> str:
    """What comes of asking for a timestamp: the verdict on it, or why there is none."""
    request = timestamp_request(DIGEST, nonce=77)
    kind = {"content-type": "application/timestamp-query"}
    try:
        answer = httpx.post(
            f"{bench.base}/tsa", content=request, headers=kind, timeout=bench.limits.read
        )
        answer.raise_for_status()
        response = parse_timestamp_response(answer.content)
        return judged(bench, check_response(response, parse_timestamp_request(request)))
    except (httpx.HTTPError, JpkiError) as error:
        return type(error).__name__


STAMPED = {
    FaultName.WRONG_ISSUER_KEY: "time.bad-signature",
    FaultName.REPLAYED_NONCE: "TimestampDiffers",
    FaultName.CLOCK_SKEW: "time.future",
    FaultName.TRUNCATED: "MalformedTimestamp",
    FaultName.SLOW: "ReadTimeout",
    FaultName.OVERSIZE: "MalformedTimestamp",
    FaultName.CONNECTION_RESET: "ReadError",
    FaultName.HTTP_5XX: "HTTPStatusError",
}


def test_without_faults_a_timestamp_proves_its_instant(bench: Bench) -> None:
    assert stamped(bench) == "time.proven"


@pytest.mark.parametrize(
    "name", [name for name, kind in CATALOGUE.items() if Target.TSA in kind.targets]
)
def test_a_faulty_timestamp_proves_nothing(bench: Bench, name: FaultName) -> None:
    more = {"seconds": 500} if name is FaultName.SLOW else {}
    bench.order(name, Target.TSA, **more)
    assert stamped(bench) == STAMPED[name]
