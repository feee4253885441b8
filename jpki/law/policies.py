"""Named choices where the sources are silent or disagree, each with default and alternatives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from jpki.errors import UnknownPolicy
from jpki.law.model import PolicyRow, Value
from jpki.law.reading import read_rows, shipped_text

__all__ = ["Policies"]


class Policies(Mapping[str, "Value | int"]):
    """One value chosen for every policy; immutable and hashable.

    ``Policies.default()`` has the defaults of ``policies.toml``; ``with_(name=value)`` returns a
    changed copy. A name or value that does not exist raises :class:`UnknownPolicy`, which names
    what does.
    """

    __slots__ = ("_hash", "_rows", "_values")

    def __init__(self, rows: Mapping[str, PolicyRow], values: Mapping[str, Value | int]) -> None:
        self._rows = rows
        self._values = MappingProxyType({name: values[name] for name in sorted(rows)})
        self._hash = hash(tuple(self._values.items()))

    @classmethod
    def default(cls) -> Policies:
        """Return the defaults of the tables as shipped."""
        return _shipped()

    @classmethod
    def from_rows(cls, rows: tuple[PolicyRow, ...]) -> Policies:
        """Return the defaults of these rows."""
        return cls({row.id: row for row in rows}, {row.id: row.default for row in rows})

    @property
    def rows(self) -> tuple[PolicyRow, ...]:
        """The rows that describe the policies, in the order of the table."""
        return tuple(self._rows.values())

    def with_(self, **chosen: Value | int) -> Policies:
        """Return these policies with the named ones changed."""
        for name, value in chosen.items():
            self._check(name, value)
        return Policies(self._rows, {**self._values, **chosen})

    @property
    def changed(self) -> dict[str, Value | int]:
        """The policies that differ from their default."""
        return {
            name: value for name, value in self._values.items() if value != self._rows[name].default
        }

    def row(self, name: str) -> PolicyRow:
        """Return the row that describes the policy ``name``."""
        if name not in self._rows:
            raise UnknownPolicy(f"no policy is called {name!r}", hint=self._names())
        return self._rows[name]

    def _check(self, name: str, value: Value | int) -> None:
        row = self.row(name)
        if not any(type(value) is type(each) and value == each for each in row.alternatives):
            known = ", ".join(map(repr, row.alternatives))
            raise UnknownPolicy(f"policy {name} cannot be {value!r}", hint=f"it can be {known}")

    def _names(self) -> str:
        return "there are: " + ", ".join(self._rows)

    def __getitem__(self, name: str) -> Value | int:
        if name not in self._values:
            raise UnknownPolicy(f"no policy is called {name!r}", hint=self._names())
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Policies):
            return NotImplemented
        return dict(self._values) == dict(other._values)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.changed.items())
        return f"Policies({inside})" if inside else "Policies.default()"


@cache
def _shipped() -> Policies:
    name = "policies.toml"
    return Policies.from_rows(read_rows(name, shipped_text(name), {"policy": PolicyRow})["policy"])
