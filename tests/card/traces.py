"""The traces of ``tests/traces`` and the card that each of them needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from jpki.card import layout
from jpki.card.layout import TokenKind
from jpki.card.trace import Trace
from simulator.card.behaviour import CardBehaviour
from simulator.card.connection import SoftwareCard, SoftwareConnection
from simulator.card.memory import Memory
from tests.card import signed_files, specimens

TRACES = Path(__file__).parent.parent / "traces"
_LENGTH = 1583  # of the certificates that the traces read
_NO_KEY = signed_files.tlv(0x90, b"\x01\x00\x01") + signed_files.tlv(0x91, bytes(256))


def _face_file() -> bytes:
    """Return a card face with small stand-ins for images, key and signature.

    The table has the offsets of the nine objects: the first stands after five bytes of the
    container's head and 21 of the table, and each next one after the one before.
    """
    objects = (
        (0xDF22, b"19900102"),
        (0xDF23, b"2"),
        (0xDF24, _NO_KEY),
        (0xDF25, b"name"),
        (0xDF26, b"address"),
        (0xDF27, b"photo"),
        (0xDF28, bytes(256)),
        (0xDF29, b"20350102"),
        (0xDF2A, b"code"),
    )
    table = bytes.fromhex("001A 0025 0029 0137 013E 0148 0150 0255 0260")
    content = b"".join(signed_files.tlv(tag, value) for tag, value in objects)
    return signed_files.tlv(0xFF20, signed_files.tlv(0xDF21, table) + content)


def _number_image() -> bytes:
    content = (
        signed_files.tlv(0xDF41, b"number")
        + signed_files.tlv(0xDF42, _NO_KEY)
        + signed_files.tlv(0xDF43, bytes(256))
    )
    return signed_files.tlv(0xFF40, content)


def _with_files(memory: Memory, aid: bytes, files: Mapping[int, bytes]) -> Memory:
    held = memory.at(aid)
    changed = replace(held, files={**held.files, **files})
    applications = tuple(changed if row is held else row for row in memory.applications)
    return replace(memory, applications=applications)


def _with_tries(memory: Memory, aid: bytes, tries: Mapping[int, int]) -> Memory:
    for fid, left in tries.items():
        memory = memory.with_pin(aid, replace(memory.at(aid).pins[fid], tries_left=left))
    return memory


def _plain(**options: object) -> Callable[[], Memory]:
    return lambda: specimens.memory(**{"length": _LENGTH, **options})


def _tries(aid: bytes, left: Mapping[int, int]) -> Callable[[], Memory]:
    return lambda: _with_tries(specimens.whole_memory(length=_LENGTH), aid, left)


def _small_face() -> Memory:
    return _with_files(
        specimens.whole_memory(length=_LENGTH),
        layout.FACE_VERIFICATION.aid,
        {layout.FACE_ENTRIES: _face_file(), layout.FACE_MY_NUMBER: _number_image()},
    )


def _labelled(label: bytes) -> Callable[[], Memory]:
    return lambda: _with_files(
        specimens.memory(), layout.JPKI_AID, {layout.TOKEN_INFORMATION: label.ljust(160)}
    )


# What a trace needs of its card, where that is not a fresh card with certificates of 1583 bytes.
_CARDS: dict[str, Callable[[], Memory]] = {
    "opensc-read-certificate": _plain(length=1381),
    "pyjpki-read-certificate": _plain(behaviour=CardBehaviour(certificate_file_size=2000)),
    "client-reads-a-phone": _plain(profile=TokenKind.ANDROID_PHONE),
    "phone-pin-status": _plain(profile=TokenKind.ANDROID_PHONE),
    "myna-certificate-of-a-phone": _plain(profile=TokenKind.ANDROID_PHONE),
    "client-meets-a-foreign-card": lambda: Memory(()),
    "client-meets-an-android-phone": _plain(profile=TokenKind.ANDROID_PHONE),
    "client-finds-no-card-face-on-a-phone": _plain(profile=TokenKind.ANDROID_PHONE),
    "client-refuses-a-label-with-nul": _labelled(b"JPKIAPICCTOKEN2".ljust(32, b"\0")),
    "client-refuses-an-old-juki-card": _plain(profile=TokenKind.JUKI_CARD),
    "client-last-try-of-the-password": _tries(layout.JPKI_AID, {0x001B: 1}),
    "client-blocked-password": _tries(layout.JPKI_AID, {0x001B: 0}),
    "whole-client-last-try-of-the-codes": _tries(layout.INPUT_SUPPORT.aid, {0x0014: 1, 0x0015: 0}),
    "whole-client-last-try-of-the-face-codes": _tries(
        layout.FACE_VERIFICATION.aid, {0x0013: 1, 0x0012: 0}
    ),
    "whole-client-card-face-code-a": _small_face,
    "whole-client-card-face-code-b": _small_face,
}


def trace(name: str) -> Trace:
    """Return a trace by its name."""
    return Trace.parse((TRACES / f"{name}.apdu").read_text(), source=name)


def connection(name: str) -> SoftwareConnection:
    """Return the card that a trace is about, just powered on."""
    usual = specimens.whole_memory if name.startswith("whole-") else specimens.memory
    make = _CARDS.get(name, lambda: usual(length=_LENGTH))
    return SoftwareConnection(SoftwareCard(make()))
