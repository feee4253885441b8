"""A story: one person's life told in Japan days, through decide and the fold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from itertools import count

import pytest

from jpki.jst import at_time, day
from jpki.law import Rulebook, authentication_expiry, card_expiry, five_or_six, signature_expiry
from jpki.law.validity import BirthdayCount
from jpki.life import (
    Authority,
    CertificateState,
    FourItems,
    Recorded,
    State,
    advance,
    decide,
    decide_all,
)
from jpki.life import (
    events as ev,
)
from jpki.terms import CertificateKind, Medium, Sex

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
MS = CertificateKind.MOBILE_SIGNATURE
MA = CertificateKind.MOBILE_AUTHENTICATION


class Story:
    """One person and everything recorded of them."""

    def __init__(self, born: date, *, book: Rulebook | None = None, **person: object) -> None:
        self.born = born
        self.book = Rulebook.default() if book is None else book
        self.entries: list[Recorded] = []
        self.serials = count(1001)
        self.cards = count(1)
        self.phones = count(1)
        first = max(born, date(2016, 1, 1))
        self.state = State.empty(at_time(first, time(0)) - timedelta(minutes=1), book=self.book)
        items = FourItems("公的 花子", born, Sex.FEMALE, "架空県架空市1-1")
        self.tell(first, ev.ResidentRegistered("p", items, "13101", **person), at=time(0))

    def tell(
        self,
        on: date,
        *events: ev.Event,
        at: time = time(9),
        occurred_on: date | None = None,
        together: bool = False,
    ) -> None:
        """Record events at an hour of a day, one minute apart unless they come ``together``.

        An hour that has passed already means a minute from now.
        """
        instant = max(at_time(on, at), self.state.at + timedelta(minutes=1))
        assert day(instant) == on
        if together:
            self._add(decide_all(self.state, events, at=instant, occurred_on=occurred_on))
            return
        for number, event in enumerate(events):
            later = instant + timedelta(minutes=number)
            self._add([decide(self.state, event, at=later, occurred_on=occurred_on)])

    def _add(self, entries: Iterable[Recorded]) -> None:
        told = list(entries)
        self.entries += told
        self.state = advance(self.state, told)

    def wait(self, on: date, at: time = time(12)) -> Story:
        """Let time pass."""
        self.state = advance(self.state, (), at=at_time(on, at))
        return self

    def now(self) -> datetime:
        return self.state.at

    # what happens

    def card(
        self, made_on: date, issued_on: date | None = None, *, face_only: bool = False
    ) -> date:
        """Hand over a card; return its last day."""
        on = made_on if issued_on is None else issued_on
        person = self.state.person("p")
        ends = card_expiry(
            made_on,
            self.born,
            issued_on=on,
            residence_ends_on=person.residence_ends_on,
            book=self.book,
        ).ends_on
        self.tell(
            on, ev.CardIssued("p", f"card-{next(self.cards)}", made_on, ends, face_only), at=time(8)
        )
        return ends

    def issue(
        self,
        on: date,
        *kinds: CertificateKind,
        count: BirthdayCount | None = None,
        at: time = time(10),
    ) -> None:
        """Issue certificates that end when the law says, authentication first."""
        for number, kind in enumerate(sorted(kinds, key=lambda kind: kind.purpose == "signature")):
            self.tell(on, self.issued(on, kind, count=count), at=time(at.hour, at.minute + number))

    def issued(
        self, on: date, kind: CertificateKind, *, count: BirthdayCount | None = None
    ) -> ev.CertificateIssued:
        at = max(self.state.at, at_time(on, time(0)))
        return ev.CertificateIssued(
            "p",
            kind,
            next(self.serials),
            Authority(kind.purpose, 3),
            "13101",
            self._ends(on, kind, count, at),
        )

    def _ends(
        self, on: date, kind: CertificateKind, count: BirthdayCount | None, at: datetime
    ) -> date:
        if kind.medium is Medium.MOBILE_DEVICE:
            partner = self.state.live("p", kind.partner, at=at)
            return partner.expires_on if partner else on
        card = self.state.person("p").card
        assert card is not None
        if kind is CA:
            return authentication_expiry(
                on, self.born, card_expires_on=card.expires_on, count=count, book=self.book
            ).ends_on
        auth = self.state.live("p", CA, at=at)
        return signature_expiry(
            on,
            self.born,
            card_expires_on=card.expires_on,
            authentication_expires_on=auth.expires_on if auth else None,
            count=count,
            book=self.book,
        ).ends_on

    def renew(self, on: date, *kinds: CertificateKind) -> None:
        """Request revocation in order to renew and issue anew, authentication first."""
        for kind in sorted(kinds, key=lambda kind: kind.purpose == "signature"):
            old = self.state.live("p", kind, at=max(self.state.at, at_time(on, time(0))))
            assert old is not None
            number = five_or_six(
                kind, applied_on=on, current_expires_on=old.expires_on, book=self.book
            )
            hour = 9 if kind is CA else 10
            self.tell(
                on,
                ev.RevocationRequested("p", (kind,), ev.RequestPurpose.RENEWAL),
                at=time(hour),
            )
            self.tell(on, self.issued(on, kind, count=number), at=time(hour, 1))

    def enrol(self, on: date, platform: ev.Platform = ev.Platform.ANDROID) -> None:
        """Enrol a phone with both certificates."""
        phone = f"phone-{next(self.phones)}"
        self.tell(on, ev.MobileDeviceEnrolled("p", phone, platform), at=time(14))
        self.issue(on, MS, MA, at=time(14, 10))

    # what is so

    def mark(self, kind: CertificateKind) -> str:
        """A, H, R3, R3c, E or - for the last certificate of a kind."""
        record = self.state.latest("p", kind)
        if record is None:
            return "-"
        match self.state.state_of(record):
            case CertificateState.ACTIVE:
                return "A"
            case CertificateState.HELD:
                return "H"
            case CertificateState.EXPIRED:
                return "E"
            case CertificateState.REVOKED:
                assert record.lapse is not None
                cascade = "c" if record.lapse.ground == "cascade" else ""
                return f"R{int(record.lapse.reason)}{cascade}"

    def marks(self) -> str:
        """The marks of all four kinds, as in ``R3 A R3c A``."""
        return " ".join(self.mark(kind) for kind in (CS, CA, MS, MA))

    def ends(self, kind: CertificateKind) -> date:
        record = self.state.latest("p", kind)
        assert record is not None
        return record.expires_on

    def serial(self, kind: CertificateKind) -> int:
        record = self.state.latest("p", kind)
        assert record is not None
        return record.serial


def _with_all_four(
    *,
    born: date = date(1990, 9, 15),
    card_on: date = date(2024, 6, 1),
    phone_on: date | None = date(2025, 7, 1),
    book: Rulebook | None = None,
    **person: object,
) -> Story:
    story = Story(born, book=book, **person)
    story.card(card_on)
    story.issue(card_on, CS, CA)
    if phone_on is not None:
        story.enrol(phone_on)
    return story


@pytest.fixture
def begin() -> type[Story]:
    """The class of stories, for those that begin with nothing."""
    return Story


@pytest.fixture
def all_four() -> Callable[..., Story]:
    """Make a story in which all four certificates are active."""
    return _with_all_four
