"""A clinic's card reader (顔認証付きカードリーダー), run by a specified verifier (Act 38-2).

A patient's card opens it in three ways: the face compared with the photo in the chip, the PIN, or
staff who look at the photo on the card (CR-1). A machine that finds no match never accepts; then it
takes staff or the PIN (PN-10). Face and staff stand in for the PIN of a card only, never of a
phone's (CR-4), on that visit only, and before a verifier whom the ministers permitted and whose key
(証明符号) is on a medium there (CR-2). Who is known may be read again later without PIN, watched,
from a card that proves genuine (Act 38-4; PN-9). Whether the certificate stands is asked each time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from jpki import permission
from jpki.authenticate import respond
from jpki.authenticity import IssuerKey, check_card_face, check_card_key
from jpki.card.applet import SHA256_DIGEST_INFO, JpkiApplet
from jpki.card.card_face import CardFaceApplet
from jpki.card.face import CardFace
from jpki.card.layout import Credential
from jpki.card.pin import CodeB, UserPin
from jpki.errors import ImpossibleFact, NotPermitted, PinError, Refused
from jpki.jst import day
from jpki.law import VerifierAct, VerifierRole
from jpki.life import PinState, pin_state
from jpki.life.events import CardPin, PinBlocked
from jpki.terms import CertificateKind, Medium, Purpose
from jpki.validation import Verdict, VerificationReport
from simulator.card.connection import SoftwareConnection
from simulator.card.contents.issuer import (
    CardIssuer,
    Hierarchy,
    NamedKey,
    card_verifiable_certificate,
    key_identifier,
)
from simulator.face import ASSUMED, FaceDecision, FaceParameters, LiveFace, compare
from simulator.minister import Approval
from simulator.store import Notes
from simulator.tokens import code_b, plugged, token_holder
from simulator.verifier import Firm
from simulator.world import World

__all__ = ["CLINIC_FACE", "Checked", "Clinic", "VerifierMedium", "Visit", "Way", "make_medium"]

_SPECIFIED: Final = VerifierRole.SPECIFIED_USER_AUTHENTICATION_VERIFIER
_ROLES: Final = (VerifierRole.USER_AUTHENTICATION_VERIFIER, _SPECIFIED)
_KINDS: Final = {
    Medium.CARD: CertificateKind.CARD_AUTHENTICATION,
    Medium.MOBILE_DEVICE: CertificateKind.MOBILE_AUTHENTICATION,
}
_TERMINAL: Final = "6299774"
_FAILURES_THAT_BLOCK: Final = 10  # CR-3, as one municipality tells

CLINIC_FACE: Final = ASSUMED.with_(attempts=_FAILURES_THAT_BLOCK)
"""A clinic's camera: assumed as elsewhere, with the ten attempts after which a photo is locked."""


class Way(StrEnum):
    """How the holder of a card was recognised (CR-1); ``AGAIN`` is a later visit (PN-9)."""

    FACE = "face"
    PIN = "pin"
    VISUAL = "visual"
    AGAIN = "again"

    @property
    def label_ja(self) -> str:
        """The way in Japanese."""
        return {"face": "顔照合", "pin": "暗証番号", "visual": "目視", "again": "再来"}[self.value]


