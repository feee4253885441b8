"""Reading a question off a connection: an HTTP request as nearly everybody puts one to OCSP.

A POST to ``/ocsp`` with a length and OCSP's media type. What a head means is httptools' to say, and
it is asked once for each, since clients send the same head again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple

from simulator.agency.publication.answers import MediaType

__all__ = [
    "LONGEST_QUESTION",
    "UNFINISHED",
    "Head",
    "Question",
    "QuestionReader",
    "Unfinished",
    "read_head",
]

_PATHS: Final = frozenset({b"/ocsp", b"/ocsp/"})
_WANTED: Final = MediaType.OCSP_REQUEST.encode()
_NOT_OURS: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade"})
_LONGEST_HEAD: Final = 2048
_LONGEST_BODY: Final = 4096
LONGEST_QUESTION: Final = _LONGEST_HEAD + _LONGEST_BODY
"""Octets of a request that is read here; most have some two hundred."""
_MOST_HEADS: Final = 256
_ENDS: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a question in the usual shape says: its body's length, and what follows."""

    length: int
    keeps: bool


class Question(NamedTuple):
    """A whole question, whether another may follow it, and how many octets it has with its head."""

    asked: bytes
    keeps: bool
    size: int


class Unfinished(Enum):
    """What is a question as far as it has come."""

    UNFINISHED = auto()


UNFINISHED: Final = Unfinished.UNFINISHED


class _HeadReader:
    """What httptools tells while it reads."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.complete = False
        self.beyond = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.complete = True

    def on_body(self, body: bytes) -> None:
        del body
        self.beyond = True

    def on_message_complete(self) -> None:
        self.beyond = True


def read_head(head: bytes) -> Head | None:
    """Return what a head means that goes to its empty line; ``None`` unless in the usual shape."""
    import httptools  # of an extra

    said = _HeadReader()
    parser = httptools.HttpRequestParser(said)
    try:
        parser.feed_data(head)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return None
    # A head that ends sooner for httptools than for us would have been followed by a body.
    if not said.complete or said.beyond or said.url not in _PATHS:
        return None
    told = dict(said.headers)
    length = told.get(b"content-length", b"")
    usual = (
        parser.get_method() == b"POST"
        and len(told) == len(said.headers)
        and told.get(b"content-type") == _WANTED
        and not _NOT_OURS & told.keys()
        and length.isdigit()
        and len(length) <= len(str(_LONGEST_BODY))
        and 0 < int(length) <= _LONGEST_BODY
    )
    if not usual:
        return None
    return Head(int(length), parser.get_http_version() == "1.1" and parser.should_keep_alive())


class QuestionReader:
    """Reads what has come in so far; heads that were read before are remembered."""

    def __init__(self) -> None:
        self._heads: dict[bytes, Head | None] = {}

    def __repr__(self) -> str:
        return f"<QuestionReader that knows {len(self._heads)} heads>"

    def read(self, data: bytes) -> Question | Unfinished | None:
        """Return the question that data begins with; ``None`` unless it is in the usual shape."""
        ends = data.find(_ENDS, 0, _LONGEST_HEAD) + len(_ENDS)
        if ends < len(_ENDS):
            return UNFINISHED if len(data) < _LONGEST_HEAD else None
        try:
            head = self._heads[data[:ends]]
        except KeyError:
            head = self._read_anew(data[:ends])
        if head is None:
            return None
        size = ends + head.length
        if len(data) < size:
            return UNFINISHED
        return Question(data[ends:size], head.keeps, size)

    def _read_anew(self, head: bytes) -> Head | None:
        # Whoever sends another head each time costs the others a reading, and no memory.
        if len(self._heads) >= _MOST_HEADS:
            self._heads.clear()
        found = self._heads[head] = read_head(head)
        return found
