"""What a test asks of its world with ``@pytest.mark.jpki(…)``, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any, Final, Literal, get_args

from jpki.errors import JpkiError, MalformedDocument
from jpki.jst import at_time
from jpki.law import Policies
from simulator.municipalities import municipality
from simulator.pytest_plugin.clock import read_instant

__all__ = ["DEFAULTS", "Evidence", "Keys", "Options", "Reader", "options_of"]

Keys = Literal["pool", "seeded", "fresh"]
"""``pool``: published keys, at once. ``seeded``: as ``jpki-sim`` makes them from the seed.
``fresh``: from the system's randomness. The last two take about half a second a key."""
Evidence = Literal["both", "lists", "ocsp"]
"""What the verifier looks at: the daily list, OCSP, or both."""
Reader = Literal["software", "pcsc"]
"""Where the card lies: in this process, or in a reader named with ``--jpki-reader``."""

_BEGINS: Final = at_time(date(2026, 8, 3), time(10))


@dataclass(frozen=True, slots=True)
class Options:
    """How a test's world is made; each has a default.

    ``seed`` makes people, numbers and keys; ``at`` is where the clock stands at first; ``policies``
    are the choices of ``policies.toml`` that differ from its defaults; ``municipality`` is the
    five-digit code of where people live unless a test says otherwise.
    """

    seed: str = "pytest"
    at: datetime = _BEGINS
    policies: Mapping[str, str | bool | int] = field(default_factory=dict)
    municipality: str = "13113"
    keys: Keys = "pool"
    evidence: Evidence = "both"
    reader: Reader = "software"


DEFAULTS: Final = Options()
"""A Monday morning in August 2026, in Shibuya."""


def options_of(markers: Iterable[tuple[tuple[Any, ...], Mapping[str, Any]]]) -> Options:
    """Return the options of markers, each its arguments and keywords, the outermost first.

    What stands nearer to the test wins, and ``policies`` are added up. Raises ``MalformedDocument``
    or whatever names the mistake, such as ``UnknownPolicy``.
    """
    chosen = DEFAULTS
    for arguments, keywords in markers:
        if arguments:
            raise _wrong("takes keywords only", f"write jpki(seed={arguments[0]!r})")
        for name, value in keywords.items():
            chosen = _with(chosen, name, value)
    return chosen


def _with(chosen: Options, name: str, value: Any) -> Options:
    read = _READERS.get(name)
    if read is None:
        raise _wrong(f"has no option {name!r}", f"there are {', '.join(sorted(_READERS))}")
    try:
        found = read(value)
    except (JpkiError, TypeError, ValueError) as error:
        message = error.message if isinstance(error, JpkiError) else str(error)
        hint = error.hint if isinstance(error, JpkiError) else ""
        raise _wrong(f"option {name}: {message}", hint) from None
    if name == "policies":
        found = {**chosen.policies, **found}
    return replace(chosen, **{name: found})


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a text is wanted that is not empty")
    return value


def _policies(value: Any) -> Mapping[str, str | bool | int]:
    if not isinstance(value, Mapping):
        raise TypeError("a dictionary of policies is wanted")
    Policies.default().with_(**value)
    return dict(value)


def _code(value: Any) -> str:
    return municipality(_text(value)).code


def _one_of(known: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in known:
            raise ValueError(f"it can be {', '.join(map(repr, known))}, not {value!r}")
        return str(value)

    return read


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "seed": _text,
    "at": lambda value: read_instant(value, source=""),
    "policies": _policies,
    "municipality": _code,
    "keys": _one_of(get_args(Keys)),
    "evidence": _one_of(get_args(Evidence)),
    "reader": _one_of(get_args(Reader)),
}


def _wrong(message: str, hint: str) -> MalformedDocument:
    return MalformedDocument(message, source="@pytest.mark.jpki", hint=hint)
