"""TOML text to checked rows, naming the file and the row when something is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ValidationError

from jpki.errors import MalformedRule

__all__ = ["read_rows", "shipped_text"]


def shipped_text(name: str) -> str:
    """Return the text of a table that is part of the package."""
    return files("jpki.law").joinpath("tables", name).read_text(encoding="utf-8")


def read_rows(name: str, text: str, sections: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """Return the rows of each section of the file ``name``, checked against their models.

    :class:`MalformedRule` names the file, the row's id and the key that is wrong.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MalformedRule(f"{name}: {error}") from None
    unknown = sorted(content.keys() - sections.keys())
    if unknown:
        raise MalformedRule(f"{name}: unknown section {', '.join(unknown)}")
    for section, rows in content.items():
        if not isinstance(rows, list):
            raise MalformedRule(f"{name}: {section} is no list of rows; write [[{section}]]")
    return {
        section: tuple(_row(name, section, model, raw) for raw in content.get(section, ()))
        for section, model in sections.items()
    }


def _row(name: str, section: str, model: type[BaseModel], raw: Any) -> BaseModel:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        row = raw.get("id", "without id") if isinstance(raw, dict) else "without id"
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        says = f"{where}: {first['msg']}" if where else first["msg"]
        raise MalformedRule(f"{name}: {section} {row}: {says}") from None
