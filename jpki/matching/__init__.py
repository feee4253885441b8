"""Whether a certificate's four items are those of a customer record, and what had to be overlooked.

The comparison is the one the residents' network makes: name, birth date, sex and address, or the
three without sex. It never guesses: what was tolerated is told, item by item.
"""

from jpki.matching.items import match
from jpki.matching.policy import STRICT, Brackets, MatchPolicy
from jpki.matching.record import CustomerRecord, read_record
from jpki.matching.report import Answer, Item, ItemMatch, MatchReport, Outcome, Why
from jpki.matching.steps import Step

__all__ = [
    "STRICT",
    "Answer",
    "Brackets",
    "CustomerRecord",
    "Item",
    "ItemMatch",
    "MatchPolicy",
    "MatchReport",
    "Outcome",
    "Step",
    "Why",
    "match",
    "read_record",
]
