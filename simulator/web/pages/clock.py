"""The clock: what is due by when, and moving on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.jst import at_time
from jpki.law import Rulebook
from jpki.life import PublicationSchedule
from simulator.preview import Foreseen, expiring, foresee
from simulator.timeline import Change
from simulator.web.pages.visit import Answer, Gone, Shown, Visit

__all__ = ["Way", "clock", "move_clock"]

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Way:
    """A way to move the clock, and what comes due on it."""

    en: str
    ja: str
    to: datetime
    due: tuple[Foreseen, ...]
    expired: tuple[Change, ...]


def clock(visit: Visit) -> Answer:
    """Show the clock and what each way of moving it on brings."""
    now, book = visit.world.now, visit.world.book
    wanted = [
        ("One hour", "1時間", now + timedelta(hours=1)),
        ("One day", "1日", now + timedelta(days=1)),
        ("One week", "1週間", now + timedelta(days=7)),
        ("To the next revocation list", "次の失効リストまで", _next_list(book, now)),
    ]
    chosen = visit.query.get("to", "")
    if chosen:
        wanted.insert(0, ("To the chosen instant", "選んだ日時まで", _instant(chosen)))
    ways = [_way(visit, en, ja, to) for en, ja, to in wanted]
    return Shown("clock.html", {"ways": ways, "chosen": chosen, "events": book.table.event})


def move_clock(visit: Visit) -> Answer:
    """Move the clock on; what is due by then is recorded."""
    world, before = visit.world, len(visit.world.entries)
    world.advance(_instant(visit.form.text("to")))
    count = len(world.entries) - before
    visit.tell(
        f"The clock was moved on. Recorded on the way: {count}.",
        f"時計を進めました。その間の記録は{count}件です。",
    )
    back = visit.form.text("back")
    person = back if back in world.state().people else ""
    return Gone(f"/people/{person}" if person else "/clock")


def _way(visit: Visit, en: str, ja: str, to: datetime) -> Way:
    state, notices = visit.world.state(), visit.world.notices()
    return Way(
        en,
        ja,
        to,
        foresee(state, until=to, on_its_way=notices),
        tuple(expiring(state, to)),
    )


def _next_list(book: Rulebook, now: datetime) -> datetime:
    return PublicationSchedule.from_policies(book.policies).first_list_with(now + _MOMENT)


def _instant(text: str) -> datetime:
    """Read an instant: with a zone as the pages write it, or Japan time as a person types it."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            return at_time(date(found.year, found.month, found.day), time(found.hour, found.minute))
        return found.astimezone(UTC)
    except OverflowError:
        raise ImpossibleFact("the clock does not go there") from None
    except ValueError:
        raise MalformedDocument(
            "not a day and time", source="clock", hint="choose one such as 2026-08-04 09:00"
        ) from None
