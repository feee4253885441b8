"""An app talks to the card: recognise it, count its tries, read what is free, present a PIN.

The connection is the software card's. With a real reader it would be
``jpki.backends.pcsc.find_reader().connect()``, and nothing else would change.
"""

from datetime import UTC, datetime

from jpki.card.applet import JpkiApplet
from jpki.card.pin import SignaturePassword, UserPin
from jpki.certificates import parse_certificate
from jpki.errors import PinRequired, WrongPin
from jpki.terms import PinKind, Purpose
from simulator import municipality
from simulator.card.connection import SoftwareConnection
from simulator.people import invent_person
from simulator.tokens import TokenPins, plugged
from simulator.world import World

world = World.create(seed="example", at=datetime(2026, 4, 1, 3, 0, tzinfo=UTC))
person = municipality.register(world, invent_person("example", 1))
pins = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))
connection = SoftwareConnection(
    plugged(world, municipality.hand_over_card(world, person, pins=pins))
)

applet = JpkiApplet(connection)
print("token:", applet.select())
print("tries left:", applet.tries_left(PinKind.USER_PIN))
print("free to read:", parse_certificate(applet.certificate(Purpose.USER_AUTHENTICATION)))
try:
    applet.certificate(Purpose.SIGNATURE)
except PinRequired as error:
    print("protected:", error)
try:
    applet.verify(UserPin("0000"))
except WrongPin as error:
    print("wrong:", error)
with SignaturePassword("ABC123") as password:
    applet.verify(password)
print("opened:", parse_certificate(applet.certificate(Purpose.SIGNATURE)))
