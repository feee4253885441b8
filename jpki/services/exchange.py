"""One question over HTTP and its answer, bounded in bytes and time, with errors of our own.

The token goes to the address given and nowhere else: redirects are not followed, and nothing of
the environment (proxies, netrc) is used.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final, Self, TypeVar

from pydantic import BaseModel, ValidationError

from jpki.errors import (
    MissingExtra,
    ServiceAnswerUnusable,
    ServiceError,
    ServiceQuestionInvalid,
    ServiceRefused,
    ServiceUnauthenticated,
    ServiceUnavailable,
)
from jpki.services.wire import Problem

try:
    import httpx
except ImportError as error:
    raise MissingExtra("httpx", extra="http") from error

__all__ = ["LONGEST_ANSWER", "Exchange", "ServiceClient", "new_key"]

LONGEST_ANSWER: Final = 64 << 20
"""Bytes: a whole revocation list may be among the answers."""

_A = TypeVar("_A", bound=BaseModel)


class Exchange:
    """A connection to one service. ``transport`` is httpx's, for tests and proxies.

    ``seconds`` is the patience for each step of an exchange. The token is never shown.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        seconds: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        try:
            url = httpx.URL(base_url)
            headers = {"authorization": f"Bearer {token}", "accept-encoding": "identity"}
            self._client = httpx.Client(
                base_url=url,
                headers=headers,
                timeout=seconds,
                transport=transport,
                trust_env=False,
                follow_redirects=False,
            )
        except (httpx.InvalidURL, TypeError, ValueError):
            # ``from None``: the original message would quote the token.
            raise ServiceUnavailable("an address or a token that is none", hint="") from None
        if url.scheme not in ("http", "https") or not url.host:
            raise ServiceUnavailable("the address is http or https and names a host", hint="")
        self._shown = f"{url.scheme}://{url.host}" + (f":{url.port}" if url.port else "")

    def __repr__(self) -> str:
        return f"<Exchange with {self._shown}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        answer: type[_A],
        question: BaseModel | None = None,
        *,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> _A:
        """Ask and return the answer; raise a ``ServiceError`` when there is none.

        ``key`` makes a command one that is done once however often it is sent.
        """
        body = self.fetch(method, path, question, query=query, key=key)
        try:
            return answer.model_validate_json(body)
        except ValidationError:
            # ``from None``: the original message would quote the answer.
            raise ServiceAnswerUnusable(f"{self._shown} answered no {answer.__name__}") from None

    def fetch(
        self,
        method: str,
        path: str,
        question: BaseModel | None = None,
        *,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> bytes:
        """Ask and return the bytes of the answer, as ``ask`` does."""
        extra = {"idempotency-key": key} if key is not None else {}
        content: dict[str, Any] = {}
        if question is not None:
            content = {"content": question.model_dump_json().encode()}
            extra["content-type"] = "application/json"
        try:
            request = self._client.build_request(
                method, path, headers=extra, params=query, **content
            )
            response = self._client.send(request, stream=True)
            try:
                body = _bounded(response)
            finally:
                response.close()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise ServiceUnavailable(
                f"{self._shown} gave no whole answer ({type(error).__name__})"
            ) from None
        if not response.is_success:
            raise _error(self._shown, response, body)
        return body


class ServiceClient:
    """The frame of a typed client: one exchange, let go of at the end of a ``with`` block.

    What a client adds is one method a question. ``seconds`` and ``transport`` are those of
    :class:`Exchange`.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        seconds: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._exchange = Exchange(base_url, token, seconds=seconds, transport=transport)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {self._exchange!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._exchange.close()

    def _command(
        self,
        method: str,
        path: str,
        answer: type[_A],
        question: BaseModel | None = None,
        key: str | None = None,
    ) -> _A:
        """Ask what is done once however often it is sent, under a new key unless one is given."""
        return self._exchange.ask(method, path, answer, question, key=key or new_key())


def new_key() -> str:
    """Return an idempotency key that nobody has used."""
    return uuid.uuid4().hex


def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > LONGEST_ANSWER:
            raise ServiceAnswerUnusable(f"an answer of more than {LONGEST_ANSWER} bytes")
    return bytes(body)


def _error(shown: str, response: httpx.Response, body: bytes) -> ServiceError:
    """Return the error that a status other than success means; the body may say more."""
    status = response.status_code
    try:
        told = Problem.model_validate_json(body)
    except ValidationError:
        told = Problem(type="about:blank", title="", status=status)
    message = told.detail or told.title or f"{shown} answered with HTTP status {status}"
    hint = told.hint or None
    if status == 401:
        return ServiceUnauthenticated(message, hint=hint)
    if status in (403, 409):
        return ServiceRefused(
            message, rule=told.rule, basis=told.basis, problem=told.code, hint=hint
        )
    if status >= 500 or status in (408, 429):
        return ServiceUnavailable(message, hint=hint)
    if status >= 400:
        return ServiceQuestionInvalid(message, problem=told.code, hint=hint)
    return ServiceAnswerUnusable(message)
