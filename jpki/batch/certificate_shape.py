"""Certificates cut into what is the same for many and what is each holder's own.

This is the cut by reading every length; :mod:`~jpki.batch.certificate_layout` cuts faster at places
that were found here.

A certificate of the service is a frame (version, algorithms, issuer, place in the subject, every
extension but the names) and a few holes: the issue number, two dates, the holder's own part of the
subject, the modulus, the four attributes, the key identifier and the signature. The cut finds the
holes by comparing bytes, checks what is in each, and returns the frame: whoever has seen the full
path accept one certificate of a frame knows that it accepts another one of it.

It is stricter than the full path and never more lenient: whatever is not cut is for the full path.
Every length in the frame is compared, so no byte lies outside frame and holes (X.690 §10.1).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from jpki.certificates import der

__all__ = [
    "EXPONENT",
    "KEY",
    "KEY_LENGTH",
    "KEY_USAGE_LENGTH",
    "TAIL",
    "CutCertificate",
    "Frame",
    "cut_certificate",
    "is_readable",
    "item_texts",
    "seconds_of",
]

Frame = tuple[bytes, bytes, bytes, bytes]
"""Algorithm, issuer and the head of the validity; the subject up to the holder's own part; key
usage; the other extensions up to the key identifier."""


class CutCertificate(NamedTuple):
    """A certificate's frame, and where its holes are.

    ``serial`` is the INTEGER as encoded. Times are seconds since 1970 in UTC. The signed part is
    ``[4:end]``, the subject's public key ``[key:key + 294]``, the signature the last 256 bytes.
    ``names`` is where the subjectAltName of a signature certificate begins, and ``texts`` are where
    the text of each of its six items begins and ends, counted from there; none for the others.
    """

    frame: Frame
    serial: bytes
    not_before: int
    not_after: int
    key: int
    end: int
    names: int
    texts: tuple[tuple[int, int], ...]


def _header(tag: int, length: int) -> bytes:
    return der.encode(tag, bytes(length))[: -length or None]


# The signature's algorithm and the header of 256 bytes of signature.
_ALGORITHM: Final = der.sequence(der.object_identifier("1.2.840.113549.1.1.11"), der.null())
_BITS: Final = bytes.fromhex("0382010100")
TAIL: Final = _ALGORITHM + _BITS
_VERSION: Final = bytes.fromhex("a00302010202")  # version 3, and the tag of the serial number
KEY: Final = bytes.fromhex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100")
EXPONENT: Final = bytes.fromhex("0203010001")
KEY_LENGTH: Final = len(KEY) + 256 + len(EXPONENT)
_COMMON_NAME: Final = bytes.fromhex("06035504030c")
_SUBJECT_KEY: Final = bytes.fromhex("301d0603551d0e04160414")
KEY_USAGE_LENGTH: Final = 16
_NAMES: Final = bytes.fromhex("0603551d11")

# otherName: its type, the [0] around the value, the UTF8String (RFC 5280 §4.2.1.6).
_ITEMS: Final = tuple(
    der.object_identifier(f"1.2.392.200149.8.5.5.{number}") for number in (1, 4, 3, 5, 2, 6)
)
_ITEM_TYPE: Final = 12
_LONGEST_NAMES: Final = 2000
_AROUND_A_TEXT: Final = [b""] * _LONGEST_NAMES
"""By the length of both together: the two headers in front of an item's text."""
for _length in range(_LONGEST_NAMES - 8):
    _text = _header(0x0C, _length)
    _around = _header(0xA0, _length + len(_text)) + _text
    _AROUND_A_TEXT[_length + len(_around)] = _around


def _head(item: bytes, length: int) -> bytes:
    """Return what stands before the text of an item of so many bytes; nothing if none has so many.

    Tag and length, in the one way DER has (X.690 §10.1), then type, [0] and UTF8String.
    """
    inside = length - _ITEM_TYPE
    around = _AROUND_A_TEXT[inside] if 0 < inside < _LONGEST_NAMES else b""
    return _header(0xA0, length) + item + around if around else b""


