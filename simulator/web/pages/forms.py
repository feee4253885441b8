"""What a browser sends: bounded in size, number and time before anything looks at it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from jpki.errors import MalformedDocument
from simulator.web.problems import BodyTooLarge, BodyTooSlow

__all__ = ["LARGEST_FORM", "LARGEST_UPLOAD", "Form", "Upload", "read_form"]

LARGEST_UPLOAD: Final = 8 << 20
"""Bytes of a form with a file in it; a contract of some pages is a tenth of this."""

LARGEST_FORM: Final = 64 << 10
"""Bytes of a form without a file, and of a field."""

_PATIENCE_SECONDS: Final = 20.0
_MOST_FIELDS: Final = 64
_LONGEST_NAME: Final = 100
_NOT_IN_A_NAME: Final = re.compile(r"[^\w.\- ]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was chosen in a form."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form; values never show in a ``repr``, since some of them are PINs."""

    fields: Mapping[str, tuple[str, ...]] = field(repr=False)
    files: Mapping[str, Upload] = field(repr=False)

    def text(self, name: str) -> str:
        """Return a field's value without blanks round it; empty when it was not sent."""
        return self.fields.get(name, ("",))[-1].strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field."""
        return self.fields.get(name, ())


def _file_name(sent: str) -> str:
    """Return a name that is no path and no option, for files that are made from it."""
    return _NOT_IN_A_NAME.sub("_", sent)[-_LONGEST_NAME:].lstrip(".-_ ") or "file"


class _Parser(Protocol):
    async def parse(self) -> FormData:
        """Return what the form holds."""


async def read_form(request: Request) -> Form:
    """Return the form of a request.

    Raises ``BodyTooLarge``, ``BodyTooSlow``, and ``MalformedDocument`` for what is no form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise MalformedDocument("not a form", source="request")
    with_files = kind == "multipart/form-data"
    body = await _body(request, LARGEST_UPLOAD if with_files else LARGEST_FORM)
    try:
        data = await _parser(request, body, with_files).parse()
    except (MultiPartException, ValueError, KeyError):
        raise MalformedDocument("the form cannot be read", source="request") from None
    if len(data.multi_items()) > _MOST_FIELDS:
        raise BodyTooLarge(f"a form has at most {_MOST_FIELDS} fields")
    return await _form(data)


async def _body(request: Request, most: int) -> bytes:
    said = request.headers.get("content-length", "0")
    if not (said.isascii() and said.isdigit()) or len(said) > 12 or int(said) > most:
        raise BodyTooLarge(f"a form has at most {most} bytes", hint="choose a smaller file")
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > most:
                    raise BodyTooLarge(f"a form has at most {most} bytes")
    except TimeoutError:
        raise BodyTooSlow("the form did not arrive in time") from None
    return bytes(body)


def _parser(request: Request, body: bytes, with_files: bool) -> _Parser:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body
        yield b""

    if with_files:
        return MultiPartParser(
            request.headers,
            stream(),
            max_files=4,
            max_fields=_MOST_FIELDS,
            max_part_size=LARGEST_FORM,
        )
    return FormParser(request.headers, stream(), max_fields=_MOST_FIELDS)


async def _form(data: FormData) -> Form:
    fields: dict[str, tuple[str, ...]] = {}
    files: dict[str, Upload] = {}
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            if content:  # a file input that nothing was chosen in is sent as an empty file
                files[name] = Upload(_file_name(value.filename or ""), content)
        else:
            fields[name] = (*fields.get(name, ()), value)
    await data.close()
    return Form(fields, files)
