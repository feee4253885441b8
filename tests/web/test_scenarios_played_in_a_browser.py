"""Scenarios of the stories, played through pages and the HTTP face; expected is what they expect.

The steps and the outcomes are read from the story files, which the law's tables stand behind. Where
a story says that a PIN is blocked or set anew, the page's own way is gone: wrong entries, the app,
the kiosk, the counter.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import httpx
import pytest

import simulator
from jpki.jst import at_time, day
from jpki.law import VerifierRole
from jpki.services.client import VerifierClient
from simulator.client import ControlClient
from simulator.services import EarlierCheck
from simulator.web import RunningServer
from simulator.world import World
from tests.web import pagework
from tests.web.pagework import CARD_PASSWORD, CARD_PIN, PERSON, PHONE_PASSWORD, PHONE_PIN, Window

STORIES = Path(simulator.__file__).parent / "stories"
PLAYED = (
    "sc-01-house-move",
    "sc-06-lost-and-found",
    "sc-08-notice-from-the-phone",
    "sc-09-old-android-new-iphone",
    "sc-10-moved-then-lost-the-phone",
    "sc-14-pin-dead-ends",
    "sc-15-consent-across-kinds",
    "sc-20-pinless-card",
)
KINDS = ("card_signature", "card_authentication", "mobile_signature", "mobile_authentication")
LETTERS = {"active": "A", "held": "H", "revoked": "R", "expired": "E"}
NEW_PASSWORD, NEW_PIN = "NEWPASS9", "5678"
_ABOUT_TIME = {"on", "recorded", "known", "note", "refused", "event", "do", "kinds"}


def cases() -> Iterator[Any]:
    for name in PLAYED:
        story = tomllib.loads((STORIES / f"{name}.toml").read_text("utf-8"))
        for variant in story.get("variant") or [{}]:
            label = f"{name}/{variant['id']}" if variant else name
            yield pytest.param(story, variant, id=label)


@dataclass(slots=True)
class Player:
    """Plays the steps of a story in a window, and looks at what its expectations name."""

    window: Window
    control: ControlClient
    world: World
    shop: VerifierClient
    password: str = CARD_PASSWORD
    pin: str = CARD_PIN
    phone_password: str = PHONE_PASSWORD
    serials: dict[str, list[str]] = field(default_factory=dict)
    seen_at: dict[str, datetime] = field(default_factory=dict)

    # time

    def go_to(self, at: datetime) -> None:
        """Move the clock by its page, and never back."""
        if at > self.world.now:
            self.window.send("/clock", {"to": at.isoformat()})
            assert self.window.status == 200

    # steps

    def play(self, step: Mapping[str, Any]) -> None:
        """Do a step; a refusal has to be the one that the story names."""
        self.window.get("/people")
        act = ACTS[step["do"]] if "do" in step else EVENTS.get(step["event"], fire)
        self.remember()
        act(self, step)
        if "refused" in step:
            (alert,) = self.window.page.xpath("//*[@role='alert']")
            assert alert.get("data-rule") == step["refused"], self.window.text()
            assert self.window.status in (403, 409)
        else:
            assert self.window.status == 200, self.window.text()

    def send(self, path: str, **fields: Any) -> None:
        """Send a form of the person's."""
        self.window.send(f"/people/{PERSON}/{path}", fields)

    # observations

    def look(self) -> dict[str, dict[str, str]]:
        """Load the person's page and return the newest certificates."""
        self.window.get(f"/people/{PERSON}")
        return self.window.certificates()

    def remember(self) -> None:
        """Keep the serial numbers as they were before a step."""
        seen = self.look() if self.control.people().people else {}
        for kind, about in seen.items():
            known = self.serials.setdefault(kind, [])
            if about["serial"] not in known:
                known.append(about["serial"])
                self.seen_at[about["serial"]] = self.world.now

    def check(self, expected: Mapping[str, Any]) -> None:
        """Hold a person's pages against an expectation."""
        seen = self.look()
        for name, wanted in expected.items():
            if name not in ("on", "note"):
                CHECKS[name](self, seen, wanted)