_SHORT_HEADS: Final = tuple([_head(item, length) for length in range(0x80)] for item in _ITEMS)
"""By item and by length below 128."""
_BEFORE_NAMES: Final = [b""] * _LONGEST_NAMES
"""By the length of the whole extension: everything in front of the first item."""
for _length in range(_LONGEST_NAMES - 32):
    _list = _header(0x30, _length)
    _octets = _header(0x04, _length + len(_list)) + _list
    _inside = _NAMES + _octets
    _before = _header(0x30, _length + len(_inside)) + _inside
    _BEFORE_NAMES[_length + len(_before)] = _before

_NO_TEXTS: Final[tuple[tuple[int, int], ...]] = ()
_LAST_CENTURY: Final = ord("5")
_SEXES: Final = frozenset({b"1", b"2"})
_LONGEST_CERTIFICATE: Final = 8192

_days: dict[bytes, int | None] = {}
_seconds: dict[bytes, int | None] = {}


def seconds_of(time: bytes) -> int | None:
    """Return the seconds since 1970 of a UTCTime's thirteen digits and Z; ``None`` if it is none.

    Days and times of day are remembered apart: there are few of either.
    """
    day, clock = time[:6], time[6:]
    try:
        days = _days[day]
    except KeyError:
        days = _days[day] = _stamp(day + b"000000Z")
    try:
        seconds = _seconds[clock]
    except KeyError:
        seconds = _seconds[clock] = _stamp(b"700101" + clock)
    return None if days is None or seconds is None else days + seconds


def _stamp(time: bytes) -> int | None:
    found = der.utc_time(b"\x17\x0d" + time)
    return None if found is None else int(found.timestamp())


def cut_certificate(data: bytes) -> CutCertificate | None:
    """Return frame and holes of a certificate in DER; ``None`` when it is built otherwise.

    What is in the holes is then: a positive issue number of at most four
    bytes, dates in order, a subject
    that ends in ASCII letters and digits, an odd modulus of 2,048 bits with the exponent 65537,
    and six readable attribute items (name and address not empty, sex known, date of birth in form,
    marks 0 and 1).
    """
    try:
        return _cut(data)
    except IndexError:  # a length that leads beyond the end
        return None


def _cut(data: bytes) -> CutCertificate | None:
    length = len(data)
    if not 768 < length < _LONGEST_CERTIFICATE or data[0:2] != b"0\x82" or data[4:6] != b"0\x82":
        return None
    end = 8 + (data[6] << 8 | data[7])
    if (data[2] << 8 | data[3]) != length - 4 or end != length - 276:
        return None
    if data[end : end + 20] != TAIL or data[8:14] != _VERSION:
        return None
    algorithm = 15 + data[14]
    # Positive, of at most four bytes, and none of them for nothing (X.690 §8.3.2).
    if not 15 < algorithm < 20 or not 0 < data[15] < 0x80:
        return None
    validity = _end_of(data, algorithm + 15)
    if data[algorithm : algorithm + 15] != _ALGORITHM or not validity:
        return None
    if data[validity : validity + 4] != b"0\x1e\x17\r":
        return None
    subject = validity + 32
    if data[validity + 17 : validity + 19] != b"\x17\r":
        return None
    not_before = seconds_of(data[validity + 4 : validity + 17])
    not_after = seconds_of(data[validity + 19 : subject])
    if not_before is None or not_after is None or not_before > not_after:
        return None
    key = _end_of(data, subject)
    own = data.rfind(_COMMON_NAME, subject, key) + 7
    if own < 7 or own + data[own - 1] != key or own == key:
        return None
    if not data[own:key].isalnum():
        return None
    extensions = key + KEY_LENGTH
    if data[key : key + 33] != KEY or data[extensions - 5 : extensions] != EXPONENT:
        return None
    if data[key + 33] < 0x80 or not data[extensions - 6] & 1:
        return None
    inside = end - extensions - 4
    if inside < 0x104 or data[extensions : extensions + 2] != b"\xa3\x82":
        return None
    if (data[extensions + 2] << 8 | data[extensions + 3]) != inside:
        return None
    if data[extensions + 4 : extensions + 6] != b"0\x82":
        return None
    if (data[extensions + 6] << 8 | data[extensions + 7]) != inside - 4:
        return None
    if data[end - 31 : end - 20] != _SUBJECT_KEY:
        return None
    usage = extensions + 8
    others = usage + KEY_USAGE_LENGTH
    names, texts = others, _NO_TEXTS
    header = others + 2 if data[others + 1] < 0x80 else others + data[others + 1] - 0x7E
    if data[header : header + 5] == _NAMES:
        others = _end_of(data, names)
        texts = _names(data, names, others)
        if not texts:
            return None
    return CutCertificate(
        (
            data[algorithm : validity + 4],
            data[subject:own],
            data[usage : usage + KEY_USAGE_LENGTH],
            data[others : end - 20],
        ),
        data[13:algorithm],
        not_before,
        not_after,
        key,
        end,
        names,
        texts,
    )


