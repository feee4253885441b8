"""A phone in words, English or Japanese, and as data."""

from __future__ import annotations

from typing import Final

import typer

from jpki.terms import PinKind
from jpki.validation import Language
from simulator.phone import PhoneState

__all__ = ["phone_data", "print_phone"]


def phone_data(state: PhoneState) -> dict[str, object]:
    """Return a phone as JSON has it."""
    return {
        "device": state.id,
        "platform": state.platform.value,
        "standing": state.standing.value,
        "online": state.online,
        "working": state.working,
        "biometrics": state.biometrics,
        "keys": sorted(each.value for each in state.keys),
        "tries": {kind.value: left for kind, left in state.tries.items()},
        "certificates": [
            {
                "kind": each.kind.value,
                "serial": each.serial,
                "state": each.state.value,
                "expires_on": each.expires_on.isoformat(),
                "reason": None if each.reason is None else each.reason.name.lower(),
                "rule": each.rule or None,
            }
            for each in state.certificates
        ],
    }


_STATES_JA: Final = {"active": "有効", "held": "一時停止中", "revoked": "失効", "expired": "満了"}
_PINS_JA: Final = {PinKind.SIGNATURE_PASSWORD: "署名用パスワード", PinKind.USER_PIN: "暗証番号"}
_WORDS: Final = {
    "en": ("online", "offline", "does not answer", "no key in the element", "keys in the element"),
    "ja": ("オンライン", "オフライン", "応答しない", "チップに鍵なし", "チップに鍵あり"),
}


def print_phone(state: PhoneState, spoken: Language) -> None:
    """Print a phone for people: what it is, its certificates, the tries its PINs have left."""
    ja = spoken == "ja"
    on, off, dead, erased, held = _WORDS["ja" if ja else "en"]
    standing = state.standing.label_ja if ja else state.standing.value
    network = (on if state.online else off) if state.working else dead
    keys = erased if state.erased else held
    typer.echo(f"{state.id} ({state.platform.value}): {standing}, {network}, {keys}")
    for each in state.certificates:
        kind = each.kind.label_ja if ja else each.kind.value
        now = _STATES_JA[each.state.value] if ja else each.state.value
        because = f" [{each.rule}]" if each.rule else ""
        typer.echo(f"  {kind} {each.serial}: {now}{because}")
    for pin, left in state.tries.items():
        name = _PINS_JA[pin] if ja else pin.value.replace("_", " ")
        typer.echo(f"  {name}: " + (f"残り{left}回" if ja else f"{left} tries left"))
