"""The pytest plug-in: a simulated JPKI for every test, through the entry point ``pytest11``.

Fixtures: ``clock world authority person people card make_card phone make_phone reader
revocation_server verifier story jpki_scene``; markers ``jpki(…)`` and ``jpki_story(…)``; assertions
in :mod:`simulator.pytest_plugin.assertions`. Needs the extra ``test``.
"""

import pytest

from simulator.pytest_plugin.plugin import (
    authority,
    card,
    clock,
    jpki_scene,
    make_card,
    make_phone,
    people,
    person,
    phone,
    pytest_addoption,
    pytest_configure,
    pytest_generate_tests,
    reader,
    revocation_server,
    story,
    verifier,
    world,
)

pytest.register_assert_rewrite("simulator.pytest_plugin.assertions")

__all__ = [
    "authority",
    "card",
    "clock",
    "jpki_scene",
    "make_card",
    "make_phone",
    "people",
    "person",
    "phone",
    "pytest_addoption",
    "pytest_configure",
    "pytest_generate_tests",
    "reader",
    "revocation_server",
    "story",
    "verifier",
    "world",
]