def _end_of(data: bytes, start: int) -> int:
    """Return where the SEQUENCE at ``start`` ends; 0 when it is none or its length is not DER."""
    if data[start] != 0x30:
        return 0
    first = data[start + 1]
    if first < 0x80:
        return start + 2 + first
    second = data[start + 2]
    if first == 0x81:
        return start + 3 + second if second >= 0x80 else 0
    return start + 4 + (second << 8 | data[start + 3]) if first == 0x82 and second else 0


def _names(data: bytes, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return the places of a subjectAltName's six texts; none when they are not in form."""
    whole = end - start
    if not 0 < whole < _LONGEST_NAMES or end > len(data):
        return ()
    before = _BEFORE_NAMES[whole]
    if not before or not data.startswith(before, start):
        return ()
    places = _texts(data, start + len(before), end)
    if not places or not is_readable(*(data[begins:stops] for begins, stops in places)):
        return ()
    return tuple((begins - start, stops - start) for begins, stops in places)


def is_readable(
    name: bytes,
    birth_date: bytes,
    sex: bytes,
    address: bytes,
    name_marks: bytes,
    address_marks: bytes,
) -> bool:
    """Tell whether six texts are of the form that the full path reads without a complaint."""
    if not name or not address or sex not in _SEXES:
        return False
    if len(birth_date) != 9 or not birth_date.isdigit() or birth_date[0] > _LAST_CENTURY:
        return False
    if name_marks.strip(b"01") or address_marks.strip(b"01"):
        return False
    try:
        name.decode()
        address.decode()
    except UnicodeDecodeError:
        return False
    return True


def item_texts(data: bytes, cut: CutCertificate) -> tuple[str, ...]:
    """Return name, date of birth, sex and address as written; empty when there are no items."""
    start = cut.names
    return tuple(data[start + begins : start + stops].decode() for begins, stops in cut.texts[:4])


def _texts(data: bytes, place: int, end: int) -> list[tuple[int, int]]:
    """Return where the text of each item begins and stops; nothing if they are not those six."""
    places: list[tuple[int, int]] = []
    for item, heads in zip(_ITEMS, _SHORT_HEADS, strict=True):
        length = data[place + 1]
        if length < 0x80:
            head, stop = heads[length], place + 2 + length
        else:
            head, stop = _long_head(data, place, item)
        if not head or not data.startswith(head, place):
            return []
        places.append((place + len(head), stop))
        place = stop
    # Whatever went beyond the end is found here: places only grow.
    return places if place == end else []


def _long_head(data: bytes, place: int, item: bytes) -> tuple[bytes, int]:
    """Return what stands before the text of an item longer than 127 bytes, and where it stops."""
    octets = data[place + 1] - 0x80
    if octets not in (1, 2):
        return b"", place
    length = int.from_bytes(data[place + 2 : place + 2 + octets], "big")
    return _head(item, length), place + 2 + octets + length
