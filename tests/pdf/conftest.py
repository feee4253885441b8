"""The vectors' keys and files, loaded from beside this folder and made once a session."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

VECTORS_FOLDER = Path(__file__).resolve().parents[1] / "vectors"


def _load(name: str) -> ModuleType:
    sys.path.insert(0, str(VECTORS_FOLDER))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(VECTORS_FOLDER))


@pytest.fixture(scope="session")
def drafts() -> ModuleType:
    """The module that puts signatures together by hand."""
    return _load("pdf_drafts")


@pytest.fixture(scope="session")
def maker() -> ModuleType:
    """The module with the vectors."""
    return _load("make_pdf_vectors")


@pytest.fixture(scope="session")
def keys(drafts: ModuleType) -> Any:
    """The simulated authority, the holder's certificate and key: a signer."""
    return drafts.Keys()
