"""report.md: the tables and figures as text that any Markdown viewer shows."""

import re
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from mtlab.report.analyse.charts import Chart
from mtlab.report.analyse.report import Report


def template_environment(*, autoescape: bool) -> Environment:
    """For the templates of the page and of report.md."""
    return Environment(
        loader=PackageLoader("mtlab.report.write", "templates"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def as_markdown(report: Report, drawn: Sequence[Chart]) -> str:
    """Sections in the order of the page; charts with a name have files in figures/ beside it."""
    environment = template_environment(autoescape=False)
    environment.filters |= {"plain": _plain, "code": _code, "fenced": _fenced}
    return environment.get_template("report.md").render(report=report, drawn=drawn)


def _plain(text: str) -> str:
    """Text that no viewer takes for markup. An underscore within a word is none."""
    escaped = re.sub(r"[\\|*\[\]<>`&~$]", r"\\\g<0>", " ".join(text.split()))
    return re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", escaped)


def _code(text: str) -> str:
    """Text within a line as code, whatever backticks it holds."""
    ticks = _more_than_any_run_in(text, 1)
    space = " " if "`" in text else ""
    return f"{ticks}{space}{' '.join(text.split())}{space}{ticks}"


def _fenced(text: str, language: str) -> str:
    """Lines as a block of code, whatever backticks they hold."""
    fence = _more_than_any_run_in(text, 3)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _more_than_any_run_in(text: str, least: int) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(least, longest + 1)
