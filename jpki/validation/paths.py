"""Certification paths of any length (RFC 5280 §6): timestamp authorities, responders, bridges.

**Never JPKI's own chain**, which is a root that issues the leaf and has a strict path of its own in
:mod:`jpki.validation.steps`. Everything else goes through the maintained validator
pyhanko-certvalidator; the rim round it is here and in :mod:`jpki.validation.path_search`: what goes
in is bounded, nothing is fetched, and whatever it raises becomes a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from jpki.certificates import KeyUsage
from jpki.errors import MissingExtra
from jpki.jst import require_aware
from jpki.terms import RevocationReason

__all__ = [
    "ANY_POLICY",
    "WEAK_DIGESTS",
    "PathLimits",
    "PathOutcome",
    "PathQuestion",
    "PathVerdict",
    "RevocationCheck",
    "judge_path",
]

ANY_POLICY: Final = "2.5.29.32.0"
"""anyPolicy (RFC 5280 §4.2.1.4)."""
WEAK_DIGESTS: Final = frozenset({"md2", "md5", "sha1"})
"""Digests with which no signature on a path is believed, unless the asker decides otherwise."""


class RevocationCheck(StrEnum):
    """Whether every certificate below the root needs a status."""

    REQUIRED = "required"
    """Each needs a list or an answer that holds at the instant."""
    NONE = "none"
    """Status is not asked: the lists and answers given are not looked at."""


class PathOutcome(StrEnum):
    """What came out. *Indeterminate* means that it could not be checked."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class PathLimits:
    """How much is looked at before the question is left unanswered.

    ``certificates`` counts leaf, pool and roots, ``bytes_each`` bounds one certificate. ``lists``
    counts lists and answers together; ``list_bytes`` bounds one of them. ``chain`` is the longest
    path, in certificates with leaf and root. ``candidates`` is how many paths are tried, ``steps``
    how many issuers are looked up and how many signatures verified while doing so.
    """

    certificates: int = 200
    bytes_each: int = 64 * 1024
    lists: int = 100
    list_bytes: int = 4 * 1024 * 1024
    chain: int = 12
    candidates: int = 16
    steps: int = 2000


@dataclass(frozen=True, slots=True)
class PathQuestion:
    """Is there a path from one of ``roots`` to ``leaf`` that holds at the instant ``at``?

    Certificates, lists and answers are DER; ``pool`` is material in any order, trusted for
    nothing. ``initial_policy_set``, ``explicit_policy``, ``inhibit_mapping`` and ``inhibit_any``
    are the inputs of RFC 5280 §6.1.1 (c)–(f), policies dotted. The leaf's key usage, when it has
    one, must hold one of ``key_usage`` (any, when empty), and its extended key usage each of
    ``extended_key_usage`` (dotted). ``newer_status`` lets lists and answers made after ``at``
    count, for entries recorded by then: right for revocations, which are final, but blind to a
    hold that was released in between. ``allowed_weak_digests`` are digests of ``WEAK_DIGESTS``
    that the asker believes all the same.

    RFC 5280 does not judge a trust anchor; here a root must be inside its own validity at ``at``
    unless ``roots_expire`` is false.
    """

    leaf: bytes
    roots: tuple[bytes, ...]
    at: datetime
    pool: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsp_responses: tuple[bytes, ...] = ()
    revocation: RevocationCheck = RevocationCheck.REQUIRED
    initial_policy_set: frozenset[str] = frozenset({ANY_POLICY})
    explicit_policy: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False
    key_usage: frozenset[KeyUsage] = frozenset()
    extended_key_usage: frozenset[str] = frozenset()
    newer_status: bool = False
    roots_expire: bool = True
    allowed_weak_digests: frozenset[str] = frozenset()
    limits: PathLimits = field(default_factory=PathLimits)

    def __post_init__(self) -> None:
        require_aware(self.at)


@dataclass(frozen=True, slots=True)
class PathVerdict:
    """The answer, with a stable ``code`` and an English ``message`` that is safe to show.

    ``chain`` runs from the leaf to the root (DER) and is empty unless the path is valid.
    ``policies`` is the user-constrained policy set (RFC 5280 §6.1.6), dotted. ``revoked_at`` and
    ``revocation_reason`` (``None`` when the list gives none) stand with ``path.revoked``, and
    ``revoked_leaf`` says whether it is the leaf that was revoked. ``aside`` names the material that
    could not be used.
    """

    outcome: PathOutcome
    code: str
    message: str
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    policies: frozenset[str] = frozenset()
    revoked_at: datetime | None = None
    revocation_reason: RevocationReason | None = None
    revoked_leaf: bool = False
    aside: tuple[str, ...] = ()


def judge_path(question: PathQuestion) -> PathVerdict:
    """Return the verdict on a certification path (RFC 5280 §6, with RFC 9618 for policies).

    Bad material is a verdict and raises nothing. A path with something wrong is invalid; one that
    could not be checked (no issuer, no status, a limit reached, a validator that crashed) is
    indeterminate. Of several paths one that holds is enough. Raises ``MissingExtra`` when
    pyhanko-certvalidator is not installed.
    """
    try:
        from jpki.validation.path_search import search
    except ImportError as error:
        raise MissingExtra("pyhanko-certvalidator", extra="timestamp") from error
    return search(question)
