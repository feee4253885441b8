"""Card-substitute records (カード代替電磁的記録) as mdocs: what a reader needs to verify one.

A record is presented by ISO/IEC 18013-5: items with salts, their digests signed by the issuer, and
a signature of the holder's device over the session. :func:`verify` runs the numbered checks of
:mod:`jpki.mdoc.steps`; nothing is trusted but the roots that are given, and nothing is fetched.
Needs the extra ``mdoc`` (cbor2); importing this package without it raises ``MissingExtra``.
"""

from __future__ import annotations

from jpki.mdoc.cbor import DateAndTime, FullDate, Limits, encode
from jpki.mdoc.certificates import RecordSigner, SignerRoot, parse_root
from jpki.mdoc.checking import explain, verify
from jpki.mdoc.cose import Algorithm, Sign1, key_map
from jpki.mdoc.record import (
    DIGESTS,
    DOC_TYPE,
    ITEMS_OF_JAPAN,
    ITEMS_OF_MANY,
    Item,
    ItemValue,
    Presentation,
    SecurityObject,
    SignedRecord,
)
from jpki.mdoc.report import ItemReport, MdocReport, MdocStepReport, RecordReport
from jpki.mdoc.session import SessionTranscript
from jpki.mdoc.steps import STEPS, MdocPolicy

__all__ = [
    "DIGESTS",
    "DOC_TYPE",
    "ITEMS_OF_JAPAN",
    "ITEMS_OF_MANY",
    "STEPS",
    "Algorithm",
    "DateAndTime",
    "FullDate",
    "Item",
    "ItemReport",
    "ItemValue",
    "Limits",
    "MdocPolicy",
    "MdocReport",
    "MdocStepReport",
    "Presentation",
    "RecordReport",
    "RecordSigner",
    "SecurityObject",
    "SessionTranscript",
    "Sign1",
    "SignedRecord",
    "SignerRoot",
    "encode",
    "explain",
    "key_map",
    "parse_root",
    "verify",
]
