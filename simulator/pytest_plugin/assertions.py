"""Assertions that tell the chain of causes when they fail: event, rule and article, no names.

Import this module where they are used; pytest rewrites its assertions, so what was found and what
was wanted stands below the chain.
"""

from __future__ import annotations

from jpki.errors import ImpossibleFact
from jpki.jst import moment
from jpki.life import CertificateState
from jpki.terms import RevocationReason
from jpki.validation import Language, Verdict, VerificationReport
from simulator.pytest_plugin.certificates import IssuedCertificate
from simulator.pytest_plugin.stories import StoryRun

__all__ = [
    "assert_active",
    "assert_expired",
    "assert_held",
    "assert_revoked",
    "assert_story",
    "assert_verdict",
]


def assert_active(certificate: IssuedCertificate, *, language: Language = "en") -> None:
    """Assert that a certificate has effect at the world's instant."""
    __tracebackhide__ = True
    _assert_state(certificate, CertificateState.ACTIVE, language)


def assert_held(
    certificate: IssuedCertificate, *, because: str | None = None, language: Language = "en"
) -> None:
    """Assert that a certificate is suspended at the world's instant; ``because`` as elsewhere."""
    __tracebackhide__ = True
    _assert_state(certificate, CertificateState.HELD, language)
    _assert_because(certificate, because, language)


def assert_expired(certificate: IssuedCertificate, *, language: Language = "en") -> None:
    """Assert that a certificate came to its end without having lost effect before."""
    __tracebackhide__ = True
    _assert_state(certificate, CertificateState.EXPIRED, language)


def assert_revoked(
    certificate: IssuedCertificate,
    *,
    reason: RevocationReason | int | str | None = None,
    because: str | None = None,
    language: Language = "en",
) -> None:
    """Assert that a certificate has lost effect, and why.

    ``reason`` is the code of its entry on the list, as a member, a number or RFC 5280's word.
    ``because`` names anything in its chain of causes: a row of the fact tables (``EV-01``), a rule
    (``card-signature.record-amended``) or an event (``resident_record_amended``). Raises
    ``ImpossibleFact`` for a reason that does not exist.
    """
    __tracebackhide__ = True
    _assert_state(certificate, CertificateState.REVOKED, language)
    if reason is not None:
        wanted, found = _reason(reason), certificate.reason
        summary = f"revoked with the reason {_name(found)}, not {_name(wanted)}"
        assert found == wanted, _chain(certificate, summary, language)
    _assert_because(certificate, because, language)


def assert_verdict(
    report: VerificationReport | None,
    verdict: Verdict,
    *,
    code: str | None = None,
    certificate: IssuedCertificate | None = None,
    language: Language = "en",
    naming_the_holder: bool = False,
) -> None:
    """Assert the verdict of a report and, with ``code``, that of the finding that decided.

    On failure every step of the report is told, and the chain of causes of ``certificate`` when it
    is given. The holder's name and address are told only with ``naming_the_holder``.
    """
    __tracebackhide__ = True
    assert report is not None, "there is no report: the challenge was not open"
    found = report.verdict, report.deciding_step.code
    wanted = verdict, found[1] if code is None else code
    assert found == wanted, _judged(report, certificate, language, naming_the_holder)


def assert_story(story: StoryRun, *, language: Language = "en") -> None:
    """Assert that everything in a story became as it expects; tell the first difference."""
    __tracebackhide__ = True
    assert story.passed, f"{story.name}\n{story.failure(language)}"


def _assert_state(
    certificate: IssuedCertificate, wanted: CertificateState, language: Language
) -> None:
    __tracebackhide__ = True
    found = certificate.state
    summary = f"{found.value}, not {wanted.value}"
    assert found is wanted, _chain(certificate, summary, language)


def _assert_because(
    certificate: IssuedCertificate, because: str | None, language: Language
) -> None:
    __tracebackhide__ = True
    if because is None:
        return
    known = _names_in(certificate)
    summary = f"{certificate.state.value}, but not because of {because}"
    assert because in known, _chain(certificate, summary, language)


def _chain(certificate: IssuedCertificate, summary: str, language: Language) -> str:
    told = certificate.why()
    lines = told.lines_ja if language == "ja" else told.lines_en
    head = f"{certificate.kind.value} {certificate.serial} is {summary}"
    return "\n".join((f"{head} at {moment(certificate.world.now)}", *lines))


def _names_in(certificate: IssuedCertificate) -> tuple[str, ...]:
    """Return what the chain of causes may be called by: its rows, rules and events, in order."""
    table = certificate.world.book.table
    told = certificate.why()
    names = [
        name
        for step in told.steps
        for name in (step.rule, step.fact.name, *table.rule(step.rule).covers)
    ]
    return tuple(dict.fromkeys((*names, told.event)))


def _reason(wanted: RevocationReason | int | str) -> RevocationReason:
    try:
        if isinstance(wanted, str):
            return RevocationReason.from_rfc_name(wanted)
        return RevocationReason(wanted)
    except ValueError:
        known = ", ".join(one.rfc_name for one in RevocationReason)
        raise ImpossibleFact(f"no reason is called {wanted!r}", hint=f"there are {known}") from None


def _name(reason: RevocationReason | None) -> str:
    return "none" if reason is None else reason.rfc_name


def _judged(
    report: VerificationReport,
    certificate: IssuedCertificate | None,
    language: Language,
    naming_the_holder: bool,
) -> str:
    decided = report.deciding_step
    lines = [f"{report.verdict.value} by {decided.code} at {moment(report.judged_at)}"]
    if naming_the_holder:
        lines.append(report.headline(language))
    lines += (step.line(language) for step in report.steps)
    if certificate is not None:
        told = certificate.why()
        lines += told.lines_ja if language == "ja" else told.lines_en
    return "\n".join(lines)