# acts


def issue_card(player: Player, _: Mapping[str, Any]) -> None:
    player.control.hand_over_card(PERSON, signature_password=CARD_PASSWORD, user_pin=CARD_PIN)


def enrol_phone(player: Player, step: Mapping[str, Any]) -> None:
    player.send(
        "phone",
        do="enrol",
        platform=step.get("platform", "android"),
        card_password=player.password,
        new_password=PHONE_PASSWORD,
        new_pin=PHONE_PIN,
    )


def move(player: Player, step: Mapping[str, Any]) -> None:
    """Notify a move; the story says when it is recorded, at once or the day after."""
    address = f"東京都新宿区模擬町９－９－{len(player.world.entries)}"
    if step.get("recorded") == step["on"]:
        fields = {"field.item": "address", "field.value": address, "confirmed": "yes"}
        player.send("events/resident_record_amended", **fields)
    else:
        player.send("move", value=address, confirmed="yes")


def issue(player: Player, step: Mapping[str, Any]) -> None:
    for kind in step.get("kinds", KINDS[1::-1]):
        if kind == "mobile_signature":
            player.send("phone", do="download", card_password=player.password)
        else:
            player.send("counter", do=kind.removeprefix("card_") + "-certificate")
            # At the counter the holder sets the password of the new certificate (施行規則 6).
            locked = kind == "card_signature" and player.window.status == 200
            if locked and player.window.tries().get("signature_password") == 0:
                player.send("counter", do="reset", new_password=NEW_PASSWORD)
                player.password = NEW_PASSWORD


# events with a page of their own


def fire(player: Player, step: Mapping[str, Any]) -> None:
    """Let an event happen by its form, after its preview was looked at."""
    fields: dict[str, Any] = {
        f"field.{name}": value for name, value in step.items() if name not in _ABOUT_TIME
    }
    if "kinds" in step:
        fields["field.kinds"] = step["kinds"]
    path = f"events/{step['event']}"
    before = len(player.world.entries)
    player.send(path, **fields)
    assert len(player.world.entries) == before, "a preview records nothing"
    if player.window.status == 200:
        player.send(path, **fields, confirmed="yes")


def block_pin(player: Player, step: Mapping[str, Any]) -> None:
    """Mistype it until it locks; on the phone with every form that asks for it."""
    if step["medium"] == "card":
        player.send("card", do="lock", pin_kind=step["pin"])
        return
    form = {
        "signature_password": {"do": "sign", "what": "sample", "password": "WRONGONE9"},
        "user_pin": {"do": "authenticate", "by": "pin", "pin": "0000"},
    }[step["pin"]]
    for _ in range(10):
        player.send("phone", **form, last_try="yes")
        if player.window.page.xpath("//*[@data-code='pin.blocked']"):
            break
    player.window.get(f"/people/{PERSON}/phone")
    assert player.window.tries()[step["pin"]] == 0


def reset_pin(player: Player, step: Mapping[str, Any]) -> None:
    way = step.get("path", "counter")
    if "path" not in step:
        fire(player, step)
    elif way == "kiosk":
        reset_at_kiosk(player, step)
    elif way == "counter":
        reset_at_counter(player, step)
    elif step["pin"] == "signature_password":
        player.send(
            "phone", do="reset-password", card_password=player.password, new_password=NEW_PASSWORD
        )
        player.phone_password = NEW_PASSWORD if player.window.status == 200 else PHONE_PASSWORD
    else:
        player.send("phone", do="reset-pin", password=player.phone_password, new_pin=NEW_PIN)


def reset_at_counter(player: Player, step: Mapping[str, Any]) -> None:
    new = {"signature_password": {"new_password": NEW_PASSWORD}, "user_pin": {"new_pin": NEW_PIN}}
    player.send("counter", do="reset", **new[step["pin"]])
    if step["pin"] == "signature_password":
        player.password = NEW_PASSWORD
    else:
        player.pin = NEW_PIN


