"""What was fetched before, on disk: one file for each address, written at once or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from jpki.errors import NotWritten, UnusableSource
from jpki.whole_files import write_whole

__all__ = ["CachedAnswer", "HttpCache", "fresh_until"]

_MAGIC: Final = "jpki http cache 1"
_LONGEST_HEAD: Final = 16 * 1024
_LONGEST_LIFE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """What a server sent, how it names that version, and how long it need not be asked again.

    ``next_update`` is what the list or answer itself says; after it the copy is worth nothing.
    """

    body: bytes
    etag: str
    last_modified: str
    fresh_until: datetime
    next_update: datetime


class HttpCache:
    """A folder of answers. It may be shared by processes and deleted at any time.

    A file that is not as it was written is no file: what it held is fetched again.
    """

    def __init__(self, folder: Path, *, longest: int = 64 * 2**20) -> None:
        self._folder = folder
        self._longest = longest

    def __repr__(self) -> str:
        return "<HttpCache>"

    def find(self, method: str, url: str, body: bytes) -> CachedAnswer | None:
        """Return what is kept for a question, fresh or not."""
        return self._load(self._path(method, url, body))

    def keep(self, method: str, url: str, body: bytes, answer: CachedAnswer) -> None:
        """Keep an answer; ``UnusableSource`` when the folder cannot be written."""
        head = {
            "magic": _MAGIC,
            "etag": answer.etag,
            "last_modified": answer.last_modified,
            "fresh_until": answer.fresh_until.isoformat(),
            "next_update": answer.next_update.isoformat(),
            "sha256": hashlib.sha256(answer.body).hexdigest(),
        }
        path = self._path(method, url, body)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            kept = json.dumps(head).encode("ascii") + b"\n" + answer.body
            write_whole(path, kept, mode=0o600, durable=False)
        except OSError as error:
            raise UnusableSource(
                str(self._folder), error.strerror or "it cannot be written"
            ) from None
        except NotWritten as error:
            raise UnusableSource(str(self._folder), error.reason) from None

    def forget(self, method: str, url: str, body: bytes) -> None:
        """Drop what is kept for a question, if anything."""
        with contextlib.suppress(OSError):
            self._path(method, url, body).unlink(missing_ok=True)

    def drop_ended(self, at: datetime) -> int:
        """Delete what is past its own end at an instant, and tell how many files that were."""
        dropped = 0
        for path in self._folder.glob("*.http"):
            kept = self._load(path)
            if kept is None or kept.next_update < at:
                with contextlib.suppress(OSError):
                    path.unlink()
                    dropped += 1
        return dropped

    def _load(self, path: Path) -> CachedAnswer | None:
        try:
            with path.open("rb") as file:
                head = file.readline(_LONGEST_HEAD)
                kept = file.read(self._longest + 1)
        except OSError:
            return None
        return _read(head, kept)

    def _path(self, method: str, url: str, body: bytes) -> Path:
        # A digest, because the address of an OCSP question holds a serial number.
        asked = b"\x00".join((method.encode(), url.encode(), body))
        return self._folder / f"{hashlib.sha256(asked).hexdigest()}.http"


def _read(head: bytes, body: bytes) -> CachedAnswer | None:
    try:
        found = json.loads(head)
        if found["magic"] != _MAGIC or found["sha256"] != hashlib.sha256(body).hexdigest():
            return None
        until, ends = (
            datetime.fromisoformat(found[name]) for name in ("fresh_until", "next_update")
        )
        etag, last_modified = str(found["etag"]), str(found["last_modified"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if until.tzinfo is None or ends.tzinfo is None:
        return None
    return CachedAnswer(body, etag, last_modified, until, ends)


def fresh_until(headers: Mapping[str, str], *, now: datetime, ends: datetime) -> datetime | None:
    """Return until when the server need not be asked again (RFC 9111 §4.2); ``None``: keep nothing.

    Never beyond ``ends``, the nextUpdate of what was sent, nor for more than a week. A server that
    says nothing is asked every time, which costs little where it knows conditional requests.
    """
    control = _directives(headers.get("cache-control", ""))
    if "no-store" in control:
        return None
    if "no-cache" in control:
        return now
    if "max-age" in control:
        life = _seconds(control["max-age"]) - _seconds(headers.get("age", ""))
    else:
        life = _until_expires(headers, now)
    return max(now, min(now + min(life, _LONGEST_LIFE), ends))


def _directives(text: str) -> dict[str, str]:
    parts = (one.partition("=") for one in text.split(","))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in parts}


def _seconds(text: str) -> timedelta:
    known = re.fullmatch(r"[0-9]{1,9}", text.strip())
    return timedelta(seconds=int(text)) if known else timedelta(0)


def _until_expires(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Expires less Date: by the server's own clock, so that ours does not matter."""
    expires, sent = (_date(headers.get(name, "")) for name in ("expires", "date"))
    return timedelta(0) if expires is None else expires - (sent or now)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
