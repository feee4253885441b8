"""The colours of the pictures, for light and dark screens and for paper.

They are those of Okabe and Ito, which people with any colour vision tell apart, darkened until
white text on them reads; and nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["CLASS", "FONTS", "PAGE", "rules"]

CLASS = "jpki-life"
"""The class of every picture; all rules are below it."""

FONTS = (
    '"Noto Sans CJK JP","Noto Sans JP","Hiragino Sans","Yu Gothic UI",Meiryo,'
    '"Helvetica Neue",Arial,sans-serif'
)

# class: what does not depend on the light, then properties with their light and dark values
_Row = tuple[str, str, dict[str, tuple[str, str]]]
_INK, _QUIET, _PAPER = ("#1b2430", "#e6eaf0"), ("#566273", "#a3b0c0"), ("#ffffff", "#151a21")
_ALARM, _AMBER = ("#b23a00", "#ff9d66"), ("#8a5a00", "#f2b84b")
_BLUE, _GREEN, _SLATE = ("#00588f", "#3b9fe0"), ("#00664a", "#2fb58b"), ("#5b6675", "#93a1b3")
# A rim in the bar's colour keeps the words readable where an arrow passes behind them.
_ON_BAR_FIXED = "font-weight:600;stroke-width:4;stroke-linejoin:round;paint-order:stroke"
_ON_BAR = ("#ffffff", "#0c1116")
_ROWS: tuple[_Row, ...] = (
    ("paper", "", {"fill": _PAPER}),
    ("lane", "", {"fill": ("#f4f6f9", "#1c232c")}),
    ("rim", "fill:none", {"stroke": ("#d5dbe3", "#333e4b")}),
    ("ink", "", {"fill": _INK}),
    ("quiet", "", {"fill": _QUIET}),
    ("strong", "font-weight:700", {"fill": _INK}),
    ("banner", "", {"fill": ("#fff1c9", "#4a3a08"), "stroke": ("#8a5a00", "#f2b84b")}),
    ("on-banner", "font-weight:700", {"fill": ("#5c3b00", "#ffe6ad")}),
    ("axis", "fill:none;stroke-width:1.6", {"stroke": _QUIET}),
    ("hair", "fill:none;stroke-width:1;stroke-dasharray:1 4", {"stroke": _QUIET}),
    ("pole", "fill:none;stroke-width:1", {"stroke": _QUIET}),
    ("mark", "stroke-width:1.6", {"fill": _INK, "stroke": _INK}),
    ("mark-quiet", "stroke-width:1.6", {"fill": _PAPER, "stroke": _QUIET}),
    ("mark-time", "stroke-width:1.6;stroke-dasharray:3 2", {"fill": _PAPER, "stroke": _INK}),
    ("on-mark", "font-weight:700", {"fill": _PAPER}),
    ("signature", "stroke-width:1.2", {"fill": _BLUE, "stroke": _BLUE}),
    ("authentication", "stroke-width:1.2", {"fill": _GREEN, "stroke": _GREEN}),
    ("thing", "stroke-width:1.2", {"fill": _SLATE, "stroke": _SLATE}),
    ("on-signature", _ON_BAR_FIXED, {"fill": _ON_BAR, "stroke": _BLUE}),
    ("on-authentication", _ON_BAR_FIXED, {"fill": _ON_BAR, "stroke": _GREEN}),
    ("on-thing", _ON_BAR_FIXED, {"fill": _ON_BAR, "stroke": _SLATE}),
    ("held", "stroke-width:1.6", {"stroke": _AMBER}),
    ("held-ground", "", {"fill": ("#ffe2a3", "#3a2e0b")}),
    ("held-line", "stroke-width:3", {"stroke": ("#a86f00", "#f2b84b")}),
    ("left-over", "stroke-width:1.4;stroke-dasharray:4 3", {"fill": _PAPER, "stroke": _SLATE}),
    ("planned", "fill:none;stroke-width:2;stroke-dasharray:2 4", {"stroke": _QUIET}),
    ("cap-issued", "stroke-width:2", {"fill": _PAPER, "stroke": _INK}),
    ("cap-revoked", "stroke-width:2", {"fill": _PAPER, "stroke": _ALARM}),
    ("cross", "fill:none;stroke-width:2.4;stroke-linecap:round", {"stroke": _ALARM}),
    ("cap-expired", "", {"fill": _INK}),
    ("halo", "fill:none;stroke-width:5;stroke-opacity:.85", {"stroke": _PAPER}),
    ("effect", "fill:none;stroke-width:1.8", {"stroke": _INK}),
    ("effect-head", "", {"fill": _INK}),
    ("cascade", "fill:none;stroke-width:2.2;stroke-dasharray:6 3", {"stroke": _ALARM}),
    ("cascade-head", "", {"fill": _ALARM}),
    ("begin", "fill:none;stroke-width:1.2;stroke-opacity:.75", {"stroke": _QUIET}),
    ("begin-head", "", {"fill": _QUIET}),
    ("now", "fill:none;stroke-width:1.6;stroke-dasharray:7 4", {"stroke": _INK}),
    ("wrong", "fill:none;stroke-width:2.4", {"stroke": _ALARM}),
    (
        "wrong-lane",
        "fill-opacity:.12;stroke-width:2;stroke-dasharray:8 4",
        {"fill": _ALARM, "stroke": _ALARM},
    ),
    ("wrong-box", "stroke-width:2", {"fill": ("#fff3ec", "#3a1d0d"), "stroke": _ALARM}),
    ("alarm", "font-weight:700", {"fill": _ALARM}),
    ("tip-box", "stroke-width:1.5", {"fill": ("#1b2430", "#f2f5f9"), "stroke": _PAPER}),
    ("tip-text", "", {"fill": ("#ffffff", "#10151b")}),
)


def rules() -> str:
    """Return the style sheet of a picture: no imports, no fonts fetched, no script."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield f".{CLASS}{{font-family:{FONTS};color-scheme:light dark}}"
    for name, fixed, colours in _ROWS:
        yield _rule(name, fixed, {key: light for key, (light, _) in colours.items()})
    yield f".{CLASS} .hit{{fill:#000;fill-opacity:0;stroke:none;cursor:help}}"
    yield f".{CLASS} .f{{outline:none}}"
    yield f".{CLASS} .tip{{visibility:hidden;pointer-events:none}}"
    yield f".{CLASS} .f:focus+.tip{{visibility:visible}}"
    yield (f".{CLASS} .f:focus .hit,.{CLASS} .f:hover .hit{{stroke:#d9480f;stroke-width:2.5}}")
    yield "@media screen and (prefers-color-scheme:dark){"
    for name, _, colours in _ROWS:
        yield _rule(name, "", {key: dark for key, (_, dark) in colours.items()})
    yield "}"
    yield f"@media print{{.{CLASS} .tip{{display:none}}.{CLASS}{{print-color-adjust:exact}}}}"


