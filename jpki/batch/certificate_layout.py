"""Certificates cut at the places where an earlier one of the same lengths was cut.

Reading every length of a certificate takes longer than all else that is done for it in Python. But
lengths are soon the same again: of the front half for everybody of one municipality, of the names
for all whose name and address are as long. So the two halves are split by one call each, at places
learned from :func:`~jpki.batch.certificate_shape.cut_certificate`, and what lies between the holes
is compared with what has to be there. Whatever differs is cut the long way.
"""

from __future__ import annotations

import struct
from itertools import chain
from struct import Struct
from typing import Final, NamedTuple

from jpki.batch.certificate_shape import (
    EXPONENT,
    KEY,
    KEY_LENGTH,
    KEY_USAGE_LENGTH,
    TAIL,
    CutCertificate,
    Frame,
    cut_certificate,
    is_readable,
    seconds_of,
)

__all__ = ["Cut", "Layouts"]

Cut = tuple[Frame, bytes, int, int, int, int]
"""What ``CutCertificate`` begins with: frame, issue number, both dates, key, end of what is signed.

Bare, because to name the parts takes as long as to find a third of them.
"""

_MOST: Final = 1 << 14
_BEHIND: Final = 276
"""The algorithm, the header and the value of the signature, behind what is signed."""
_BEFORE_NAMES: Final = 18
"""So far into a subjectAltName lies the length of its first item, if it takes one byte."""

# What stands between the holes of every front: SEQUENCE, SEQUENCE, version, the tag of the second
# date, the key's head, its exponent and the head of the extensions, and that of their list.
_SAME: Final = (
    b"0\x82",
    b"0\x82",
    bytes.fromhex("a003020102"),
    b"\x17\r",
    KEY,
    EXPONENT + b"\xa3\x82",
    b"0\x82",
)


class _Names(NamedTuple):
    """How a subjectAltName of some lengths is split; ``split`` is none where there is no such."""

    split: Struct | None
    fixed: tuple[bytes, ...]


_NO_NAMES: Final = _Names(None, ())


class Layouts:
    """The places at which certificates were cut, by their lengths."""

    def __init__(self) -> None:
        self._fronts: dict[tuple[int, int], Struct] = {}
        self._names: dict[bytes, _Names] = {}

    def cut(self, data: bytes) -> Cut | None:
        """Return what ``cut_certificate`` returns, wherever that is of a frame seen here before.

        Of another frame it may also be the cut of what ``cut_certificate`` does not take.
        """
        try:
            return self._quickly(data) or self._slowly(data)
        except (LookupError, struct.error):  # another layout, or too short for this one
            return self._slowly(data)

    def _quickly(self, data: bytes) -> Cut | None:
        key = data.find(KEY)
        front = self._fronts[data[14], key]
        (
            opened,
            whole,
            signed_opened,
            signed,
            version,
            serial,
            issuer,
            begins,
            between,
            ends,
            subject,
            own,
            key_head,
            modulus,
            exponent,
            inside,
            listed,
            inside_list,
            usage,
        ) = front.unpack_from(data)
        if (opened, signed_opened, version, between, key_head, exponent, listed) != _SAME:
            return None
        length, names = len(data), front.size
        end = length - _BEHIND
        if whole != length - 4 or signed != end - 8:
            return None
        if inside != end - key - KEY_LENGTH - 4 or inside_list != inside - 4 or inside < 0x104:
            return None
        if data[end : end + 20] != TAIL:
            return None
        if serial[0] != 2 or not 0 < serial[2] < 0x80 or not own.isalnum():
            return None
        if modulus[0] < 0x80 or not modulus[255] & 1:
            return None
        not_before, not_after = seconds_of(begins), seconds_of(ends)
        if not_before is None or not_after is None or not_before > not_after:
            return None
        split, fixed = self._names[data[names + 1 : names + 1 + _BEFORE_NAMES]]
        others = names
        if split is not None:
            pieces = split.unpack_from(data, names)
            if pieces[::2] != fixed or not is_readable(*pieces[1::2]):
                return None
            others += split.size
        frame = (issuer, subject, usage, data[others : end - 20])
        return frame, serial, not_before, not_after, key, end

    def _slowly(self, data: bytes) -> Cut | None:
        cut = cut_certificate(data)
        if cut is None:
            return None
        self._remember(data, cut)
        return cut[:6]

    def _remember(self, data: bytes, cut: CutCertificate) -> None:
        if data.find(KEY) != cut.key:
            return
        for known in (self._fronts, self._names):
            if len(known) >= _MOST:
                known.clear()
        self._fronts[data[14], cut.key] = _front(cut)
        names = _NO_NAMES if not cut.texts else _names(data[cut.names :], cut.texts)
        self._names[data[cut.names + 1 : cut.names + 1 + _BEFORE_NAMES]] = names


def _front(cut: CutCertificate) -> Struct:
    """Return how everything up to the end of the key usage is split; see ``Layouts._quickly``."""
    issuer, subject, _, _ = cut.frame
    serial = len(cut.serial)
    own = cut.key - (13 + serial + len(issuer) + 13 + 2 + 13 + len(subject))
    return Struct(
        f">2sH2sH5s{serial}s{len(issuer)}s13s2s13s{len(subject)}s{own}s"
        f"{len(KEY)}s256s{len(EXPONENT) + 2}sH2sH{KEY_USAGE_LENGTH}s"
    )


def _names(extension: bytes, texts: tuple[tuple[int, int], ...]) -> _Names:
    """Return how an extension with texts at these places is split: before, text, before, text …."""
    starts = (0, *(stops for _, stops in texts[:-1]))
    lengths = (
        (begins - start, stops - begins)
        for start, (begins, stops) in zip(starts, texts, strict=True)
    )
    split = Struct("".join(f"{length}s" for length in chain.from_iterable(lengths)))
    return _Names(split, split.unpack_from(extension)[::2])
