"""The wallet in a phone: applying for a batch of records, renewing it, and losing it.

What the wallet holds is its own truth. What became of the record is worked out from the world's
log: a record falls with the card or its signature certificate (番号法 18-2(9)), and nothing has to
be written down for that. The two meet in :func:`synchronise`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from jpki.card.applet import JpkiApplet
from jpki.card.pin import SignaturePassword
from jpki.certificates import parse_certificate
from jpki.errors import ImpossibleFact, Refused
from jpki.jst import day, end_of_day
from jpki.law import Act, Actor, substitute_expiry
from jpki.life import MobileDevice
from jpki.life.events import CardSubstituteIssued
from jpki.sign import CardSigner, sign_detached
from jpki.terms import CertificateKind
from simulator.acting import performs
from simulator.card.contents.images import drawing
from simulator.mdoc.application import RecordApplication, challenge, check_application, refusal
from simulator.mdoc.authority import RecordAuthority
from simulator.mdoc.elements import elements
from simulator.mdoc.keys import ec_key
from simulator.mdoc.memory import HeldRecord, Wallet, Wallets
from simulator.mdoc.profile import DEFAULT_PROFILE, IssuingProfile
from simulator.tokens import my_number, phone_memory
from simulator.world import World

__all__ = [
    "Fall",
    "WalletState",
    "apply",
    "fall_of",
    "held",
    "reachable",
    "renew",
    "synchronise",
    "take_out_fallen",
    "wallet_state",
]

_ANOTHER_PHONE: Final = "substitute.another-phone"
_ISSUED_ANEW: Final = "substitute.issued"


class WalletState(StrEnum):
    """What a wallet holds, as the phone itself sees it."""

    EMPTY = "empty"
    READY = "ready"
    USED_UP = "used_up"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Fall:
    """That a wallet's batch has no effect any more: since when, and by which rule."""

    since: datetime
    rule: str


@performs(Actor.CITIZEN, Act.APPLY)
def apply(
    world: World,
    person_id: str,
    *,
    card: JpkiApplet,
    card_password: SignaturePassword,
    profile: IssuingProfile = DEFAULT_PROFILE,
) -> Wallet:
    """Apply for records with the card held to the phone; return what is in the wallet then.

    The phone makes the device keys, the card signs for them, the authority checks its signature
    and issues. Raises what the law's tables refuse: ``Refused`` (``CAE-4`` without a live card
    signature certificate, ``X-7``, ``android_wallet``, ``card_substitute_service``) and
    ``ImpossibleFact`` without a phone.
    """
    device = _device(world, person_id)
    card.verify(card_password)  # before the transaction: a try that was spent stays spent
    with world.transaction():
        signer = CardSigner(card, card_password)
        labels = _labels(world, device, profile)
        keys = [ec_key(world, label, profile.algorithm).public_key() for label in labels]
        serial = parse_certificate(signer.certificate).serial
        message = RecordApplication.of(device.id, serial, challenge(world), keys).to_bytes()
        signature = sign_detached(message, signer, at=world.now)
        application = check_application(world, person_id, message, signature)
        return _issue(world, person_id, labels, application, profile)


def renew(world: World, person_id: str, *, profile: IssuingProfile = DEFAULT_PROFILE) -> Wallet:
    """Have a new batch issued for the one in the wallet, without the card (番号法 18-2(11)).

    The conditions are those of the first issue. Raises ``Refused`` when they are not met,
    ``ImpossibleFact`` when the wallet holds no batch.
    """
    device = _device(world, person_id)
    wallet = Wallets(world.store).of_device(device.id)
    if wallet is None or fall_of(world, wallet) is not None:
        raise ImpossibleFact("there is no record to renew", hint="apply anew with the card")
    with world.transaction():
        labels = _labels(world, device, profile)
        keys = [ec_key(world, label, profile.algorithm).public_key() for label in labels]
        application = RecordApplication.of(device.id, 0, challenge(world), keys)
        return _issue(world, person_id, labels, application, profile)


def synchronise(
    world: World, person_id: str, *, profile: IssuingProfile = DEFAULT_PROFILE
) -> Wallet | None:
    """Let the wallet reach the authority; return what is in it then, ``None`` when nothing is.

    A batch that has fallen is taken out, which is what the authority waits to hear; one that is
    used up or at its end is renewed when the conditions are met.
    """
    wallet = held(world, person_id)
    if wallet is None or take_out_fallen(world, wallet.device):
        return None
    if wallet.unused and not wallet.ended_at(world.now):
        return wallet
    try:
        return renew(world, person_id, profile=profile)
    except (Refused, ImpossibleFact):
        return wallet


