"""Showing some items of a record to a party, in a session (個人番号カード等命令 39-21, 39-22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jpki.card.pin import UserPin
from jpki.errors import ImpossibleFact
from jpki.law import Act, Actor
from jpki.life import DeviceState
from jpki.mdoc import DOC_TYPE, Presentation, SessionTranscript, Sign1, SignedRecord
from simulator.acting import performs
from simulator.mdoc.application import refusal
from simulator.mdoc.keys import ec_key, signing_with
from simulator.mdoc.memory import Wallet, Wallets
from simulator.mdoc.profile import DEFAULT_PROFILE, IssuingProfile
from simulator.mdoc.wallet import fall_of, held, reachable, synchronise
from simulator.tokens import PhoneMemory, applet, phone_memory
from simulator.world import World

__all__ = ["Biometrics", "present"]


@dataclass(frozen=True, slots=True)
class Biometrics:
    """The holder's finger or face, that the phone has taken for the holder's."""


@performs(Actor.DEVICE, Act.HOLD_MOBILE_KEYS)
def present(
    world: World,
    person_id: str,
    wanted: Sequence[tuple[str, str]],
    *,
    party: str,
    transcript: SessionTranscript,
    approval: Biometrics | UserPin,
    online: bool | None = None,
    unchecked: bool = False,
    profile: IssuingProfile = DEFAULT_PROFILE,
) -> bytes:
    """Return the answer that shows the wanted items (namespace and name) to a party.

    ``online`` is what the phone is unless it is said. Online, the wallet reaches the authority
    first, as the sending program must (番号法 18-3): a record that has fallen is taken out, a
    used-up batch renewed. Out of reach it refuses, unless
    ``unchecked``: whether a certified program would show a record all the same is not known (?).

    Raises ``Refused`` with the rule (``CAE-1`` not checked, ``CAE-2`` every record was shown to
    others, the rule by which the record fell, ``V-22`` ended); ``ImpossibleFact`` when the record
    has no such item; ``WrongPin`` and ``PinBlocked`` from the phone's PIN.
    """
    if online is None:
        online = _online(world, person_id)
    fallen = _fall(world, person_id) if online else None
    if online:
        synchronise(world, person_id, profile=profile)
    elif not unchecked:
        raise refusal(world, "CAE-1", "the phone cannot check now whether the record has effect")
    if fallen is not None:
        raise refusal(world, fallen, "the record has lost effect and was taken out of the wallet")
    wallet = _usable(world, person_id)
    _chosen(world, wallet, party, wanted)  # what cannot be shown is said before the holder is asked
    _approve(world, person_id, wallet, approval)  # and a try that was spent stays spent
    with world.transaction():
        wallet = _usable(world, person_id)
        number, record = _chosen(world, wallet, party, wanted)
        answer = _signed(world, wallet, number, record, transcript)
        Wallets(world.store).keep(wallet.showing(number, party))
    return answer


def _chosen(
    world: World, wallet: Wallet, party: str, wanted: Sequence[tuple[str, str]]
) -> tuple[int, SignedRecord]:
    """Return which of the batch is shown, and the record with what is wanted alone."""
    number = _record_for(world, wallet, party)
    record = wallet.records[number].record.only(wanted)
    missing = set(wanted) - {(item.namespace, item.name) for item in record.items}
    if missing or not wanted:
        names = ", ".join(sorted(name for _, name in missing)) or "nothing"
        raise ImpossibleFact(f"the record cannot show this: {names}")
    return number, record


def _signed(
    world: World,
    wallet: Wallet,
    number: int,
    record: SignedRecord,
    transcript: SessionTranscript,
) -> bytes:
    algorithm = wallet.signing
    key = ec_key(world, wallet.records[number].key, algorithm)

    def sign(data: bytes) -> Sign1:
        return Sign1.made(
            data, algorithm=algorithm, sign=signing_with(key, algorithm), detached=True
        )

    return Presentation.made(record, DOC_TYPE, transcript=transcript, sign=sign).to_bytes()


def _online(world: World, person_id: str) -> bool:
    wallet = held(world, person_id)
    return wallet is None or reachable(world, wallet.device)


def _fall(world: World, person_id: str) -> str | None:
    wallet = held(world, person_id)
    fall = None if wallet is None else fall_of(world, wallet)
    return None if fall is None else fall.rule


def _usable(world: World, person_id: str) -> Wallet:
    wallet = held(world, person_id)
    if wallet is None:
        raise ImpossibleFact("the wallet holds no record", hint="apply for one with the card")
    if wallet.ended_at(world.now):
        raise refusal(world, "substitute.expired", "the record's time is over")
    return wallet


def _record_for(world: World, wallet: Wallet, party: str) -> int:
    """Return which record a party sees: the one it saw before, else one that nobody saw."""
    for wish in (party, None):
        for number, record in enumerate(wallet.records):
            if record.shown_to == wish:
                return number
    raise refusal(world, "CAE-2", "every record was shown to another party")


def _approve(world: World, person_id: str, wallet: Wallet, approval: Biometrics | UserPin) -> None:
    """Ask for the PIN, or believe the biometrics (39-6); which PIN it is was not found (?).

    Here it is the phone's authentication PIN, with its counter. An iPhone's wallet takes biometrics
    alone (BIO-2, practice); the ordinance has both.
    """
    device = world.state().person(person_id).device
    if device is None or device.state is DeviceState.REPLACED:
        raise ImpossibleFact("no phone is in use")
    memory = _memory(world, device.id)
    if not memory.working:
        raise ImpossibleFact("the phone does not answer any more")
    if isinstance(approval, UserPin):
        phone = applet(world, wallet.device)
        phone.verify(approval)
        phone.forget_pins()
        return
    if not memory.biometrics:
        raise refusal(world, "BIO-2", "biometrics are switched off on this phone")
    pin_first = world.book.policies["biometrics_after_change"] == "pin_first"
    given = memory.pin_entered
    if pin_first and (device.biometrics_changed if given is None else not given):
        raise refusal(world, "BIO-3", "another finger or face was enrolled: the PIN is needed")


def _memory(world: World, device: str) -> PhoneMemory:
    """Return what the phone knows of itself; one without a chip is as a new one."""
    return PhoneMemory() if world.store.chip(device) is None else phone_memory(world, device)
