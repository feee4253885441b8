"""The JPKI application as a client uses it: recognise, read, present a PIN, sign.

Guards for the holder's sake: the shape of a PIN is checked before anything is sent, the counter is
asked before every VERIFY, VERIFY is sent once and never repeated, the last try is refused unless
the caller allows it, and no PIN goes to a token that was not recognised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from jpki.card import layout
from jpki.card.apdu import CommandApdu, Ins, StatusWord
from jpki.card.connection import CardConnection
from jpki.card.dialogue import CHUNK, Dialogue, failure
from jpki.card.pin import Pin
from jpki.card.token import TokenInformation, token_with
from jpki.errors import (
    MalformedApdu,
    MalformedCertificate,
    NoCertificate,
    UnexpectedStatus,
    UnsupportedCard,
)
from jpki.terms import PinKind, Purpose

__all__ = ["MAX_SIGNED_LENGTH", "SHA256_DIGEST_INFO", "JpkiApplet", "OpenedKey"]

# RFC 8017 §9.2 note 1: DigestInfo of SHA-256, parameters NULL present. Without the NULL the card
# signs all the same, and no ordinary verifier accepts the result.
SHA256_DIGEST_INFO: Final = bytes.fromhex("3031300D060960864801650304020105000420")
MAX_SIGNED_LENGTH: Final = 245  # RSA-2048 less eleven bytes of PKCS#1 v1.5 padding

_CURRENT_FILE: Final = 0x80
_CERTIFICATE_HEAD: Final = 4
_MAX_FILE: Final = 0x8000  # READ BINARY has a 15-bit offset
_PRESENT: Final = 0x8F
_TERMINAL_CERTIFICATE: Final = 568
_TERMINAL_BODY: Final = 307  # 7F21 82 0233, 5F4E 82 0129 and 297 bytes; the signature follows
_READABLE: Final = (layout.FileKind.CERTIFICATE, layout.FileKind.INFORMATION)


class OpenedKey:
    """A key whose PIN has been presented; it signs until the card is reset or left."""

    def __init__(self, applet: JpkiApplet, purpose: Purpose) -> None:
        self._applet = applet
        self._purpose = purpose

    @property
    def certificate(self) -> bytes:
        """The certificate that goes with the key, in DER."""
        return self._applet.certificate(self._purpose)

    def sign(self, digest_info: bytes) -> bytes:
        """Return the PKCS#1 v1.5 signature of a DigestInfo."""
        return self._applet.sign(self._purpose, digest_info)

    def sign_sha256(self, digest: bytes) -> bytes:
        """Return the RSASSA-PKCS1-v1_5 signature of a SHA-256 digest."""
        return self._applet.sign_sha256(self._purpose, digest)


