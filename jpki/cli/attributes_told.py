"""The four items of a certificate as the commands tell them: masked, unless they are asked for."""

from __future__ import annotations

from typing import Annotated

import typer

from jpki.certificates import BasicAttributes

__all__ = ["MASK", "ShowPersonal", "told_attributes", "told_value"]

MASK = "***"

ShowPersonal = Annotated[
    bool,
    typer.Option("--show-personal", help="Show name, birth date, sex, address and municipality."),
]


def told_attributes(
    attributes: BasicAttributes, *, personal: bool, reading_type: str | None = None
) -> dict[str, object]:
    """Return the items by name; what is not shown is masked, and its absence is not."""
    reading = attributes.reading(reading_type=reading_type) if reading_type else None
    values: dict[str, object] = {
        "name": attributes.name,
        "birth_date": attributes.birth_date.text,
        "sex": attributes.sex.value,
        "address": attributes.address,
    }
    if reading is not None:
        values["reading"] = reading.reveal()
    shown = values if personal else dict.fromkeys(values, MASK)
    return {
        **shown,
        "name_substitutes": _places(attributes.name_substitutes),
        "address_substitutes": _places(attributes.address_substitutes),
        "lives_abroad": attributes.lives_abroad(),
        "other_items": [one.type_id for one in attributes.extras],
    }


def told_value(name: str, value: object) -> str:
    """Return a value as a line of text shows it: people count characters from 1."""
    match value:
        case list() if name.endswith("_substitutes"):
            return ", ".join(str(place + 1) for place in value) or "-"
        case list():
            return ", ".join(map(str, value)) or "-"
        case bool():
            return str(value).lower()
        case None:
            return "-"
        case _:
            return str(value)


def _places(marks: tuple[bool, ...]) -> list[int]:
    """The marked characters, counted from 0 as the matching counts them."""
    return [place for place, mark in enumerate(marks) if mark]