@dataclass(frozen=True, slots=True, repr=False)
class VerifierMedium:
    """The key of a specified verifier on its medium (証明符号), and the certificate cards check."""

    firm: str
    certificate: bytes

    def __repr__(self) -> str:
        return f"<VerifierMedium of {self.firm}>"


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one way: accepted or not, the certificate's verdict, and what may follow.

    ``ways_left`` are the ways that stay open after a face that was not accepted.
    """

    way: Way
    accepted: bool
    report: VerificationReport | None = None
    face: FaceDecision | None = None
    ways_left: tuple[Way, ...] = ()


def make_medium(world: World, approval: Approval) -> VerifierMedium:
    """Make the key of a verifier whom the ministers permitted (Act 38-3).

    Raises ``NotPermitted`` when the permission does not stand today. Who writes such a medium, and
    how a card's issuer certifies it, is not known; here the terminals' authority of the cards does.
    """
    if approval.role is not _SPECIFIED or not approval.stands_on(day(world.now)):
        raise _not_permitted(world, approval.firm, "CR-2")
    issuer = CardIssuer(world.keys, "00000")
    own = NamedKey(key_identifier(_TERMINAL), world.keys.rsa(f"verifier key/{approval.firm}"))
    authority = issuer.authority(Hierarchy.TERMINAL)
    return VerifierMedium(approval.firm, card_verifiable_certificate(authority, own))


class Clinic:
    """A firm's desk with a reader.

    ``face_counts`` says whether a visit by face or by staff is the full check that Act 38-4 asks
    for before a later one; whether it is has not been found out (assumed not).
    """

    def __init__(
        self,
        world: World,
        firm: Firm,
        *,
        medium: VerifierMedium | None = None,
        parameters: FaceParameters = CLINIC_FACE,
        face_counts: bool = False,
    ) -> None:
        self._world = world
        self.firm = firm
        self.medium = medium
        self.parameters = parameters
        self.face_counts = face_counts
        self._seen: set[bytes] = set()

    def insert(self, chip: str) -> Visit:
        """Put a card on the reader, or hold a phone to it."""
        return Visit(self._world, self, chip)

    def require_specified(self) -> None:
        """Raise ``NotPermitted`` without a permission that stands, or without the medium (CR-2)."""
        today = day(self._world.now)
        permitted = any(
            each.role is _SPECIFIED and each.stands_on(today) for each in self.firm.approvals
        )
        if not permitted or self.medium is None or self.medium.firm != self.firm.name:
            raise _not_permitted(self._world, self.firm.name, "CR-2")

    def knows(self, certificate: bytes) -> bool:
        """Whether this verifier has fully checked the certificate before."""
        received = any(each.certificate == certificate for each in self.firm.received)
        return received or (self.face_counts and certificate in self._seen)

    def saw(self, certificate: bytes) -> None:
        """Note that a card's holder was recognised without PIN."""
        self._seen.add(certificate)


