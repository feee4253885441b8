"""BER (X.690 §8) as signed data comes in it: definite and indefinite lengths, split strings.

Only the outside of a signature may be BER; what is signed, named or trusted inside it is DER and is
handed to :mod:`jpki.certificates.der`. A node knows where it stands, and nothing is decoded twice.
Depth and number of elements are bounded, so that no input takes more than its size in time.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from jpki.certificates import der
from jpki.errors import FormatError, MalformedSignature

__all__ = ["DEEPEST", "MOST_ELEMENTS", "Message", "Node", "NodeFields", "open_message"]

DEEPEST: Final = 40
"""Elements inside one another; a countersigned signature with a timestamp has about fifteen."""
MOST_ELEMENTS: Final = 100_000
"""Elements looked at in one message. Certificates and lists count as one each."""

_CONSTRUCTED = 0x20
_END_OF_CONTENTS = 0x00


class Message:
    """The bytes of one message while they are read."""

    __slots__ = ("_ends", "_left", "data", "source")

    def __init__(self, data: bytes, source: str) -> None:
        self.data = data
        self.source = source
        self._left = MOST_ELEMENTS
        self._ends: dict[int, int] = {}

    def malformed(self, reason: str, offset: int) -> FormatError:
        """Return (not raise) the error that says what is wrong at which byte."""
        return MalformedSignature(
            f"not a CMS signature: {reason}",
            source=self.source,
            offset=offset,
            hint="give a PKCS#7/CMS SignedData file (.p7s), whole and unchanged",
        )

    def node_at(self, start: int, limit: int, depth: int) -> Node:
        """Read the one element that begins at ``start`` and ends no later than ``limit``."""
        self._left -= 1
        if self._left < 0:
            raise self.malformed(f"more than {MOST_ELEMENTS} elements", start)
        if depth > DEEPEST:
            raise self.malformed(f"elements nested more than {DEEPEST} deep", start)
        if start + 2 > limit:
            raise self.malformed("the data ends in the middle of an element", start)
        tag, first = self.data[start], self.data[start + 1]
        if tag & 0x1F == 0x1F:
            raise self.malformed("a multi-byte tag, which nothing here uses", start)
        if first == 0x80:
            return self._indefinite(tag, start, limit, depth)
        content = start + 2
        length = first
        if first > 0x80:
            content += first & 0x7F
            if first > 0x84 or content > limit:
                raise self.malformed("a length that cannot be", start + 1)
            length = int.from_bytes(self.data[start + 2 : content], "big")
        if content + length > limit:
            raise self.malformed("the element is longer than what holds it", start)
        return Node(self, tag, start, content, content + length, content + length, depth)

    def _indefinite(self, tag: int, start: int, limit: int, depth: int) -> Node:
        if not tag & _CONSTRUCTED:
            raise self.malformed("an indefinite length on a primitive element", start + 1)
        end = self._ends.get(start)
        if end is None:
            end = self._ends[start] = self._end_of_contents(start, limit, depth)
        return Node(self, tag, start, start + 2, end, end + 2, depth)

    def _end_of_contents(self, start: int, limit: int, depth: int) -> int:
        at = start + 2
        while True:
            if at + 2 > limit:
                raise self.malformed("an indefinite length that is never closed", start)
            if self.data[at] == _END_OF_CONTENTS:
                if self.data[at + 1] != 0:
                    raise self.malformed("end-of-contents octets with a length", at)
                return at
            at = self.node_at(at, limit, depth + 1).after


class Node(NamedTuple):
    """One element and its place: the value from ``content`` to ``end``, the next at ``after``."""

    message: Message
    tag: int
    start: int
    content: int
    end: int
    after: int
    depth: int

    @property
    def encoded(self) -> bytes:
        """The whole element as it stands in the data."""
        return self.message.data[self.start : self.after]

    def malformed(self, reason: str) -> FormatError:
        """Return (not raise) the error that says what is wrong with this element."""
        return self.message.malformed(reason, self.start)

    def expect(self, tag: int, what: str) -> Node:
        """Return this element when it has the tag; raise when it is something else."""
        if self.tag != tag:
            raise self.malformed(f"tag {self.tag:02X} where {what} ({tag:02X}) should be")
        return self

    def children(self) -> tuple[Node, ...]:
        """Return the elements inside a constructed one; they fill it completely."""
        if not self.tag & _CONSTRUCTED:
            raise self.malformed("a primitive element where a constructed one should be")
        found = []
        at = self.content
        while at < self.end:
            child = self.message.node_at(at, self.end, self.depth + 1)
            if child.tag == _END_OF_CONTENTS:
                raise child.malformed("end-of-contents octets where an element should be")
            found.append(child)
            at = child.after
        return tuple(found)

    def fields(self, what: str) -> NodeFields:
        """Return a cursor over the elements of this SEQUENCE."""
        return NodeFields(self.expect(der.SEQUENCE, what), what)

    def only_child(self, what: str) -> Node:
        """Return the single element inside an explicit tag."""
        children = self.children()
        if len(children) != 1:
            raise self.malformed(f"{len(children)} elements where one {what} should be")
        return children[0]

    def strictly(self) -> der.Element:
        """Return this element for reading as DER; an indefinite length is refused."""
        document = der.Document(self.message.data, MalformedSignature, self.message.source)
        return document.element_at(self.start, self.after)

    def octets(self, what: str, *, tag: int = der.OCTET_STRING) -> bytes:
        """Return the value of an OCTET STRING, whole or in segments (X.690 §8.7)."""
        if self.tag == tag:
            return self.message.data[self.content : self.end]
        self.expect(tag | _CONSTRUCTED, what)
        pieces: list[bytes] = []
        self._gather(pieces, what)
        return b"".join(pieces)

    def _gather(self, pieces: list[bytes], what: str) -> None:
        for child in self.children():
            if child.tag == der.OCTET_STRING:
                pieces.append(child.message.data[child.content : child.end])
            else:
                child.expect(der.OCTET_STRING | _CONSTRUCTED, f"a segment of {what}")
                child._gather(pieces, what)


class NodeFields:
    """The elements of a SEQUENCE taken one after another, none left over."""

    def __init__(self, of: Node, what: str) -> None:
        self._of = of
        self._what = what
        self._nodes = of.children()
        self._next = 0

    def take(self, tag: int, what: str) -> Node:
        """Take the next element, which must have this tag."""
        return self.take_any(what).expect(tag, what)

    def take_any(self, what: str) -> Node:
        """Take the next element, whatever it is."""
        if self._next == len(self._nodes):
            raise self._of.malformed(f"{self._what} ends before {what}")
        self._next += 1
        return self._nodes[self._next - 1]

    def take_if(self, *tags: int) -> Node | None:
        """Take the next element when it has one of these tags."""
        if self._next == len(self._nodes) or self._nodes[self._next].tag not in tags:
            return None
        self._next += 1
        return self._nodes[self._next - 1]

    def end(self) -> None:
        """Raise when something is left over."""
        if self._next != len(self._nodes):
            raise self._nodes[self._next].malformed(f"{self._what} has something left over")


def open_message(data: bytes, *, source: str) -> Node:
    """Return the one element that ``data`` consists of."""
    message = Message(data, source)
    node = message.node_at(0, len(data), 0)
    if node.after != len(data):
        raise message.malformed("bytes are left over after the signature", node.after)
    return node
