"""Two cards sign a contract in PDF, one after the other, and a changed copy is refused."""

from datetime import date, time

from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import at_time
from jpki.pdf_signing import PdfAppearance, PdfLevel, PdfPlan, sign_pdf
from jpki.sign import CardSigner
from jpki.validation import Evidence
from jpki.validation.formats.pdf import inspect_pdf
from jpki.verify import explain_document
from simulator import municipality
from simulator.pdf_contract import contract_pdf
from simulator.people import invent_person
from simulator.tokens import TokenPins, applet
from simulator.world import World

world = World.create(seed="pdf", at=at_time(date(2026, 8, 1), time(10)))
pins = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))


def card_of(number: int) -> CardSigner:
    person = municipality.register(world, invent_person("pdf", number))
    card = applet(world, municipality.hand_over_card(world, person, pins=pins))
    return CardSigner(card, pins.signature_password)


contract = contract_pdf(["売買契約書（模擬）", "代金 100円"])
seller = PdfPlan(level=PdfLevel.B_B, reason="契約の締結", location="東京都")
buyer = PdfPlan(appearance=PdfAppearance("買主 署名済", (350, 100, 500, 130)))
once = sign_pdf(contract, card_of(1), at=world.now, plan=seller)
twice = sign_pdf(once, card_of(2), at=world.now, plan=buyer)
replaced = twice + b"%% something behind the end"

evidence = Evidence(
    roots=tuple(world.agency.roots(world.now)),
    revocation_lists=tuple(world.agency.revocation_lists(world.now)),
)
for name, file in (("signed by two", twice), ("changed afterwards", replaced)):
    report = explain_document(file, evidence=evidence, at=world.now)
    fields = inspect_pdf(file).fields
    for field, one in zip(fields, report.signatures, strict=True):
        print(f"{name}: {field.name} ({field.subfilter}): {one.text().splitlines()[0]}")
