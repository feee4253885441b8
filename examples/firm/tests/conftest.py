"""The firm, pointed at the simulated authority of each test."""

from __future__ import annotations

import itertools

import pytest
from firm import AccountDesk, AgencySource, Checks, LoginDesk

SERVICE = "bank.example"


@pytest.fixture
def checks(authority, revocation_server, clock):
    """The firm's checks: it trusts this test's authority, and asks this test's server."""
    roots = authority.roots
    source = AgencySource(
        roots,
        lists=revocation_server.lists,
        responder=revocation_server.responder,
        clock=clock,
    )
    return Checks(roots, source)


@pytest.fixture
def desk(checks):
    return AccountDesk(checks)


@pytest.fixture
def logins(checks):
    numbers = itertools.count()
    return LoginDesk(checks, service=SERVICE, nonces=lambda: next(numbers).to_bytes(32, "big"))
