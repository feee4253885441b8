"""The phone's screen: what its holder does with it. What is typed is used once and not shown."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from jpki.authenticate import Challenge
from jpki.card.applet import JpkiApplet
from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.jst import day
from jpki.life.events import MobileDeviceChange, Platform
from jpki.pdf_signing import PdfAppearance, PdfLevel, PdfPlan, sign_pdf
from jpki.sign import CardSigner
from jpki.terms import CertificateKind, Medium, Purpose
from simulator import callcentre, phone
from simulator.counter import card_of
from simulator.pdf_contract import contract_pdf
from simulator.phone.element import holder_of, require_key
from simulator.tokens import TokenPins, applet
from simulator.web.pages.asking import waiting_requests
from simulator.web.pages.choosing import chosen
from simulator.web.pages.door import KeptFile
from simulator.web.pages.fields import value_words
from simulator.web.pages.locking import locks_noted
from simulator.web.pages.people import notebook
from simulator.web.pages.visit import Answer, Gone, Shown, Visit

__all__ = ["act_on_phone", "phone_screen"]

_CONTRACT: Final = ("賃貸借契約書（模擬）", "A simulated lease, to be signed for practice only.")
_BOX: Final = (320, 660, 523, 700)
_PDF: Final = b"%PDF-"
_AUDIENCE: Final = "https://shop.example"
_ENDED_WITH: Final = {
    "phone": CertificateKind.MOBILE_SIGNATURE,
    "card": CertificateKind.CARD_SIGNATURE,
}


def phone_screen(visit: Visit) -> Answer:
    """Show the phone in the holder's hand, and those that lie in a drawer."""
    known = visit.person
    all_phones = phone.devices(visit.world, known.id)
    mine = known.device.id if known.device is not None else None
    held = next((each for each in all_phones if each.id == mine), None)
    return Shown(
        "phone.html",
        {
            "person": known,
            "phone": held,
            "others": [each for each in all_phones if each.id != mine],
            "platforms": tuple(Platform),
            "changes": [
                (each.value, *value_words(visit.world.book.table, "change", each.value))
                for each in MobileDeviceChange
            ],
            "notebook": notebook(visit.world, known.id),
            "waiting": waiting_requests(visit, known.id),
            "signed": visit.session.latest("signed"),
        },
    )


def act_on_phone(visit: Visit) -> Answer:
    """Do on the phone what the form says."""
    act = chosen(visit.form.text("do"), _ACTS, "phone")
    medium, rule = _ASKS_FOR.get(visit.form.text("do"), (Medium.MOBILE_DEVICE, ""))
    with locks_noted(visit, medium, rule=rule):
        act(visit)
    return Gone(f"/people/{visit.person.id}/phone")


def _enrol(visit: Visit) -> None:
    form = visit.form
    platform = chosen(form.text("platform"), {each.value: each for each in Platform}, "platform")
    with (
        SignaturePassword.from_typed(form.text("card_password")) as card_password,
        SignaturePassword.from_typed(form.text("new_password")) as password,
        UserPin(form.text("new_pin")) as pin,
    ):
        phone.enrol(
            visit.world,
            visit.person.id,
            platform=platform,
            card=_card(visit),
            card_password=card_password,
            pins=TokenPins(password, pin),
        )
    visit.tell(
        "The phone is enrolled: two certificates are on it now.",
        "スマホを登録しました。2つの電子証明書が入りました。",
    )


def _sign(visit: Visit) -> None:
    world, device = visit.world, _device(visit)
    upload = visit.form.files.get("file")
    sample = visit.form.text("what") == "sample" or upload is None
    content = contract_pdf(_CONTRACT) if sample or upload is None else upload.content
    name = "contract.pdf" if sample or upload is None else upload.name
    last = visit.form.text("last_try") == "yes"
    with SignaturePassword.from_typed(visit.form.text("password")) as password:
        if content.startswith(_PDF):
            require_key(world, device, Purpose.SIGNATURE)
            text = f"スマートフォンで署名（模擬）\n{day(world.now)}"
            plan = PdfPlan(level=PdfLevel.B_B, appearance=PdfAppearance(text, _BOX))
            signer = CardSigner(applet(world, device), password, allow_last_try=last)
            signed = sign_pdf(content, signer, at=world.now, plan=plan)
            kept = KeptFile(f"{name.removesuffix('.pdf')}.signed.pdf", "application/pdf", signed)
        else:
            made = phone.sign_document(
                world, device, content, password=password, allow_last_try=last
            )
            visit.session.keep(KeptFile(name, "application/octet-stream", content), "content")
            kept = KeptFile(f"{name}.p7s", "application/pkcs7-signature", made)
    visit.session.keep(kept, "signed")
    visit.session.did.add(f"signed {visit.person.id}")
    visit.tell(
        "Signed. Keep the file, or take it to the verifier's desk.",
        "署名しました。保存するか、検証窓口に持って行けます。",
    )


