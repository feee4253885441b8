"""What the clients of the card's other applications share: recognise first, then select.

The token is recognised by its JPKI label before another application is touched, so that no PIN or
code goes to a card that is not what it should be.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from jpki.card import layout
from jpki.card.apdu import StatusWord
from jpki.card.applet import JpkiApplet
from jpki.card.connection import CardConnection
from jpki.card.dialogue import Dialogue
from jpki.card.layout import Credential
from jpki.card.pin import Pin
from jpki.errors import PinRequired, UnexpectedStatus, UnsupportedCard

__all__ = ["CardApplication"]


class CardApplication:
    """One application of the card, by its rows in the layout."""

    application: ClassVar[layout.Application]

    def __init__(self, connection: CardConnection) -> None:
        self._card = Dialogue(connection)
        self._recognised = False

    def select(self) -> None:
        """Recognise the token and select the application.

        Raises ``UnsupportedCard`` for what is no card of today; a phone has no such application
        and is not asked for one.
        """
        self._recognised = False
        token = JpkiApplet(self._card.connection)
        token.select()
        if self.application not in token.token.applications:
            raise UnsupportedCard(
                f"this token ({token.token.kind.value}) has no {self.application.name} application",
                hint="use the plastic card",
            )
        sw = self._card.select_application(self.application.aid)
        if sw != StatusWord.OK:
            raise UnsupportedCard(
                f"there is no {self.application.name} application (status {sw:04X})", hint=""
            )
        self._recognised = True

    def tries_left(self, credential: Credential) -> int:
        """Return how many tries a PIN or code has left. Asking costs nothing; 0 means blocked."""
        rule = self._rule(credential)
        self._make_ready()
        return self._card.tries_left(rule)

    def counters(self) -> Mapping[Credential, int]:
        """Return how many tries each PIN and code of the application has left."""
        known = [r for r in self.application.pins if r.credential is not Credential.UNKNOWN]
        return MappingProxyType({r.credential: self.tries_left(r.credential) for r in known})

    def verify(self, pin: Pin, *, allow_last_try: bool = False) -> None:
        """Present a PIN or code once, with the guards of ``JpkiApplet.verify``."""
        rule = self._rule(pin.kind)
        pin.require_unwiped()
        self._make_ready()
        self._card.verify(rule, pin, allow_last_try=allow_last_try)

    def change(self, old: Pin, new: Pin, *, allow_last_try: bool = False) -> None:
        """Present the old PIN and set a new one; codes cannot be changed."""
        old.require_same_kind(new)
        rule = self._rule(new.kind)
        new.require_unwiped()
        self._make_ready()
        self._card.change(rule, old, new, allow_last_try=allow_last_try)

    def forget_pins(self) -> None:
        """Leave the application, so that nothing presented here opens anything any more."""
        self._recognised = False
        self._card.leave()

    def _read(self, fid: int) -> bytes:
        """Return a whole file; ``PinRequired`` names what would open it."""
        self._make_ready()
        row = self.application.file(fid)
        assert row is not None  # noqa: S101  the callers name rows of the layout
        try:
            return self._card.read_file(fid, name=row.name)
        except UnexpectedStatus as error:
            if error.sw != StatusWord.SECURITY_STATUS:
                raise
            raise self._required(row) from error

    def _required(self, row: layout.ElementaryFile) -> PinRequired:
        rules = [rule for fid in row.read.pins if (rule := self.application.pin(fid))]
        names = " or ".join(rule.name for rule in rules)
        return PinRequired(
            rules[0].credential if rules else Credential.UNKNOWN,
            f"the card wants the {names or 'PIN that nobody knows'} before READ of the {row.name}",
        )

    def _make_ready(self) -> None:
        if not self._recognised or not self._card.holds_the_card:
            self.select()

    def _rule(self, credential: object) -> layout.PinRule:
        found = [rule for rule in self.application.pins if rule.credential is credential]
        if not found:
            raise UnsupportedCard(
                f"the {self.application.name} application has no such PIN; nothing was sent",
                hint="",
            )
        return found[0]
