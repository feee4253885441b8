"""The input-support application (券面事項入力補助AP): My Number and four attributes as text."""

from __future__ import annotations

from typing import ClassVar

from jpki.card import layout
from jpki.card.application import CardApplication
from jpki.card.certified import (
    BasicInformation,
    CardVerifiableCertificate,
    InputSupportSignature,
)
from jpki.card.personal import FourAttributes, MyNumber

__all__ = ["InputSupportApplet"]


class InputSupportApplet(CardApplication):
    """The input-support application on the other side of a connection.

    The PIN opens everything; code A the My Number alone, code B the attributes alone.
    """

    application: ClassVar[layout.Application] = layout.INPUT_SUPPORT

    def my_number(self) -> MyNumber:
        """Return the My Number. Who may collect one is limited by law (番号法 15, 20)."""
        return MyNumber.parse(self._read(layout.MY_NUMBER))

    def attributes(self) -> FourAttributes:
        """Return name, address, birth date and sex."""
        return FourAttributes.parse(self._read(layout.ATTRIBUTES))

    def signature(self) -> InputSupportSignature:
        """Return the digests of both and the issuer's signature over them."""
        return InputSupportSignature.parse(self._read(layout.INPUT_SUPPORT_SIGNATURE))

    def certificate(self) -> CardVerifiableCertificate:
        """Return the certificate of the key that signed; free to read."""
        return CardVerifiableCertificate.parse(self._read(layout.INPUT_SUPPORT_CERTIFICATE))

    def basic_information(self) -> BasicInformation:
        """Return what the application says about itself; free to read."""
        return BasicInformation.parse(self._read(layout.INPUT_SUPPORT_BASICS))