class Visit:
    """One card on the reader, from when it is put there until it is taken away."""

    def __init__(self, world: World, clinic: Clinic, chip: str) -> None:
        self._world = world
        self._clinic = clinic
        self._chip = chip
        self._person = token_holder(world, chip)
        self._connection = SoftwareConnection(plugged(world, chip))
        self._applet = JpkiApplet(self._connection)
        self._face: CardFace | None = None
        self._mismatches = 0

    def by_face(self, face: LiveFace) -> Checked:
        """Compare a face once with the photo in the chip; a mismatch leaves staff and the PIN.

        Raises ``NotPermitted`` for a phone or a verifier that is not permitted, ``PinBlocked`` when
        code B is blocked and the photo cannot be read, and ``Refused`` (CR-1) for a card without a
        photo and (PN-10) when the attempts of this visit are used up.
        """
        self._require_card(VerifierAct.FACE_IN_PLACE_OF_PIN)
        self._present_medium()
        self._require_photo()
        if self._mismatches >= self._clinic.parameters.attempts:
            raise _refused(self._world, "PN-10", "the face was compared too often on this visit")
        self._read_face()
        told = compare(self._world, self._person, face, parameters=self._clinic.parameters)
        if not told.accepted:
            self._mismatches += 1
            self._count_failure()
            more = self._mismatches < self._clinic.parameters.attempts
            ways = (Way.FACE, Way.VISUAL, Way.PIN) if more else (Way.VISUAL, Way.PIN)
            return Checked(Way.FACE, False, face=told, ways_left=ways)
        return self._accepted(Way.FACE, told)

    def by_sight(self, *, staff_recognise: bool) -> Checked:
        """Let staff compare the holder with the photo that is printed on the card."""
        self._require_card(VerifierAct.FACE_IN_PLACE_OF_PIN)
        self._present_medium()
        self._require_photo()
        if not staff_recognise:
            return Checked(Way.VISUAL, False, ways_left=(Way.PIN,))
        return self._accepted(Way.VISUAL, None)

    def by_pin(self, pin: UserPin) -> Checked:
        """Authenticate with the PIN, as anywhere; a phone does, too. A wrong PIN costs a try."""
        challenge = self._clinic.firm.challenge(self._nonce())
        with self._applet.opened_key(Purpose.USER_AUTHENTICATION, pin) as key:
            response = respond(challenge, key)
        report = self._clinic.firm.check_authentication(response, challenge)
        return Checked(Way.PIN, report.verdict is Verdict.VALID, report)

    def again(self, *, watched: bool) -> Checked:
        """Read the certificate of a known holder without PIN and without an answer (Act 38-4).

        ``watched`` says that it happens face to face, or where staff can see it. The card proves
        genuine first: ``VerificationError`` when it does not.
        """
        self._require_card(VerifierAct.ACCEPT_WITHOUT_PIN)
        certificate = self._certificate()
        if not watched:
            raise _refused(self._world, "PN-9", "nobody watches the reader")
        if not self._clinic.knows(certificate):
            raise _refused(self._world, "PN-9", "this verifier has not fully checked the holder")
        self._read_face()
        report = self._clinic.firm.check_certificate(certificate)
        return Checked(Way.AGAIN, report.verdict is Verdict.VALID, report)

    # inside

    def _accepted(self, way: Way, face: FaceDecision | None) -> Checked:
        """Return what the certificate's status makes of somebody who was recognised."""
        certificate = self._certificate()
        report = self._clinic.firm.accept_face(certificate, face_matches=True)
        valid = report.verdict is Verdict.VALID
        if valid:
            self._clinic.saw(certificate)
        return Checked(way, valid, report, face)

    def _certificate(self) -> bytes:
        return self._applet.certificate(Purpose.USER_AUTHENTICATION)

    def _present_medium(self) -> None:
        """Have the card check the verifier's certificate, before anything is read for a face."""
        self._clinic.require_specified()
        if self._clinic.medium is not None:
            self._applet.present_terminal(self._clinic.medium.certificate)

    def _require_card(self, act: VerifierAct) -> None:
        """Ask the table about the certificate of this medium; a phone's is not permitted."""
        phone = self._applet.token.medium is Medium.MOBILE_DEVICE
        kind = (
            CertificateKind.MOBILE_AUTHENTICATION if phone else CertificateKind.CARD_AUTHENTICATION
        )
        on, table = day(self._world.now), self._world.book.table
        roles = [role for role in _ROLES if role in self._clinic.firm.roles]
        role = roles[-1] if roles else VerifierRole.SIGNATURE_VERIFIER
        permission.require(role, act, kind, on=on, table=table)

    def _require_photo(self) -> None:
        card = self._world.state().person(self._person).card
        if card is None or card.number != self._chip:
            raise ImpossibleFact("this is not the card that the person has")
        if not card.photo:
            raise _refused(self._world, "CR-1", "the card carries no photo to compare with")

    def _read_face(self) -> CardFace:
        """Read the signed face once on a visit, and have the card prove that it is no copy."""
        if self._face is None:
            client = CardFaceApplet(self._connection)
            client.verify(code_b(self._world, self._chip), allow_last_try=True)
            face, certificate = client.face(), client.certificate()
            authority = CardIssuer(self._world.keys, "00000").authority(Hierarchy.FACE_VERIFICATION)
            issuer = IssuerKey(authority.key.public_key(), authority.identifier)
            check_card_face(face, certificate, [issuer])
            challenge = self._nonce()
            digest = hashlib.sha256(challenge).digest()
            check_card_key(face, challenge, client.sign_with_card_key(SHA256_DIGEST_INFO + digest))
            self._face = face
        return self._face

    def _count_failure(self) -> None:
        """Spend a try of code B for a mismatch, so that ten in a row block the photo (CR-3).

        How the block comes about on real cards is not known; the policy turns it off.
        """
        if not self._world.book.policies["face_failures_block_photo"]:
            return
        client = CardFaceApplet(self._connection)
        try:
            client.verify(_wrong(code_b(self._world, self._chip)), allow_last_try=True)
        except PinError:
            if not client.tries_left(Credential.CODE_B):
                self._record_block()

    def _record_block(self) -> None:
        """Tell the log, unless somebody has told it before."""
        medium, pin = Medium.CARD, CardPin.COLLATION_B
        if pin_state(self._world.state(), self._person, medium, pin) is not PinState.BLOCKED:
            self._world.record(PinBlocked(person=self._person, medium=medium, pin=pin))

    def _nonce(self) -> bytes:
        """Return a challenge that was never made before in this world."""
        place = f"challenge/{self._clinic.firm.name}"
        number = Notes(self._world.store, "clinic").next_number(place)
        return self._world.chance.stream(f"clinic/{place}/{number}").bytes(32)


def _wrong(code: CodeB) -> CodeB:
    """Return the code with another last digit, which no card takes for its own."""
    digits = code.reveal().decode("ascii")
    return CodeB(f"{digits[:-1]}{(int(digits[-1]) + 1) % 10}")


def _refused(world: World, row_id: str, message: str) -> Refused:
    table = world.book.table
    return Refused(message, rule=row_id, basis=table.basis_ja(table.row(row_id)))


def _not_permitted(world: World, firm: str, row_id: str) -> NotPermitted:
    table = world.book.table
    row = table.row(row_id)
    return NotPermitted(
        firm,
        "authenticate without PIN without a permission and its key",
        basis=f"{row.id}: {table.basis_en(row)}",
    )
