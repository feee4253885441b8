"""How every command tells its results and its errors."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum

import typer

from jpki.cli.exit_codes import exit_code_of
from jpki.errors import JpkiError

__all__ = ["Format", "Lang", "told_errors", "write_json"]


class Format(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"


class Lang(StrEnum):
    """The languages of the texts."""

    EN = "en"
    JA = "ja"


def _line(error: JpkiError) -> str:
    return f"error [{error.code}]: {error}"


@contextmanager
def told_errors(words: Callable[[JpkiError], str] = _line) -> Iterator[None]:
    """Print one of our errors as one line on the error stream and exit with its status.

    ``words`` makes the line, for commands that speak another language.
    """
    try:
        yield
    except JpkiError as error:
        sys.stderr.write(f"{words(error)}\n")
        raise typer.Exit(exit_code_of(error)) from None


def write_json(data: Mapping[str, object] | Sequence[object]) -> None:
    """Print a result as JSON, one object to a command."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
