"""The JPKI application as a client uses it: recognise, read, present a PIN, sign.

Guards for the holder's sake: the shape of a PIN is checked before anything is sent, the counter is
asked before every VERIFY, VERIFY is sent once and never repeated, the last try is refused unless
the caller allows it, and no PIN goes to a token that was not recognised.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jpki.card import layout
from jpki.card.apdu import CommandApdu, Ins, ResponseApdu, StatusWord, describe, tries_left
from jpki.card.connection import CardConnection
from jpki.card.pin import Pin
from jpki.errors import (
    CardRemoved,
    JpkiError,
    LastTry,
    MalformedApdu,
    MalformedCertificate,
    MalformedPin,
    NoCertificate,
    PinBlocked,
    PinRequired,
    UnexpectedStatus,
    UnsupportedCard,
    WrongPin,
)
from jpki.terms import PinKind, Purpose

__all__ = ["MAX_SIGNED_LENGTH", "SHA256_DIGEST_INFO", "JpkiApplet"]

# RFC 8017 §9.2 note 1: DigestInfo of SHA-256, parameters NULL present. Without the NULL the card
# signs all the same, and no ordinary verifier accepts the result.
SHA256_DIGEST_INFO: Final = bytes.fromhex("3031300D060960864801650304020105000420")
MAX_SIGNED_LENGTH: Final = 245  # RSA-2048 less eleven bytes of PKCS#1 v1.5 padding

_SELECT_BY_NAME: Final = 0x04
_SELECT_CHILD_FILE: Final = 0x02
_NO_ANSWER_DATA: Final = 0x0C
_CURRENT_FILE: Final = 0x80
_NEW_VALUE_ONLY: Final = 0x01
_CHUNK: Final = 256
_CERTIFICATE_HEAD: Final = 4
_MAX_FILE: Final = 0x8000  # READ BINARY has a 15-bit offset
_PRESENT: Final = 0x8F
_MAX_GET_RESPONSE: Final = 256


class JpkiApplet:
    """The JPKI application on the other side of a connection."""

    def __init__(self, connection: CardConnection) -> None:
        self._connection = connection
        self._token: layout.Token | None = None

    @property
    def token(self) -> layout.Token:
        """The recognised token; asks the card when that has not been done yet."""
        if self._token is None:
            self.select()
        assert self._token is not None  # noqa: S101  select() sets it or raises
        return self._token

    def select(self) -> layout.TokenKind:
        """Select the application and recognise the token by its label (EF 0006).

        Raises ``UnsupportedCard`` when there is no such application, or when the label is not one
        of a card or phone that carries today's JPKI certificates.
        """
        self._token = None
        command = CommandApdu(
            0x00, Ins.SELECT, _SELECT_BY_NAME, _NO_ANSWER_DATA, data=layout.JPKI_AID
        )
        response = self._send(command)
        if not response.ok:
            raise UnsupportedCard(f"there is no JPKI application (status {response.sw:04X})")
        token = _token_with(self._label())
        if token is None:
            raise UnsupportedCard("the JPKI application carries a label that is not known")
        if token.application is None:
            raise UnsupportedCard(f"the token is an old one ({token.kind.value})")
        self._token = token
        return token.kind

    def _label(self) -> bytes:
        try:
            self._select_file(layout.TOKEN_INFORMATION, doing="SELECT of the token information")
            return self._read(0, layout.LABEL_LENGTH, doing="READ of the token label").data
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

    def availability(self) -> Mapping[Purpose, bool] | None:
        """Return which certificates the token says it carries (EF 0008), if it says so.

        One source describes the file, and for phones nobody does: ``None`` when it is absent or
        does not look as described.
        """
        _ = self.token
        try:
            self._select_file(layout.AVAILABILITY, doing="SELECT of the certificate availability")
            data = self._read(0, 3, doing="READ of the certificate availability").data
        except UnexpectedStatus:
            return None
        if len(data) < 2 or any(byte not in (0x00, _PRESENT) for byte in data[:2]):
            return None
        return {
            Purpose.SIGNATURE: data[0] == _PRESENT,
            Purpose.USER_AUTHENTICATION: data[1] == _PRESENT,
        }

    def _read_certificate(self, fid: int, *, pin: PinKind) -> bytes:
        _ = self.token
        try:
            self._select_file(fid, doing="SELECT of a certificate")
            head = self._read(0, _CERTIFICATE_HEAD, doing="READ of a certificate", pin=pin).data
        except UnexpectedStatus as error:
            if error.sw in (StatusWord.FILE_NOT_FOUND, StatusWord.OFFSET_OUTSIDE_FILE):
                raise NoCertificate("the token has no such certificate") from error
            raise
        if not head or head in (b"\x00" * len(head), b"\xff" * len(head)):
            raise NoCertificate("the token's file for this certificate is empty")
        return self._read_rest(head, _der_length(head), pin=pin)

    def _read_rest(self, head: bytes, total: int, *, pin: PinKind) -> bytes:
        content = bytearray(head[:total])
        while len(content) < total:
            wanted = min(_CHUNK, total - len(content))
            try:
                answer = self._read(len(content), wanted, doing="READ of a certificate", pin=pin)
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
        rule = self._rule(pin)
        self._select_file(rule.fid, doing=f"SELECT of the {rule.name}")
        response = self._send(CommandApdu(0x00, Ins.VERIFY, 0x00, _CURRENT_FILE))
        left = tries_left(response.sw)
        if left is not None:
            return left
        if response.ok:
            # Some cards are said to answer 9000 once the PIN was presented [?]; that success has
            # set the counter to its full value.
            return rule.tries
        error = _failure(response.sw, f"the question how many tries the {rule.name} has", pin)
        if isinstance(error, PinBlocked):
            return 0
        raise error

    def verify(self, pin: Pin, *, allow_last_try: bool = False) -> None:
        """Present a PIN once.

        Raises ``PinBlocked`` or, with one try left and ``allow_last_try`` false, ``LastTry``
        before anything is sent; ``WrongPin`` with the tries that are left, or ``PinBlocked`` when
        this was the last one, after the card has compared.
        """
        secret = pin.reveal()
        rule = self._rule(pin.kind)
        left = self.tries_left(pin.kind)
        if left == 0:
            raise PinBlocked(pin.kind, ways_to_reset=rule.ways_to_reset)
        if left == 1 and not allow_last_try:
            raise LastTry(pin.kind)
        command = CommandApdu(0x00, Ins.VERIFY, 0x00, _CURRENT_FILE, data=secret)
        response = self._send(command)
        if not response.ok:
            raise _failure(response.sw, f"VERIFY of the {rule.name}", pin.kind)

    def change(self, old: Pin, new: Pin, *, allow_last_try: bool = False) -> None:
        """Present the old PIN and set a new one of the same kind."""
        if old.kind is not new.kind:
            raise MalformedPin(new.kind, "the old and the new PIN are of different kinds")
        secret = new.reveal()
        self.verify(old, allow_last_try=allow_last_try)
        command = CommandApdu(
            0x00, Ins.CHANGE_REFERENCE_DATA, _NEW_VALUE_ONLY, _CURRENT_FILE, data=secret
        )
        response = self._send(command)
        if not response.ok:
            raise _failure(response.sw, f"the change of the {self._rule(new.kind).name}", new.kind)

    # signing

    def sign(self, purpose: Purpose, digest_info: bytes) -> bytes:
        """Return the PKCS#1 v1.5 signature of a DigestInfo; its PIN must have been presented.

        The card pads and signs whatever it is given, so the DigestInfo is the caller's to get
        right; ``sign_sha256`` does it.
        """
        if not 1 <= len(digest_info) <= MAX_SIGNED_LENGTH:
            raise MalformedApdu(f"the card signs 1 to {MAX_SIGNED_LENGTH} bytes")
        _ = self.token
        place = layout.PLACES[purpose]
        self._select_file(place.key, doing="SELECT of a key")
        command = CommandApdu(
            0x80, Ins.COMPUTE_DIGITAL_SIGNATURE, 0x00, _CURRENT_FILE, data=digest_info, le=_CHUNK
        )
        response = self._send(command)
        if not response.ok:
            raise _failure(response.sw, "COMPUTE DIGITAL SIGNATURE", place.pin)
        if len(response.data) != layout.SIGNATURE_LENGTH:
            raise MalformedApdu(f"the card answered a signature of {len(response.data)} bytes")
        return response.data

    def sign_sha256(self, purpose: Purpose, digest: bytes) -> bytes:
        """Return the RSASSA-PKCS1-v1_5 signature of a SHA-256 digest (RFC 8017 §8.2)."""
        if len(digest) != 32:
            raise MalformedApdu("a SHA-256 digest has 32 bytes")
        return self.sign(purpose, SHA256_DIGEST_INFO + digest)

    # one APDU

    def _rule(self, pin: PinKind) -> layout.PinRule:
        application = self.token.application
        assert application is not None  # noqa: S101  select() refuses tokens without one
        return next(rule for rule in application.pins if rule.kind is pin)

    def _select_file(self, fid: int, *, doing: str) -> None:
        command = CommandApdu(
            0x00, Ins.SELECT, _SELECT_CHILD_FILE, _NO_ANSWER_DATA, data=fid.to_bytes(2, "big")
        )
        response = self._send(command)
        if not response.ok:
            raise _failure(response.sw, doing)

    def _read(
        self, offset: int, length: int, *, doing: str, pin: PinKind | None = None
    ) -> ResponseApdu:
        command = CommandApdu(0x00, Ins.READ_BINARY, offset >> 8, offset & 0xFF, le=length)
        response = self._send(command)
        # 6282 was not seen on a card, but it carries data where it occurs.
        if response.sw not in (StatusWord.OK, StatusWord.END_OF_FILE):
            raise _failure(response.sw, doing, pin)
        if len(response.data) > length:
            raise MalformedApdu("the card answered more bytes than it was asked for")
        return response

    def _send(self, command: CommandApdu) -> ResponseApdu:
        response = self._exchange(command)
        if response.sw >> 8 == 0x6C and command.le is not None:
            again = CommandApdu(
                command.cla,
                command.ins,
                command.p1,
                command.p2,
                data=command.data,
                le=response.sw & 0xFF or _CHUNK,
            )
            response = self._exchange(again)
        return self._collect(response)

    def _collect(self, response: ResponseApdu) -> ResponseApdu:
        """Fetch what a T=0 reader announces with 61xx; not seen over T=1 or contactless."""
        data = response.data
        for _ in range(_MAX_GET_RESPONSE):
            if response.sw >> 8 != 0x61:
                return ResponseApdu(data, response.sw)
            more = CommandApdu(0x00, Ins.GET_RESPONSE, le=response.sw & 0xFF or _CHUNK)
            response = self._exchange(more)
            data += response.data
        raise MalformedApdu("the card does not stop announcing more data")

    def _exchange(self, command: CommandApdu) -> ResponseApdu:
        try:
            return ResponseApdu.parse(self._connection.transmit(bytes(command)))
        except CardRemoved:
            self._token = None  # whatever is put back must be recognised again
            raise


def _token_with(label: bytes) -> layout.Token | None:
    return next((token for token in layout.TOKENS if token.padded_label == label), None)


def _failure(sw: int, doing: str, pin: PinKind | None = None) -> JpkiError:
    """Return the error for a status word: the one place where the two meet."""
    left = tries_left(sw)
    if pin is None:
        return UnexpectedStatus(sw, doing=doing, hint=describe(sw))
    if left == 0 or sw in (StatusWord.REFERENCE_LOCKED, StatusWord.AUTHENTICATION_BLOCKED):
        return PinBlocked(pin, ways_to_reset=_WAYS_TO_RESET[pin])
    if left is not None:
        return WrongPin(pin, tries_left=left)
    if sw == StatusWord.SECURITY_STATUS:
        return PinRequired(pin, f"the card wants the {pin.value} before {doing}")
    return UnexpectedStatus(sw, doing=doing, hint=describe(sw))


_WAYS_TO_RESET: Final = {
    rule.kind: rule.ways_to_reset for rule in layout.JPKI_PINS if rule.kind is not None
}


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
