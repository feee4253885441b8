"""Commands by name: a module is imported when its command is called, not when another is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

__all__ = ["CommandRow", "group_of"]


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One command: where it is, and what the overview says of it.

    ``place`` is ``module:name`` of a function, or of a ``Typer`` with commands of its own; ``help``
    the first paragraph of its help; ``epilog`` what stands under the help of a function.
    """

    place: str
    help: str
    epilog: str | None = None

    def load(self, name: str) -> TyperCommand | TyperGroup:
        """Import the command."""
        module, _, member = self.place.partition(":")
        found = getattr(import_module(module), member)
        command: Any
        if isinstance(found, typer.Typer):
            command = get_group(found)
            command.name = name
        else:
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(name, epilog=self.epilog)(found)
            command = get_command(alone)
        return cast(TyperCommand | TyperGroup, command)

    def outline(self, name: str) -> TyperCommand:
        """Return what stands for the command in the overview."""
        return TyperCommand(name, help=self.help)


class _Loading(Mapping[str, TyperCommand | TyperGroup]):
    """The commands of a table; asking for one imports it."""

    def __init__(self, rows: Mapping[str, CommandRow]) -> None:
        self._rows = rows

    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        return self._rows[name].load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def group_of(rows: Mapping[str, CommandRow]) -> type[TyperGroup]:
    """Return the class of a group with these commands, in this order: ``typer.Typer(cls=...)``."""

    class CommandTable(TyperGroup):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.commands = cast(Any, _Loading(rows))

        # Typer's own asks for the commands and not for their names alone.
        def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002
            return list(self.commands)

        def format_help(self, ctx: Any, formatter: Any) -> None:
            overview = copy(self)
            overview.commands = cast(Any, {name: row.outline(name) for name, row in rows.items()})
            super(CommandTable, overview).format_help(ctx, formatter)

    return CommandTable
