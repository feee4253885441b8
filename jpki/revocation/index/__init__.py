"""An index of millions of revocations in one mapped file (extra ``scale``).

* :func:`build_index` makes it of revocation lists and OCSP answers, their signatures checked.
* :class:`RevocationIndex` answers from it at any instant, as the lists themselves would.
* :class:`IndexView` answers very many questions about one instant.
"""

from jpki.revocation.index.answering import Cause, IndexedStatus, RevocationIndex
from jpki.revocation.index.building import BuildReport, IndexBuilder, build_index
from jpki.revocation.index.differing import Change, changes
from jpki.revocation.index.views import CAUSES, STANDINGS, IndexView, ViewAnswers

__all__ = [
    "CAUSES",
    "STANDINGS",
    "BuildReport",
    "Cause",
    "Change",
    "IndexBuilder",
    "IndexView",
    "IndexedStatus",
    "RevocationIndex",
    "ViewAnswers",
    "build_index",
    "changes",
]
