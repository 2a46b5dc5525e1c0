"""The page in a real browser: sorting, filtering, toggles, a clean console, and no requests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_runs import write_run
from playwright.sync_api import Browser, Page, sync_playwright

from mtlab.cli import main

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
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


def write_page(folder: Path) -> Path:
    """The page of a report on the runs below the folder."""
    assert main(["report", str(folder), "-o", str(folder.parent / "report")]) == 0
    return folder.parent / "report" / "report.html"


@pytest.fixture(scope="module")
def report_html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sweep = tmp_path_factory.mktemp("report") / "sweep"
    accuracies = (0.9, 0.7, 0.95, 0.8)
    for job, accuracy in enumerate(accuracies):
        write_run(
            sweep / f"{job}",
            accuracy=accuracy,
            seed=job % 2,
            tasks=("article", "group"),
            dataset="fashion_mnist",
            parameters={"total": 1000 * (1 + job // 2)},
            settings={"mtl.name": "lambda", "mtl.lambda": (1 + job // 2) / 2},
            published={"test.article.accuracy": 90},
            experiment="fashion_lambda",
            values=("brightness",) if job == 3 else (),
        )
    write_run(sweep / "4", status="failed", error="</script><b>boom", dataset="fashion_mnist")
    write_run(sweep / "5", model="perceptron", dataset="mnist", epochs=300)
    return write_page(sweep)


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
        self.page.wait_for_selector("#curves .chart:visible [role=checkbox], #confusions svg")

    def runs(self) -> list[str]:
        """The numbers of the runs that the table shows, in order."""
        rows = self.page.locator("#run-table tbody tr:visible")
        numbers: list[str] = rows.evaluate_all("rows => rows.map(row => row.dataset.runs)")
        return numbers

    def num_lines(self, section: str) -> int:
        """How many lines the section's charts show; points with their intervals count once."""
        # Drawings are unpacked in the browser's own time.
        self.page.wait_for_timeout(150)
        marks = self.page.locator(f"#{section} .chart:visible [data-y]")
        shown = "marks => marks.filter(mark => getComputedStyle(mark).display !== 'none').length"
        return int(marks.evaluate_all(shown))

    def switch(self, section: str, text: str) -> None:
        """Click on an entry of the section's legend."""
        self.page.locator(f"#{section} .chart:visible [data-switch] text", has_text=text).click()

    def told_at(self, section: str, mark: str, point: int = 0) -> str:
        """What is told with the pointer at a point of the first such mark of a section's chart."""
        self.page.locator(f"#{section}").scroll_into_view_if_needed()
        place = self.page.locator(f"#{section} .chart:visible {mark}").first.evaluate(
            """(mark, point) => {
                const [x, y] = placesOf(mark)[point];
                const at = new DOMPoint(x, y).matrixTransform(mark.getScreenCTM());
                return [at.x, at.y];
            }""",
            point,
        )
        self.page.mouse.move(*place)
        return self.page.locator("#told").inner_text()


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
    heading(visit, "article accuracy, test")
    # Runs 5 and 6 do not learn the task: empty cells stay last either way.
    assert visit.runs() == ["2", "4", "1", "3", "5", "6"]
    heading(visit, "article accuracy, test")
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
    # Three configurations with two splits, in two panels.
    assert visit.num_lines("curves") == 12
    filter_by(visit, "lambda", "=1")
    assert visit.runs() == ["3", "4"]
    assert visit.num_lines("curves") == 8
    visit.page.click("#reset")
    filter_by(visit, "status", "=failed")
    assert visit.runs() == ["5"]
    assert visit.num_lines("curves") == 0
    assert visit.page.locator("#curves .empty").is_visible()


def test_the_other_tables_follow_the_filter_too(visit: Visit):
    published = visit.page.locator("#published tbody tr:visible")
    details = visit.page.locator("details.run:visible")
    assert (published.count(), details.count()) == (3, 6)
    filter_by(visit, "lambda", "=1")
    assert (published.count(), details.count()) == (2, 2)
    visit.page.click("#reset")
    assert (published.count(), details.count()) == (3, 6)


def test_lines_are_switched_off_in_the_legend_by_configuration_and_split(visit: Visit):
    visit.switch("curves", "lambda=0.5")
    assert visit.num_lines("curves") == 8
    entry = visit.page.locator("#curves [data-switch].off text", has_text="lambda=0.5")
    assert entry.is_visible()
    visit.switch("curves", "validation")
    assert visit.num_lines("curves") == 4
    visit.switch("curves", "lambda=0.5")
    assert visit.num_lines("curves") == 6


def test_the_legend_is_used_by_keyboard(visit: Visit):
    entry = visit.page.locator("#curves [role=checkbox][tabindex='0']").first
    entry.focus()
    visit.page.keyboard.press("Space")
    assert entry.get_attribute("aria-checked") == "false"
    assert visit.num_lines("curves") == 6


