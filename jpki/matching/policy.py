"""What a comparison tolerates: every choice where practice differs or the service says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from jpki.certificates import BracketNotation, OverseasNotation
from jpki.errors import ImpossibleFact
from jpki.matching.steps import Step

__all__ = ["STRICT", "Brackets", "MatchPolicy"]


class Brackets(StrEnum):
    """What is compared of a name with a part in brackets (旧氏・通称; their form is uncertain)."""

    AS_RECORDED = "as_recorded"
    EITHER = "either"


_ON_REQUEST = frozenset({Step.KYOTO_STREETS, Step.BRACKETS})


@dataclass(frozen=True, slots=True)
class MatchPolicy:
    """How four items are compared.

    ``sex`` is false for the comparison by three items. ``tolerates`` names the differences in
    writing that are overlooked. ``variants`` maps characters to those they are taken for; it is
    empty because no table of variants (異体字) is law, so none is guessed. ``block_is_lot`` takes
    番 and 番地 for the same, which they are not where residence indication (住居表示) is in force.
    ``brackets`` says whether a name may match by the part outside or inside its brackets.
    """

    sex: bool = True
    tolerates: frozenset[Step] = frozenset(Step) - _ON_REQUEST
    variants: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    block_is_lot: bool = False
    brackets: Brackets = Brackets.AS_RECORDED
    bracket_notation: BracketNotation = field(default_factory=BracketNotation)
    overseas_notation: OverseasNotation = field(default_factory=OverseasNotation)

    def __post_init__(self) -> None:
        for one, other in self.variants.items():
            if len(one) != 1 or len(other) != 1 or other in self.variants:
                raise ImpossibleFact(
                    "a variant is one character taken for another, which is taken for none"
                )


STRICT: Final = MatchPolicy(tolerates=frozenset())
"""Nothing is overlooked: an item is the same only character by character."""