def reset_at_kiosk(player: Player, step: Mapping[str, Any]) -> None:
    """Reserve in the app, and go to the kiosk unless the app refuses already."""
    signs = step["pin"] == "signature_password"
    other, new = (player.pin, NEW_PASSWORD) if signs else (player.password, NEW_PIN)
    common = {"pin_kind": step["pin"], "other": other}
    player.send("kiosk", do="reserve", face="holder", **common)
    if player.window.status != 200:
        return
    (code,) = player.window.page.xpath("//*[@id='otp']/text()")
    player.go_to(instant(step["on"]))
    player.send("kiosk", do="finish", chain="seven_eleven", code=code, new=new, **common)
    if signs and player.window.status == 200:
        player.password = new


def change_phone(player: Player, step: Mapping[str, Any]) -> None:
    device = player.control.person(PERSON).phone
    assert device is not None
    player.send("phone", do="treat", device=device.phone, change=step["change"])


def doing(path: str, do: str) -> Callable[[Player, Mapping[str, Any]], None]:
    return lambda player, _: player.send(path, do=do)


ACTS = {"issue_card": issue_card, "enrol_phone": enrol_phone, "move": move, "issue": issue}
EVENTS: dict[str, Callable[[Player, Mapping[str, Any]], None]] = {
    "card_loss_reported": doing("counter", "lost"),
    "card_suspension_lifted": doing("counter", "found"),
    "mobile_device_loss_reported": doing("phone", "lost"),
    "mobile_device_suspension_lifted": doing("phone", "found"),
    "mobile_device_changed": change_phone,
    "pin_blocked": block_pin,
    "pin_reset": reset_pin,
}


# expectations

Seen = Mapping[str, Mapping[str, str]]


def check_certificates(_: Player, seen: Seen, wanted: str) -> None:
    # "R3c": revoked with code 3, by a cascade; a page shows the code, and the cascade as the cause.
    told = [LETTERS[seen[k]["state"]] + (seen[k]["reason"] if k in seen else "") for k in KINDS]
    codes = [t if t[0] in "R" else t[0] for t in told]
    assert codes == [each.rstrip("c") for each in wanted.split()]


def check_kind(kind: str) -> Callable[[Player, Seen, Mapping[str, str]], None]:
    def check(player: Player, seen: Seen, wanted: Mapping[str, Any]) -> None:
        about = seen[kind]
        if "state" in wanted:
            assert LETTERS[about["state"]] == wanted["state"]
        if "expires_on" in wanted:
            assert about["expires"] == wanted["expires_on"].isoformat()
        if "serial" in wanted:
            first = player.serials[kind][0]
            assert (about["serial"] == first) is (wanted["serial"] == "same")

    return check


def check_card(player: Player, _: Seen, wanted: Any) -> None:
    told = wanted if isinstance(wanted, dict) else {"state": wanted}
    (shown,) = player.window.page.xpath("//*[@data-card]")
    if "state" in told:
        assert shown.get("data-card") == told["state"]
    if "face_only" in told:
        assert shown.get("data-face-only") == str(told["face_only"]).lower()
    if "expires_on" in told:
        assert told["expires_on"].isoformat() in player.window.text()


def check_device(player: Player, _: Seen, wanted: Any) -> None:
    told = wanted if isinstance(wanted, dict) else {"state": wanted}
    shown = player.window.page.xpath("//*[@data-phone]")[-1]
    if "state" in told:
        standing = {"in_use": "enrolled", "suspended": "suspended"}[told["state"]]
        assert shown.get("data-phone") == standing
    if "platform" in told:
        assert shown.get("data-platform") == told["platform"]
    if "key_present" in told:
        assert (shown.get("data-keys") != "0") is told["key_present"]


def check_pins(path: str) -> Callable[[Player, Seen, Mapping[str, str]], None]:
    def check(player: Player, _: Seen, wanted: Mapping[str, str]) -> None:
        player.window.get(f"/people/{PERSON}{path}")
        tries = player.window.tries()
        for pin, state in wanted.items():
            shown = "unset" if pin not in tries else "usable" if tries[pin] else "blocked"
            assert shown == state, pin
        player.look()

    return check


def check_previous(player: Player, _: Seen, wanted: Mapping[str, str]) -> None:
    for kind, state in wanted.items():
        rows = player.window.page.xpath(f"//tr[@data-kind='{kind}']")
        told = LETTERS[rows[1].get("data-state")] + rows[1].get("data-reason")
        assert told.startswith(state)


def check_four_items(player: Player, _: Seen, wanted: Mapping[str, Any]) -> None:
    """Ask as the verifier does, over HTTP, about the certificate it verified first."""
    player.remember()
    first = player.serials[wanted["about"]][0]
    answer = player.shop.four_items(int(first), first_checked_at=player.seen_at[first])
    assert ("given" if answer.given else "nothing") == wanted["answer"]
    if "rule" in wanted:
        assert answer.rule == wanted["rule"]
    if "items" in wanted:
        assert set(answer.items) == set(wanted["items"])


CHECKS: dict[str, Callable[[Player, Seen, Any], None]] = {
    "certificates": check_certificates,
    "card": check_card,
    "device": check_device,
    "pin": check_pins(""),
    "mobile_pin": check_pins("/phone"),
    "previous": check_previous,
    "four_items": check_four_items,
    **{kind: check_kind(kind) for kind in KINDS},
}


def instant(on: date | datetime, clock: time = time(9, 0)) -> datetime:
    if isinstance(on, datetime):
        return at_time(on.date(), on.time())
    return at_time(on, clock)


def in_order(story: Mapping[str, Any], variant: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return steps and expectations as they follow: steps of a day first, then what is so then."""
    found: list[tuple[Any, ...]] = []
    for part in (story, variant):
        for step in part.get("step", ()):
            told = step.get("recorded") if "known" in step else None
            begins = step.get("reserved_at") or told or step["on"]
            found.append((instant(begins), 0, len(found), step))
        for expected in part.get("expect", ()):
            last = instant(expected["on"], time(23, 59))
            found.append((last, 1, len(found), expected))
    return sorted(found, key=lambda each: each[:3])


@pytest.mark.parametrize(("story", "variant"), list(cases()))
def test_a_scenario_ends_as_its_story_says(story: Any, variant: Any) -> None:
    lines = in_order(story, variant)
    policies = {**story.get("policies", {}), **variant.get("policies", {})}
    begins = at_time(day(lines[0][0]), time(8, 0))
    with (
        World.create(None, seed="pages", at=begins, keys=pagework.POOL, policies=policies) as world,
        pagework.window(world) as window,
        ControlClient(window.server.url, window.server.admin_token) as control,
    ):
        register(window.server, story["person"][0]["born"])
        role = VerifierRole.SIGNATURE_VERIFIER
        token = control.register_verifier(
            "shop",
            roles=[role],
            purposes_of_use=["shop"],
            earlier_check=EarlierCheck.DECLARED,
        )
        with VerifierClient(window.server.url, token, role=role, purpose_of_use="shop") as shop:
            player = Player(window, control, world, shop)
            for at, is_expected, _, line in lines:
                told = line["on"]
                player.go_to(at if isinstance(told, datetime) or not is_expected else _of_day(told))
                if is_expected:
                    player.check(line)
                else:
                    player.play(line)


def register(server: RunningServer, born: date) -> None:
    """Make a resident record over the HTTP face."""
    person = {
        "person": PERSON,
        "name": "模擬　花子",
        "birth_date": born.isoformat(),
        "sex": "female",
        "address": "東京都新宿区模擬町１－１－１",
        "municipality": "13104",
    }
    answer = httpx.post(
        f"{server.url}/control/v1/people",
        json=person,
        headers={"authorization": f"Bearer {server.admin_token}"},
    )
    assert answer.status_code == 200, answer.text


def _of_day(on: date) -> datetime:
    return at_time(on, time(12, 0))
