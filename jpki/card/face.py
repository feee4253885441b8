"""What the verification application (券面事項確認AP) says: the face of the card as signed images.

Values only; :mod:`jpki.authenticity` asks whether they are genuine. None prints itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from jpki.card.ber import Tlv, members, only, read_object
from jpki.card.certified import KEY_ID_LENGTH, CardPublicKey
from jpki.card.personal import day_of, sex_of
from jpki.errors import MalformedCardFile
from jpki.terms import Sex

__all__ = ["BirthDateRecord", "CardFace", "FaceBasicInformation", "NumberImage"]

_BIRTH_TAG, _FACE_TAG, _BASICS_TAG, _NUMBER_TAG = 0xFF10, 0xFF20, 0xFF30, 0xFF40
# The offsets (DF21) are not signed and say nothing that the objects do not.
_GROUPS: Final = ((0xDF22, 0xDF23, 0xDF24), (0xDF25, 0xDF26), (0xDF27,))


@dataclass(frozen=True, slots=True, repr=False)
class BirthDateRecord:
    """The birth date and the card's public key, signed; opened by the birth-date code alone."""

    birth_date: str
    public_key: CardPublicKey
    signed_bytes: bytes
    signature: bytes

    @classmethod
    def parse(cls, file: bytes) -> BirthDateRecord:
        """Read the file of the birth date; ``MalformedCardFile`` when it holds none."""
        source = "birth date"
        found = members(read_object(file, tag=_BIRTH_TAG, source=source), source=source)
        birth, key = (only(found, tag, source=source) for tag in (0xDF11, 0xDF12))
        return cls(
            birth_date=_digits(birth, source),
            public_key=CardPublicKey.inside(key, source=source),
            signed_bytes=_before(found, 0xDF13),
            signature=only(found, 0xDF13, source=source).value,
        )

    @property
    def birth_day(self) -> date | None:
        """The birth date as a day, ``None`` when it is not a whole one."""
        return day_of(self.birth_date)

    def __repr__(self) -> str:
        return "<BirthDateRecord>"


@dataclass(frozen=True, slots=True, repr=False)
class CardFace:
    """The face of the card: texts as images (PNG), the photo (JPEG 2000), dates as digits.

    ``signed_groups`` are the three runs of objects of which the issuer has signed the digests.
    The expiry date and the security code are not signed.
    """

    birth_date: str
    sex_code: str
    public_key: CardPublicKey
    name_image: bytes
    address_image: bytes
    photo: bytes
    expiry_date: str
    security_code_image: bytes
    signed_groups: tuple[bytes, bytes, bytes]
    signature: bytes

    @classmethod
    def parse(cls, file: bytes) -> CardFace:
        """Read the file of the card face; ``MalformedCardFile`` when something is missing."""
        source = "card face"
        found = members(read_object(file, tag=_FACE_TAG, source=source), source=source)

        def value(tag: int) -> Tlv:
            return only(found, tag, source=source)

        first, second, third = (b"".join(value(tag).stored for tag in group) for group in _GROUPS)
        return cls(
            birth_date=_digits(value(0xDF22), source),
            sex_code=_digits(value(0xDF23), source),
            public_key=CardPublicKey.inside(value(0xDF24), source=source),
            name_image=value(0xDF25).value,
            address_image=value(0xDF26).value,
            photo=value(0xDF27).value,
            signature=value(0xDF28).value,
            expiry_date=_digits(value(0xDF29), source),
            security_code_image=value(0xDF2A).value,
            signed_groups=(first, second, third),
        )

    @property
    def birth_day(self) -> date | None:
        """The birth date as a day, ``None`` when it is not a whole one."""
        return day_of(self.birth_date)

    @property
    def expires_on(self) -> date | None:
        """The last day of the card, ``None`` when the digits name no day."""
        return day_of(self.expiry_date)

    @property
    def sex(self) -> Sex | None:
        """The sex, ``None`` for a code that is not in ISO/IEC 5218."""
        return sex_of(self.sex_code)

    def __repr__(self) -> str:
        return "<CardFace>"


@dataclass(frozen=True, slots=True, repr=False)
class NumberImage:
    """The My Number as printed, an image; opened by code A alone."""

    image: bytes
    public_key: CardPublicKey
    signed_bytes: bytes
    signature: bytes

    @classmethod
    def parse(cls, file: bytes) -> NumberImage:
        """Read the file of the number's image; ``MalformedCardFile`` when it holds none."""
        source = "My Number image"
        found = members(read_object(file, tag=_NUMBER_TAG, source=source), source=source)
        return cls(
            image=only(found, 0xDF41, source=source).value,
            public_key=CardPublicKey.inside(only(found, 0xDF42, source=source), source=source),
            signed_bytes=_before(found, 0xDF43),
            signature=only(found, 0xDF43, source=source).value,
        )

    def __repr__(self) -> str:
        return "<NumberImage>"


@dataclass(frozen=True, slots=True)
class FaceBasicInformation:
    """What the verification application says about itself, free to read (one source)."""

    head: bytes
    key_id: bytes
    version: int
    municipality_code: str

    @classmethod
    def parse(cls, file: bytes) -> FaceBasicInformation:
        """Read the file of basic information; ``MalformedCardFile`` when it holds none."""
        source = "card face basic information"
        found = members(read_object(file, tag=_BASICS_TAG, source=source), source=source)
        key_id = only(found, 0xDF32, source=source).value
        version = only(found, 0xDF33, source=source).value
        if len(key_id) != KEY_ID_LENGTH or len(version) != 1:
            raise MalformedCardFile("fields of another length", source=source)
        return cls(
            head=only(found, 0xDF31, source=source).value,
            key_id=key_id,
            version=version[0],
            municipality_code=_digits(only(found, 0xDF34, source=source), source),
        )


def _before(found: tuple[Tlv, ...], tag: int) -> bytes:
    """Return every object before the signature, as stored: that is what is signed."""
    tags = [member.tag for member in found]
    end = tags.index(tag) if tag in tags else len(tags)
    return b"".join(member.stored for member in found[:end])


def _digits(part: Tlv, source: str) -> str:
    if not part.value.isdigit():
        raise MalformedCardFile(f"the object {part.tag:X} has no digits", source=source)
    return part.value.decode("ascii")
