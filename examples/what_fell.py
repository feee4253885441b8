"""QA asks: this happened to a person; what became of each certificate, and under which article?"""

from datetime import UTC, datetime

from jpki.card.pin import SignaturePassword, UserPin
from jpki.life import why
from jpki.life.events import Platform
from simulator import callcentre, municipality, phone
from simulator.people import invent_person
from simulator.tokens import TokenPins, applet
from simulator.world import World

world = World.create(seed="example", at=datetime(2026, 4, 1, 3, 0, tzinfo=UTC))
person = municipality.register(world, invent_person("example", 1))
card_pins = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))
card = municipality.hand_over_card(world, person, pins=card_pins)
phone.enrol(
    world,
    person,
    platform=Platform.ANDROID,
    card=applet(world, card),
    card_password=card_pins.signature_password,
    pins=TokenPins(SignaturePassword("PHONE1"), UserPin("9876")),
)

callcentre.suspend_card(world, person)

state = world.state()
for record in state.records(person):
    print("\n".join(why(state, record.serial, purpose=record.kind.purpose).lines_en), "\n")
