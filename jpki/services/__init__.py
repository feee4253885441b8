"""What a verifier asks the agency: status, the four items, linked serial numbers; and consents.

The questions and answers are here; :class:`jpki.services.client.VerifierClient` sends them, which
needs the extra ``http``. How the real agency's interface looks on the wire is not published, so
the form here is the simulator's own; what may be asked by whom, and what is answered, is the Act's
(VS-1 to VS-10, CO-1 to CO-12).
"""

from jpki.services.consent import ConsentAct, ConsentDocument
from jpki.services.wire import (
    ConsentMessage,
    ConsentReceipt,
    FourItemsQuestion,
    ItemsAnswer,
    LaterStatusQuestion,
    LinkedAnswer,
    LinkedSerialQuestion,
    Problem,
    RevocationListQuestion,
    StatusAnswer,
    StatusQuestion,
    WithdrawalReceipt,
)

__all__ = [
    "ConsentAct",
    "ConsentDocument",
    "ConsentMessage",
    "ConsentReceipt",
    "FourItemsQuestion",
    "ItemsAnswer",
    "LaterStatusQuestion",
    "LinkedAnswer",
    "LinkedSerialQuestion",
    "Problem",
    "RevocationListQuestion",
    "StatusAnswer",
    "StatusQuestion",
    "WithdrawalReceipt",
]
