"""Customer records as JSON: what is read, and what is refused without showing a value."""

from __future__ import annotations

from datetime import date

import pytest

from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.matching import CustomerRecord, match, read_record
from jpki.terms import Sex
from tests.matching.people import PERSON

WHOLE = '{"name": "霞原桜子", "birth_date": "1980-02-17", "sex": "female", "address": "霞野区1"}'


def test_a_whole_record_is_read() -> None:
    assert read_record(WHOLE.encode()) == CustomerRecord(
        "霞原桜子", date(1980, 2, 17), Sex.FEMALE, "霞野区1"
    )


def test_every_item_may_be_missing() -> None:
    assert read_record(b"{}") == CustomerRecord()


@pytest.mark.parametrize(
    ("word", "sex"),
    [("male", Sex.MALE), ("女", Sex.FEMALE), ("1", Sex.MALE), ("2", Sex.FEMALE),
     ("不明", Sex.UNKNOWN)],
)  # fmt: skip
def test_the_words_for_a_sex(word: str, sex: Sex) -> None:
    assert read_record(f'{{"sex": "{word}"}}'.encode()).sex is sex


def test_a_date_may_be_written_without_hyphens() -> None:
    assert read_record(b'{"birth_date": "19800217"}').birth_date == date(1980, 2, 17)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "JSON"),
        ("霞", "JSON"),
        ('{"name": "霞原', "JSON"),
        ("[]", "no record"),
        ('{"surname": "霞原"}', "an item that no record has"),
        ('{"name": 7}', "name"),
        ('{"name": ""}', "name"),
        ('{"birth_date": "1980-02-30"}', "birth_date"),
        ('{"birth_date": "昭和55年"}', "birth_date"),
        ('{"birth_date": "１９８０-02-17"}', "birth_date"),
        ('{"sex": "3"}', "sex"),
        ('{"address": "' + "霞" * 1001 + '"}', "address"),
        ("[" * 100_000, "JSON"),
    ],
)
def test_what_is_no_record_is_refused_by_name_and_shows_no_value(text: str, says: str) -> None:
    with pytest.raises(MalformedDocument, match=says) as caught:
        read_record(text.encode(), source="record.json")
    assert caught.value.source == "record.json"
    for value in ("霞", "昭和", "1980", "surname"):
        assert value not in caught.value.message


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(MalformedDocument):
        read_record(b"\xff\xfe{}")


def test_the_longest_text_is_compared_and_one_more_is_refused() -> None:
    match(PERSON, CustomerRecord(address="霞" * 1000))
    with pytest.raises(ImpossibleFact):
        match(PERSON, CustomerRecord(address="霞" * 1001))
