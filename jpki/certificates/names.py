"""The distinguished names of the service: who issues, and where its revocation lists hang.

The names are tables. Country is a PrintableString and everything else a UTF8String; each RDN holds
one attribute. Certificates compare names byte for byte, so the encoding is part of the name.

What is certain: the production names were read from the six published authority certificates. The
test hierarchy differs "only in O" according to one public description (its Japanese names are
therefore assumed to be the production ones). The simulated names are this project's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from jpki.certificates import der
from jpki.certificates.der import Element
from jpki.terms import Hierarchy, Purpose

__all__ = [
    "AUTHORITY_NAMES",
    "CRL_DISTRIBUTION_POINTS",
    "JAPANESE_NAMES",
    "PURPOSE_UNITS",
    "Attribute",
    "AttributeType",
    "CrlDistributionPoint",
    "Name",
    "authority_named",
    "distribution_point_name",
]


class AttributeType:
    """The attribute types that occur in JPKI names (X.520)."""

    COMMON_NAME: Final = "2.5.4.3"
    COUNTRY: Final = "2.5.4.6"
    LOCALITY: Final = "2.5.4.7"
    ORGANIZATION: Final = "2.5.4.10"
    ORGANIZATIONAL_UNIT: Final = "2.5.4.11"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a name: its type, its text and the tag of its string type."""

    type: str
    text: str
    tag: int = der.UTF8_STRING

    @property
    def der(self) -> bytes:
        """The RDN that holds this attribute alone."""
        pair = der.sequence(der.object_identifier(self.type), der.text(self.tag, self.text))
        return der.encode(der.SET, pair)


@dataclass(frozen=True, slots=True, repr=False)
class Name:
    """A distinguished name with one attribute in each RDN, in encoded order."""

    attributes: tuple[Attribute, ...]

    def __repr__(self) -> str:
        # A subject's last attribute identifies a person, so a name shows its shape only.
        return f"<Name of {len(self.attributes)} attributes>"

    @property
    def der(self) -> bytes:
        """The DER encoding."""
        return der.sequence(*(attribute.der for attribute in self.attributes))

    @property
    def shape(self) -> tuple[tuple[str, int], ...]:
        """The types and string tags in order, without the texts."""
        return tuple((attribute.type, attribute.tag) for attribute in self.attributes)

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts in order."""
        return tuple(attribute.text for attribute in self.attributes)

    @classmethod
    def of(cls, *pairs: tuple[str, str]) -> Name:
        """Make a name with the string types JPKI uses."""
        return cls(tuple(Attribute(kind, words, _string_tag(kind)) for kind, words in pairs))

    @classmethod
    def read(cls, element: Element) -> Name | None:
        """Read a name; ``None`` when an RDN has several attributes or a string of another type."""
        attributes = []
        for rdn in element.expect(der.SEQUENCE, "a name").children():
            pairs = rdn.expect(der.SET, "an RDN").children()
            if not pairs:
                raise rdn.malformed("an empty RDN")
            fields = pairs[0].fields("an attribute of a name")
            kind = fields.take(der.OBJECT_IDENTIFIER, "its type").as_oid("an attribute type")
            value = fields.take_any("its value")
            fields.end()
            if len(pairs) > 1 or value.tag not in _STRING_TAGS:
                return None
            attributes.append(Attribute(kind, value.as_text("an attribute value"), value.tag))
        return cls(tuple(attributes))


_STRING_TAGS = (der.UTF8_STRING, der.PRINTABLE_STRING, der.IA5_STRING)


def _string_tag(kind: str) -> int:
    return der.PRINTABLE_STRING if kind == AttributeType.COUNTRY else der.UTF8_STRING


_C, _O, _OU, _CN = (
    AttributeType.COUNTRY,
    AttributeType.ORGANIZATION,
    AttributeType.ORGANIZATIONAL_UNIT,
    AttributeType.COMMON_NAME,
)

PURPOSE_UNITS: Final[Mapping[Purpose, str]] = MappingProxyType(
    {
        Purpose.SIGNATURE: "JPKI for digital signature",
        Purpose.USER_AUTHENTICATION: "JPKI for user authentication",
    }
)
CRL_DISTRIBUTION_POINTS: Final = "CRL Distribution Points"

_AGENCY = "Japan Agency for Local Authority Information Systems"
_AGENCY_JA = "地方公共団体情報システム機構"
_SERVICE_JA = "公的個人認証サービス"
_SIMULATED_JA = "（模擬）"

AUTHORITY_NAMES: Final[Mapping[tuple[Hierarchy, Purpose], Name]] = MappingProxyType(
    {
        (hierarchy, purpose): Name.of(
            (_C, "JP"), (_O, hierarchy.value), (_OU, unit), (_OU, _AGENCY)
        )
        for hierarchy in Hierarchy
        for purpose, unit in PURPOSE_UNITS.items()
    }
)
"""Issuer and authority subject, per hierarchy and purpose."""


def _japanese_name(hierarchy: Hierarchy, purpose: Purpose) -> Name:
    mark = _SIMULATED_JA if hierarchy is Hierarchy.SIMULATED else ""
    service = _SERVICE_JA + mark
    return Name.of(
        (_C, "JP"), (_O, service), (_OU, service + purpose.label_ja), (_OU, _AGENCY_JA + mark)
    )


JAPANESE_NAMES: Final[Mapping[tuple[Hierarchy, Purpose], Name]] = MappingProxyType(
    {
        (hierarchy, purpose): _japanese_name(hierarchy, purpose)
        for hierarchy, purpose in AUTHORITY_NAMES
    }
)
"""The Japanese alternative name: subjectAltName of an authority, issuerAltName of a leaf."""

_BY_DER = {name.der: key for key, name in AUTHORITY_NAMES.items()}


def authority_named(name: bytes) -> tuple[Hierarchy, Purpose] | None:
    """Return whose name this DER is, or ``None`` when it is none of the authorities'."""
    return _BY_DER.get(name)