def _authenticate(visit: Visit) -> None:
    world, device = visit.world, _device(visit)
    challenge = Challenge.of(secrets.token_bytes(32), audience=_AUDIENCE, at=world.now)
    if visit.form.text("by") == "biometrics":
        phone.authenticate(world, device, challenge.message, biometrics=True)
    else:
        with UserPin(visit.form.text("pin")) as pin:
            last = visit.form.text("last_try") == "yes"
            phone.authenticate(world, device, challenge.message, pin=pin, allow_last_try=last)
    visit.tell(
        "The phone answered the shop's challenge with its authentication key.",
        "スマホが利用者証明用の鍵でチャレンジに応答しました。",
    )


def _reset_password(visit: Visit) -> None:
    with (
        SignaturePassword.from_typed(visit.form.text("card_password")) as card_password,
        SignaturePassword.from_typed(visit.form.text("new_password")) as new,
    ):
        phone.reset_signature_password(
            visit.world,
            visit.person.id,
            card=_card(visit),
            card_password=card_password,
            new=new,
        )
    visit.tell(
        "The phone's signature password is new.", "スマホの署名用パスワードを再設定しました。"
    )


def _reset_pin(visit: Visit) -> None:
    with (
        SignaturePassword.from_typed(visit.form.text("password")) as password,
        UserPin(visit.form.text("new_pin")) as new,
    ):
        phone.reset_user_pin(visit.world, visit.person.id, password=password, new=new)
    visit.tell("The phone's PIN is new.", "スマホの利用者証明用暗証番号を再設定しました。")


def _download(visit: Visit) -> None:
    with SignaturePassword.from_typed(visit.form.text("card_password")) as password:
        phone.download_signature_certificate(
            visit.world, visit.person.id, card=_card(visit), card_password=password
        )
    visit.tell(
        "A new signature certificate is on the phone.", "スマホに署名用電子証明書を再発行しました。"
    )


def _discontinue(visit: Visit) -> None:
    signed_with = chosen(visit.form.text("signed_with"), _ENDED_WITH, "signature")
    phone.discontinue_use(visit.world, visit.person.id, signed_with=signed_with)
    visit.tell(
        "The end of use was applied for: the phone's certificates are revoked.",
        "利用終了を申請しました。スマホの電子証明書は失効しました。",
    )


def _lost(visit: Visit) -> None:
    callcentre.suspend_phone(visit.world, visit.person.id)
    visit.tell(
        "The call centre has suspended the phone.", "コールセンターが一時利用停止にしました。"
    )


def _found(visit: Visit) -> None:
    phone.lift_suspension(visit.world, visit.person.id)
    visit.tell("The suspension is lifted.", "一時利用停止を解除しました。")


def _network(visit: Visit) -> None:
    device = _named(visit)
    if visit.form.text("online") == "yes":
        phone.go_online(visit.world, device)
        visit.tell(
            "The phone is online. What was to be erased there is erased.",
            "オンラインになりました。消去すべきものは消去されました。",
        )
    else:
        phone.go_offline(visit.world, device)
        visit.tell("The phone is offline.", "オフラインになりました。")


def _treat(visit: Visit) -> None:
    changes = {each.value: each for each in MobileDeviceChange}
    phone.treat(visit.world, _named(visit), chosen(visit.form.text("change"), changes, "change"))
    visit.tell(
        "It was done to the phone. Nobody applied for anything.",
        "端末に行いました。申請はしていません。",
    )


# Which medium's PIN an act presents, and the row that asks for it.
_ASKS_FOR: Final[Mapping[str, tuple[Medium, str]]] = MappingProxyType(
    {
        "enrol": (Medium.CARD, ""),
        "download": (Medium.CARD, ""),
        "reset-password": (Medium.CARD, "RS-1"),
        "reset-pin": (Medium.MOBILE_DEVICE, "RS-2"),
    }
)
_ACTS: Final[Mapping[str, Callable[[Visit], None]]] = MappingProxyType(
    {
        "enrol": _enrol,
        "sign": _sign,
        "authenticate": _authenticate,
        "reset-password": _reset_password,
        "reset-pin": _reset_pin,
        "download": _download,
        "discontinue": _discontinue,
        "lost": _lost,
        "found": _found,
        "network": _network,
        "treat": _treat,
    }
)


def _card(visit: Visit) -> JpkiApplet:
    return applet(visit.world, card_of(visit.person).number)


def _device(visit: Visit) -> str:
    device = visit.person.device
    if device is None:
        raise ImpossibleFact("no phone is enrolled", hint="enrol one first")
    return device.id


def _named(visit: Visit) -> str:
    """Return the phone that a form names, which has to be the person's."""
    device = visit.form.text("device")
    names = {each.id for each in phone.devices(visit.world, visit.person.id)}
    if device not in names or holder_of(visit.world, device) != visit.person.id:
        raise MalformedDocument("the person has no such phone", source="device")
    return device
