"""The page of a run: plots with the numbers beside them, every rate with its source and mark."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from jpki.terms import RevocationReason
from simulator.population.arrays import Array, date_of
from simulator.population.figures import Figures
from simulator.population.happenings import KINDS
from simulator.population.parquet import writing
from simulator.population.plots import PLOTS, drawn
from simulator.population.run import Summary

__all__ = ["comparison", "write_page"]

_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }
img { max-width: 100%; height: auto; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #767676; padding: .25rem .6rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.banner { background: #fff3cd; border: 1px solid #7a5c00; padding: .5rem 1rem; }
""".strip()


def write_page(runs: Sequence[Summary], folder: Path) -> None:
    """Write ``index.html`` and a PNG of each plot for one run, or for two side by side."""
    with writing(folder):
        for name, (plot, _, _) in PLOTS.items():
            (folder / f"{name}.png").write_bytes(drawn(plot, runs, "png"))
        (folder / "index.html").write_text(_page(runs), encoding="utf-8")


def comparison(runs: Sequence[Summary]) -> list[tuple[str, str, list[int]]]:
    """Return the rows of the table: what, in both languages, and the number of each run."""
    rows = [("events", "出来事", [int(run.accounts.events().sum()) for run in runs])]
    for number, kind in enumerate(KINDS):
        name = kind.value.replace("_", " ")
        live = [int(run.accounts.live()[-1][number]) for run in runs]
        rows.append((f"live at the end: {name}", f"期末の有効数：{kind.label_ja}", live))
    for number, kind in enumerate(KINDS):
        name = kind.value.replace("_", " ")
        lost = [_revoked(run)[number].sum() for run in runs]
        rows.append((f"revoked: {name}", f"失効数：{kind.label_ja}", [int(each) for each in lost]))
    for reason in RevocationReason:
        counts = [int(_revoked(run)[:, reason].sum()) for run in runs]
        rows.append((f"revoked as {reason.rfc_name}", f"失効理由：{reason.label_ja}", counts))
    for number, (english, japanese) in enumerate(
        (("signature", "署名用"), ("user authentication", "利用者証明用"))
    ):
        entries = [int(run.listed[-1][number]) for run in runs]
        rows.append((f"list entries at the end: {english}", f"期末のリスト：{japanese}", entries))
    rows.append(("longest single list", "最長の一つのリスト", [int(r.largest.max()) for r in runs]))
    return rows


def _revoked(run: Summary) -> Array:
    table: Array = run.accounts.column("revoked")[1:].sum(axis=0).reshape(4, 8)
    return table


def _page(runs: Sequence[Summary]) -> str:
    scope = runs[0].scope
    last = date_of(scope.year_begins(scope.years) - 1)
    title = f"A population of {scope.people:,} from {scope.begins} to {last}"
    body = "\n".join(
        [
            f"<h1>{escape(title)}</h1>",
            '<p class="banner">Simulated from assumed rates; no statistic of anything. '
            '<span lang="ja">推定の率によるシミュレーションであり、統計ではありません。</span></p>',
            *_rules(runs),
            *_numbers(runs),
            *_plots(runs),
            *_figures(scope.figures),
        ]
    )
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _letters(runs: Sequence[Summary]) -> list[str]:
    return list("AB"[: len(runs)]) if len(runs) > 1 else [""]


def _rules(runs: Sequence[Summary]) -> Iterator[str]:
    yield '<h2>Rules <span lang="ja">規則</span></h2><ul>'
    for letter, run in zip(_letters(runs), runs, strict=True):
        before = f"<strong>{letter}</strong>: " if letter else ""
        yield f"<li>{before}{escape(run.rules.words)}</li>"
    yield "</ul>"


def _numbers(runs: Sequence[Summary]) -> Iterator[str]:
    yield '<h2>Numbers <span lang="ja">数</span></h2><table><thead><tr><th scope="col">What</th>'
    yield '<th scope="col" lang="ja">項目</th>'
    for letter in _letters(runs):
        yield f'<th scope="col">{letter or "Number"}</th>'
    if len(runs) == 2:
        yield '<th scope="col">B − A</th>'
    yield "</tr></thead><tbody>"
    for english, japanese, counts in comparison(runs):
        cells = [f"{count:,}" for count in counts]
        if len(counts) == 2:
            cells.append(f"{counts[1] - counts[0]:+,}")
        numbers = "".join(f'<td class="number">{cell}</td>' for cell in cells)
        names = f'<th scope="row">{escape(english)}</th><td lang="ja">{escape(japanese)}</td>'
        yield f"<tr>{names}{numbers}</tr>"
    yield "</tbody></table>"


def _plots(runs: Sequence[Summary]) -> Iterator[str]:
    for plot, english, japanese in PLOTS.values():
        picture = b64encode(drawn(plot, runs, "svg")).decode()
        yield f'<h2>{escape(english)} <span lang="ja">{escape(japanese)}</span></h2>'
        told = f"{english}; the numbers at the end stand in the table above"
        yield f'<img alt="{escape(told)}" src="data:image/svg+xml;base64,{picture}">'


def _figures(figures: Figures) -> Iterator[str]:
    yield '<h2>Rates <span lang="ja">率</span></h2><table><thead><tr>'
    for name in ("Name", "Value", "Unit", "What", "内容", "Certainty", "Source"):
        yield f'<th scope="col">{name}</th>'
    yield "</tr></thead><tbody>"
    for row in figures.rows.values():
        value = ", ".join(map(str, row.value)) if isinstance(row.value, tuple) else str(row.value)
        cells = (value, row.unit, row.note_en, row.note_ja, row.certainty.value, row.source)
        told = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        yield f'<tr><th scope="row">{row.id}</th>{told}</tr>'
    yield "</tbody></table>"
