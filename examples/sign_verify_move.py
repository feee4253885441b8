"""A card signs, a verifier accepts, the holder moves, the verifier refuses and says why."""

from datetime import date, time

from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import at_time
from jpki.life.events import RecordItem
from jpki.sign import CardSigner, sign_detached
from jpki.verify import explain
from simulator import municipality
from simulator.people import invent_person
from simulator.tokens import TokenPins, applet
from simulator.world import World

world = World.create(seed="readme", at=at_time(date(2026, 8, 1), time(10)))
person = municipality.register(world, invent_person("readme", 1))
pins = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))
card = applet(world, municipality.hand_over_card(world, person, pins=pins))
signature = sign_detached(b"contract", CardSigner(card, pins.signature_password), at=world.now)
for _ in ("before the move", "after it"):
    roots, lists = world.agency.roots(world.now), world.agency.revocation_lists(world.now)
    asked = {"roots": roots, "revocation_lists": lists, "at": world.now}
    print(explain(signature, content=b"contract", **asked).text())
    world.advance(municipality.amend_record(world, person, RecordItem.ADDRESS, "転居先"))