def _rule(name: str, fixed: str, colours: dict[str, str]) -> str:
    told = [fixed] if fixed else []
    told += [f"{key}:{value}" for key, value in colours.items()]
    return f".{CLASS} .{name}{{{';'.join(told)}}}"


PAGE = f"""\
:root{{color-scheme:light dark}}
body{{margin:0;padding:1.25rem;font-family:{FONTS};line-height:1.5;color:#1b2430;background:#fff}}
h1{{font-size:1.35rem;margin:0 0 .5rem}}
h2{{font-size:1.1rem;margin:1.5rem 0 .5rem}}
.standing{{border:2px solid #8a5a00;background:#fff1c9;color:#5c3b00;font-weight:700;
padding:.4rem .8rem;margin:0 0 1rem;border-radius:.4rem}}
.wrong-note{{border-left:6px solid #b23a00;padding:.3rem .9rem;background:#fff3ec}}
figure{{margin:0;overflow-x:auto}}
figure:focus-visible{{outline:3px solid #d9480f}}
.wrong-note p{{margin:.2rem 0}}
table{{border-collapse:collapse;width:100%;font-size:.92rem}}
caption{{text-align:start;font-weight:700;padding:.4rem 0}}
th,td{{border-bottom:1px solid #c5ccd6;padding:.4rem .6rem;text-align:start;vertical-align:top}}
thead th,td:nth-of-type(1){{white-space:nowrap}}
td ul{{margin:0;padding-inline-start:1.1rem}}
.scroll{{overflow-x:auto}}
@media screen and (prefers-color-scheme:dark){{
body{{color:#e6eaf0;background:#151a21}}
.standing{{background:#4a3a08;color:#ffe6ad;border-color:#f2b84b}}
.wrong-note{{background:#3a1d0d;border-color:#ff9d66}}
th,td{{border-color:#3c4856}}
}}
@media print{{body{{padding:0}}figure{{overflow:visible}}svg{{max-width:100%;height:auto}}
tr{{break-inside:avoid}}}}
"""