def distribution_point_name(
    hierarchy: Hierarchy, purpose: Purpose, *, prefecture: str, municipality: str
) -> Name:
    """Return the name under which a municipality's revocation list hangs.

    ``prefecture`` is the romaji with its suffix (``Tokyo-to``; Hokkaido has none) and
    ``municipality`` the romaji of the municipality or ward (``Shibuya-ku``).
    """
    return Name.of(
        (_C, "JP"),
        (_O, hierarchy.value),
        (_OU, PURPOSE_UNITS[purpose]),
        (_OU, CRL_DISTRIBUTION_POINTS),
        (_OU, prefecture),
        (_CN, f"{municipality} CRLDP"),
    )


@dataclass(frozen=True, slots=True)
class CrlDistributionPoint:
    """Where a certificate says that its revocation list hangs.

    ``name`` (DER) is what a list's issuing distribution point is compared with; ``prefecture`` and
    ``municipality`` are its readable parts, ``None`` when the name is not of the known form.
    """

    name: bytes
    prefecture: str | None
    municipality: str | None

    @classmethod
    def read(
        cls, element: Element, *, hierarchy: Hierarchy, purpose: Purpose
    ) -> CrlDistributionPoint:
        """Read the directory name of a distribution point."""
        name = Name.read(element)
        whole = element.der
        if name is None or len(name.attributes) != 6 or not name.texts[5].endswith(" CRLDP"):
            return cls(whole, None, None)
        prefecture = name.texts[4]
        municipality = name.texts[5].removesuffix(" CRLDP")
        expected = distribution_point_name(
            hierarchy, purpose, prefecture=prefecture, municipality=municipality
        )
        if expected.der != whole or not prefecture or not municipality:
            return cls(whole, None, None)
        return cls(whole, prefecture, municipality)
