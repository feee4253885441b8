"""Where a command gets a PIN from: the terminal, or a place that is named, hardly ever a literal.

A PIN on the command line stays in the shell's history and shows in the process list. It is
accepted for a token that says it is simulated, and refused for every other before anything that
concerns a PIN is sent.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Final

import typer

from jpki.card.layout import Credential
from jpki.card.pin import PIN_TYPES, Pin, SignaturePassword
from jpki.card.token import Identity
from jpki.errors import PinSourceRefused

__all__ = ["AllowLastTry", "PinOption", "PinSource", "SourceKind"]

_LONGEST: Final = 256

PinOption = Annotated[
    str,
    typer.Option(
        "--pin",
        metavar="SOURCE",
        help="Where the PIN comes from: prompt, env:NAME, file:PATH or fd:NUMBER. A PIN itself is "
        "accepted for simulated cards only.",
    ),
]
AllowLastTry = Annotated[
    bool,
    typer.Option("--allow-last-try", help="Send the PIN although one more mistake blocks it."),
]


class SourceKind(Enum):
    """The places a PIN can come from."""

    PROMPT = "prompt"
    ENVIRONMENT = "env"
    FILE = "file"
    DESCRIPTOR = "fd"
    LITERAL = "literal"


_PREFIXES: Final = {
    "env": SourceKind.ENVIRONMENT,
    "file": SourceKind.FILE,
    "fd": SourceKind.DESCRIPTOR,
}


@dataclass(frozen=True, slots=True, repr=False)
class PinSource:
    """A place a PIN comes from. A literal one does not print itself."""

    kind: SourceKind
    argument: str = ""

    @classmethod
    def parse(cls, text: str) -> PinSource:
        """Read ``prompt``, ``env:NAME``, ``file:PATH`` or ``fd:N``; the rest is a literal PIN."""
        if text == "prompt":
            return cls(SourceKind.PROMPT)
        prefix, colon, argument = text.partition(":")
        if colon and prefix in _PREFIXES:
            return cls(_PREFIXES[prefix], argument)
        return cls(SourceKind.LITERAL, text)

    def __repr__(self) -> str:
        return f"PinSource({self.kind.value})"

    def read(
        self, credential: Credential, identity: Identity, *, title: str, confirm: bool = False
    ) -> Pin:
        """Return the PIN; its shape is checked here, before the card hears of it.

        Letters of a signature password are made upper-case, as the card keeps them. Raises
        ``PinSourceRefused`` for a literal unless the token says that it is simulated.
        """
        if self.kind is SourceKind.LITERAL and not identity.simulated:
            raise PinSourceRefused(
                credential,
                "a PIN on the command line is refused: it stays in the shell's history and shows "
                "in the process list; nothing was sent to the card",
                hint="use --pin prompt, env:NAME, file:PATH or fd:NUMBER",
            )
        raw = self._raw(credential, title, confirm=confirm)
        try:
            return _made(credential, raw)
        finally:
            raw[:] = bytes(len(raw))

    def _raw(self, credential: Credential, title: str, *, confirm: bool) -> bytearray:
        match self.kind:
            case SourceKind.PROMPT:
                typed = typer.prompt(title, hide_input=True, err=True, confirmation_prompt=confirm)
                return _plain(credential, str(typed))
            case SourceKind.LITERAL:
                return _plain(credential, self.argument)
            case SourceKind.ENVIRONMENT:
                return self._from_environment(credential)
            case SourceKind.FILE:
                return self._from_file(credential)
            case SourceKind.DESCRIPTOR:
                return self._from_descriptor(credential)

    def _from_environment(self, credential: Credential) -> bytearray:
        value = os.environ.get(self.argument)
        if value is None:
            raise PinSourceRefused(
                credential, "the environment variable that should give the PIN is not set"
            )
        return _plain(credential, value)

    def _from_file(self, credential: Credential) -> bytearray:
        try:
            with Path(self.argument).open("rb") as file:
                return _first_line(file.read(_LONGEST))
        except OSError as error:
            raise PinSourceRefused(
                credential, f"the file that should give the PIN cannot be read: {error.strerror}"
            ) from None

    def _from_descriptor(self, credential: Credential) -> bytearray:
        try:
            descriptor = int(self.argument)
            found = bytearray()
            while len(found) < _LONGEST and b"\n" not in found:
                piece = os.read(descriptor, _LONGEST)
                if not piece:
                    break
                found += piece
        except (OSError, ValueError):
            raise PinSourceRefused(
                credential, "the descriptor that should give the PIN cannot be read"
            ) from None
        with suppress(OSError):
            os.close(descriptor)
        line = _first_line(found)
        found[:] = bytes(len(found))
        return line


def _plain(credential: Credential, text: str) -> bytearray:
    if not text.isascii():
        raise PinSourceRefused(
            credential, "a PIN has plain letters and digits", hint="turn the input method off"
        )
    return bytearray(text, "ascii")


def _first_line(content: bytes | bytearray) -> bytearray:
    return bytearray(content.split(b"\n", 1)[0].rstrip(b"\r"))


def _made(credential: Credential, raw: bytearray) -> Pin:
    kind = next(made for name, made in PIN_TYPES.items() if name.value == credential.value)
    if kind is not SignaturePassword:
        return kind(raw)
    folded = raw.upper()
    try:
        return kind(folded)
    finally:
        folded[:] = bytes(len(folded))
