"""What happened, and what is so because of it.

Facts are kept, states are derived. A log entry is :class:`Recorded`; the events themselves are in
:mod:`jpki.life.events`.

* :func:`decide` ``(state, event, *, at, occurred_on=None, known_at=None) -> Recorded`` makes the
  next entry or refuses (:class:`~jpki.errors.ImpossibleFact`, :class:`~jpki.errors.Refused`);
  :func:`decide_all` takes several events of one instant and gives all entries or none.
* :func:`state_at` ``(entries, at, *, book=None) -> State`` folds the log up to an instant;
  :func:`advance` ``(state, entries, *, at=None) -> State`` and :func:`apply`
  ``(state, entry) -> State`` fold on.
* :func:`revocations_at` ``(state, at=None) -> tuple[Revocation, ...]`` is what a revocation list
  holds at an instant.
* :func:`known_from_list` and :func:`known_from_ocsp` ``(entries, certificate, *, at) -> Knowledge``
  are what a verifier could have known then; :func:`four_clocks` ``(entry, schedule)`` gives the
  instants of happening, knowing, recording and publishing.
* :func:`deadlines_due` ``(state, at) -> tuple[DeadlinePassed, ...]`` is what the agency's daily run
  has to record.
* :func:`four_items_answer` ``(state, verifier, serial, *, at=None)`` and :func:`linked_serial`
  ``(state, serial, to, *, roles, at=None)`` are what the agency tells a verifier.
* :func:`pin_state` ``(state, person, medium, pin, *, at=None)``, :func:`pin_states` and
  :func:`biometrics_stand_in` are about PINs.
* :func:`why` ``(state, serial, *, purpose=None) -> Explanation`` leads from a certificate back to
  the event, rule by rule.

``book`` is a :class:`jpki.law.Rulebook`: the tables and the policies chosen.
"""

from jpki.life import events
from jpki.life.deadlines import deadlines_due
from jpki.life.decide import decide, decide_all
from jpki.life.events import Authority, Event, FourItems
from jpki.life.fold import advance, apply, ruling_day, state_at
from jpki.life.log import Recorded, entry_from_json
from jpki.life.pins import PinState, biometrics_stand_in, pin_state, pin_states
from jpki.life.published import (
    FourClocks,
    Knowledge,
    KnownStatus,
    PublicationSchedule,
    four_clocks,
    known_from_list,
    known_from_ocsp,
)
from jpki.life.revocations import Revocation, revocations_at
from jpki.life.services import (
    FourItemsAnswer,
    LinkedSerial,
    four_items_answer,
    linked_serial,
)
from jpki.life.state import (
    Card,
    CardState,
    CardSubstitute,
    Cause,
    CertificateId,
    CertificateRecord,
    CertificateState,
    Consent,
    DeviceState,
    Lapse,
    MobileDevice,
    MoveOut,
    Person,
    State,
)
from jpki.life.why import Explanation, Step, why

__all__ = [
    "Authority",
    "Card",
    "CardState",
    "CardSubstitute",
    "Cause",
    "CertificateId",
    "CertificateRecord",
    "CertificateState",
    "Consent",
    "DeviceState",
    "Event",
    "Explanation",
    "FourClocks",
    "FourItems",
    "FourItemsAnswer",
    "Knowledge",
    "KnownStatus",
    "Lapse",
    "LinkedSerial",
    "MobileDevice",
    "MoveOut",
    "Person",
    "PinState",
    "PublicationSchedule",
    "Recorded",
    "Revocation",
    "State",
    "Step",
    "advance",
    "apply",
    "biometrics_stand_in",
    "deadlines_due",
    "decide",
    "decide_all",
    "entry_from_json",
    "events",
    "four_clocks",
    "four_items_answer",
    "known_from_list",
    "known_from_ocsp",
    "linked_serial",
    "pin_state",
    "pin_states",
    "revocations_at",
    "ruling_day",
    "state_at",
    "why",
]
