"""The page in a real browser: sorting, filtering, toggles, a clean console, and no requests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_runs import write_run
from playwright.sync_api import Browser, Page, sync_playwright

from mtlab.report.collect import collect
from mtlab.report.content import build_report
from mtlab.report.page import as_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 380, "height": 800}

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("MTLAB_REQUIRE_CHROMIUM"),
    reason="no chromium is installed here",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # A fresh profile in a folder of its own, removed at the end, comes with every launch.
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def report_html(tmp_path: Path) -> Path:
    sweep = tmp_path / "sweep"
    accuracies = (0.9, 0.7, 0.95, 0.8)
    for job, accuracy in enumerate(accuracies):
        write_run(
            sweep / f"{job}", accuracy=accuracy, seed=job % 2, tasks=("article", "group"),
            dataset="fashion_mnist", parameters={"total": 1000 * (1 + job // 2)},
            settings={"mtl.name": "lambda", "mtl.lambda": job // 2},
            published={"test.article.accuracy": 90}, experiment="fashion_lambda",
            values=("brightness",) if job == 3 else (),
        )  # fmt: skip
    write_run(sweep / "4", status="failed", error="</script><b>boom", dataset="fashion_mnist")
    write_run(sweep / "5", model="perceptron", dataset="mnist", epochs=300)
    page = tmp_path / "report.html"
    page.write_text(as_page(build_report(collect([sweep]), ["sweep"])), encoding="utf-8")
    return page


class Visit:
    """A page that is watched from its first byte."""

    def __init__(self, browser: Browser, report: Path, size: dict[str, int], scheme: str) -> None:
        self.context = browser.new_context(viewport=size, color_scheme=scheme)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(report.as_uri())
        self.page.wait_for_selector(".chart .main-svg")

    def runs(self) -> list[str]:
        """The numbers of the runs that the table shows, in order."""
        rows = self.page.locator("#run-table tbody tr:visible")
        numbers: list[str] = rows.evaluate_all("rows => rows.map(row => row.dataset.runs)")
        return numbers

    def num_lines(self, section: str) -> int:
        return self.page.locator(f"#{section} .scatterlayer .trace").count()


@pytest.fixture
def visit(browser: Browser, report_html: Path) -> Iterator[Visit]:
    visit = Visit(browser, report_html, WIDE, "light")
    yield visit
    # Whatever a test did: the console stays clean, and nothing but the page itself was asked for.
    assert visit.complaints == []
    assert visit.requests == [report_html.as_uri()]
    visit.context.close()


def heading(visit: Visit, title: str) -> None:
    visit.page.locator("#run-table th button", has_text=title).click()


def filter_by(visit: Visit, title: str, choice: str) -> None:
    # The last of the labels: "lambda" also stands in the choices of others.
    label = visit.page.locator("#filters label", has_text=title).last
    label.locator("select").select_option(choice)


def test_a_click_on_a_heading_sorts_and_another_turns_the_order(visit: Visit):
    assert visit.runs() == ["1", "2", "3", "4", "5", "6"]
    heading(visit, "article accuracy")
    # Runs 5 and 6 do not learn the task: empty cells stay last either way.
    assert visit.runs() == ["2", "4", "1", "3", "5", "6"]
    heading(visit, "article accuracy")
    assert visit.runs() == ["3", "1", "4", "2", "5", "6"]
    sorted_by = visit.page.locator("#run-table th[aria-sort=descending]")
    assert "article accuracy" in sorted_by.inner_text()


def test_text_is_searched_in_all_columns(visit: Visit):
    visit.page.fill("#search", "boom")
    assert visit.runs() == ["5"]
    assert visit.page.locator("#shown").inner_text() == "1 of 6 runs"
    visit.page.click("#reset")
    assert len(visit.runs()) == 6


def test_columns_are_filtered_and_the_charts_follow(visit: Visit):
    assert visit.num_lines("curves") == 8
    filter_by(visit, "lambda", "=1")
    assert visit.runs() == ["3", "4"]
    assert visit.num_lines("curves") == 4
    visit.page.click("#reset")
    filter_by(visit, "status", "=failed")
    assert visit.runs() == ["5"]
    assert visit.num_lines("curves") == 0


def test_the_other_tables_follow_the_filter_too(visit: Visit):
    published = visit.page.locator("#published tbody tr:visible")
    details = visit.page.locator("details.run:visible")
    assert (published.count(), details.count()) == (3, 6)
    filter_by(visit, "lambda", "=1")
    assert (published.count(), details.count()) == (2, 2)
    visit.page.click("#reset")
    assert (published.count(), details.count()) == (3, 6)


def test_lines_are_toggled_by_configuration_and_split(visit: Visit):
    visit.page.locator("#curves .legend input").first.uncheck()
    assert visit.num_lines("curves") == 4
    visit.page.uncheck("#curves input[name=val]")
    assert visit.num_lines("curves") == 2
    visit.page.locator("#curves .legend input").first.check()
    assert visit.num_lines("curves") == 4


def test_tasks_and_measures_can_be_chosen(visit: Visit):
    visit.page.select_option("#curves select[name=topic]", "fashion_mnist · group")
    visit.page.select_option("#curves select[name=measure]", "loss")
    assert "loss" in visit.page.locator("#curves .ytitle").first.text_content()


def test_every_kind_of_chart_is_drawn(visit: Visit):
    for section in ("lambda", "costs", "curves", "perceptrons"):
        assert visit.num_lines(section) > 0, section
    assert visit.page.locator("#confusions .hm image").count() == 2
    # The diagonal, and the points of the one run that has values.
    assert visit.num_lines("scatters") == 2
    assert visit.page.locator("#scatters .point").count() == 3


def test_a_run_leads_to_its_command_and_configuration(visit: Visit):
    visit.page.locator("#run-table a").first.click()
    details = visit.page.locator("#run-1")
    details.locator("pre.config").wait_for(state="visible")
    assert "mtlab seed=0" in details.inner_text()
    assert "lambda: 0" in details.inner_text()


def test_published_numbers_stand_beside_the_measured(visit: Visit):
    cells = visit.page.locator("#published tbody tr").first.locator("td").all_inner_texts()
    assert any(cell.startswith("80.00") for cell in cells)
    assert "90.00" in cells
    assert "\N{MINUS SIGN}10.00" in cells


def test_a_narrow_screen_has_published_and_delta_below_the_value(visit: Visit):
    cell = visit.page.locator("#published td:has(small.unfolded)").first
    folded = visit.page.locator("#published td.folded").first
    assert folded.is_visible() and "(" not in cell.inner_text()
    visit.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert not folded.is_visible()
    assert "90.00 (\N{MINUS SIGN}10.00)" in cell.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_page_fits_and_follows_the_scheme(
    browser: Browser, report_html: Path, size: dict[str, int], scheme: str
):
    visit = Visit(browser, report_html, size, scheme)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    colour = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 23, 28)")
    assert visit.complaints == []
    visit.context.close()


ODD_CLASSES = ('<a href="https://evil.example/">x</a>', "US$_A$", "%{x} 100%", "name " * 40)


@pytest.fixture
def odd_visit(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    """Runs whose names are taken for links, formulas and templates if nobody takes care."""
    for job, widths in enumerate(([1], [2])):
        write_run(
            tmp_path / "runs" / f"{job}", classes=ODD_CLASSES, experiment="%{y}<b>",
            row=f"row {job}", settings={"model.widths": widths}, parameters={"total": 10 + job},
        )  # fmt: skip
    page = tmp_path / "report.html"
    page.write_text(as_page(build_report(collect([tmp_path / "runs"]), ["runs"])), encoding="utf-8")
    visit = Visit(browser, page, WIDE, "light")
    yield visit
    assert visit.complaints == []
    assert visit.requests == [page.as_uri()]
    visit.context.close()


def test_names_are_shown_in_charts_as_they_are(odd_visit: Visit):
    ticks = odd_visit.page.locator("#confusions .yaxislayer-above text").all_text_contents()
    assert ticks[0].startswith("<a href=")
    assert ticks[0].endswith("x</a>")
    assert ticks[1:3] == ["US$_A$", "%{x} 100%"]
    assert len(ticks[3]) == 18
    assert odd_visit.page.locator(".charts a").count() == 0
    assert odd_visit.page.locator(".charts svg b, .charts tspan[style*=bold]").count() == 0


def test_names_are_shown_on_hovering_as_they_are(odd_visit: Visit):
    chart = odd_visit.page.locator("#confusions .chart").first
    chart.scroll_into_view_if_needed()
    # The matrix has four columns and rows: the first and the third, in the middle.
    box = chart.locator(".nsewdrag").bounding_box()
    assert box is not None
    odd_visit.page.mouse.move(box["x"] + box["width"] / 8, box["y"] + box["height"] * 5 / 8)
    told = chart.locator(".hovertext").first.text_content() or ""
    assert "true %{x} 100%, predicted <a href=" in told
    assert "1 images, 8.3% of the class" in told


def test_points_that_nothing_joins_have_no_line_in_the_legend(odd_visit: Visit):
    assert odd_visit.page.locator("#costs .legend label svg").count() == 2
    assert odd_visit.page.locator("#costs .legend label path[d='M0 7h24']").count() == 0
    assert odd_visit.page.locator("#curves .legend label path[d='M0 7h24']").count() == 2


def test_the_choice_of_a_confusion_matrix_names_the_configuration(odd_visit: Visit):
    choices = odd_visit.page.locator("#confusions select option").all_text_contents()
    assert [choice.split(" · ")[0] for choice in choices] == ["1", "2"]
    assert "row 0" in choices[0]
    assert "row 1" in choices[1]


def test_charts_change_with_the_scheme(visit: Visit):
    def colour() -> str:
        title = visit.page.locator("#curves .ytitle").first
        return str(title.evaluate("node => node.style.fill"))

    before = colour()
    visit.page.emulate_media(color_scheme="dark")
    visit.page.wait_for_function(
        "before => document.querySelector('#curves .ytitle').style.fill !== before", arg=before
    )
    assert colour() != before
