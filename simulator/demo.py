"""The main job, played once from start to finish, with everything it makes left in a folder.

A simulated authority issues the four certificates of one person, a document is signed by the
software card through real APDUs, the verifier accepts it, the person moves house, and the verifier
refuses the same document and says why. The same seed gives the same bytes.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Literal

from jpki.card.applet import JpkiApplet
from jpki.card.pin import SignaturePassword, UserPin
from jpki.card.trace import TracingConnection
from jpki.certificates import parse_certificate
from jpki.errors import MalformedDocument
from jpki.jst import at_time, moment
from jpki.life import why
from jpki.life.events import Platform, RecordItem
from jpki.revocation import RevocationList, parse_revocation_list
from jpki.sign import CardSigner, sign_detached
from jpki.terms import CertificateKind, Purpose
from jpki.validation import Language, Verdict, VerificationReport
from jpki.verify import explain
from simulator import municipality, phone
from simulator.card.connection import SoftwareConnection
from simulator.keys import KeySource
from simulator.municipalities import municipality as place_named
from simulator.people import invent_address, invent_person
from simulator.store import Location, told
from simulator.tokens import TokenPins, plugged
from simulator.tokens import applet as token_applet
from simulator.world import World

__all__ = ["ISSUED_ON", "MOVED_ON", "Line", "Tone", "play"]

ISSUED_ON = date(2024, 3, 10)
_MADE_ON = date(2024, 3, 1)
_ENROLLED_ON = date(2025, 7, 1)
_SIGNED_ON = date(2026, 8, 1)
MOVED_ON = date(2026, 8, 3)
_JUDGED_AGAIN_ON = date(2026, 8, 5)
_BORN_ON = date(1990, 9, 15)
_PLACE = "13113"
_PUBLISHED_AT = time(5, 0)

# Invented, and published here: they open a simulated card and nothing else.
_CARD_PASSWORD, _CARD_PIN = "ABC123", "1234"
_PHONE_PASSWORD, _PHONE_PIN = "PHONE1", "9876"

_CONTRACT = "賃貸借契約書（模擬）\nA simulated lease, signed for the demonstration only.\n"
_MARKER = ".jpki-demo"
_FILE_NAMES = {
    CertificateKind.CARD_SIGNATURE: "card-signature.cer",
    CertificateKind.CARD_AUTHENTICATION: "card-authentication.cer",
    CertificateKind.MOBILE_SIGNATURE: "mobile-signature.cer",
    CertificateKind.MOBILE_AUTHENTICATION: "mobile-authentication.cer",
}


Tone = Literal["scene", "fact", "good", "bad", "command"]
"""How a line is meant."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story in both languages."""

    tone: Tone
    en: str
    ja: str

    def text(self, language: Language) -> str:
        """Return the line in one language."""
        return self.ja if language == "ja" else self.en


