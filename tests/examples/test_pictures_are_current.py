"""The pictures in the READMEs show what the demonstration says today."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(("language", "name"), [("en", "demo.svg"), ("ja", "demo.ja.svg")])
def test_a_picture_is_current(language: str, name: str) -> None:
    spec = importlib.util.spec_from_file_location("make_pictures", DOCS / "make_pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.picture(language) == (DOCS / name).read_text(encoding="utf-8"), (
        "run: python docs/make_pictures.py"
    )
