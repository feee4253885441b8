"""Whose card it is: what is printed on it, and the codes that follow from that.

Everybody here is invented. A My Number is made up with a right check digit; whether somebody has
been given it cannot be known, and nothing here says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from jpki.errors import ImpossibleFact
from jpki.terms import Sex

__all__ = ["CardHolder", "check_digit", "era_year", "with_check_digit"]

_BODY: Final = 11
_SEX: Final = {Sex.MALE: "1", Sex.FEMALE: "2", Sex.UNKNOWN: "0"}  # ISO/IEC 5218
# The first day of each era since Meiji 6, when the calendar became the Gregorian one.
_ERAS: Final = (
    date(2019, 5, 1),
    date(1989, 1, 8),
    date(1926, 12, 25),
    date(1912, 7, 30),
    date(1868, 1, 25),
)


@dataclass(frozen=True, slots=True, repr=False)
class CardHolder:
    """A holder as the card shows them. The repr shows no personal data.

    ``serial`` is the card's number of 15 digits, ``security_code`` the four digits beside the
    expiry date, ``likeness`` the chance that the drawing in place of a photograph is made from.
    """

    name: str
    address: str
    birth_date: date
    sex: Sex
    my_number: str
    expires_on: date
    municipality_code: str
    serial: str
    security_code: str
    likeness: bytes

    def __post_init__(self) -> None:
        if with_check_digit(self.my_number[:_BODY]) != self.my_number:
            raise ImpossibleFact("the My Number has a wrong check digit")
        shapes = ((self.municipality_code, 5), (self.serial, 15), (self.security_code, 4))
        if any(len(digits) != length or not digits.isdecimal() for digits, length in shapes):
            raise ImpossibleFact("a number on the card has the wrong length")

    def __repr__(self) -> str:
        return "<CardHolder>"

    @property
    def sex_code(self) -> str:
        """The digit of ISO/IEC 5218."""
        return _SEX[self.sex]

    @property
    def birth_day(self) -> str:
        """The birth date as YYYYMMDD."""
        return self.birth_date.strftime("%Y%m%d")

    @property
    def expiry_day(self) -> str:
        """The expiry date as YYYYMMDD."""
        return self.expires_on.strftime("%Y%m%d")

    @property
    def birth_date_code(self) -> str:
        """YYMMDD with the year of the Japanese era."""
        return f"{era_year(self.birth_date):02d}{self.birth_date:%m%d}"

    @property
    def code_a(self) -> str:
        """照合番号A: the My Number itself."""
        return self.my_number

    @property
    def code_b(self) -> str:
        """照合番号B: birth date code, year of expiry, security code."""
        return f"{self.birth_date_code}{self.expires_on:%Y}{self.security_code}"


def era_year(on: date) -> int:
    """Return the year of the Japanese era that a day lies in."""
    for first_day in _ERAS:
        if on >= first_day:
            return on.year - first_day.year + 1
    raise ImpossibleFact("a day before the eras of this calendar")


def with_check_digit(body: str) -> str:
    """Return the My Number that these eleven digits begin."""
    return body + str(check_digit(body))


def check_digit(body: str) -> int:
    """Return the check digit of eleven digits (平成26年総務省令85号 5条).

    The digits are counted from the lowest; weights are 2 to 7, then 2 to 6.
    """
    if len(body) != _BODY or not (body.isascii() and body.isdecimal()):
        raise ImpossibleFact("a My Number begins with eleven digits")
    weights = (2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6)
    rest = sum(int(d) * w for d, w in zip(reversed(body), weights, strict=True)) % 11
    return 0 if rest <= 1 else 11 - rest
