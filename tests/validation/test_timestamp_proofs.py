"""Chains of timestamps: a later one keeps an earlier one good past its authority's end."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.revocation.revocation_list import RevokedEntry
from jpki.timestamps import SHA256, parse_timestamp_response, timestamp_request
from jpki.validation.claim import ProofKind, TimeProof
from jpki.validation.paths import PathOutcome, RevocationCheck
from jpki.validation.timestamps import TimeTrust, judge_proofs, judge_timestamp
from simulator.agency.timestamps import (
    SimulatedTimestampAuthority,
    create_timestamp_authority,
    timestamp_response,
    timestamp_revocation_list,
)
from simulator.keys import SeededKeys

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
CREATED = datetime(2024, 4, 1, tzinfo=UTC)
FIRST_ENDS = CREATED + 1000 * DAY
STAMPED = CREATED + 500 * DAY
ARCHIVED = CREATED + 900 * DAY
NOW = CREATED + 1100 * DAY  # the first authority's certificate has ended
DIGEST = hashlib.sha256(b"a signature value").digest()
ARCHIVE_DIGEST = hashlib.sha256(b"everything beside it").digest()


class _Renamed:
    """The same key source under other labels, for a second authority."""

    def __init__(self, keys: SeededKeys) -> None:
        self._keys = keys

    def rsa(self, label: str) -> RSAPrivateKey:
        return self._keys.rsa(f"second {label}")


@pytest.fixture(scope="module")
def first() -> SimulatedTimestampAuthority:
    return create_timestamp_authority(
        keys=SeededKeys("timestamp proofs"), at=CREATED, lasts=FIRST_ENDS - CREATED
    )


@pytest.fixture(scope="module")
def second() -> SimulatedTimestampAuthority:
    return create_timestamp_authority(keys=_Renamed(SeededKeys("timestamp proofs")), at=CREATED)


def stamp(
    authority: SimulatedTimestampAuthority,
    at: datetime,
    kind: ProofKind = ProofKind.SIGNATURE,
) -> TimeProof:
    digest = DIGEST if kind is ProofKind.SIGNATURE else ARCHIVE_DIGEST
    response = timestamp_response(authority, timestamp_request(digest, nonce=1), at=at)
    token = parse_timestamp_response(response).token
    assert token is not None
    return TimeProof(kind, token.der, {SHA256: digest})


def trust(
    first: SimulatedTimestampAuthority, second: SimulatedTimestampAuthority, *crls: bytes
) -> TimeTrust:
    return TimeTrust(roots=(first.root, second.root), crls=crls)


Two = tuple[SimulatedTimestampAuthority, SimulatedTimestampAuthority]


@pytest.fixture(scope="module")
def both(first: SimulatedTimestampAuthority, second: SimulatedTimestampAuthority) -> Two:
    return first, second


def lists(both: Two, revoked: RevokedEntry | None = None) -> tuple[bytes, ...]:
    """What a careful archive holds: the first root's list of then, the second's of today."""
    return (
        timestamp_revocation_list(both[0], at=ARCHIVED - DAY),
        *(
            ()
            if revoked is None
            else (timestamp_revocation_list(both[0], at=FIRST_ENDS - DAY, revoked=revoked),)
        ),
        timestamp_revocation_list(both[1], at=NOW - DAY),
    )


def test_an_expired_authority_alone_proves_nothing(both: Two) -> None:
    proofs = (stamp(both[0], STAMPED),)
    found = judge_proofs(proofs, trust=trust(*both, *lists(both)), at=NOW)
    assert found.earliest is None
    (verdict,) = found.verdicts
    assert (verdict.outcome, verdict.code) == (PathOutcome.INDETERMINATE, "time.expired")


def test_a_later_archive_timestamp_keeps_it_good(both: Two) -> None:
    proofs = (stamp(both[0], STAMPED), stamp(both[1], ARCHIVED, ProofKind.ARCHIVE))
    found = judge_proofs(proofs, trust=trust(*both, *lists(both)), at=NOW)
    assert [one.code for one in found.verdicts] == ["time.covered", "time.proven"]
    assert found.earliest == STAMPED + SECOND  # the authority's accuracy on top


def test_a_second_timestamp_of_the_signature_covers_nothing(both: Two) -> None:
    proofs = (stamp(both[0], STAMPED), stamp(both[1], ARCHIVED))
    found = judge_proofs(proofs, trust=trust(*both, *lists(both)), at=NOW)
    assert [one.code for one in found.verdicts] == ["time.expired", "time.proven"]
    assert found.earliest == ARCHIVED + SECOND


def test_an_archive_timestamp_covers_only_what_stands_before_it(both: Two) -> None:
    proofs = (stamp(both[1], ARCHIVED, ProofKind.ARCHIVE), stamp(both[0], STAMPED))
    found = judge_proofs(proofs, trust=trust(*both, *lists(both)), at=NOW)
    assert [one.code for one in found.verdicts] == ["time.proven", "time.expired"]


def test_an_archive_timestamp_that_is_not_proven_covers_nothing(both: Two) -> None:
    archive = stamp(both[1], ARCHIVED, ProofKind.ARCHIVE)
    broken = TimeProof(ProofKind.ARCHIVE, archive.token, {SHA256: bytes(32)})
    proofs = (stamp(both[0], STAMPED), broken)
    found = judge_proofs(proofs, trust=trust(*both, *lists(both)), at=NOW)
    assert [one.code for one in found.verdicts] == ["time.expired", "time.imprint-differs"]
    assert found.earliest is None


@pytest.mark.parametrize(
    ("archived", "code"),
    [(FIRST_ENDS - SECOND, "time.covered"), (FIRST_ENDS, "time.expired")],
    ids=["covered as it ends", "covered too late"],
)
def test_the_archive_timestamp_must_prove_an_instant_before_the_end(
    both: Two, archived: datetime, code: str
) -> None:
    """With its accuracy of one second, one made at the last second proves no more than the next."""
    proofs = (stamp(both[0], STAMPED), stamp(both[1], archived, ProofKind.ARCHIVE))
    crls = (
        timestamp_revocation_list(both[0], at=FIRST_ENDS - DAY),
        timestamp_revocation_list(both[1], at=NOW - DAY),
    )
    found = judge_proofs(proofs, trust=trust(*both, *crls), at=NOW)
    assert found.verdicts[0].code == code


def test_a_list_from_after_the_end_says_nothing_of_the_time_before(both: Two) -> None:
    """By then an authority may have dropped what had expired (RFC 5280 §3.3)."""
    proofs = (stamp(both[0], STAMPED), stamp(both[1], ARCHIVED, ProofKind.ARCHIVE))
    for made, code in ((FIRST_ENDS, "time.covered"), (FIRST_ENDS + SECOND, "time.expired")):
        crls = (
            timestamp_revocation_list(both[0], at=made),
            timestamp_revocation_list(both[1], at=NOW - DAY),
        )
        found = judge_proofs(proofs, trust=trust(*both, *crls), at=NOW)
        assert found.verdicts[0].code == code


@pytest.mark.parametrize(
    ("recorded_at", "code"),
    [
        (ARCHIVED + 2 * SECOND, "time.covered"),
        (ARCHIVED + SECOND, "time.revoked"),
        (ARCHIVED - DAY, "time.revoked"),
    ],
    ids=["after the cover", "as the cover proves", "before the cover"],
)
def test_a_compromise_after_an_archive_timestamp_leaves_what_it_covers_good(
    both: Two, recorded_at: datetime, code: str
) -> None:
    compromised = RevokedEntry(recorded_at, 1)
    today = FIRST_ENDS - DAY
    crls = (
        timestamp_revocation_list(both[0], at=today - SECOND, revoked=compromised),
        timestamp_revocation_list(both[1], at=today - SECOND),
    )
    proofs = (stamp(both[0], STAMPED), stamp(both[1], ARCHIVED, ProofKind.ARCHIVE))
    found = judge_proofs(proofs, trust=trust(*both, *crls), at=today)
    assert found.verdicts[0].code == code


def test_a_chain_of_three_carries_the_first(both: Two) -> None:
    """The second archive keeps the first archive good, which keeps the signature's stamp good."""
    third = create_timestamp_authority(
        keys=SeededKeys("timestamp proofs, third"), at=CREATED, lasts=FIRST_ENDS + DAY - CREATED
    )
    ends = FIRST_ENDS + DAY
    proofs = (
        stamp(both[0], STAMPED),
        stamp(third, ARCHIVED, ProofKind.ARCHIVE),
        stamp(both[1], ends - DAY, ProofKind.ARCHIVE),
    )
    crls = (*lists(both), timestamp_revocation_list(third, at=ends - 2 * DAY))
    asked = TimeTrust(roots=(both[0].root, both[1].root, third.root), crls=crls)
    found = judge_proofs(proofs, trust=asked, at=NOW)
    assert [one.code for one in found.verdicts] == ["time.covered", "time.covered", "time.proven"]
    assert found.earliest == STAMPED + SECOND


