"""The verification application (券面事項確認AP): the face of the card, opened by codes."""

from __future__ import annotations

from typing import ClassVar

from jpki.card import layout
from jpki.card.apdu import CommandApdu, Ins
from jpki.card.application import CardApplication
from jpki.card.certified import CardVerifiableCertificate
from jpki.card.dialogue import CHUNK, failure
from jpki.card.face import BirthDateRecord, CardFace, FaceBasicInformation, NumberImage

__all__ = ["CardFaceApplet"]


class CardFaceApplet(CardApplication):
    """The verification application on the other side of a connection.

    Codes A and B open the face, code A also the number's image, the birth-date code the signed
    birth date.
    """

    application: ClassVar[layout.Application] = layout.FACE_VERIFICATION

    def face(self) -> CardFace:
        """Return the face: birth date, sex, photo, images of name and address, expiry."""
        return CardFace.parse(self._read(layout.FACE_ENTRIES))

    def birth_date(self) -> BirthDateRecord:
        """Return the signed birth date."""
        return BirthDateRecord.parse(self._read(layout.FACE_BIRTH_DATE))

    def number_image(self) -> NumberImage:
        """Return the image of the My Number."""
        return NumberImage.parse(self._read(layout.FACE_MY_NUMBER))

    def certificate(self) -> CardVerifiableCertificate:
        """Return the certificate of the key that signed; free to read."""
        return CardVerifiableCertificate.parse(self._read(layout.FACE_CERTIFICATE))

    def basic_information(self) -> FaceBasicInformation:
        """Return what the application says about itself; free to read."""
        return FaceBasicInformation.parse(self._read(layout.FACE_BASICS))

    def sign_with_card_key(self, digest_info: bytes) -> bytes:
        """Return the signature of the application's own key over a DigestInfo; no code is needed.

        The public half is on the signed face, so the answer to a fresh challenge shows that this is
        the card and no copy of what it says (``jpki.authenticity.check_card_key``).
        """
        self._make_ready()
        command = CommandApdu(
            0x80, Ins.COMPUTE_DIGITAL_SIGNATURE, 0x00, 0x00, data=digest_info, le=CHUNK
        )
        response = self._card.send(command)
        if not response.ok:
            raise failure(response.sw, "COMPUTE DIGITAL SIGNATURE with the card's own key")
        return response.data
