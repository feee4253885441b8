"""The example bank plays its four steps through its pages against a served world."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from examples.bank.desk import Declined
from examples.bank.stage import PASSWORD, PIN, Stage, stage
from jpki.errors import ServiceRefused
from jpki.life.events import ConsentItem
from simulator.approvals import Signed
from tests.services import servicework as work

MOVED_TO = "東京都渋谷区模擬町７－７－７"


class Visitor:
    """A browser without scripts: it follows redirects and sends the forms it is shown."""

    def __init__(self, played: Stage, client: httpx.Client) -> None:
        self.played = played
        self.client = client
        self.page = ""

    def get(self, path: str) -> str:
        return self._shown(self.client.get(path))

    def post(self, path: str, **fields: object) -> str:
        (token, *_) = re.findall(r'name="form_token" value="([^"]+)"', self.page)
        return self._shown(self.client.post(path, data={"form_token": token, **fields}))

    def _shown(self, answer: httpx.Response) -> str:
        assert answer.status_code == 200, answer.status_code
        self.page = unescape(answer.text)
        return self.page

    def approve(self, *, items: list[ConsentItem] | None = None, **entered: str) -> None:
        (asked,) = self.played.holder.requests_to(self.played.person).requests
        self.played.holder.approve(asked.request, items=items, **entered)  # type: ignore[arg-type]

    def log_in(self) -> str:
        self.get("/")
        assert "Approve it on your phone" in self.post("/login", device=self.played.device)
        self.approve(pin=PIN)
        return self.get("/waiting")


@pytest.fixture
def played() -> Iterator[Stage]:
    with stage(keys=work.keys()) as made:
        yield made


@pytest.fixture
def visitor(played: Stage) -> Iterator[Visitor]:
    with (
        serving(played.pages.app()) as url,
        httpx.Client(base_url=url, follow_redirects=True, timeout=30) as client,
    ):
        made = Visitor(played, client)
        assert "実在の銀行" in made.get("/")
        made.post("/language/en")
        assert "no real bank" in made.page
        yield made


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve the bank as ``python -m examples.bank`` does, on a free port."""
    opened = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")
    )
    thread = threading.Thread(target=server.run, args=([opened],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{opened.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        opened.close()


def row_of(page: str, label: str) -> str:
    found = re.search(rf'<th scope="row">{label}</th><td>(.*?)</td>', page)
    assert found is not None, label
    return found[1]


def test_a_customer_logs_in_opens_an_account_moves_and_lets_the_bank_know(
    played: Stage, visitor: Visitor
) -> None:
    before = played.control.items(played.person)
    # 1. log in
    assert "You are logged in." in visitor.log_in()
    # 2. open an account: the items are those of the signature certificate
    assert "Approve it on your phone" in visitor.post("/open")
    visitor.approve(password=PASSWORD)
    page = visitor.get("/waiting")
    assert "Account number 1000001" in page
    assert row_of(page, "Name") == before.name
    assert row_of(page, "Date of birth") == "1990-09-15"
    assert row_of(page, "Address") == before.address
    assert "has effect. [VS-3:" in visitor.post("/look")
    # 3. the holder moves: the signature certificate falls, and the bank sees why (VO-3)
    played.move_house()
    page = visitor.post("/look")
    assert "because a registered content changed" in page
    assert row_of(page, "Address") == before.address
    # Nothing is provided yet: no consent is on record (VS-4; CO-1). The form is not even shown.
    assert 'action="/fetch"' not in page
    # The phone's authentication certificate is alive, so the customer still logs in (EV-01).
    assert "You are logged in." in visitor.log_in()
    # 4. with a new certificate on card and phone the holder consents to two of three items
    old = played.device
    assert played.get_new_certificates() != old
    visitor.log_in()
    visitor.post("/look")
    wanted = ["name", "address", "sex"]
    assert "Approve it on your phone" in visitor.post("/items", item=wanted)
    visitor.approve(password=PASSWORD, items=[ConsentItem.NAME, ConsentItem.ADDRESS])
    page = visitor.get("/waiting")
    assert "The consent was forwarded." in page
    # CO-5: it counts from the next day, so today there is nothing.
    assert "Nothing is provided yet." in visitor.post("/fetch")
    played.let_a_day_pass()
    page = visitor.post("/fetch")
    assert "We were given what is new." in page
    assert row_of(page, "Address") == MOVED_TO
    assert row_of(page, "Name") == before.name
    assert "has effect. [VS-3:" in visitor.post("/look")


def test_a_mistyped_or_refused_signature_opens_no_account(played: Stage, visitor: Visitor) -> None:
    visitor.log_in()
    visitor.post("/open")
    request = played.holder.requests_to(played.person).requests[0].request
    with pytest.raises(ServiceRefused, match="tries left"):
        played.holder.approve(request, password="WRONG999")
    assert "Approve it on your phone" in visitor.get("/waiting")
    played.holder.refuse(request)
    assert "It was not approved. (refused)" in visitor.get("/waiting")
    assert "Account number" not in visitor.get("/account")


def test_who_signs_must_be_who_is_logged_in(played: Stage) -> None:
    request, content = played.desk.begin_opening(played.device)
    played.holder.approve(request, password=PASSWORD)
    signed = played.phone.look(request).result
    assert isinstance(signed, Signed)
    with pytest.raises(Declined, match="who signed is not who is logged in"):
        played.desk.finish_opening(signed, content, customer=1)
    with pytest.raises(Declined, match="INVALID"):
        played.desk.finish_opening(signed, content + b" ", customer=1)


def test_nobody_gets_in_without_the_phone(played: Stage, visitor: Visitor) -> None:
    assert 'action="/login"' in visitor.get("/account")
    assert "nobody has this phone enrolled" in visitor.post("/login", device="phone-of-nobody-1")
    visitor.post("/login", device=played.device)
    assert 'action="/login"' in visitor.get("/account")
    # A form that was not shown to this visitor does nothing.
    answer = visitor.client.post("/open", data={"form_token": "forged"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
