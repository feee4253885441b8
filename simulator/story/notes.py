"""The desk on which a text is read: where mistakes are noted, and the plain kinds of value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jpki.jst import JST, require_aware
from simulator.story.fields import Field, Shape, Unfit, is_near, wanted
from simulator.story.model import Member, When
from simulator.story.places import Path, Places
from simulator.story.problems import Problem, closest

__all__ = ["Desk"]

_TABLE = ("a table", "テーブル")
_TABLES = ("tables in double brackets, as in [[{key}]]", "二重括弧のテーブル（[[{key}]]）")
_LIST = ("a list", "一覧")
_WHEN = (
    "a day or an instant such as 2026-08-04T09:10:00 (Japan time)",
    "日付か 2026-08-04T09:10:00 のような日時（日本時間）",
)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a text is read: its name, its places, and what was found wrong so far."""

    source: str
    places: Places
    problems: list[Problem]

    def note(self, code: str, path: Path, *, at_value: bool = False, **words: object) -> None:
        """Note a problem at a key, or at its value."""
        place = self.places.of_value(path) if at_value else self.places.of_key(path)
        self.problems.append(Problem(self.source, place, code, words))

    def wrong_type(self, path: Path, key: str, shape: Shape | tuple[str, str]) -> None:
        """Note that a value has another type than it should."""
        en, ja = wanted(shape) if isinstance(shape, Shape) else shape
        words = {"key": key, "wanted": en.format(key=key), "wanted_ja": ja.format(key=key)}
        self.note("wrong-type", path, at_value=True, **words)

    def known_keys(self, table: Mapping[str, Any], path: Path, known: Iterable[str]) -> None:
        """Note every key that is not among the known ones."""
        names = tuple(known)
        for key in table:
            if key not in names:
                self.note("unknown-key", (*path, key), key=key, **closest(key, names))

    def text(self, table: Mapping[str, Any], path: Path, key: str) -> str:
        """Return a text that has to be there and to say something."""
        value = table.get(key)
        if value is None:
            self.note("missing-key", path, key=key)
        elif not isinstance(value, str) or not value:
            self.wrong_type((*path, key), key, Shape.TEXT)
        return value if isinstance(value, str) else ""

    def table(self, content: Mapping[str, Any], path: Path, key: str) -> dict[str, Any]:
        """Return a table that may be absent."""
        value = content.get(key, {})
        if isinstance(value, dict):
            return value
        self.wrong_type((*path, key), key, _TABLE)
        return {}

    def array(self, content: Mapping[str, Any], path: Path, key: str) -> list[Any]:
        """Return a list that may be absent."""
        value = content.get(key, [])
        if isinstance(value, list):
            return value
        self.wrong_type((*path, key), key, _LIST)
        return []

    def tables(self, content: Mapping[str, Any], path: Path, key: str) -> list[dict[str, Any]]:
        """Return an array of tables that may be absent."""
        value = content.get(key, [])
        if isinstance(value, list) and all(isinstance(each, dict) for each in value):
            return value
        self.wrong_type((*path, key), key, _TABLES)
        return []

    def fields(
        self, table: Mapping[str, Any], path: Path, fields: Mapping[str, Field]
    ) -> dict[str, Any]:
        """Return the values of the fields that are there and can be read."""
        found: dict[str, Any] = {}
        for name, field in fields.items():
            if name not in table:
                if field.required:
                    self.note("missing-key", path, key=name)
                continue
            value = self.value(field, table[name], (*path, name))
            if value is not None:
                found[name] = value
        return found

    def value(self, field: Field, value: object, path: Path) -> object | None:
        """Return a value as its field wants it, or None after noting why it cannot be so."""
        try:
            return field.read(value)
        except Unfit as unfit:
            self.note(unfit.problem, path, at_value=True, **unfit.words)
            return None

    def when(
        self, table: Mapping[str, Any], path: Path, key: str, *, required: bool = False
    ) -> When | None:
        """Return a day or an instant; an instant without a zone is Japan time."""
        value = table.get(key)
        if isinstance(value, date) and not is_near(value):
            self.note("too-far", (*path, key), at_value=True, day=value)
            return None
        if isinstance(value, datetime):
            at = value if value.tzinfo else value.replace(tzinfo=JST)
            return When.instant(require_aware(at))
        if isinstance(value, date):
            return When(value)
        if value is not None:
            self.wrong_type((*path, key), key, _WHEN)
        elif required:
            self.note("missing-key", path, key=key)
        return None

    def who(
        self,
        table: Mapping[str, Any],
        path: Path,
        people: tuple[Member, ...],
        *,
        needed: bool = True,
    ) -> str | None:
        """Return the person meant: the only one there is, or the one that ``who`` names."""
        ids = [member.id for member in people]
        if "who" not in table:
            if len(ids) > 1 and needed:
                self.note("which-person", path)
                return None
            return ids[0]
        who = table["who"]
        if who not in ids:
            near = closest(str(who), ids)
            self.note("unknown-person", (*path, "who"), at_value=True, value=repr(who), **near)
            return None
        return str(who)
