"""A consent has exactly one encoding, so what was signed cannot be read in two ways."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki.errors import MalformedDocument
from jpki.life.events import ConsentItem
from jpki.services import ConsentAct, ConsentDocument
from jpki.terms import CertificateKind
from tests.services.servicework import BEGINS

SIGNING = [CertificateKind.CARD_SIGNATURE, CertificateKind.MOBILE_SIGNATURE]


def given_consent() -> ConsentDocument:
    return ConsentDocument(
        act=ConsentAct.GIVE,
        verifier="bank",
        items=(ConsentItem.ADDRESS,),
        verified=(CertificateKind.CARD_SIGNATURE,),
        made_at=BEGINS,
        number="consent-0001",
    )


@given(
    items=st.sets(st.sampled_from(list(ConsentItem)), min_size=1),
    verified=st.sets(st.sampled_from(SIGNING), min_size=1),
)
def test_what_is_written_is_read_again(
    items: set[ConsentItem], verified: set[CertificateKind]
) -> None:
    written = given_consent().model_copy(
        update={"items": tuple(sorted(items)), "verified": tuple(sorted(verified))}
    )
    assert ConsentDocument.read(written.to_bytes()) == written


@pytest.mark.parametrize(
    "changed",
    [
        lambda content: json.dumps(content, sort_keys=True).encode(),  # with spaces
        lambda content: json.dumps(dict(reversed(content.items())), separators=(",", ":")).encode(),
        lambda content: given_consent().to_bytes() + b"\n",
        lambda content: given_consent().to_bytes().replace(b'"act"', b'"act":"give","act"'),
        lambda content: given_consent().to_bytes().replace(b"address", b"\\u0061ddress"),
        lambda content: b"\xff" + given_consent().to_bytes(),
        lambda content: b"",
        lambda content: b" " * 5000,
    ],
)
def test_any_other_encoding_is_refused(changed: object) -> None:
    content = json.loads(given_consent().to_bytes())
    with pytest.raises(MalformedDocument):
        ConsentDocument.read(changed(content))  # type: ignore[operator]


@pytest.mark.parametrize(
    "field",
    [
        {"items": []},
        {"verified": []},
        {"verified": ["card_authentication"]},
        {"items": ["name", "address"]},  # not in order
        {"items": ["name", "name"]},
        {"act": "withdraw"},  # a withdrawal names no items
        {"verifier": "no such name!"},
        {"number": "short"},
        {"made_at": "2026-06-20T10:00:00"},  # no time zone
        {"document": "something else"},
        {"extra": 1},
    ],
)
def test_a_document_that_is_no_consent_is_refused(field: dict[str, object]) -> None:
    content = json.loads(given_consent().to_bytes()) | field
    data = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(MalformedDocument):
        ConsentDocument.read(data)
