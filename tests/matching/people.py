"""An invented person."""

from __future__ import annotations

from datetime import date

from jpki.certificates import BasicAttributes
from jpki.terms import Sex

PERSON = BasicAttributes.of(
    name="霞原　桜子",
    birth_date=date(1980, 2, 17),
    sex=Sex.FEMALE,
    address="東京都霞野区本町二丁目３番４号",
)
