"""Public names are listed, sorted, real and documented."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import jpki
import simulator

NEEDS_EXTRA = {
    "jpki.backends.pcsc",
    "jpki.batch.engines.ray",
    "jpki.batch.engines.spark",
    "jpki.revocation.http",
    "jpki.revocation.http_fetch",
    "jpki.services.client",
    "jpki.services.exchange",
}
ENTRY_POINTS = {"jpki.__main__", "simulator.__main__"}

MODULES = sorted(
    module.name
    for package in (jpki, simulator)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if module.name not in NEEDS_EXTRA | ENTRY_POINTS
    and not module.name.rpartition(".")[2].startswith("_")
)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_is_for_and_what_is_public(name: str) -> None:
    module = importlib.import_module(name)
    if not vars(module).get("__all__") and not module.__doc__:
        assert hasattr(module, "__path__"), f"{name} has neither docstring nor __all__"
        return
    assert module.__doc__, f"{name} has no docstring"
    for public in getattr(module, "__all__", ()):
        assert hasattr(module, public), f"{name}.__all__ names {public}, which is not there"


@pytest.mark.parametrize("name", MODULES)
def test_public_classes_and_functions_are_documented(name: str) -> None:
    module = importlib.import_module(name)
    bare = [
        public
        for public in getattr(module, "__all__", ())
        if (inspect.isclass(value := getattr(module, public)) or inspect.isfunction(value))
        and not inspect.getdoc(value)
    ]
    assert bare == []


@pytest.mark.parametrize("name", MODULES)
def test_a_module_defines_nothing_public_that_it_does_not_list(name: str) -> None:
    module = importlib.import_module(name)
    listed = set(getattr(module, "__all__", ()))
    unlisted = [
        found
        for found, value in vars(module).items()
        if not found.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == name
        and found not in listed
    ]
    assert unlisted == []
