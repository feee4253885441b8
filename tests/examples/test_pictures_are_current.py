"""The pictures in the READMEs show what the demonstration says today."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_pictures_are_current() -> None:
    spec = importlib.util.spec_from_file_location("make_pictures", DOCS / "make_pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    told = module.story()
    for language, name in (("en", "demo.svg"), ("ja", "demo.ja.svg")):
        kept = (DOCS / name).read_text(encoding="utf-8")
        assert module.picture(told, language) == kept, "run: python docs/make_pictures.py"
    for language, name in (("en", "timeline.svg"), ("ja", "timeline.ja.svg")):
        kept = (DOCS / name).read_text(encoding="utf-8")
        assert module.timeline(language) == kept, "run: python docs/make_pictures.py"
