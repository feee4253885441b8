"""Where in a TOML text each key and value stands.

``tomllib`` reads a text and forgets the lines, and ``tomlkit`` keeps the layout but tells no
positions either, so this scanner walks a text that ``tomllib`` has accepted and writes down the
line and column of every key and value by its path: ``("step", 2, "on")`` is the key ``on`` of the
third ``[[step]]``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Path", "Place", "Places", "places_of"]

Path = tuple[str | int, ...]
"""A path from the document to a key or an element."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|\'[^\']*\'', re.DOTALL
)
_PLAIN = re.compile(r"[^,\]}#\r\n]*")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line and a column, both counted from 1."""

    line: int
    column: int


START = Place(1, 1)


@dataclass(frozen=True, slots=True)
class Places:
    """Where keys stand and where their values begin."""

    keys: Mapping[Path, Place]
    values: Mapping[Path, Place]

    def of_key(self, path: Path) -> Place:
        """Return where the key stands; where it is absent, the table it belongs in."""
        while path and path not in self.keys:
            path = path[:-1]
        return self.keys.get(path, START)

    def of_value(self, path: Path) -> Place:
        """Return where the value begins; without one, where the key stands."""
        return self.values[path] if path in self.values else self.of_key(path)


def places_of(text: str) -> Places:
    """Return the places in a text that is valid TOML."""
    scanner = _Scanner(text)
    scanner.document()
    return Places(scanner.keys, scanner.values)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.keys: dict[Path, Place] = {}
        self.values: dict[Path, Place] = {}
        self.counts: dict[Path, int] = {}
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def document(self) -> None:
        table: Path = ()
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_BLANK)

    def header(self) -> Path:
        place = self.place()
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        names = self.dotted()
        self.at += 2 if array else 1
        path: Path = ()
        for name in names[:-1]:
            path = self.inside((*path, name))
        path = (*path, names[-1])
        if array:
            self.keys.setdefault(path, place)
            number = self.counts.get(path, 0)
            self.counts[path] = number + 1
            path = (*path, number)
        self.keys[path] = place
        return path

    def inside(self, path: Path) -> Path:
        """Return the path, or that of the newest element when it is an array of tables."""
        number = self.counts.get(path)
        return path if number is None else (*path, number - 1)

    def dotted(self) -> list[str]:
        names: list[str] = []
        while True:
            self.skip(_SPACE)
            if self.text[self.at] in "\"'":
                names.append(self.take(_STRING)[1:-1])
            else:
                names.append(self.take(_BARE_KEY))
            self.skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return names
            self.at += 1

    def pair(self, table: Path) -> None:
        place = self.place()
        path = table
        for name in self.dotted():
            path = (*path, name)
            self.keys.setdefault(path, place)
        self.at += 1  # the equals sign
        self.skip(_SPACE)
        self.value(path)

    def value(self, path: Path) -> None:
        self.values[path] = self.place()
        match self.text[self.at]:
            case "[":
                self.array(path)
            case "{":
                self.inline_table(path)
            case '"' | "'":
                self.take(_STRING)
            case _:
                self.take(_PLAIN)

    def array(self, path: Path) -> None:
        self.at += 1
        self.skip(_BLANK)
        number = 0
        while self.text[self.at] != "]":
            element = (*path, number)
            self.keys[element] = self.place()
            self.value(element)
            self.comma()
            number += 1
        self.at += 1

    def inline_table(self, path: Path) -> None:
        self.at += 1
        self.skip(_BLANK)
        while self.text[self.at] != "}":
            self.pair(path)
            self.comma()
        self.at += 1

    def comma(self) -> None:
        self.skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self.skip(_BLANK)

    def place(self) -> Place:
        line = bisect_right(self.lines, self.at)
        return Place(line, self.at - self.lines[line - 1] + 1)

    def skip(self, pattern: re.Pattern[str]) -> None:
        self.take(pattern)

    def take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found.group()