@dataclass(slots=True)
class _Stage:
    """What the scenes hand on to one another."""

    folder: Path
    world: World
    tell: Callable[[Line], None]
    person: str = ""
    card: str = ""
    lists: dict[str, list[RevocationList]] = field(default_factory=dict)
    signature: bytes = b""

    def scene(self, en: str, ja: str) -> None:
        self.tell(Line("scene", en, ja))

    def fact(self, en: str, ja: str) -> None:
        self.tell(Line("fact", en, ja))

    def write(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def play(
    out: Path,
    *,
    seed: str,
    tell: Callable[[Line], None],
    commands: str = "",
    keys: KeySource | None = None,
    world: Location | None = None,
) -> Path:
    """Play the demonstration, leave its artefacts in the folder ``out`` and return that folder.

    The folder appears whole or not at all. One that an earlier demonstration made is replaced;
    any other that is not empty is refused. ``commands`` stands before the commands that are told
    at the end, such as the folder they are installed in. ``keys`` replaces the keys that are made
    from the seed and kept in the world. ``world`` is where the world is made instead of in the
    folder: a file or a database that has none yet.
    """
    with _whole_folder(out) as folder:
        begins = at_time(ISSUED_ON, time(9, 0))
        place = world or folder / "world.sqlite"
        with World.create(place, seed=seed, at=begins, keys=keys) as made:
            stage = _Stage(folder, made, tell)
            for scene in (_authority, _card, _phone, _sign, _accepted, _move, _refused, _why):
                scene(stage)
    _tell_commands(out, tell, commands, told(world or out / "world.sqlite"))
    return out


def _authority(stage: _Stage) -> None:
    stage.scene("A simulated authority", "模擬の認証局")
    for root in stage.world.agency.roots(stage.world.now):
        name = f"roots/{root.purpose.value.replace('_', '-')}-ca.cer"
        stage.write(name, root.der)
        fingerprint = root.fingerprint_sha256.hex()[:16]
        stage.fact(
            f"{name}: {len(root.der)} bytes, SHA-256 {fingerprint}…, valid to {root.expires_on}",
            f"{name}：{len(root.der)}バイト、SHA-256 {fingerprint}…、有効期限 {root.expires_on}",
        )


def _card(stage: _Stage) -> None:
    world = stage.world
    invented = invent_person(world.seed, 1, birth_date=_BORN_ON, municipality_code=_PLACE)
    stage.scene(
        f"{invented.items.name}, who does not exist, gets a card at the counter of "
        f"{invented.municipality.name}",
        f"架空の人物{invented.items.name}さんが{invented.municipality.name_ja}の窓口でカードを受け取る",
    )
    world.advance_to_day(ISSUED_ON, time(10, 0))
    stage.person = municipality.register(world, invented)
    with SignaturePassword(_CARD_PASSWORD) as password, UserPin(_CARD_PIN) as pin:
        stage.card = municipality.hand_over_card(
            world, stage.person, pins=TokenPins(password, pin), made_on=_MADE_ON
        )
    _tell_certificates(stage, CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION)


def _phone(stage: _Stage) -> None:
    stage.scene(
        "A phone is enrolled; the card's key signs the application",
        "スマートフォンを登録（申請にはカードの署名用の鍵で署名）",
    )
    stage.world.advance_to_day(_ENROLLED_ON, time(20, 0))
    applet = token_applet(stage.world, stage.card)
    with (
        SignaturePassword(_CARD_PASSWORD) as card_password,
        SignaturePassword(_PHONE_PASSWORD) as password,
        UserPin(_PHONE_PIN) as pin,
    ):
        phone.enrol(
            stage.world,
            stage.person,
            platform=Platform.IPHONE,
            card=applet,
            card_password=card_password,
            pins=TokenPins(password, pin),
        )
    _tell_certificates(
        stage, CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION
    )


def _sign(stage: _Stage) -> None:
    stage.scene("The card signs a document", "カードで文書に署名")
    stage.world.advance_to_day(_SIGNED_ON)
    content = _CONTRACT.encode()
    connection = TracingConnection(SoftwareConnection(plugged(stage.world, stage.card)))
    applet = JpkiApplet(connection)
    with SignaturePassword(_CARD_PASSWORD) as password:
        stage.signature = sign_detached(content, CardSigner(applet, password), at=stage.world.now)
    stage.write("contract.txt", content)
    stage.write("contract.txt.p7s", stage.signature)
    stage.write("sign.apdu", connection.trace.format().encode())
    count = len(connection.trace.steps)
    size = len(stage.signature)
    stage.fact(
        f"{count} APDUs with the card (sign.apdu, password masked)",
        f"カードとの間にAPDU {count}往復（sign.apdu、暗証番号は伏せ字）",
    )
    stage.fact(
        f"contract.txt.p7s: {size} bytes, CMS, SHA-256, RSA-2048",
        f"contract.txt.p7s：{size}バイト、CMS、SHA-256、RSA-2048",
    )


def _accepted(stage: _Stage) -> None:
    stage.scene("A verifier accepts it", "検証者が受け入れる")
    _publish(stage, "before", MOVED_ON)
    stage.world.advance_to_day(MOVED_ON)
    _judge(stage, "before", expected=Verdict.VALID)


def _move(stage: _Stage) -> None:
    person = stage.world.state().person(stage.person)
    stage.scene("The holder moves house and tells the municipality", "転居届を出す")
    invented = invent_person(stage.world.seed, 1, municipality_code=person.municipality)
    address = invent_address(stage.world.seed, 1, invented.municipality, move=1)
    recorded_at = municipality.amend_record(stage.world, stage.person, RecordItem.ADDRESS, address)
    stage.fact(
        f"notified {moment(stage.world.now)}; the agency records it {moment(recorded_at)}, "
        "and only that ends anything",
        f"届出 {moment(stage.world.now)}、機構の記録 {moment(recorded_at)}"
        "（効力を失うのは記録の時）",
    )


def _refused(stage: _Stage) -> None:
    stage.scene(
        "Two days later the verifier refuses the same document",
        "2日後、検証者は同じ文書を拒む",
    )
    _publish(stage, "after", _JUDGED_AGAIN_ON)
    stage.world.advance_to_day(_JUDGED_AGAIN_ON)
    _judge(stage, "after", expected=Verdict.INVALID)
    state = stage.world.state()
    for kind in CertificateKind:
        record = state.latest(stage.person, kind)
        if record is None:
            continue
        now = record.state_at(stage.world.now).value
        tone: Tone = "good" if now == "active" else "bad"
        reason = ""
        if record.lapse is not None and record.lapse.reason is not None:
            reason = f", {record.lapse.reason.rfc_name}"
        stage.tell(
            Line(
                tone,
                f"{kind.value} {record.serial}: {now}{reason}",
                f"{kind.label_ja} {record.serial}：{now}{reason}",
            )
        )


def _why(stage: _Stage) -> None:
    stage.scene("Why the phone's signature certificate fell", "スマホの署名用が失効した理由")
    state = stage.world.state()
    record = state.latest(stage.person, CertificateKind.MOBILE_SIGNATURE)
    if record is None:
        raise AssertionError("the phone was enrolled in an earlier scene")
    told = why(state, record.serial, purpose=record.kind.purpose)
    for en, ja in zip(told.lines_en, told.lines_ja, strict=True):
        stage.fact(en, ja)
    stage.write("why.txt", ("\n".join(told.lines_en) + "\n").encode())
    stage.write("why.ja.txt", ("\n".join(told.lines_ja) + "\n").encode())


def _tell_certificates(stage: _Stage, *kinds: CertificateKind) -> None:
    for kind in kinds:
        record = stage.world.state().live(stage.person, kind)
        der = record and stage.world.store.certificate(kind.purpose.value, record.serial)
        if not record or not der:
            raise AssertionError("an issued certificate is kept")
        name = f"certificates/{_FILE_NAMES[kind]}"
        stage.write(name, der)
        parsed = parse_certificate(der)
        stage.fact(
            f"{name}: no. {parsed.serial}, {len(der)} bytes, valid to {parsed.expires_on}",
            f"{name}：発行の番号{parsed.serial}、{len(der)}バイト、有効期限 {parsed.expires_on}",
        )


def _publish(stage: _Stage, folder: str, on: date) -> None:
    """Publish the day's lists: both authorities', for the municipality of issue."""
    world = stage.world
    world.advance_to_day(on, _PUBLISHED_AT)
    state = world.state()
    stage.lists[folder] = []
    for purpose in Purpose:
        record = state.latest(stage.person, CertificateKind(f"card_{_SHORT[purpose]}"))
        if record is None:
            raise AssertionError("the card was handed over in an earlier scene")
        place = place_named(record.municipality)
        der = world.agency.revocation_list(record.authority, place, world.now)
        slug = place.name.lower()
        stage.write(f"lists/{folder}/{_SHORT[purpose]}-{slug}.crl", der)
        stage.lists[folder].append(parse_revocation_list(der))
    listed = sum(len(known.entries) for known in stage.lists[folder])
    stage.fact(
        f"lists/{folder}/: 2 lists published {moment(world.now)}, {listed} entries",
        f"lists/{folder}/：{moment(world.now)}公表の失効リスト2件、{listed}行",
    )


_SHORT = {Purpose.SIGNATURE: "signature", Purpose.USER_AUTHENTICATION: "authentication"}


def _judge(stage: _Stage, folder: str, *, expected: Verdict) -> None:
    report = _judged(stage, folder, stage.world.now)
    if report.verdict is not expected:
        raise AssertionError(f"the demonstration expected {expected.value}")
    stage.write(f"verdict-{folder}.json", report.model_dump_json(indent=2).encode() + b"\n")
    tone: Tone = "good" if report.verdict is Verdict.VALID else "bad"
    stage.tell(Line(tone, report.text("en").splitlines()[0], report.text("ja").splitlines()[0]))


def _judged(stage: _Stage, folder: str, at: datetime) -> VerificationReport:
    return explain(
        stage.signature,
        content=_CONTRACT.encode(),
        roots=stage.world.agency.roots(at),
        revocation_lists=stage.lists[folder],
        at=at,
    )


def _tell_commands(out: Path, tell: Callable[[Line], None], prefix: str, world: str) -> None:
    tell(Line("scene", f"Everything is in {out}/; try", f"成果物は{out}/にあります。試すには"))
    for folder, on in (("before", MOVED_ON), ("after", _JUDGED_AGAIN_ON)):
        command = (
            f"{prefix}jpki verify {out}/contract.txt.p7s --trust {out}/roots "
            f"--crl {out}/lists/{folder} --at {on}T12:00"
        )
        tell(Line("command", command, command))
    serial = parse_certificate((out / "certificates/mobile-signature.cer").read_bytes()).serial
    command = f"{prefix}jpki-sim why {serial} --purpose signature --world {world}"
    tell(Line("command", command, command))


@contextmanager
def _whole_folder(out: Path) -> Iterator[Path]:
    """Give a folder beside ``out`` that takes its place when everything went well."""
    if out.exists() and not (out / _MARKER).exists() and (not out.is_dir() or any(out.iterdir())):
        raise MalformedDocument(
            "the folder exists and was not made by an earlier demonstration",
            source=str(out),
            hint="choose another folder with --out",
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        folder.chmod(0o755)
        (folder / _MARKER).write_text("made by jpki-sim demo; replaced by the next one\n")
        yield folder
        if out.exists():
            shutil.rmtree(out)
        folder.rename(out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
