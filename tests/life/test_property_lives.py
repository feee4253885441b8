"""Random histories of hundreds of events over people, cards and phones, under random policies.

The walks are drawn alike on every run of the whole suite. (Hypothesis takes some numbers from the
modules that are loaded, so this file run by itself may walk elsewhere.) To replay a failure, copy
the printed steps into a function: each is a method of :class:`Lives`.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jpki.errors import LifeError, Refused
from jpki.jst import at_time, day
from jpki.law import Rulebook
from jpki.life import (
    Authority,
    CertificateState,
    FourItems,
    KnownStatus,
    PublicationSchedule,
    Recorded,
    State,
    advance,
    apply,
    decide,
    known_from_list,
    known_from_ocsp,
    revocations_at,
    state_at,
)
from jpki.life import events as ev
from jpki.terms import CertificateKind, Medium, Sex
from tests.life.invariants import (
    a_policy_changes_only_what_it_names,
    check_step,
    expiry_changes_nothing_but_the_expired,
    folding_does_not_depend_on_how_the_log_is_cut,
)
from tests.life.wishes import Wish, wishes

STEPS = 200
START = at_time(date(2024, 6, 1), time(9))
KINDS = (
    CertificateKind.CARD_AUTHENTICATION,
    CertificateKind.CARD_SIGNATURE,
    CertificateKind.MOBILE_SIGNATURE,
    CertificateKind.MOBILE_AUTHENTICATION,
)
CHOICES = [
    (row.id, value)
    for row in Rulebook.default().policies.rows
    for value in row.alternatives
    if value != row.default
]
WRITTEN_BY_HAND = ("resident_registered", "certificate_issued")


def _about(*prefixes: str) -> st.SearchStrategy[Wish]:
    """Any event whose name begins so; without a prefix, every event that no other rule tells."""
    names = [name for name in ev.EVENTS if name not in WRITTEN_BY_HAND]
    return wishes(tuple(n for n in names if n.startswith(prefixes or _PREFIXES) == bool(prefixes)))


_PREFIXES = ("card_", "lost_card", "mobile_", "pin_", "revocation", "key_", "record_error")
_WHO = st.integers(0, 2)


class Lives(RuleBasedStateMachine):
    """A register with a clock; the rules of this machine try to have things recorded."""

    accepted: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()
    states_met: ClassVar[set[CertificateState]] = set()
    lengths: ClassVar[list[int]] = []
    told: ClassVar[Counter[KnownStatus]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Recorded] = []
        self.state = State.empty(START)
        self.numbers = 0

    @initialize(policies=st.lists(st.sampled_from(CHOICES), max_size=8, unique_by=lambda c: c[0]))
    def choose_policies(self, policies: list[tuple[str, str | bool | int]]) -> None:
        book = Rulebook.default().with_(**dict(policies))
        self.state = State.empty(START, book=book)
        self.newcomer()

    # what happens

    @rule(days=st.sampled_from([1, 10, 40, 100, 400]), renew=st.booleans())
    def time_passes(self, days: int, renew: bool) -> None:
        """Let days pass; those who ``renew`` then have everything issued that is missing."""
        self.state = advance(self.state, (), at=self.state.at + timedelta(days=days))
        for who in range(3 * renew):
            self.equip(who, 6)

    @precondition(lambda self: len(self._recorded_people()) < 3)
    @rule()
    def newcomer(self) -> None:
        items = FourItems("公的 太郎", date(1980, 2, 29), Sex.MALE, "架空県架空市")
        number = len(self.state.people)
        nation = (ev.Nationality.JAPANESE, ev.Nationality.FOREIGN_LIMITED)[number % 2]
        self._try(ev.ResidentRegistered(f"p{number}", items, "13101", nation))

    @rule(who=_WHO, upto=st.integers(1, 6))
    def equip(self, who: int, upto: int) -> None:
        """Have everything issued that is missing, as far as it goes: card, phone, certificates."""
        person = self._person(who)
        card = self.state.person(person).card
        if card is None or not card.live_at(self.state.at):
            ends = self._today() + timedelta(days=2000)
            self._try(ev.CardIssued(person, f"card-{self._number()}", self._today(), ends))
        for kind in KINDS[:upto]:
            if kind is CertificateKind.MOBILE_SIGNATURE:
                phone = ev.Platform.ANDROID
                self._try(ev.MobileDeviceEnrolled(person, f"phone-{self._number()}", phone))
            self.issue(who, kind, 1500)

    @rule(who=_WHO, kind=st.sampled_from(KINDS), days=st.sampled_from([1500, 300, 30, 3000]))
    def issue(self, who: int, kind: CertificateKind, days: int) -> None:
        person = self._person(who)
        self._try(
            ev.CertificateIssued(
                person,
                kind,
                self._number(),
                Authority(kind.purpose, 2 + self.numbers % 2),
                "13101",
                self._ends(person, kind, days),
            )
        )

    @rule(who=_WHO, wish=_about("card_", "lost_card"))
    def card(self, who: int, wish: Wish) -> None:
        self._wish(who, wish)

    @rule(who=_WHO, wish=_about("mobile_", "pin_"))
    def phone(self, who: int, wish: Wish) -> None:
        self._wish(who, wish)

    @rule(who=_WHO, wish=_about("revocation", "key_", "record_error"))
    def certificates(self, who: int, wish: Wish) -> None:
        self._wish(who, wish)

    @rule(who=_WHO, wish=_about(), late=st.sampled_from([0, 1, 30, 800]))
    def register(self, who: int, wish: Wish, late: int) -> None:
        """Anything else; what happened long ago may become known only now."""
        self._wish(who, wish, late)

    @rule(which=st.integers(0, 40), hours=st.integers(0, 48))
    def a_verifier_asks(self, which: int, hours: int) -> None:
        """What is known is what the last publication before the instant held."""
        if not self.state.certificates:
            return
        held = [r.id for r in self.state.certificates.values() if r.hold and not r.lapse]
        asked = held or list(self.state.certificates)
        each = asked[-1 - which % len(asked)]
        at, book = self.state.at + timedelta(hours=hours), self.state.book
        schedule = PublicationSchedule.from_policies(book.policies)
        for known, made in (
            (known_from_list(self.log, each, at=at, book=book), schedule.last_list(at)),
            (known_from_ocsp(self.log, each, at=at, book=book), schedule.last_ocsp(at)),
        ):
            published = revocations_at(state_at(self.log, made, book=book))
            told = [
                r for r in published if (r.authority, r.serial) == (each.authority, each.serial)
            ]
            assert known.as_of == made <= at
            assert [known.reason] == ([r.reason for r in told] or [None])
            assert known.lag is None or known.lag >= timedelta(0)
            self.told[known.status] += 1

    def teardown(self) -> None:
        self.lengths.append(len(self.log))
        last = self.state
        expiry_changes_nothing_but_the_expired(last)
        for cut in (1, len(self.log) // 3, len(self.log) - 1):
            folding_does_not_depend_on_how_the_log_is_cut(self.log, last, cut)
        # every other value is asked about in each fourth walk: folding anew is what costs
        for policy, value in CHOICES[len(self.lengths) % 4 :: 4]:
            a_policy_changes_only_what_it_names(self.log, last, policy, value)

    # how it is tried

    def _wish(self, who: int, wish: Wish, late: int = 0) -> None:
        self._try(wish.event(self._person(who), self._today(), self._number()), late)

    def _try(self, event: ev.Event, late: int = 0) -> None:
        at = self._now()
        before = advance(self.state, (), at=at)
        try:
            entry = decide(
                before,
                event,
                at=at,
                occurred_on=day(at) - timedelta(days=late),
                known_at=self._known_at(at, late),
            )
        except LifeError as error:
            self.refused[event.name] += 1
            if isinstance(error, Refused):
                before.book.table.row(error.rule)  # raises when a refusal names no row
            return
        after = apply(before, entry)
        self.log.append(entry)
        self.state = after
        self.accepted[event.name] += 1
        self.states_met.update(map(after.state_of, after.certificates.values()))
        check_step(before, entry, after)

    def _known_at(self, at: datetime, late: int) -> datetime:
        return at - timedelta(hours=late % 7)

    def _person(self, who: int) -> str:
        if not self._recorded_people():
            self.newcomer()
        recorded = self._recorded_people()
        return recorded[-1 - who % len(recorded)]

    def _recorded_people(self) -> list[str]:
        return [p.id for p in self.state.people.values() if p.registered and p.died_on is None]

    def _ends(self, person: str, kind: CertificateKind, days: int) -> date:
        ends = self._today() + timedelta(days=days)
        card = self.state.person(person).card
        partner = self.state.live(person, kind.partner)
        auth = self.state.live(person, CertificateKind.CARD_AUTHENTICATION)
        if kind.medium is Medium.MOBILE_DEVICE and partner:
            return partner.expires_on
        if days < 3000 and card:
            ends = min(ends, card.expires_on)
        if kind is CertificateKind.CARD_SIGNATURE and days < 3000 and auth:
            ends = min(ends, auth.expires_on)
        return ends

    def _today(self) -> date:
        return day(self._now())

    def _now(self) -> datetime:
        return self.state.at + timedelta(minutes=1)

    def _number(self) -> int:
        self.numbers += 1
        return self.numbers


WALKS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=16,
    stateful_step_count=STEPS,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


def test_random_lives_break_no_rule_and_are_long_and_varied(counted) -> None:
    run_state_machine_as_test(Lives, settings=WALKS)
    assert sum(length >= 150 for length in Lives.lengths) >= 3, Lives.lengths
    assert Lives.states_met == set(CertificateState)
    assert set(Lives.told) >= {KnownStatus.GOOD, KnownStatus.HELD, KnownStatus.REVOKED}
    assert len(Lives.accepted) >= 25, f"no walk recorded {set(ev.EVENTS) - set(Lives.accepted)}"
    counted(
        "random lives",
        walks=len(Lives.lengths),
        **{
            "events recorded": sum(Lives.accepted.values()),
            "refused": sum(Lives.refused.values()),
            "events in the longest": max(Lives.lengths),
        },
    )
