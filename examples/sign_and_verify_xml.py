"""A card signs a filing with an attachment, as e-Gov has it; a verifier sees what was signed."""

import re
from datetime import date, time

from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import at_time
from jpki.sign import CardSigner
from jpki.validation import Evidence
from jpki.validation.formats.xml import read_xml
from jpki.verify import explain_claim
from jpki.xml_signing import XmlForm, sign_xml
from simulator import municipality
from simulator.people import invent_person
from simulator.tokens import TokenPins, applet
from simulator.world import World

world = World.create(seed="filing", at=at_time(date(2026, 8, 1), time(10)))
person = municipality.register(world, invent_person("filing", 1))
pins = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))
card = applet(world, municipality.hand_over_card(world, person, pins=pins))

document = '<DataRoot><構成情報 ID="構成情報">転居の届出</構成情報><署名情報/></DataRoot>'.encode()
files = {"添付.txt": "住民票の写し".encode()}
signer = CardSigner(card, pins.signature_password)
filing = sign_xml(document, signer, at=world.now, form=XmlForm.EGOV, files=files)
print("references:", *re.findall(r'URI="([^"]*)"', filing.decode()))

evidence = Evidence(
    roots=tuple(world.agency.roots(world.now)),
    revocation_lists=tuple(world.agency.revocation_lists(world.now)),
)
for what, data, given in (
    ("as filed", filing, files),
    ("without the attachment", filing, {}),
    ("attachment exchanged", filing, {"添付.txt": b"something else"}),
    ("word exchanged", filing.replace("転居".encode(), "転出".encode()), files),
):
    (claim,) = read_xml(data, files=given).claims
    report = explain_claim(claim, evidence=evidence, at=world.now)
    print(f"{what}: {report.verdict.upper()}")
    if given is files and claim.parts:
        print("signed:", " and ".join(each.name.lstrip("#") for each in claim.content))
