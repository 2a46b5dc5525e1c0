// Sorting of every table, filtering of the table of runs, and the links from it to the details.
"use strict";

const shownRuns = { numbers: new Set(), listeners: [] };

function compareCells(first, second) {
  const left = first.dataset.value, right = second.dataset.value;
  // Empty cells come last, whichever way the column is sorted.
  if (left === undefined || right === undefined) return null;
  const leftNumber = Number(left), rightNumber = Number(right);
  if (!Number.isNaN(leftNumber) && !Number.isNaN(rightNumber)) return leftNumber - rightNumber;
  return left.localeCompare(right, undefined, { numeric: true });
}

function sortBy(table, heading) {
  const position = heading.cellIndex;
  const ascending = heading.getAttribute("aria-sort") !== "ascending";
  for (const other of heading.parentNode.cells) other.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  rows.sort((first, second) => {
    const one = first.cells[position], two = second.cells[position];
    const order = compareCells(one, two);
    if (order === null) {
      return (one.dataset.value === undefined) - (two.dataset.value === undefined);
    }
    return ascending ? order : -order;
  });
  body.append(...rows);
}

for (const table of document.querySelectorAll("table.sortable")) {
  for (const heading of table.tHead.rows[0].cells) {
    heading.querySelector("button").addEventListener("click", () => sortBy(table, heading));
  }
}

// What is cut off at the right or below fades, so that one sees that there is more.
function showWhatIsCut(box) {
  const isMore = (here, size, whole) => here + size < whole - 2;
  box.classList.toggle("more-right", isMore(box.scrollLeft, box.clientWidth, box.scrollWidth));
  box.classList.toggle("more-below", isMore(box.scrollTop, box.clientHeight, box.scrollHeight));
}

for (const box of document.querySelectorAll(".scroll, figure.chart")) {
  const show = () => showWhatIsCut(box);
  box.addEventListener("scroll", show, { passive: true });
  new ResizeObserver(show).observe(box);
}

function filterRuns() {
  const words = document.getElementById("search").value.toLowerCase().split(/\s+/);
  const wanted = [...document.querySelectorAll("#filters select")]
    .filter((select) => select.value !== "")
    .map((select) => [Number(select.dataset.column), select.value.slice(1)]);
  const rows = [...document.getElementById("run-table").tBodies[0].rows];
  shownRuns.numbers.clear();
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    const fits = words.every((word) => text.includes(word)) &&
      wanted.every(([column, value]) => cellText(row.cells[column]) === value);
    row.hidden = !fits;
    if (fits) shownRuns.numbers.add(Number(row.dataset.runs));
  }
  filterOtherTables();
  document.getElementById("shown").textContent =
    `${shownRuns.numbers.size} of ${rows.length} runs`;
  for (const listener of shownRuns.listeners) listener();
}

// A row elsewhere stands for several runs: it goes when none of them is shown.
function filterOtherTables() {
  for (const row of document.querySelectorAll("table:not(#run-table) tbody tr")) {
    const runs = row.dataset.runs.split(" ").filter(Boolean).map(Number);
    row.hidden = runs.length > 0 && !runs.some((run) => shownRuns.numbers.has(run));
  }
  for (const details of document.querySelectorAll("details.run")) {
    details.hidden = !shownRuns.numbers.has(Number(details.id.slice("run-".length)));
  }
}

// A cell's own text, without the note below it.
function cellText(cell) {
  const copy = cell.cloneNode(true);
  copy.querySelector("small")?.remove();
  return copy.textContent.trim();
}

function resetFilters() {
  document.getElementById("search").value = "";
  for (const select of document.querySelectorAll("#filters select")) select.value = "";
  filterRuns();
}

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

document.getElementById("filters").hidden = false;
document.getElementById("filters").addEventListener("input", filterRuns);
document.getElementById("reset").addEventListener("click", resetFilters);
window.addEventListener("hashchange", openTarget);
// On a phone the choices would push the table off the screen.
document.getElementById("more-filters")?.toggleAttribute("open", window.innerWidth >= 760);
openTarget();
filterRuns();

for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", () => {
    const command = button.parentNode.querySelector("code");
    const selection = window.getSelection();
    selection.selectAllChildren(command);
    // The clipboard is closed to pages opened as files in some browsers: the text stays selected.
    navigator.clipboard?.writeText(command.textContent).then(
      () => { button.textContent = "Copied"; },
      () => { button.textContent = "Press Ctrl-C"; },
    );
  });
}
