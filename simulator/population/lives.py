"""What happens to people in columns: events recorded, the law applied, certificates issued."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from jpki.law import Rulebook
from jpki.terms import CertificateKind, RevocationReason
from simulator.population.arrays import NEVER, Array, among, day_number, np
from simulator.population.columns import ABROAD, Columns
from simulator.population.effects import CARD_BIT, RESUME, REVOKE, SUSPEND, Effects
from simulator.population.figures import Figures
from simulator.population.happenings import KINDS, NUMBER
from simulator.population.tally import Tally
from simulator.population.validity import Grids

__all__ = ["CA", "CS", "MA", "MS", "RECORDED_AT_HOUR", "Law", "Lives"]

CS, CA, MS, MA = range(4)
"""The numbers of the four kinds (:data:`simulator.population.happenings.KINDS`)."""

RECORDED_AT_HOUR = 10
"""The hour in Japan at which every event of a population is recorded."""

_STATES = ("live", "held", "revoked", "expired")
_PINS = {CS: (0x01, 0xEF), CA: (0x02, 0xDF), MA: (0x04, 0x7F)}
"""Which bit of ``pins`` an issue sets, and all but the PIN that is no longer blocked by it."""
_HOLD = int(RevocationReason.CERTIFICATE_HOLD)


@dataclass(frozen=True, slots=True)
class Law:
    """A rulebook in the shapes that columns need."""

    book: Rulebook
    effects: Effects
    grids: Grids
    law_of: date | None = None

    def exists(self, event: str) -> int:
        """Return the day from which there is such an event."""
        return day_number(self.book.table.event(event).since)

    def milestone(self, name: str) -> int:
        """Return the day of a dated flag."""
        return day_number(self.book.table.milestone(name).since)

    def policy(self, name: str) -> str | bool | int:
        """Return what was chosen for a policy."""
        return self.book.policies[name]


@dataclass(slots=True)
class Lives:
    """People, the law they live under, and what is counted.

    ``everybody`` bounds serial
    numbers, ``places`` says up to which share of all people each place reaches."""

    columns: Columns
    law: Law
    figures: Figures
    tally: Tally
    everybody: int
    places: Array
    _listed_after: int = field(init=False)
    _furigana_from: int = field(init=False)
    _excepted_from: int = field(init=False)
    _bars: bool = field(init=False)

    def __post_init__(self) -> None:
        made_at = int(self.law.policy("list_made_at_hour"))
        self._listed_after = 0 if made_at >= RECORDED_AT_HOUR else 1
        self._furigana_from = self.law.milestone("furigana_in_signature")
        self._excepted_from = self.law.milestone("overseas_use")
        self._bars = bool(self.law.policy("guardianship_bars_signature"))

    # Questions

    def live(self, kind: int, who: Array, day: Array) -> Array:
        """Whether the certificate of a kind is neither revoked nor past its end."""
        c = self.columns
        live: Array = (c.status[kind].take(who) > 0) & (c.ends[kind].take(who) >= day)
        return live

    def active(self, kind: int, who: Array, day: Array) -> Array:
        """Whether it is live and not held."""
        c = self.columns
        active: Array = (c.status[kind][who] == 1) & (c.ends[kind].take(who) >= day)
        return active

    def has_card(self, who: Array, day: Array) -> Array:
        """Whether the card has neither lapsed nor expired."""
        return (self.columns.card.take(who) > 0) & (self.columns.card_ends.take(who) >= day)

    def may_sign(self, who: Array, day: Array) -> Array:
        """Whether a signature certificate can be issued, and is wanted."""
        c = self.columns
        may: Array = c.wants.take(who) & ~self.barred(who) & (c.signs_from.take(who) <= day)
        return may

    def barred(self, who: Array) -> Array:
        """Whether card or guardianship keeps a signature certificate away, whatever the age."""
        c = self.columns
        barred: Array = c.face_only.take(who) | (c.guardianship.take(who) & self._bars)
        return barred

    def can_be_certified(self, who: Array, day: Array) -> Array:
        """Whether anything can be issued on the card: in force, and its holder on a register."""
        c = self.columns
        known = c.registered.take(who) | c.abroad.take(who)
        able: Array = known & (c.card.take(who) == 1) & (c.card_ends.take(who) >= day)
        return able

    # Plans

    def plan(self, slot: int, who: Array, day: Array | int, step: int, word: Array) -> None:
        """Let a step follow on a day, in place of whatever was planned there."""
        c = self.columns
        c.plan_day[slot][who] = day
        c.plan_step[slot][who] = step
        c.plan_word[slot][who] = word

    def unplan(self, slot: int, who: Array) -> None:
        """Let nothing follow."""
        self.columns.plan_day[slot][who] = NEVER

    # Events

    def happen(
        self,
        who: Array,
        day: Array,
        happening: int | Array,
        *,
        until: Array | int = 0,
        made: Array | int = 0,
        serial: Array | int = 0,
    ) -> None:
        """Record an event of each of these people and let the law follow from it."""
        if len(who) == 0:
            return
        self._note(who, day, happening, until, serial, made)
        effective = self.law.effects.effective[happening]
        if isinstance(happening, int):
            if effective:
                self._follow(who, day, happening)
        elif effective.any():
            self._follow(*among(effective, who, day, happening))

    def _note(
        self,
        who: Array,
        day: Array,
        happening: int | Array,
        until: Array | int,
        serial: Array | int,
        made: Array | int,
    ) -> None:
        tally = self.tally
        if isinstance(happening, int):
            tally.happened[happening] += len(who)
        else:
            tally.happened += np.bincount(happening, minlength=len(tally.happened))
        if tally.with_events:
            c, ones = self.columns, np.ones(len(who), np.int64)
            row = (c.id[who], day, happening * ones, until * ones, serial * ones, c.place.take(who))
            tally.events.append((*row, made * ones))

    def _follow(self, who: Array, day: Array, happening: int | Array) -> None:
        c, effects = self.columns, self.law.effects
        mask = self.has_card(who, day).view(np.uint8) << CARD_BIT
        for kind in range(4):
            mask |= self.live(kind, who, day).view(np.uint8) << kind
        rows = effects.rows(happening, day, self._context(who, happening), mask)
        who, day, rows = among(effects.any.take(rows), who, day, rows)
        if len(who) == 0:
            return
        for kind in range(4):
            action = effects.action[kind].take(rows)
            if action.any():
                self._affect(kind, who, day, rows, action)
        cards = effects.card.take(rows)
        if cards.any():
            c.card[who[cards == REVOKE]] = 0
            c.card[who[cards == SUSPEND]] = 2
            c.card[who[cards == RESUME]] = 1
        c.touched[who] = True

    def _context(self, who: Array, happening: int | Array) -> Array | int:
        """What the rules ask of the single certificate: one bit per kind."""
        asked = self.law.effects.contexts[happening] > 1
        if not asked.any():
            return 0
        c, bits = self.columns, np.zeros(len(who), np.int64)
        furigana = np.asarray(happening) == NUMBER["furigana.later"]
        furigana |= np.asarray(happening) == NUMBER["furigana.first"]
        away = c.move.take(who) == ABROAD
        for kind in range(4):
            issued = c.issued[kind].take(who)
            excepted = away & (issued >= self._excepted_from)
            excepted &= (issued >= c.filed.take(who)) & (issued <= c.planned.take(who))
            carries = c.carries[kind].take(who)
            bits |= np.where(furigana, carries, excepted).astype(np.int64) << kind
        return np.where(asked, bits, 0)

    def _affect(self, kind: int, who: Array, day: Array, rows: Array, action: Array) -> None:
        status, effects = self.columns.status[kind], self.law.effects
        lost, when, row = among(action == REVOKE, who, day, rows)
        if len(lost):
            reason, rule = effects.reason[kind].take(row), effects.rule[kind].take(row)
            self._revoke(kind, lost, when, reason, rule)
        now = status.take(who)
        held, when = among((action == SUSPEND) & (now == 1), who, day)
        if len(held):
            status[held] = 2
            self.columns.held_on[kind][held] = when
            self.tally.mark("held", when, kind)
            self.tally.enter(when + self._listed_after, self._list(kind, held))
        freed, when = among((action == RESUME) & (now == 2), who, day)
        if len(freed):
            status[freed] = 1
            self._held(kind, freed, when)
            self.tally.mark("released", when, kind)
            self.tally.leave(when + self._listed_after, self._list(kind, freed))

    def _list(self, kind: int, who: Array) -> Array:
        """The list of the authority and of the place of issue."""
        place: Array = self.columns.issued_at[kind].take(who).astype(np.int32)
        return place + (kind % 2) * self.tally.places

    def _revoke(self, kind: int, who: Array, day: Array, reason: Array, rule: Array) -> None:
        c = self.columns
        which = self._list(kind, who)
        fresh = c.status[kind].take(who) == 1
        self._held(kind, *among(~fresh, who, day))
        self.tally.mark("revoked", day, kind * 8 + reason)
        entering, first = among(fresh, which, day)
        self.tally.enter(first + self._listed_after, entering)
        self.tally.leave(c.ends[kind].take(who) + 1, which)
        self._end(kind, who, day, reason, rule, _STATES.index("revoked"))
        c.status[kind][who] = 0

    def _held(self, kind: int, who: Array, until: Array) -> None:
        """Write down a hold that is over; ``NEVER`` when it was not by the end of the run."""
        c = self.columns
        if len(who):
            self.tally.holds.append(
                (
                    c.id[who],
                    np.full(len(who), kind, np.uint8),
                    c.serial[kind][who],
                    c.issued_at[kind][who],
                    c.issued[kind][who],
                    c.ends[kind][who],
                    c.held_on[kind][who],
                    until,
                )
            )

    def _end(
        self, kind: int, who: Array, day: Array, reason: Array, rule: Array, state: int
    ) -> None:
        c, many = self.columns, len(who)
        self.tally.ended.append(
            (
                c.id[who],
                np.full(many, kind, np.uint8),
                c.serial[kind].take(who),
                c.issued_at[kind].take(who),
                c.issued[kind].take(who),
                c.ends[kind].take(who),
                day,
                reason,
                rule,
                np.full(many, state, np.uint8),
            )
        )

    def expire(self, kind: int, who: Array) -> None:
        """Close the rows of certificates whose last day has passed."""
        if len(who) == 0:
            return
        c = self.columns
        behind = c.ends[kind].take(who) + 1
        self.tally.mark("expired", behind, kind)
        held, gone = among(c.status[kind].take(who) == 2, who, behind)
        self.tally.leave(gone, self._list(kind, held))
        self._held(kind, held, gone)
        none = np.zeros(len(who), np.uint16)
        self._end(kind, who, behind, none, none, _STATES.index("expired"))
        c.status[kind][who] = 0
        c.touched[who] = True

    def expire_all(self, before: int) -> None:
        """Close every certificate that has ended before a day."""
        for kind in range(4):
            over = (self.columns.status[kind] > 0) & (self.columns.ends[kind] < before)
            self.expire(kind, np.flatnonzero(over))

    def still_live(self) -> None:
        """Write down what lives on at the end, with no end of its own."""
        for kind in range(4):
            status = self.columns.status[kind]
            for held in (1, 2):
                who = np.flatnonzero(status == held)
                none = np.zeros(len(who), np.uint16)
                reason = np.full(len(who), _HOLD if held == 2 else 0, np.uint16)
                never = np.full(len(who), NEVER, np.int32)
                self._end(kind, who, never, reason, none, held - 1)
                if held == 2:
                    self._held(kind, who, never)

    # Issue

    def issue(self, kind: int, who: Array, day: Array, six: Array | None = None) -> None:
        """Issue a certificate of a kind; nobody here holds a live one of it."""
        if len(who) == 0:
            return
        c = self.columns
        self.expire(kind, *among(c.status[kind].take(who) > 0, who))
        authority, person, place = kind % 2, c.id.take(who), c.place.take(who)
        ends, count = self._ends(kind, who, day, six), c.count[authority].take(who)
        serial = 1 + person + self.everybody * count.astype(np.int64)
        c.ends[kind][who], c.serial[kind][who] = ends, serial
        c.count[authority][who] = count + np.uint16(1)
        c.status[kind][who], c.issued[kind][who], c.issued_at[kind][who] = 1, day, place
        if kind == CS:
            c.carries[kind][who] = c.furigana.take(who) & (day >= self._furigana_from)
        if kind != MS:
            sets, clears = _PINS[kind]
            c.pins[who] = (c.pins.take(who) | sets) & clears
        c.touched[who] = True
        self.tally.mark("issued", day, kind)
        happening = NUMBER[f"issued.{KINDS[kind].value}"]
        self._note(who, day, happening, ends, serial, 0)
        if self.law.effects.effective[happening]:
            self._follow(who, day, happening)

    def _ends(self, kind: int, who: Array, day: Array, six: Array | None) -> Array:
        c = self.columns
        if kind in (MS, MA):
            partner: Array = c.ends[kind - 2][who]
            return partner
        if kind == CA:
            ends = self.law.grids.authentication(day, c.birthday[who], six)
            return np.minimum(ends, c.card_ends.take(who))
        ends = self.law.grids.signature(day, c.birthday[who], six)
        proof = np.where(self.live(CA, who, day), c.ends[CA][who], NEVER)
        return np.minimum(np.minimum(ends, c.card_ends.take(who)), proof)

    def certify(self, who: Array, day: Array, six: tuple[Array, Array] | None = None) -> None:
        """Issue on the card what is missing and can be issued: first for authentication."""
        able = self.can_be_certified(who, day)
        for kind, at in ((CA, 1), (CS, 0)):
            wanted = able & ~self.live(kind, who, day)
            if kind == CS:
                wanted &= self.may_sign(who, day)
            if six is None:
                self.issue(kind, *among(wanted, who, day))
            else:
                self.issue(kind, *among(wanted, who, day, six[at]))

    def sixth(self, who: Array, day: Array) -> tuple[Array, Array]:
        """Return for both card kinds whether a renewal on the day runs to the sixth birthday."""
        return self._sixth(CS, who, day), self._sixth(CA, who, day)

    def _sixth(self, kind: int, who: Array, day: Array) -> Array:
        ends = self.columns.ends[kind][who]
        chosen = (self.live(kind, who, day) & (ends - day < 100)).nonzero()[0]
        names = (CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION)
        six = np.zeros(len(who), np.bool_)
        if len(chosen):
            opens = self.law.grids.renewal_opens(names[kind], ends[chosen])
            six[chosen] = opens <= day[chosen]
        return six
