"""Parts of two holders' messages put together in any way are judged as alone."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.batch_rows import AT, Holders
from jpki.batch.absence import microseconds
from jpki.batch.certificate_shape import cut_certificate
from jpki.batch.judge import Judge, Row
from jpki.batch.signature_shape import cut_signature
from jpki.certificates import parse_authority
from jpki.revocation import parse_revocation_list
from jpki.validation import Evidence, Verdict
from jpki.verify import explain_document

COUNT = 64


@cache
def town() -> tuple[Holders, Evidence, Judge]:
    """Holders, and a judge that has met them all."""
    holders = Holders(COUNT, revoked=range(3, 5))
    evidence = Evidence(
        roots=(parse_authority(holders.root),),
        revocation_lists=tuple(map(parse_revocation_list, holders.lists)),
    )
    judge = Judge(evidence)
    for signature, content in zip(holders.signatures, holders.contents, strict=True):
        judge.answer(Row(signature, content, None, None, microseconds(AT)))
    return holders, evidence, judge


def pieces(signature: bytes) -> dict[str, tuple[int, int]]:
    """Where the parts of a message lie that another message may have in other words."""
    cut = cut_signature(signature)
    assert cut is not None
    found = cut_certificate(cut[0])
    assert found is not None
    start = signature.index(cut[0])
    tail = start + len(cut[0])
    attributes = signature.index(b"\xa0", tail + 90)
    return {
        "certificate": (start, tail),
        "serial": (start + 13, start + 13 + len(found.serial)),
        "key": (start + found.key, start + found.key + 294),
        "items": (start + found.names, start + found.names + found.texts[-1][1]),
        "issuer's signature": (tail - 256, tail),
        "identifier": (tail, attributes),
        "attributes": (attributes, len(signature) - 256),
        "signature": (len(signature) - 256, len(signature)),
    }


NAMES = tuple(pieces(town()[0].signatures[0]))


@settings(max_examples=250, deadline=None)
@given(
    into=st.integers(0, COUNT - 1),
    out_of=st.integers(0, COUNT - 1),
    names=st.sets(st.sampled_from(NAMES), min_size=1, max_size=3),
    content_too=st.booleans(),
)
def test_a_mixture_of_two_messages_is_judged_as_alone(
    into: int, out_of: int, names: set[str], content_too: bool
) -> None:
    holders, evidence, judge = town()
    ours, theirs = holders.signatures[into], holders.signatures[out_of]
    places, others = pieces(ours), pieces(theirs)
    mixed = ours
    # From the end, so that the places before stay where they are; a part inside one that was
    # taken whole is left out.
    end = len(ours)
    for name in sorted(names, key=lambda one: places[one], reverse=True):
        begins, ends = places[name]
        if ends <= end:
            taken = theirs[slice(*others[name])]
            mixed = mixed[:begins] + taken + mixed[ends:]
            end = begins
    content = holders.contents[out_of if content_too else into]
    answer = judge.answer(Row(mixed, content, None, None, microseconds(AT)))
    alone = explain_document(mixed, content=content, evidence=evidence, at=AT)
    decided = alone.signatures[0].deciding_step
    assert (answer.verdict, answer.step, answer.reason) == (
        alone.verdict,
        decided.number,
        decided.code,
    )
    if answer.verdict is Verdict.VALID:
        assert mixed in holders.signatures
