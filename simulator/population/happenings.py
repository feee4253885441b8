"""What can happen in a population, in the words of the rule tables: one row a kind of event.

A happening is an event of :mod:`jpki.life` with the values of its fields, and with what the rules
may see of the person (``context``). What they see of the single certificate (whether the event
names its kind, whether it is excepted, whether it carries a furigana) is asked per certificate.
The order of the rows is the numbering in the events table of a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from jpki.law.model import Value
from jpki.life import events as ev
from jpki.terms import CertificateKind, Medium, PinKind

__all__ = ["HAPPENINGS", "KINDS", "NUMBER", "Happening"]

KINDS: Final = tuple(CertificateKind)
"""The four kinds; a kind's place here is its number in every column."""

_CS, _CA, _MS, _MA = KINDS


@dataclass(frozen=True, slots=True)
class Happening:
    """A kind of event: its name here, the event's name in the law, its fields and context."""

    name: str
    event: str
    told: Mapping[str, Value] = field(default_factory=dict)
    context: Mapping[str, Value] = field(default_factory=dict)
    named: tuple[CertificateKind, ...] = ()
    by_record: str | None = None


def _amendments() -> Iterator[Happening]:
    home = ev.Register.RESIDENT_RECORD.value
    away = ev.Register.FAMILY_REGISTER_SUPPLEMENT.value
    for item in ("address", "name", "sex", "birth_date", "household"):
        told = {"item": item, "minor": "none", "register": home}
        yield Happening(f"amended.{item}", "resident_record_amended", told, {"added": False})
    for item in ("former_name", "alias"):
        told = {"item": item, "minor": "none", "register": home}
        for added in (True, False):
            name = f"amended.{item}.{'added' if added else 'changed'}"
            yield Happening(name, "resident_record_amended", told, {"added": added})
    told = {"item": "address", "minor": "place_renamed", "register": home}
    yield Happening("amended.place_renamed", "resident_record_amended", told, {"added": False})
    told = {"item": "address", "minor": "none", "register": away}
    yield Happening("amended.address.abroad", "resident_record_amended", told, {"added": False})
    yield Happening("furigana.first", "furigana_recorded", {"change": "first"}, by_record="carried")
    yield Happening("furigana.later", "furigana_recorded", {"change": "later"}, by_record="carried")


def _registers() -> Iterator[Happening]:
    yield Happening("registered", "resident_registered")
    yield from _amendments()
    nothing = {"awaited": "nothing"}
    for ground in ("death", "ex_officio", "not_covered", "nationality_changed", "off_supplement"):
        yield Happening(
            f"deleted.{ground}", "resident_record_deleted", {"ground": ground}, nothing, (),
            "excepted",
        )  # fmt: skip
    for ground in ("moved_out", "moved_abroad", "moved_abroad_continuing"):
        for awaited in ("nothing", "card", "card_from_abroad"):
            yield Happening(
                f"deleted.{ground}.{awaited}",
                "resident_record_deleted",
                {"ground": ground},
                {"awaited": awaited},
                (),
                "excepted",
            )
    for destination in ev.Destination:
        told = {"destination": destination.value}
        yield Happening(f"move_out.{destination.value}", "move_out_notified", told)
    for card in ev.CardPresence:
        for returning in (False, True):
            name = f"move_in.{card.value}{'.returning' if returning else ''}"
            yield Happening(
                name, "move_in_notified", {"card": card.value}, {"returning": returning}
            )
    yield Happening("card_presented", "card_presented")
    yield Happening("actual_move_in_known", "actual_move_in_known")
    yield Happening("return_known", "return_to_japan_known")
    for deadline in ev.Deadline:
        told = {"deadline": deadline.value}
        name = f"deadline.{deadline.value}"
        yield Happening(name, "deadline_passed", told, by_record="excepted")
    yield Happening("continued_use", "continued_use_arranged")
    yield Happening("departure_cancelled", "departure_cancelled")
    for number in ev.ChangedNumber:
        yield Happening(f"number.{number.value}", "number_changed", {"number": number.value})
    for card in ev.CardPresence:
        told = {"card": card.value, "cause": ev.ResidenceCause.EXTENDED.value}
        yield Happening(f"residence.extended.{card.value}", "residence_period_changed", told)
    told = {"card": ev.CardPresence.NOT_PRESENTED.value, "cause": ev.ResidenceCause.PERMANENT.value}
    yield Happening("residence.permanent", "residence_period_changed", told)
    yield Happening("guardianship", "guardianship_began")


