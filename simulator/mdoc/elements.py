"""What stands in a record: the items of both namespaces, from what is known of a person.

Identifiers and notations are those of two platforms' document types (B). The law has the name's
reading in the record, too; its identifier is not known (?).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jpki.jst import age_on
from jpki.life import Person
from jpki.mdoc import ITEMS_OF_JAPAN, ITEMS_OF_MANY, FullDate, ItemValue
from jpki.terms import Sex
from simulator.agency.substitutes import recorded_name
from simulator.mdoc.profile import IssuingProfile

__all__ = ["Element", "elements"]

Element = tuple[str, str, ItemValue]
"""Namespace, name and value of an item."""

_ISO_5218 = {Sex.MALE: 1, Sex.FEMALE: 2, Sex.UNKNOWN: 0}


def elements(
    person: Person,
    *,
    my_number: str,
    portrait: bytes | None,
    on: date,
    profile: IssuingProfile,
) -> Iterator[Element]:
    """Yield the items as of a day. ``portrait`` is ``None`` when the card shows no photo."""
    items, born = person.items, person.items.birth_date
    of_japan: dict[str, ItemValue | None] = {
        "full_name_unicode": recorded_name(items),
        profile.reading_element or "": items.furigana if profile.reading_element else None,
        "resident_address_unicode": items.address,
        "local_gov_code_unicode": person.municipality,
        "individual_number_unicode": my_number,
        "portrait": portrait,
        "sex_unicode": items.sex.label_ja,
        "birth_date_unicode": f"{born.year}年{born.month}月{born.day}日",
    }
    yield from ((ITEMS_OF_JAPAN, name, each) for name, each in of_japan.items() if each is not None)
    age = age_on(on, born)
    yield ITEMS_OF_MANY, "sex", _ISO_5218[items.sex]
    yield ITEMS_OF_MANY, "birth_date", FullDate(born.isoformat())
    yield ITEMS_OF_MANY, "age_in_years", age
    yield from ((ITEMS_OF_MANY, f"age_over_{each:02}", age >= each) for each in profile.ages)