class JpkiApplet:
    """The JPKI application on the other side of a connection."""

    def __init__(self, connection: CardConnection) -> None:
        self._card = Dialogue(connection)
        self._token: layout.Token | None = None

    @property
    def token(self) -> layout.Token:
        """The recognised token; asks the card when that has not been done yet.

        It is asked again when the card was taken out, or when another application was selected
        over the same connection in the meantime.
        """
        if self._token is None or not self._card.holds_the_card:
            self.select()
        assert self._token is not None  # noqa: S101  select() sets it or raises
        return self._token

    def select(self) -> layout.TokenKind:
        """Select the application and recognise the token by its label (EF 0006).

        Raises ``UnsupportedCard`` when there is no such application, or when the label is not one
        of a card or phone that carries today's JPKI certificates.
        """
        self._token = None
        sw = self._card.select_application(layout.JPKI_AID)
        if sw != StatusWord.OK:
            raise UnsupportedCard(f"there is no JPKI application (status {sw:04X})")
        token = token_with(self._label())
        if token is None:
            raise UnsupportedCard("the JPKI application carries a label that is not known")
        if token.application is None:
            raise UnsupportedCard(f"the token is an old one ({token.kind.value})")
        self._token = token
        return token.kind

    def _label(self) -> bytes:
        try:
            self._card.select_file(
                layout.TOKEN_INFORMATION, doing="SELECT of the token information"
            )
            return self._card.read(0, layout.LABEL_LENGTH, doing="READ of the token label").data
        except UnexpectedStatus as error:
            raise UnsupportedCard("the JPKI application has no readable label") from error

    # reading

    def certificate(self, purpose: Purpose) -> bytes:
        """Return the holder's certificate for a purpose, in DER, without the file's filler.

        The signature certificate needs the signature password first, and so does the user
        authentication certificate on a phone with the user PIN: ``PinRequired`` otherwise.
        """
        place = layout.PLACES[purpose]
        return self._read_certificate(place.certificate, pin=place.pin)

    def ca_certificate(self, purpose: Purpose) -> bytes:
        """Return the issuing authority's certificate for a purpose, in DER."""
        place = layout.PLACES[purpose]
        return self._read_certificate(place.ca_certificate, pin=place.pin)

    def needs_pin(self, purpose: Purpose) -> PinKind | None:
        """Return the PIN that reading this certificate takes on this token, if any."""
        place = layout.PLACES[purpose]
        row = self._application.file(place.certificate)
        return None if row is None or row.read == layout.ALWAYS else place.pin

    def availability(self) -> Mapping[Purpose, bool] | None:
        """Return which certificates the token says it carries (EF 0008), if it says so.

        One source describes the file, and for phones nobody does: ``None`` when it is absent or
        does not look as described.
        """
        _ = self.token
        doing = "READ of the certificate availability"
        try:
            self._card.select_file(
                layout.AVAILABILITY, doing="SELECT of the certificate availability"
            )
            data = self._card.read(0, 3, doing=doing).data
        except UnexpectedStatus:
            return None
        if len(data) < 2 or any(byte not in (0x00, _PRESENT) for byte in data[:2]):
            return None
        return {
            Purpose.SIGNATURE: data[0] == _PRESENT,
            Purpose.USER_AUTHENTICATION: data[1] == _PRESENT,
        }

    def information(self) -> TokenInformation:
        """Return the whole of EF 0006: the token as PKCS#11 describes one."""
        _ = self.token
        return TokenInformation.parse(
            self._card.read_file(layout.TOKEN_INFORMATION, name="token information")
        )

    def read_files(self) -> Mapping[int, bytes | int]:
        """Return every file that is not a PIN or a key: its bytes, or the status of the refusal.

        What a file answers depends on the PINs presented before. Nothing is presented here.
        """
        rows = [row for row in self._application.files if row.kind in _READABLE]
        return MappingProxyType({row.fid: self._bytes_or_status(row) for row in rows})

    def _bytes_or_status(self, row: layout.ElementaryFile) -> bytes | int:
        try:
            return self._card.read_file(row.fid, name=row.name)
        except UnexpectedStatus as error:
            return error.sw

    def _read_certificate(self, fid: int, *, pin: PinKind) -> bytes:
        _ = self.token
        doing = "READ of a certificate"
        try:
            self._card.select_file(fid, doing="SELECT of a certificate")
            head = self._card.read(0, _CERTIFICATE_HEAD, doing=doing, pin=pin).data
        except UnexpectedStatus as error:
            if error.sw in (StatusWord.FILE_NOT_FOUND, StatusWord.OFFSET_OUTSIDE_FILE):
                raise NoCertificate("the token has no such certificate") from error
            raise
        if not head or head in (b"\x00" * len(head), b"\xff" * len(head)):
            raise NoCertificate("the token's file for this certificate is empty")
        return self._read_rest(head, _der_length(head), pin=pin)

    def _read_rest(self, head: bytes, total: int, *, pin: PinKind) -> bytes:
        content = bytearray(head[:total])
        doing = "READ of a certificate"
        while len(content) < total:
            wanted = min(CHUNK, total - len(content))
            try:
                answer = self._card.read(len(content), wanted, doing=doing, pin=pin)
            except UnexpectedStatus as error:
                if error.sw != StatusWord.OFFSET_OUTSIDE_FILE:
                    raise
                raise _truncated(len(content), total) from error
            if not answer.data:
                raise _truncated(len(content), total)
            content += answer.data
        return bytes(content)

    # PINs

    def tries_left(self, pin: PinKind) -> int:
        """Return how many tries a PIN has left. Asking costs nothing; 0 means blocked."""
        return self._card.tries_left(self._rule(pin))

    def counters(self) -> Mapping[PinKind, int]:
        """Return how many tries each PIN has left."""
        return MappingProxyType({pin: self.tries_left(pin) for pin in PinKind})

    def verify(self, pin: Pin, *, allow_last_try: bool = False) -> None:
        """Present a PIN once.

        Raises ``PinBlocked`` or, with one try left and ``allow_last_try`` false, ``LastTry``
        before anything is sent; ``WrongPin`` with the tries that are left, or ``PinBlocked`` when
        this was the last one, after the card has compared.
        """
        pin.require_unwiped()
        self._card.verify(self._rule(pin.kind), pin, allow_last_try=allow_last_try)

    def change(self, old: Pin, new: Pin, *, allow_last_try: bool = False) -> None:
        """Present the old PIN and set a new one of the same kind."""
        old.require_same_kind(new)
        new.require_unwiped()
        self._card.change(self._rule(new.kind), old, new, allow_last_try=allow_last_try)

    def forget_pins(self) -> None:
        """Leave the application, so that no PIN presented here opens anything any more."""
        self._token = None
        self._card.leave()

    # signing

    @contextmanager
    def opened_key(
        self, purpose: Purpose, pin: Pin, *, allow_last_try: bool = False
    ) -> Iterator[OpenedKey]:
        """Present the PIN of a key once and sign as often as needed inside.

        On the way out the application is left, so that the PIN opens nothing any more.
        """
        self.verify(pin, allow_last_try=allow_last_try)
        try:
            yield OpenedKey(self, purpose)
        finally:
            self.forget_pins()

    def sign(self, purpose: Purpose, digest_info: bytes) -> bytes:
        """Return the PKCS#1 v1.5 signature of a DigestInfo; its PIN must have been presented.

        The card pads and signs whatever it is given, so the DigestInfo is the caller's to get
        right; ``sign_sha256`` does it.
        """
        if not 1 <= len(digest_info) <= MAX_SIGNED_LENGTH:
            raise MalformedApdu(f"the card signs 1 to {MAX_SIGNED_LENGTH} bytes")
        place = layout.PLACES[purpose]
        rule = self._rule(place.pin)
        self._card.select_file(place.key, doing="SELECT of a key")
        command = CommandApdu(
            0x80, Ins.COMPUTE_DIGITAL_SIGNATURE, 0x00, _CURRENT_FILE, data=digest_info, le=CHUNK
        )
        response = self._card.send(command)
        if not response.ok:
            raise failure(response.sw, "COMPUTE DIGITAL SIGNATURE", place.pin, rule=rule)
        if len(response.data) != layout.SIGNATURE_LENGTH:
            raise MalformedApdu(f"the card answered a signature of {len(response.data)} bytes")
        return response.data

    def sign_sha256(self, purpose: Purpose, digest: bytes) -> bytes:
        """Return the RSASSA-PKCS1-v1_5 signature of a SHA-256 digest (RFC 8017 §8.2)."""
        if len(digest) != 32:
            raise MalformedApdu("a SHA-256 digest has 32 bytes")
        return self.sign(purpose, SHA256_DIGEST_INFO + digest)

    def present_terminal(self, certificate: bytes) -> None:
        """Hand over the certificate of a terminal (特定機関認証), which the card checks.

        It is a card-verifiable certificate of 568 bytes, sent in two commands, body and signature.
        What an accepted one opens is not known. ``UnexpectedStatus`` when the card refuses it.
        """
        if len(certificate) != _TERMINAL_CERTIFICATE:
            raise MalformedApdu(f"a terminal's certificate has {_TERMINAL_CERTIFICATE} bytes")
        _ = self.token
        self._card.select_file(layout.TERMINAL_KEY, doing="SELECT of the terminals' authority")
        halves = ((0x06, certificate[:_TERMINAL_BODY]), (0x00, certificate[_TERMINAL_BODY:]))
        for p1, half in halves:
            command = CommandApdu(0x80, Ins.VERIFY_CERTIFICATE, p1, 0xC1, data=half, extended=True)
            response = self._card.send(command)
            if not response.ok:
                raise failure(response.sw, "VERIFY CERTIFICATE of a terminal")

    @property
    def _application(self) -> layout.Application:
        application = self.token.application
        assert application is not None  # noqa: S101  select() refuses tokens without one
        return application

    def _rule(self, pin: object) -> layout.PinRule:
        rule = next((rule for rule in self._application.pins if rule.kind is pin), None)
        if rule is None:
            raise UnsupportedCard("the JPKI application has no such PIN; nothing was sent", hint="")
        return rule


def _der_length(head: bytes) -> int:
    """Return the length of the whole DER object that starts so (X.690 §8.1.3)."""
    if len(head) < _CERTIFICATE_HEAD or head[0] != 0x30:
        raise MalformedCertificate("the card's file is no certificate", offset=0)
    match head[1]:
        case short if short < 0x80:
            total = 2 + short
        case 0x81:
            total = 3 + head[2]
        case 0x82:
            total = 4 + int.from_bytes(head[2:4], "big")
        case _:
            raise MalformedCertificate("the card's certificate has no usable length", offset=1)
    if total > _MAX_FILE:
        raise MalformedCertificate("the card's certificate claims to be longer than a file can be")
    return total


def _truncated(found: int, total: int) -> MalformedCertificate:
    return MalformedCertificate(f"the card's file ends after {found} of {total} bytes")
