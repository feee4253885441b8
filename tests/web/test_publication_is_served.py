"""The publication is served beside the rest: it lags as it should and errs as ordered."""

from __future__ import annotations

from datetime import timedelta

import httpx

from jpki.revocation import parse_revocation_list
from jpki.terms import CertificateKind, Purpose
from simulator.faults import Fault, FaultName
from tests.services import servicework as work
from tests.web.webwork import Served


def listed(served: Served, path: str, serial: int) -> bool:
    answer = httpx.get(served.server.url + path)
    assert answer.status_code == 200
    return serial in parse_revocation_list(answer.content).entries


def test_a_revocation_is_on_the_next_daily_list_and_not_before(served: Served) -> None:
    record = work.live(served.world, served.person, CertificateKind.CARD_SIGNATURE)
    path = f"/crl/sign/{record.authority.generation}/{record.municipality}.crl"
    served.control.command(served.person, "card/suspension")
    assert served.control.why(Purpose.SIGNATURE, record.serial).state == "revoked"
    assert not listed(served, path, record.serial)
    served.control.advance(timedelta(hours=26))
    assert listed(served, path, record.serial)


def test_a_fault_is_ordered_strikes_and_is_cleared(served: Served) -> None:
    record = work.live(served.world, served.person, CertificateKind.CARD_SIGNATURE)
    url = f"{served.server.url}/crl/sign/{record.authority.generation}/{record.municipality}.crl"
    plan = served.control.order_fault(Fault(name=FaultName.HTTP_5XX, status=503))
    assert [order.number for order in plan.orders] == [1]
    assert httpx.get(url).status_code == 503
    assert served.control.faults() == plan
    served.control.clear_faults(1)
    assert httpx.get(url).status_code == 200
    served.control.be_hostile(seed=7)
    assert served.control.faults().seed == 7
    assert served.control.clear_faults().orders == ()