def test_many_lines_are_switched_off_at_once(browser: Browser, tmp_path: Path):
    for job in range(20):
        write_run(tmp_path / "runs" / f"{job}", settings={"optimizer.lr": job + 1})
    visit = Visit(browser, write_page(tmp_path / "runs"), WIDE, "light")
    assert visit.num_lines("curves") == 80
    visit.page.click("#curves button[name=none]")
    assert visit.num_lines("curves") == 0
    # Fourteen are named, and the rest share an entry.
    visit.switch("curves", "6 more configurations")
    assert visit.num_lines("curves") == 24
    visit.page.click("#curves button[name=all]")
    assert visit.num_lines("curves") == 80
    assert visit.complaints == []
    visit.context.close()


def test_values_are_told_under_the_pointer(visit: Visit):
    visit.switch("curves", "training")
    told = visit.told_at("curves", "[data-keys='g0 validation']", point=1)
    assert told == "tasks=[article, group], lambda=0.5, validation, mean of runs 1, 2\nepoch 2: 0.5"
    told = visit.told_at("lambda", "[data-keys='l0'][data-y]")
    # Two seeds with 90% and 70%.
    assert told == "multi-task\nlambda 0.5: 80.00 % (70.00 to 90.00), n = 2"
    told = visit.told_at("scatters", "[data-y]")
    assert told == "true 0, predicted 0.1"
    visit.page.mouse.move(2, 2)
    assert not visit.page.locator("#told").is_visible()


def test_tasks_and_measures_can_be_chosen(visit: Visit):
    visit.page.select_option("#curves select[name=topic]", "fashion_mnist · group")
    chart = visit.page.locator("#curves .chart:visible")
    chart.locator("text", has_text="group accuracy [%]").wait_for()
    assert chart.locator("text", has_text="group loss").is_visible()
    # At lambda 1 the second of two tasks has no weight, and no curve.
    assert visit.num_lines("curves") == 8
    visit.page.select_option("#curves select[name=topic]", "fashion_mnist · brightness")
    chart.locator("text", has_text="brightness mae").wait_for()
    assert visit.num_lines("curves") == 4


def test_every_kind_of_chart_is_drawn(visit: Visit):
    for section in ("lambda", "costs", "curves", "losses", "perceptrons"):
        assert visit.num_lines(section) > 0, section
    assert visit.page.locator("#confusions .chart:visible image[data-matrix]").count() == 2
    # The points of the one run that has values.
    assert visit.page.locator("#scatters .chart:visible [data-y] use").count() == 3


def test_matrices_and_scatters_show_the_run_that_is_chosen(browser: Browser, tmp_path: Path):
    write_run(tmp_path / "runs" / "0", values=("c",))
    second = write_run(tmp_path / "runs" / "1", values=("c",), seed=1)
    (second / "confusion.json").write_text('{"test": {"digit": [[3, 7], [0, 40]]}}')
    (second / "scatter.json").write_text('{"test": {"c": {"true": [0.25], "predicted": [0.75]}}}')
    visit = Visit(browser, write_page(tmp_path / "runs"), WIDE, "light")
    cells = visit.page.locator("#confusions .chart [data-cell]")
    assert [text.strip() for text in cells.all_text_contents()] == ["9", "1", "1", "9"]
    for section in ("confusions", "scatters"):
        visit.page.select_option(f"#{section} select[name=run]", "2")
    visit.page.wait_for_timeout(150)
    assert [text.strip() for text in cells.all_text_contents()] == ["3", "7", "0", "40"]
    assert "test split, run 2" in (visit.page.locator("#confusions .chart").text_content() or "")
    # Coloured by the shares of the new run: 30% of the first class, all of the second.
    colours = visit.page.locator("#confusions image[data-matrix]").evaluate(
        """async (image) => {
            const bitmap = new Image();
            bitmap.src = image.getAttribute("href");
            await bitmap.decode();
            const pen = document.createElement("canvas")
                .getContext("2d", { willReadFrequently: true });
            pen.drawImage(bitmap, 0, 0);
            return [[0, 0], [1, 1]].map(([x, y]) => pen.getImageData(x, y, 1, 1).data[0]);
        }"""
    )
    assert colours[0] > 150
    assert colours[1] < 20
    # Seven of ten are wrong: the scale of errors now reaches 80%.
    ticks = visit.page.locator("#confusions .chart [data-part]").all_text_contents()
    assert [text.strip() for text in ticks] == ["0", "40", "80"]
    points = visit.page.locator("#scatters .chart [data-y] use")
    assert points.count() == 1
    assert visit.told_at("scatters", "[data-y]") == "true 0.25, predicted 0.75"
    assert visit.complaints == []
    visit.context.close()


def test_a_run_leads_to_its_command_and_configuration(visit: Visit):
    visit.page.locator("#run-table a").first.click()
    details = visit.page.locator("#run-1")
    details.locator("pre.config").wait_for(state="visible")
    assert "mtlab seed=0" in details.inner_text()
    assert "lambda: 0.5" in details.inner_text()


