"""report.html: one page that carries its data, its styles and its JavaScript."""

from __future__ import annotations

from dataclasses import asdict
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mtlab.report.content import Report
from mtlab.report.listings import lambda_listing
from mtlab.report.markdown import MEANS_REMARK, headline
from mtlab.report.palette import OKABE_ITO
from mtlab.report.series import Curve

TEMPLATES = "templates"
SCRIPTS = ("tables.js", "charts.js", "panels.js")
MOST_FILTER_CHOICES = 24


def as_page(report: Report) -> str:
    """The page as text. It asks for nothing from anywhere: a policy in its head forbids it."""
    environment = Environment(
        loader=PackageLoader("mtlab.report", TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        report=report,
        headline=headline(report),
        means_remark=MEANS_REMARK,
        lambda_listings=[(panel.dataset, lambda_listing(panel)) for panel in report.lambda_panels],
        filters=filter_choices(report),
        data=chart_data(report),
        style=_own_file("report.css"),
        scripts=[_own_file(name) for name in SCRIPTS],
        plotly=_plotly(),
    )


def filter_choices(report: Report) -> list[tuple[int, str, list[str]]]:
    """Columns of the table of runs that are offered as filters: position, title, values."""
    found = []
    for position, column in enumerate(report.listing.columns):
        texts = dict.fromkeys(row.cells[position].text for row in report.listing.rows)
        if column.is_setting and 1 < len(texts) <= MOST_FILTER_CHOICES:
            found.append((position, column.title, list(texts)))
    return found


def chart_data(report: Report) -> dict[str, Any]:
    """What charts.js draws, as plain JSON values."""
    by_chart: dict[str, list[Curve]] = {}
    for curve in report.curves:
        by_chart.setdefault(_chart_of(curve), []).append(curve)
    return {
        "colours": OKABE_ITO,
        "runs": {
            run.number: {
                "name": run.name,
                "status": run.status.value,
                "label": report.labels[group.number],
            }
            for group in report.groups
            for run in group.runs
        },
        "runsOfGroup": {
            group.number: [run.number for run in group.runs] for group in report.groups
        },
        "curveLabels": {chart: report.labels_of(curves) for chart, curves in by_chart.items()},
        "curves": [{**asdict(curve), "chart": _chart_of(curve)} for curve in report.curves],
        "lambdaPanels": [asdict(panel) for panel in report.lambda_panels],
        "tradeoffs": [
            {**asdict(tradeoff), "cost": tradeoff.cost.header} for tradeoff in report.tradeoffs
        ],
        "confusions": [asdict(confusion) for confusion in report.confusions],
        "scatters": [asdict(scatter) for scatter in report.scatters],
    }


def _chart_of(curve: Curve) -> str:
    return f"{'perceptron' if curve.is_perceptron else 'network'} {curve.topic}"


def _own_file(name: str) -> Markup:
    """A file of this package, which needs no escaping."""
    return Markup((resources.files("mtlab.report") / TEMPLATES / name).read_text("utf-8"))


def _plotly() -> Markup:
    """The whole of plotly.js, as the Python package carries it."""
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs())