def test_no_proof_proves_nothing_and_too_many_are_left_aside(both: Two) -> None:
    asked = TimeTrust(roots=(both[0].root,), revocation=RevocationCheck.NONE)
    assert judge_proofs((), trust=asked, at=NOW) == type(judge_proofs((), trust=asked, at=NOW))(
        None, ()
    )
    found = judge_proofs((stamp(both[0], STAMPED),) * 33, trust=asked, at=ARCHIVED)
    assert [one.code for one in found.verdicts] == ["time.proven"] * 32 + ["time.malformed"]


@pytest.mark.parametrize(
    ("tolerance", "code"), [(SECOND, "time.proven"), (SECOND / 2, "time.future")]
)
def test_a_clock_may_be_ahead_as_far_as_the_asker_says(
    both: Two, tolerance: timedelta, code: str
) -> None:
    asked = TimeTrust(
        roots=(both[0].root,), revocation=RevocationCheck.NONE, clock_tolerance=tolerance
    )
    proof = stamp(both[0], STAMPED)
    assert judge_timestamp(proof, trust=asked, at=STAMPED - SECOND).code == code


def test_a_policy_that_is_not_accepted_is_refused(both: Two) -> None:
    proof = stamp(both[0], STAMPED)
    for policies, code in (({"1.2.3"}, "time.other-policy"), ({both[0].policy}, "time.proven")):
        asked = TimeTrust(
            roots=(both[0].root,),
            revocation=RevocationCheck.NONE,
            policies=frozenset(policies),
        )
        assert judge_timestamp(proof, trust=asked, at=ARCHIVED).code == code


def test_an_instant_without_a_time_zone_is_a_mistake_of_the_caller(both: Two) -> None:
    with pytest.raises(TypeError):
        judge_timestamp(
            stamp(both[0], STAMPED), trust=trust(*both), at=STAMPED.replace(tzinfo=None)
        )
