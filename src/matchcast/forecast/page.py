"""An evaluation as one HTML page that needs nothing else: tables, and plots as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from matchcast.forecast.evaluation import Compared, Evaluated, Figures
from matchcast.forecast.plots import Line, line_plot, reliability_plot
from matchcast.forecast.report import NAMES, verdict

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--grid:#d8dde3;--model:#0b63c5;--other:#b3541e}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--paper:#14171a;--grid:#363c43;--model:#6db1ff;--other:#f0a06a}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:64rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:1rem 0;display:block;overflow-x:auto}
th,td{padding:.2rem .8rem .2rem 0;text-align:right;border-bottom:1px solid var(--grid)}
th:first-child,td:first-child,td:last-child{text-align:left}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem}
figure{margin:0}figcaption{font-size:.9rem}
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


def page(version: str, judged: Mapping[str, Evaluated | None]) -> str:
    """The page of an evaluation."""
    title = f"Evaluation of a model: {escape(version)}"
    parts = [part for name, of in judged.items() if of is not None for part in _section(name, of)]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        "<p>Log loss in nats, Brier score summed over the three outcomes, ranked probability score halved, "
        "expected calibration error over 15 bins. Less is better.</p>" + "".join(parts) + "</body></html>\n"
    )


def _section(name: str, judged: Evaluated) -> Iterator[str]:
    yield f"<h2>{escape(name.capitalize())}</h2>"
    yield (
        f"<p>{judged.matches:,} matches from {judged.first_day} to {judged.last_day}, "
        f"{judged.snapshots:,} snapshots."
    )
    if judged.known:
        yield f" The model may have learned from {judged.known:,} of them: their figures flatter it."
    yield "</p><table><thead><tr><th>model</th>"
    yield "".join(f"<th>{head}</th>" for head in ("log loss", "Brier", "RPS", "ECE", "ECE 75+"))
    yield "<th>difference, 95 %</th><th></th></tr></thead><tbody>"
    yield _row("this model", judged)
    for baseline, figures in judged.baselines.items():
        if _FITTED_TOO.get(baseline) not in judged.against:
            yield _row(NAMES[baseline], figures)
    for other, compared in judged.against.items():
        yield _row(other, compared)
    yield '</tbody></table><div class="plots">'
    yield _figure(
        "Calibration: how often it happened, over what was forecast. On the dashed line is right.",
        reliability_plot(
            f"{name}: calibration",
            [(bin_.forecast, bin_.happened, bin_.forecasts) for bin_ in judged.calibration],
        ),
    )
    yield _figure(
        "Log loss by minute of the match.",
        line_plot(
            f"{name}: log loss by minute",
            list(judged.bands),
            [Line("log loss", "model", [band.log_loss for band in judged.bands.values()])],
        ),
    )
    yield _figure(
        "Log loss by the favourite's chance of winning before kick-off.",
        line_plot(
            f"{name}: log loss by strength gap",
            list(judged.gaps),
            [Line("log loss", "model", [gap.log_loss for gap in judged.gaps.values()])],
        ),
    )
    yield _figure(
        "Calibration error by minute of the match.",
        line_plot(
            f"{name}: calibration error by minute",
            list(judged.bands),
            [Line("calibration error", "other", [band.ece for band in judged.bands.values()])],
        ),
    )
    yield "</div>"


def _figure(caption: str, drawing: str) -> str:
    return f"<figure>{drawing}<figcaption>{caption}</figcaption></figure>"


def _row(name: str, of: Figures) -> str:
    numbers = "".join(f"<td>{value:.4f}</td>" for value in (of.log_loss, of.brier, of.rps, of.ece, of.ece_75))
    difference = verdict_ = ""
    if isinstance(of, Compared):
        between = of.difference
        difference = f"{between.mean:+.4f} ({between.low:+.4f} to {between.high:+.4f})"
        verdict_ = verdict(of)
    return f"<tr><td>{escape(name)}</td>{numbers}<td>{difference}</td><td>{escape(verdict_)}</td></tr>"
