"""An evaluation as HTML: tables, plots as SVG with their numbers, and a page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from matchcast.forecast.evaluation import Band, Bin, Compared, Evaluated, Figures
from matchcast.forecast.plots import Line, line_plot, reliability_plot
from matchcast.forecast.report import NAMES, verdict

MEASURES = (
    "Log loss in nats, Brier score summed over the three outcomes, ranked probability score halved, "
    "expected calibration error over 15 bins. Less is better."
)

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--grid:#d8dde3;--model:#0b63c5;--other:#b3541e}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--paper:#14171a;--grid:#363c43;--model:#6db1ff;--other:#f0a06a}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:64rem;margin:2rem auto;padding:0 1rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:1rem 0}
caption{text-align:left;font-size:.9rem}
th,td{padding:.2rem .8rem .2rem 0;text-align:right;font-weight:400;border-bottom:1px solid var(--grid)}
thead th{font-weight:600}
th:first-child,.verdicts td:last-child{text-align:left}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem}
figure{margin:0}figcaption,details{font-size:.9rem}
svg{width:100%;height:auto}text{font-size:11px;fill:var(--ink)}
.grid{stroke:var(--grid)}.even{stroke:var(--ink);stroke-dasharray:4 4}
polyline{fill:none;stroke-width:2}polyline.model{stroke:var(--model)}circle.model{fill:var(--model)}
polyline.other{stroke:var(--other);stroke-dasharray:6 3}circle.other{fill:var(--other)}
"""

_FITTED_TOO = {
    "pre_match": "before the match alone",
    "minute_by_lead": "minute x goal difference",
    "base_rate": "base rate",
}
"""Baselines that the usual models contain too, which come with an interval: a page shows only those."""

_TITLES = {"international": "International matches", "detailed": "Leagues and tournaments in detail"}

_HEADS = (
    "model", "log loss", "Brier", "RPS", "ECE", "ECE 75+", "difference in log loss, 95 %", "verdict",
)  # fmt: skip


def page(version: str, judged: Mapping[str, Evaluated | None]) -> str:
    """The page of an evaluation."""
    title = f"Evaluation of a model: {escape(version)}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>{MEASURES}</p>{sections(judged)}</body></html>\n"
    )


def sections(judged: Mapping[str, Evaluated | None]) -> str:
    """A section for each set of matches that was judged, as markup; how it looks is the page's matter."""
    return "".join(part for name, of in judged.items() if of is not None for part in _section(name, of))


def title_of(name: str) -> str:
    """Return what people call a set of matches that models are judged on."""
    return _TITLES.get(name, name.capitalize())


def _section(name: str, judged: Evaluated) -> Iterator[str]:
    title = title_of(name)
    yield f"<section><h2>{escape(title)}</h2>"
    yield (
        f"<p>{judged.matches:,} matches from {judged.first_day} to {judged.last_day}, "
        f"{judged.snapshots:,} snapshots."
    )
    if judged.held_back:
        yield f" Each was forecast by a model that has not seen it: {escape(judged.held_back)}."
    if judged.known:
        yield f" The model may have learned from {judged.known:,} of them: their figures flatter it."
    yield "</p>"
    yield _table(f"{title}: the model beside others", _HEADS, list(_rows(judged)), "verdicts")
    yield '<div class="plots">'
    if judged.calibration:
        yield _calibration(title, judged.calibration)
    for measure, by, bands in (
        ("Log loss", "by minute of the match", judged.bands),
        ("Log loss", "by the favourite's chance of winning before kick-off", judged.gaps),
        ("Calibration error", "by minute of the match", judged.bands),
    ):
        if bands:
            yield _banded(title, measure, by, bands)
    yield "</div></section>"


def _rows(judged: Evaluated) -> Iterator[Sequence[str]]:
    yield _row("this model", judged)
    for baseline, figures in judged.baselines.items():
        if _FITTED_TOO.get(baseline) not in judged.against:
            yield _row(NAMES.get(baseline, baseline), figures)
    for other, compared in judged.against.items():
        yield _row(other, compared)


def _row(name: str, of: Figures) -> Sequence[str]:
    numbers = [f"{value:.4f}" for value in (of.log_loss, of.brier, of.rps, of.ece, of.ece_75)]
    if not isinstance(of, Compared):
        return name, *numbers, "", ""
    between = of.difference
    return name, *numbers, f"{between.mean:+.4f} ({between.low:+.4f} to {between.high:+.4f})", verdict(of)


def _calibration(title: str, bins: Sequence[Bin]) -> str:
    return _figure(
        "Calibration: how often it happened, over what was forecast. On the dashed line is right.",
        reliability_plot(
            f"{title}: calibration", [(one.forecast, one.happened, one.forecasts) for one in bins]
        ),
        ("forecast", "happened", "forecasts"),
        [(f"{one.forecast:.3f}", f"{one.happened:.3f}", f"{one.forecasts:,}") for one in bins],
    )


def _banded(title: str, measure: str, by: str, bands: Mapping[str, Band]) -> str:
    """A measure over parts of the forecasts."""
    is_loss = measure == "Log loss"
    values = [band.log_loss if is_loss else band.ece for band in bands.values()]
    line = Line(measure.lower(), "model" if is_loss else "other", values)
    return _figure(
        f"{measure} {by}.",
        line_plot(f"{title}: {measure.lower()} {by}", list(bands), [line]),
        (by.removeprefix("by "), measure.lower()),
        [(part, f"{value:.4f}") for part, value in zip(bands, values, strict=True)],
    )


def _figure(caption: str, drawing: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A plot, what it shows, and its numbers."""
    return (
        f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption>"
        f"<details><summary>As a table</summary>{_table(caption, heads, rows)}</details></figure>"
    )


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "numbers") -> str:
    """A table that can be scrolled sideways; the first cell of a row is its head."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(text)}</td>" for text in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )
