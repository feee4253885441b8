"""``jpki-sim why``: why a certificate is what it is."""

from __future__ import annotations

import json
from typing import Annotated, Final

import typer

from jpki.cli.inputs import instant, language
from jpki.cli.telling import Format, Lang, told_errors
from jpki.errors import ImpossibleFact
from jpki.life import Explanation, State, why
from jpki.terms import Purpose
from simulator.cli.typed import PurposeOption
from simulator.cli.worlds import WorldOption, opened_world

__all__ = ["why_command"]


_PURPOSES: Final = {
    PurposeOption.SIGNATURE: Purpose.SIGNATURE,
    PurposeOption.AUTHENTICATION: Purpose.USER_AUTHENTICATION,
}


def why_command(
    serial: Annotated[int, typer.Argument(help="The certificate's serial (発行の番号).")],
    world: WorldOption = None,
    purpose: Annotated[
        PurposeOption | None,
        typer.Option(help="Needed when both authorities have issued this serial."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="The instant to ask about. Default: the world's clock.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
    lang: Annotated[Lang | None, typer.Option(help="Language. Default: the locale's.")] = None,
) -> None:
    """Say why a certificate is what it is: certificate, cause, event, rule, article."""
    with told_errors(), opened_world(world) as opened:
        state = opened.state(instant(at) if at else None)
        told = _explained(state, serial, _PURPOSES[purpose] if purpose else None)
        if output is Format.JSON:
            typer.echo(json.dumps(_as_data(told), ensure_ascii=False, indent=2))
        else:
            lines = told.lines_ja if language(lang) == "ja" else told.lines_en
            typer.echo("\n".join(lines))


def _explained(state: State, serial: int, purpose: Purpose | None) -> Explanation:
    try:
        return why(state, serial, purpose=purpose)
    except ImpossibleFact as error:
        if purpose is None and "more than one" in error.message:
            raise ImpossibleFact(
                f"both authorities have issued serial {serial}",
                hint="add --purpose signature or --purpose authentication",
            ) from error
        raise


def _as_data(told: Explanation) -> dict[str, object]:
    return {
        "serial": told.record.serial,
        "kind": told.record.kind.value,
        "state": told.state.value,
        "event": told.event,
        "chain": [
            {
                "subject": step.subject.value,
                "effect": step.effect.value,
                "rule": step.rule,
                "basis": step.basis_en,
                "basis_ja": step.basis_ja,
                "certainty": step.certainty.value,
                "reason": step.reason.rfc_name if step.reason is not None else None,
                "reason_certainty": (
                    step.reason_certainty.value if step.reason_certainty is not None else None
                ),
                "occurred_on": step.occurred_on.isoformat(),
                "recorded_at": step.recorded_at.isoformat() if step.recorded_at else None,
            }
            for step in told.steps
        ],
    }
