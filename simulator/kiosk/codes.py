"""One-time codes of reservations: made, kept as a digest, compared, spent.

How the real code looks is not known. Here it has twelve characters of an alphabet of 32 without
look-alikes, 60 bits, which nobody guesses within the few entries that a reservation allows.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from jpki.errors import MalformedDocument, Refused
from jpki.jst import day, require_aware
from jpki.terms import PinKind
from simulator.store import Notes
from simulator.world import World

__all__ = ["Slip", "expiry", "kept", "made", "require", "spend"]

_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LENGTH: Final = 12
_LONGEST_TYPED: Final = 64
_BOOK: Final = "kiosk reservations"
_DOMAIN: Final = b"jpki simulator: one-time code of a kiosk, version 1"


@dataclass(frozen=True, slots=True, repr=False)
class Slip:
    """What is kept of a reservation: never the code, only a digest bound to what it is for."""

    number: int
    card: str
    reserved_at: datetime
    digest: str
    wrong: int = 0

    def __repr__(self) -> str:
        return f"<Slip {self.number}, {self.wrong} wrong entries>"


def made(world: World, person: str, card: str, pin: PinKind) -> str:
    """Make the code of a new reservation, which takes the place of the one before; keep a digest.

    The code follows from the world's seed and the number of the reservation, as all chance of a
    world does: the same commands give the same code.
    """
    with world.transaction():
        notes, place = Notes(world.store, _BOOK), _place(person, pin)
        number = notes.next_number(f"count/{place}")
        code = world.chance.stream(f"kiosk code/{place}/{card}/{number}").text(_ALPHABET, _LENGTH)
        _write(
            notes, place, Slip(number, card, world.now, _digest(code, person, card, pin, number))
        )
    return code


def expiry(world: World, reserved_at: datetime) -> datetime:
    """Return the last instant at which a reservation is good (KS-4)."""
    hours = world.book.table.figure("kiosk_reservation_hours", on=day(reserved_at)).value
    return reserved_at + timedelta(hours=int(hours))


def kept(world: World, person: str, pin: PinKind) -> Slip | None:
    """Return the reservation that waits for a person and a PIN, as old as it may be."""
    return _read(Notes(world.store, _BOOK), _place(person, pin))


def require(world: World, person: str, card: str, pin: PinKind, code: str) -> Slip:
    """Return the reservation that a typed code belongs to; ``Refused`` (KS-3) for a wrong code.

    A wrong entry is counted, and after so many (policy ``kiosk_code_entries``) the reservation is
    void. Lower case, spaces and hyphens are what people type and make no difference.
    """
    allowed = int(world.book.policies["kiosk_code_entries"])
    with world.transaction():
        notes, place = Notes(world.store, _BOOK), _place(person, pin)
        slip = _read(notes, place)
        if slip is not None and slip.card == card and _fits(slip, code, person, card, pin):
            return slip
        left = 0
        if slip is not None:
            left = allowed - slip.wrong - 1
            if left > 0:
                _write(notes, place, _counted(slip))
            else:
                notes.remove(place)
    # Outside of the transaction, so that the entry stays counted.
    raise _refused(world, "the one-time code is wrong", left if slip is not None else None)


def spend(world: World, person: str, pin: PinKind, slip: Slip) -> None:
    """Take a reservation away in the transaction that uses it: a code is good for once (KS-3)."""
    notes, place = Notes(world.store, _BOOK), _place(person, pin)
    if _read(notes, place) != slip:
        raise _refused(world, "the one-time code has been used", None)
    notes.remove(place)


def _refused(world: World, message: str, left: int | None) -> Refused:
    table = world.book.table
    hint = "reserve again in the app"
    if left:
        hint = f"{left} more entries, then the reservation is void"
    return Refused(message, rule="KS-3", basis=table.basis_ja(table.row("KS-3")), hint=hint)


def _fits(slip: Slip, code: str, person: str, card: str, pin: PinKind) -> bool:
    typed = "".join(code[:_LONGEST_TYPED].upper().replace("-", " ").split())
    return hmac.compare_digest(slip.digest, _digest(typed, person, card, pin, slip.number))


def _digest(code: str, person: str, card: str, pin: PinKind, number: int) -> str:
    """Return the digest of a code, bound to whose it is, for which card and PIN, and its number."""
    bound = (person.encode(), card.encode(), pin.value.encode(), str(number).encode())
    message = b"".join(len(part).to_bytes(4, "big") + part for part in bound)
    key = _DOMAIN + code.encode("utf-8", "backslashreplace")
    return hmac.new(key, message, sha256).hexdigest()


def _place(person: str, pin: PinKind) -> str:
    return f"{person}/{pin.value}"


def _counted(slip: Slip) -> Slip:
    return Slip(slip.number, slip.card, slip.reserved_at, slip.digest, slip.wrong + 1)


def _write(notes: Notes, place: str, slip: Slip) -> None:
    kept_as = {
        "number": slip.number,
        "card": slip.card,
        "reserved_at": slip.reserved_at.isoformat(),
        "digest": slip.digest,
        "wrong": slip.wrong,
    }
    notes.set(place, json.dumps(kept_as, sort_keys=True))


def _read(notes: Notes, place: str) -> Slip | None:
    text = notes.get(place)
    if text is None:
        return None
    try:
        row = json.loads(text)
        return Slip(
            row["number"],
            row["card"],
            require_aware(datetime.fromisoformat(row["reserved_at"])),
            row["digest"],
            int(row["wrong"]),
        )
    except (ValueError, KeyError, TypeError):
        # ``from None``: the original message would quote the note.
        raise MalformedDocument("a reservation cannot be read", source=_BOOK) from None