def take_out_fallen(world: World, device: str) -> bool:
    """Take a batch that has fallen out of a phone's wallet; tell whether there was one.

    It need not be the phone in use: a replaced one confirms its notice as well.
    """
    wallet = Wallets(world.store).of_device(device)
    if wallet is None or fall_of(world, wallet) is None:
        return False
    Wallets(world.store).empty(device)
    return True


def reachable(world: World, device: str) -> bool:
    """Tell whether the authority reaches a phone: it is online and answers.

    A phone that is only in the log, without a chip, is taken to be there.
    """
    if world.store.chip(device) is None:
        return True
    memory = phone_memory(world, device)
    return memory.online and memory.working


def wallet_state(world: World, person_id: str) -> WalletState:
    """Return what the wallet holds, as the phone sees it without asking anybody."""
    wallet = held(world, person_id)
    if wallet is None:
        return WalletState.EMPTY
    if wallet.ended_at(world.now):
        return WalletState.ENDED
    return WalletState.READY if wallet.unused else WalletState.USED_UP


def held(world: World, person_id: str) -> Wallet | None:
    """Return the batch in the wallet of the person's phone; an erased phone holds none."""
    device = world.state().person(person_id).device
    if device is None or not device.key_present:
        return None
    return Wallets(world.store).of_device(device.id)


def fall_of(world: World, wallet: Wallet) -> Fall | None:
    """Return how a wallet's batch fell, by the log; ``None`` when it did not, or just ended.

    A batch whose place another one has taken (another phone, or a later issue) has fallen, too.
    """
    current = world.state().person(wallet.holder).substitute
    if current is None or current.device != wallet.device:
        return Fall(current.issued_at if current else wallet.issued_at, _ANOTHER_PHONE)
    if current.issued_at != wallet.issued_at:
        return Fall(current.issued_at, _ISSUED_ANEW)
    if current.lapse is not None and current.lapse.recorded_at <= world.now:
        return Fall(current.lapse.recorded_at, current.lapse.rule)
    return None


def _issue(
    world: World,
    person_id: str,
    labels: tuple[str, ...],
    application: RecordApplication,
    profile: IssuingProfile,
) -> Wallet:
    """Record the issue, which the law's tables may refuse, and put the batch into the wallet."""
    keys = application.keys(profile.algorithm)
    if len(keys) < 2:
        raise refusal(world, "CAE-3", "a batch is for at least two device keys")
    expires_on = _expires_on(world, person_id)
    entry = world.record(CardSubstituteIssued(person=person_id, expires_on=expires_on))
    person = world.state().person(person_id)
    shows_photo = person.card is not None and person.card.photo
    likeness = world.chance.stream(f"likeness/{person_id}").bytes(32)
    records = RecordAuthority(world, profile).issue(
        elements(
            person,
            my_number=my_number(world, person_id),
            portrait=drawing(likeness) if shows_photo else None,
            on=day(world.now),
            profile=profile,
        ),
        keys,
        batch=f"{application.device}/{entry.seq}",
        at=world.now,
        valid_until=end_of_day(expires_on),
    )
    wallet = Wallet(
        device=application.device,
        holder=person_id,
        issued_at=entry.recorded_at,
        valid_until=end_of_day(expires_on),
        algorithm=profile.algorithm.name,
        records=tuple(
            HeldRecord.of(record, label) for record, label in zip(records, labels, strict=True)
        ),
    )
    Wallets(world.store).keep(wallet)
    return wallet


def _expires_on(world: World, person_id: str) -> date:
    """Return the day on which a record issued now ends (V-22)."""
    state = world.state()
    person = state.person(person_id)
    signature = state.live(person_id, CertificateKind.CARD_SIGNATURE)
    if person.card is None or signature is None:
        raise refusal(world, "CAE-4", "this needs a card with a live signature certificate")
    return substitute_expiry(
        day(world.now),
        person.birth_date,
        card_expires_on=person.card.expires_on,
        signature_expires_on=signature.expires_on,
        book=world.book,
    ).ends_on


def _labels(world: World, device: MobileDevice, profile: IssuingProfile) -> tuple[str, ...]:
    """Return the names of the device keys that are made now."""
    seq = world.state().next_seq
    return tuple(f"{device.id}/{seq}/{number}" for number in range(1, profile.records + 1))


def _device(world: World, person_id: str) -> MobileDevice:
    device = world.state().person(person_id).device
    if device is None:
        raise ImpossibleFact("no phone is enrolled")
    return device