def _cards() -> Iterator[Happening]:
    yield Happening("card_issued", "card_issued")
    for channel in ev.Channel:
        told = {"channel": channel.value}
        yield Happening(f"card_lost.{channel.value}", "card_loss_reported", told)
    yield Happening("card_lifted", "card_suspension_lifted")
    for cause in ev.ReissueCause:
        told = {"cause": cause.value}
        yield Happening(f"card_reissue.{cause.value}", "card_reissue_requested", told)
    yield Happening("card_found", "lost_card_found")
    for returned in ev.ReturnCause:
        told = {"cause": returned.value}
        yield Happening(f"card_returned.{returned.value}", "card_returned", told)
    for exchange in ev.ExchangeCause:
        told = {"cause": exchange.value}
        yield Happening(f"card_exchanged.{exchange.value}", "card_exchanged", told)
    for mode in ev.CardMode:
        yield Happening(f"card_mode.{mode.value}", "card_mode_changed", {"to": mode.value})
    yield Happening("consul.left", "card_left_with_consul")
    yield Happening("consul.collected", "card_collected_from_consul")


def _certificates() -> Iterator[Happening]:
    for kind in KINDS:
        yield Happening(f"issued.{kind.value}", "certificate_issued", named=(kind,))
    sets = {"cs": (_CS,), "ca": (_CA,), "both": (_CS, _CA), "ms": (_MS,), "ma": (_MA,)}
    sets["phone"] = (_MS, _MA)
    for name, kinds in sets.items():
        yield Happening(f"ended.{name}", "revocation_requested", {"purpose": "end"}, {}, kinds)
    for name in ("ca", "both"):
        told = {"purpose": "renewal"}
        yield Happening(f"renewed.{name}", "revocation_requested", told, {}, sets[name])
    for cause in ev.CompromiseCause:
        for name in ("cs", "ca", "phone"):
            told = {"cause": cause.value}
            row = f"{cause.value}.{name}"
            yield Happening(row, "key_compromise_reported", told, {}, sets[name])
    for name in ("cs", "ca"):
        yield Happening(f"record_error.{name}", "record_error_found", named=sets[name])
    yield Happening("abandoned.cs", "issue_abandoned", named=(_CS,))
    yield Happening("issuer_key.signature", "issuer_key_compromised", named=(_CS, _MS))


def _phones() -> Iterator[Happening]:
    for platform in ev.Platform:
        told = {"platform": platform.value}
        yield Happening(f"phone_enrolled.{platform.value}", "mobile_device_enrolled", told)
    yield Happening("phone_lost", "mobile_device_loss_reported")
    yield Happening("phone_lifted", "mobile_device_suspension_lifted")
    for change in ev.MobileDeviceChange:
        told = {"change": change.value}
        yield Happening(f"phone.{change.value}", "mobile_device_changed", told)


def _pins() -> Iterator[Happening]:
    card, phone = Medium.CARD.value, Medium.MOBILE_DEVICE.value
    pins = (PinKind.SIGNATURE_PASSWORD, PinKind.USER_PIN, ev.CardPin.TEXT_AID)
    for pin in pins:
        told = {"medium": card, "pin": pin.value}
        yield Happening(f"pin_blocked.{pin.value}", "pin_blocked", told)
    for pin in pins:
        told = {"medium": card, "pin": pin.value, "path": ev.ResetPath.COUNTER.value}
        yield Happening(f"pin_reset.{pin.value}", "pin_reset", told)
    told = {"medium": phone, "pin": PinKind.USER_PIN.value}
    yield Happening("pin_blocked.phone", "pin_blocked", told)


HAPPENINGS: Final = (*_registers(), *_cards(), *_certificates(), *_phones(), *_pins())
"""Every kind of event a population has. Consents and wallet records are left out: they end
nothing (docs/population.md)."""

NUMBER: Final = {happening.name: number for number, happening in enumerate(HAPPENINGS)}
"""The number of each happening by its name."""