def test_published_numbers_stand_beside_the_measured(visit: Visit):
    cells = visit.page.locator("#published tbody tr").first.locator("td").all_inner_texts()
    assert "80 ± 14" in cells
    assert "90.00" in cells
    assert "\N{MINUS SIGN}10" in cells


def test_a_narrow_screen_has_published_and_delta_below_the_value(visit: Visit):
    cell = visit.page.locator("#published td:has(small.unfolded)").first
    folded = visit.page.locator("#published td.folded").first
    assert folded.is_visible() and "(" not in cell.inner_text()
    visit.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert not folded.is_visible()
    assert "90.00 (\N{MINUS SIGN}10)" in cell.inner_text()


def test_what_is_cut_off_fades_and_names_stay_whole(visit: Visit):
    visit.page.set_viewport_size({"width": 700, "height": 900})
    box = visit.page.locator(".scroll:has(#run-table)")
    visit.page.wait_for_function(
        "box => box.classList.contains('more-right')", arg=box.element_handle()
    )
    box.evaluate("box => box.scrollTo(box.scrollWidth, 0)")
    visit.page.wait_for_function(
        "box => !box.classList.contains('more-right')", arg=box.element_handle()
    )
    # The first column stays where it is, and shows all of its text.
    name = visit.page.locator("#run-table td").first
    left, edge = name.bounding_box(), box.bounding_box()
    assert left is not None and edge is not None
    assert left["x"] - edge["x"] < 2
    assert name.evaluate("cell => cell.scrollWidth <= cell.clientWidth")


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


@pytest.fixture(scope="module")
def odd_html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs whose names are taken for links, formulas and templates if nobody takes care."""
    runs = tmp_path_factory.mktemp("odd") / "runs"
    for job, widths in enumerate(([1], [2])):
        write_run(
            runs / f"{job}",
            classes=ODD_CLASSES,
            experiment="%{y}<b>",
            row=f"row {job}",
            settings={"model.widths": widths},
            parameters={"total": 10 + job},
        )
    return write_page(runs)


@pytest.fixture
def odd_visit(browser: Browser, odd_html: Path) -> Iterator[Visit]:
    visit = Visit(browser, odd_html, WIDE, "light")
    yield visit
    assert visit.complaints == []
    assert visit.requests == [odd_html.as_uri()]
    visit.context.close()


def test_names_are_shown_in_charts_as_they_are(odd_visit: Visit):
    texts = odd_visit.page.locator("#confusions .chart text").all_text_contents()
    (link,) = [text for text in texts[:4] if text.startswith("<a href=")]
    assert link.endswith("x</a>")
    assert texts[1:3] == ["US$_A$", "%{x} 100%"]
    assert len(texts[3]) == 18
    assert odd_visit.page.locator(".chart a").count() == 0
    assert odd_visit.page.locator(".chart svg b").count() == 0


def test_names_are_told_as_they_are(odd_visit: Visit):
    image = odd_visit.page.locator("#confusions .chart:visible image[data-matrix]")
    image.scroll_into_view_if_needed()
    # The matrix has four columns and rows: the first and the third, in the middle.
    box = image.bounding_box()
    assert box is not None
    odd_visit.page.mouse.move(box["x"] + box["width"] / 8, box["y"] + box["height"] * 5 / 8)
    told = odd_visit.page.locator("#told").inner_text()
    assert 'true %{x} 100%, predicted <a href="https' in told
    assert "1 images, 8.3% of the class" in told


def test_the_choice_of_a_confusion_matrix_names_the_configuration(odd_visit: Visit):
    choices = odd_visit.page.locator("#confusions select option").all_text_contents()
    assert [choice.split(" (")[0] for choice in choices] == ["run 1", "run 2"]
    assert "row 0" in choices[0]
    assert "row 1" in choices[1]


def test_charts_change_with_the_scheme(visit: Visit):
    def colour() -> str:
        title = visit.page.locator("#curves .chart:visible text", has_text="epoch").first
        return str(title.evaluate("node => getComputedStyle(node).fill"))

    assert colour() == "rgb(27, 31, 36)"
    visit.page.emulate_media(color_scheme="dark")
    assert colour() == "rgb(230, 233, 237)"


def test_a_page_of_fifty_runs_is_below_one_megabyte(browser: Browser, tmp_path: Path):
    for job in range(50):
        write_run(
            tmp_path / "runs" / f"{job}",
            tasks=("article", "group"),
            values=("c",),
            epochs=20,
            seed=job % 2,
            classes=tuple(map(str, range(10))),
            accuracy=0.7 + job / 200,
            parameters={"total": 1000 * (1 + job // 10)},
            settings={"mtl.name": "lambda", "mtl.lambda": job // 2 % 5, "model.w": job // 10},
        )
    page = write_page(tmp_path / "runs")
    assert page.stat().st_size < 1_000_000
    visit = Visit(browser, page, WIDE, "light")
    assert visit.num_lines("curves") == 100
    visit.page.select_option("#curves select[name=topic]", "digits · c")
    assert visit.num_lines("curves") == 100
    assert visit.complaints == []
    visit.context.close()
