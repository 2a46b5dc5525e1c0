"""report.html: one page that carries its charts, its styles and its script."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Sequence

from markupsafe import Markup

from mtlab.drawing.lettering import shortened
from mtlab.report.analyse.charts import KINDS, Chart
from mtlab.report.analyse.report import Report
from mtlab.report.write.figure_files import DrawnChart
from mtlab.report.write.markdown import template_environment

MOST_FILTER_CHOICES = 24
LONGEST_RUN_LABEL = 60


def as_page(report: Report, drawn: Sequence[DrawnChart]) -> str:
    """The page as text. It asks for nothing from anywhere: a policy in its head forbids it."""
    environment = template_environment(autoescape=True)
    sections = [(kind, [one for one in drawn if one.chart.kind is kind]) for kind in KINDS]
    return environment.get_template("report.html").render(
        report=report,
        sections=[(kind, charts) for kind, charts in sections if charts],
        filters=filter_choices(report),
        run_titles=_run_titles(report),
        as_part_of_page=as_part_of_page,
        packed=packed,
        values_of_runs=values_of_runs,
    )


def filter_choices(report: Report) -> list[tuple[int, str, list[str]]]:
    """Columns of the table of runs that are offered as filters: position, title, values."""
    found = []
    for position, column in enumerate(report.table.columns):
        texts = dict.fromkeys(row.cells[position].text for row in report.table.rows)
        if column.is_setting and 1 < len(texts) <= MOST_FILTER_CHOICES:
            found.append((position, column.title, list(texts)))
    return found


def _run_titles(report: Report) -> dict[int, str]:
    """By a run's number, what tells its configuration from the others, then its folder."""
    titles = {}
    for group in report.groups:
        label = report.labels[group.number]
        for run in group.runs:
            parts = dict.fromkeys((shortened(label, LONGEST_RUN_LABEL), run.name))
            titles[run.number] = " · ".join([str(run.number), *parts])
    return titles


def as_part_of_page(svg: str) -> Markup:
    """The drawing in the page's own colours, light or dark, its own font, and the room there is."""
    svg = re.sub(r'width="([\d.]+pt)" height="[\d.]+pt"', r'style="max-width: \1"', svg, count=1)
    svg = svg.replace("#000000", "currentColor").replace("#ffffff", "var(--page)")
    return Markup(re.sub(r"font-family: [^;]*; ", "", svg))


def packed(svg: str) -> str:
    """The same as compressed bytes in letters: of many drawings a reader looks at few."""
    return base64.b64encode(gzip.compress(as_part_of_page(svg).encode(), mtime=0)).decode()


def values_of_runs(chart: Chart) -> str:
    """What a chart of one run at a time shows of each run, as JSON by the run's number."""
    if chart.predictions is None:
        return ""
    return json.dumps(chart.predictions.values, separators=(",", ":"))
