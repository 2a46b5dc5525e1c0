"""report.html: one page that carries its charts, its styles and its script."""

import base64
import gzip
import json
import re
from collections.abc import Sequence
from functools import partial

from markupsafe import Markup

from mtlab.drawing.lettering import shortened
from mtlab.report.analyse.charts import KINDS, Chart
from mtlab.report.analyse.report import Report
from mtlab.report.write.markdown import template_environment

MOST_FILTER_CHOICES = 24
LONGEST_RUN_LABEL = 60


def as_page(report: Report, drawn: Sequence[Chart]) -> str:
    """The page as text. It asks for nothing from anywhere: a policy in its head forbids it."""
    environment = template_environment(autoescape=True)
    environment.filters |= {"part_of_page": _as_part_of_page, "packed": _packed}
    environment.filters["json"] = partial(json.dumps, separators=(",", ":"))
    sections = [(kind, [chart for chart in drawn if chart.kind is kind]) for kind in KINDS]
    return environment.get_template("report.html").render(
        report=report,
        sections=[(kind, charts) for kind, charts in sections if charts],
        filters=_filter_choices(report),
        run_titles=_run_titles(report),
    )


def _filter_choices(report: Report) -> list[tuple[int, str, list[str]]]:
    """Columns of the table of runs that are offered as filters: position, title, values."""
    found = []
    for position, column in enumerate(report.table.columns):
        texts = dict.fromkeys(row.cells[position].text for row in report.table.rows)
        if column.is_setting and 1 < len(texts) <= MOST_FILTER_CHOICES:
            found.append((position, column.title, list(texts)))
    return found


def _run_titles(report: Report) -> dict[int, str]:
    """By a run's number, its folder, then what tells its configuration from the others."""
    titles = {}
    for group in report.groups:
        label = report.labels[group.number]
        for run in group.runs:
            told = "" if label == run.name else f": {shortened(label, LONGEST_RUN_LABEL)}"
            titles[run.number] = f"{run.title}{told}"
    return titles


def _as_part_of_page(svg: str) -> Markup:
    """The drawing in the page's own colours, light or dark, its own font, and the room there is."""
    svg = re.sub(r'width="([\d.]+pt)" height="[\d.]+pt"', r'style="max-width: \1"', svg, count=1)
    svg = svg.replace("#000000", "currentColor").replace("#ffffff", "var(--page)")
    return Markup(re.sub(r"font-family: [^;]*; ", "", svg))


def _packed(svg: str) -> str:
    """The same as compressed bytes in letters: of many drawings a reader looks at few."""
    return base64.b64encode(gzip.compress(_as_part_of_page(svg).encode(), mtime=0)).decode()
