"""Who gets to see a page, and whose form is believed."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from simulator.web.pages.forms import LARGEST_FORM, LARGEST_UPLOAD
from simulator.web.pages.table import PAGES
from tests.web.pagework import PERSON, Window, new_client, window, world_with_card

FILL = {"request": "R000001", "person": PERSON, "event": "card_loss_reported", "file": "x"}
PATHS = [page.path.format_map(FILL) for page in PAGES]
GUARDED = [*PATHS, "/nowhere", "/people/nobody/at/all"]
WANTED = {
    "cache-control": "no-store",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "jpki-simulated": "true",
}


@pytest.fixture(scope="module")
def standing() -> Iterator[Window]:
    """A window on a world that tests share which change nothing in it."""
    with world_with_card() as world, window(world) as made:
        yield made


@pytest.fixture
def stranger(standing: Window) -> Iterator[httpx.Client]:
    with new_client(standing.server) as client:
        yield client


def is_safe(response: httpx.Response) -> bool:
    policy = response.headers["content-security-policy"]
    wanted = ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'")
    return (
        all(response.headers[name] == value for name, value in WANTED.items())
        and all(part in policy for part in wanted)
        and "unsafe" not in policy
        and "script-src" not in policy
    )


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_session_there_is_the_way_in_and_nothing_else(
    standing: Window, stranger: httpx.Client, method: str, path: str
) -> None:
    response = stranger.request(method, f"/pages{path}")
    assert response.status_code == 401
    assert is_safe(response)
    assert "csrf" not in response.text
    assert "World’s clock" not in response.text
    assert PERSON not in response.text


def test_a_link_opens_once(standing: Window, stranger: httpx.Client) -> None:
    link = standing.server.sign_in_link()
    assert stranger.head(link).status_code == 401, "to look is not to open"
    first = stranger.get(link)
    assert first.status_code == 200
    assert "World’s clock" in first.text
    set_by = first.history[0].headers["set-cookie"].lower()
    assert "httponly" in set_by
    assert "samesite=strict" in set_by
    assert "path=/pages" in set_by
    with new_client(standing.server) as other:
        assert other.get(link).status_code == 401
        assert other.get("/pages/").status_code == 401


def test_the_keepers_token_opens_as_often_as_it_is_typed_and_no_other_does(
    standing: Window, stranger: httpx.Client
) -> None:
    token = standing.server.admin_token
    for wrong in ("", "x", token[:-1], token + "x", "\ud800"[:0] + "鍵"):
        assert stranger.post("/pages/sign-in", data={"token": wrong}).status_code == 401
    assert token not in standing.server.sign_in_link()
    for _ in range(2):
        assert stranger.post("/pages/sign-in", data={"token": token}).status_code == 200


def test_signing_out_ends_the_session_for_whoever_has_the_cookie(stranger: httpx.Client) -> None:
    with world_with_card() as world, window(world) as made:
        cookies = dict(made.client.cookies)
        assert made.client.get("/pages/").status_code == 200
        made.send("/sign-out")
        again = httpx.get(f"{made.server.url}/pages/", cookies=cookies)
        assert again.status_code == 401


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_says_how_it_may_be_used(standing: Window, path: str) -> None:
    response = standing.client.get(f"/pages{path}")
    assert is_safe(response)
    assert "<script" not in response.text
    assert " style=" not in response.text
    assert "<style" not in response.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 200),
        ("localhost", 200),
        ("[::1]:80", 200),
        ("127.0.0.1.evil.example", 421),
        ("evil.example", 421),
        ("localhost.evil.example:80", 421),
        ("10.0.0.1", 421),
        ("[bad", 421),
    ],
)
def test_a_name_that_was_bent_to_point_here_is_not_answered(
    standing: Window, host: str, status: int
) -> None:
    response = standing.client.get("/pages/people", headers={"host": host})
    assert response.status_code == status
    assert (PERSON in response.text) is (status == 200)


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, ""),
        ({}, "wrong"),
        ({"origin": "https://evil.example"}, None),
        ({"origin": "null"}, None),
        ({"sec-fetch-site": "cross-site"}, None),
        ({"sec-fetch-site": "same-site"}, None),
    ],
)
@pytest.mark.parametrize("page", [p for p in PAGES if p.act is not None], ids=lambda p: p.path)
def test_a_form_of_another_site_does_nothing(
    standing: Window, page: object, headers: dict[str, str], token: str | None
) -> None:
    path = page.path.format_map(FILL)  # type: ignore[attr-defined]
    csrf = standing.csrf() if token is None else token
    before = standing.client.get("/pages/people").text
    response = standing.client.post(
        f"/pages{path}",
        data={"csrf": csrf, "do": "lost", "to": "2026-08-09T10:00:00+09:00", "confirmed": "yes"},
        headers=headers,
    )
    assert response.status_code == 403
    assert "web.forged-form" in response.text
    assert standing.client.get("/pages/people").text == before


def test_the_token_of_another_session_is_not_believed(standing: Window) -> None:
    with new_client(standing.server) as client:
        client.get(standing.server.sign_in_link())
        response = client.post("/pages/people", data={"csrf": standing.csrf()})
        assert response.status_code == 403


def test_uploads_are_bounded_on_both_sides_of_the_bound(standing: Window) -> None:
    csrf = standing.csrf()
    overhead = len(_multipart(csrf, b""))
    for size, status in ((LARGEST_UPLOAD - overhead, 200), (LARGEST_UPLOAD - overhead + 1, 413)):
        body = _multipart(csrf, b"x" * size)
        response = standing.client.post("/pages/desk", content=body, headers=_TYPE)
        assert response.status_code == status
    parts = iter([b"x" * 65536] * (LARGEST_UPLOAD // 65536 + 2))
    chunked = standing.client.post("/pages/desk", content=parts, headers=_TYPE)
    assert chunked.status_code == 413
    long = {"csrf": csrf, "to": "x" * LARGEST_FORM}
    assert standing.client.post("/pages/clock", data=long).status_code == 413
    many = {"csrf": csrf, **{f"f{number}": "x" for number in range(100)}}
    assert standing.client.post("/pages/clock", data=many).status_code in (400, 413)


_BOUNDARY = "b" * 20
_TYPE = {"content-type": f"multipart/form-data; boundary={_BOUNDARY}"}


def _multipart(csrf: str, content: bytes) -> bytes:
    head = 'Content-Disposition: form-data; name="{}"'
    return (
        f"--{_BOUNDARY}\r\n{head.format('csrf')}\r\n\r\n{csrf}\r\n"
        f'--{_BOUNDARY}\r\n{head.format("file")}; filename="a.pdf"\r\n\r\n'.encode()
        + content
        + f"\r\n--{_BOUNDARY}--\r\n".encode()
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("", b""),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\ngarbage"),
        ("multipart/form-data; boundary=" + "y" * 500, b"--"),
        ("application/x-www-form-urlencoded", b"csrf=%ff%fe&\xff\xfe"),
    ],
)
def test_what_is_no_form_is_refused(standing: Window, kind: str, body: bytes) -> None:
    response = standing.client.post(
        "/pages/people", content=body, headers={"content-type": kind} if kind else {}
    )
    assert response.status_code in (400, 403)
    assert is_safe(response)


def test_a_file_is_handed_out_to_the_session_it_was_made_for_only(standing: Window) -> None:
    standing.send("/desk", files={"file": ("x.pdf", b"%PDF-no")})
    link = standing.page.xpath("//a[starts-with(@href, '/pages/files/')]/@href")[0]
    assert standing.client.get(link).headers["content-type"] == "application/zip"
    with new_client(standing.server) as other:
        other.get(standing.server.sign_in_link())
        assert other.get(link).status_code == 404
    standing.get("/")


def test_a_page_is_asked_in_its_own_way_only(standing: Window) -> None:
    standing.send("/evidence")
    assert standing.status == 405
    assert standing.client.get(f"/pages/people/{PERSON}/counter").status_code == 405
    standing.get("/")
