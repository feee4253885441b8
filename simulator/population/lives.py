"""What happens to people in columns: events recorded, the law applied, certificates issued."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from jpki.law import Rulebook
from jpki.terms import CertificateKind, RevocationReason
from simulator.population.arrays import NEVER, Array, day_number, np
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
        live: Array = (c.status[kind][who] > 0) & (c.ends[kind][who] >= day)
        return live

    def active(self, kind: int, who: Array, day: Array) -> Array:
        """Whether it is live and not held."""
        c = self.columns
        active: Array = (c.status[kind][who] == 1) & (c.ends[kind][who] >= day)
        return active

    def has_card(self, who: Array, day: Array) -> Array:
        """Whether the card has neither lapsed nor expired."""
        return (self.columns.card[who] > 0) & (self.columns.card_ends[who] >= day)

    def may_sign(self, who: Array, day: Array) -> Array:
        """Whether a signature certificate can be issued, and is wanted."""
        c = self.columns
        may: Array = c.wants[who] & ~self.barred(who) & (c.signs_from[who] <= day)
        return may

    def barred(self, who: Array) -> Array:
        """Whether card or guardianship keeps a signature certificate away, whatever the age."""
        c = self.columns
        barred: Array = c.face_only[who] | (c.guardianship[who] & self._bars)
        return barred

    def can_be_certified(self, who: Array, day: Array) -> Array:
        """Whether anything can be issued on the card: in force, and its holder on a register."""
        c = self.columns
        known = c.registered[who] | c.abroad[who]
        able: Array = known & (c.card[who] == 1) & (c.card_ends[who] >= day)
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
            self._follow(who[effective], day[effective], happening[effective])

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
            row = (c.id[who], day, happening * ones, until * ones, serial * ones, c.place[who])
            tally.events.append((*row, made * ones))

    def _follow(self, who: Array, day: Array, happening: int | Array) -> None:
        c, effects = self.columns, self.law.effects
        mask = (self.has_card(who, day) << CARD_BIT).astype(np.int64)
        for kind in range(4):
            mask |= self.live(kind, who, day).astype(np.int64) << kind
        rows = effects.rows(happening, day, self._context(who, happening), mask)
        met = np.flatnonzero(effects.any[rows])
        if len(met) == 0:
            return
        who, day, rows = who[met], day[met], rows[met]
        actions = effects.action[rows]
        for each in np.flatnonzero(actions.any(axis=0)):
            self._affect(int(each), who, day, rows, actions[:, each])
        cards = effects.card[rows]
        c.card[who[cards == REVOKE]] = 0
        c.card[who[cards == SUSPEND]] = 2
        c.card[who[cards == RESUME]] = 1
        c.touched[who] = True

    def _context(self, who: Array, happening: int | Array) -> Array | int:
        """What the rules ask of the single certificate: one bit per kind."""
        if isinstance(happening, int) and self.law.effects.contexts[happening] == 1:
            return 0
        c, bits = self.columns, np.zeros(len(who), np.int64)
        furigana = np.asarray(happening) == NUMBER["furigana.later"]
        furigana |= np.asarray(happening) == NUMBER["furigana.first"]
        away = c.move[who] == ABROAD
        for kind in range(4):
            issued = c.issued[kind][who]
            excepted = away & (issued >= self._excepted_from)
            excepted &= (issued >= c.filed[who]) & (issued <= c.planned[who])
            carries = c.carries[kind][who]
            bits |= np.where(furigana, carries, excepted).astype(np.int64) << kind
        return np.where(self.law.effects.contexts[happening] > 1, bits, 0)

    def _affect(self, kind: int, who: Array, day: Array, rows: Array, action: Array) -> None:
        c, status = self.columns, self.columns.status[kind]
        lost = np.flatnonzero(action == REVOKE)
        if len(lost):
            reason = self.law.effects.reason[rows[lost], kind]
            rule = self.law.effects.rule[rows[lost], kind]
            self._revoke(kind, who[lost], day[lost], reason, rule)
        held = np.flatnonzero((action == SUSPEND) & (status[who] == 1))
        if len(held):
            status[who[held]] = 2
            c.held_on[kind][who[held]] = day[held]
            self.tally.mark("held", day[held], np.full(len(held), kind))
            self.tally.enter(day[held] + self._listed_after, self._list(kind, who[held]))
        freed = np.flatnonzero((action == RESUME) & (status[who] == 2))
        if len(freed):
            status[who[freed]] = 1
            self._held(kind, who[freed], day[freed])
            self.tally.mark("released", day[freed], np.full(len(freed), kind))
            self.tally.leave(day[freed] + self._listed_after, self._list(kind, who[freed]))
        c.touched[who] = True

    def _list(self, kind: int, who: Array) -> Array:
        """The list of the authority and of the place of issue."""
        place: Array = self.columns.issued_at[kind][who].astype(np.int64)
        return place + (kind % 2) * self.tally.places

    def _revoke(self, kind: int, who: Array, day: Array, reason: Array, rule: Array) -> None:
        c = self.columns
        which = self._list(kind, who)
        fresh = c.status[kind][who] == 1
        self._held(kind, who[~fresh], day[~fresh])
        self.tally.mark("revoked", day, kind * 8 + reason.astype(np.int64))
        self.tally.enter(day[fresh] + self._listed_after, which[fresh])
        self.tally.leave(c.ends[kind][who] + 1, which)
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
                c.serial[kind][who],
                c.issued_at[kind][who],
                c.issued[kind][who],
                c.ends[kind][who],
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
        behind = c.ends[kind][who] + 1
        held = c.status[kind][who] == 2
        self.tally.mark("expired", behind, np.full(len(who), kind))
        self.tally.leave(behind[held], self._list(kind, who[held]))
        self._held(kind, who[held], behind[held])
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
        self.expire(kind, who[c.status[kind][who] > 0])
        purpose = kind % 2
        c.ends[kind][who] = self._ends(kind, who, day, six)
        c.serial[kind][who] = 1 + c.id[who] + self.everybody * c.count[purpose][who].astype("i8")
        c.count[purpose][who] += 1
        c.status[kind][who] = 1
        c.issued[kind][who] = day
        c.issued_at[kind][who] = c.place[who]
        if kind == CS:
            c.carries[kind][who] = c.furigana[who] & (day >= self._furigana_from)
        bits = {CS: (0x01, 0x10), CA: (0x02, 0x20), MS: (0, 0), MA: (0x04, 0x80)}[kind]
        c.pins[who] = (c.pins[who] | bits[0]) & (0xFF ^ bits[1])
        c.touched[who] = True
        self.tally.mark("issued", day, np.full(len(who), kind))
        happening = NUMBER[f"issued.{KINDS[kind].value}"]
        self._note(who, day, happening, c.ends[kind][who], c.serial[kind][who], 0)
        if self.law.effects.effective[happening]:
            self._follow(who, day, happening)

    def _ends(self, kind: int, who: Array, day: Array, six: Array | None) -> Array:
        c = self.columns
        if kind in (MS, MA):
            partner: Array = c.ends[kind - 2][who]
            return partner
        six = np.zeros(len(who), np.bool_) if six is None else six
        if kind == CA:
            ends = self.law.grids.authentication(day, c.birthday[who], six)
            return np.minimum(ends, c.card_ends[who])
        ends = self.law.grids.signature(day, c.birthday[who], six)
        proof = np.where(self.live(CA, who, day), c.ends[CA][who], NEVER)
        return np.minimum(np.minimum(ends, c.card_ends[who]), proof)

    def certify(self, who: Array, day: Array, six: tuple[Array, Array] | None = None) -> None:
        """Issue on the card what is missing and can be issued: first for authentication."""
        able = self.can_be_certified(who, day)
        for kind, at in ((CA, 1), (CS, 0)):
            wanted = able & ~self.live(kind, who, day)
            if kind == CS:
                wanted &= self.may_sign(who, day)
            chosen = np.flatnonzero(wanted)
            self.issue(kind, who[chosen], day[chosen], None if six is None else six[at][chosen])

    def sixth(self, who: Array, day: Array) -> tuple[Array, Array]:
        """Return for both card kinds whether a renewal on the day runs to the sixth birthday."""
        return self._sixth(CS, who, day), self._sixth(CA, who, day)

    def _sixth(self, kind: int, who: Array, day: Array) -> Array:
        ends = self.columns.ends[kind][who]
        six = self.live(kind, who, day)
        chosen = np.flatnonzero(six & (ends - day < 100))
        names = (CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION)
        six[:] = False
        if len(chosen):
            opens = self.law.grids.renewal_opens(names[kind], ends[chosen])
            six[chosen] = opens <= day[chosen]
        return six
