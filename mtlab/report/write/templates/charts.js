// The charts are drawn whole. This switches their lines, tells values under the pointer, follows the
// filter of the runs, and fills the charts of a single run with another run's values.
"use strict";

const runTitles = JSON.parse(document.getElementById("run-titles").textContent);
const told = document.getElementById("told");
const REACH = 18; // How far from a point the pointer may be, in the drawing's units.
const SPLITS = ["training", "validation", "test"];
const MOST_SWITCHES_WITHOUT_ALL = 3;

const words = (text) => (text ? text.split(" ") : []);
const unique = (values) => [...new Set(values)];

// --- one drawing ---

class Chart {
  constructor(figure, onSwitch) {
    this.figure = figure;
    this.onSwitch = onSwitch;
    this.topic = figure.dataset.topic;
    this.part = figure.dataset.part;
    this.values = figure.dataset.values ? JSON.parse(figure.dataset.values) : null;
    figure.addEventListener("pointermove", (event) => this.tell(event));
    figure.addEventListener("pointerleave", () => { told.hidden = true; });
  }

  // Drawings that are not shown at first lie in the page as compressed bytes.
  async unpack() {
    if (this.svg) return;
    const { packed } = this.figure.dataset;
    if (packed) {
      const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      this.figure.innerHTML = await new Response(stream).text();
      delete this.figure.dataset.packed;
    }
    this.svg = this.figure.querySelector("svg");
    this.marks = [...this.svg.querySelectorAll("[data-keys], [data-y]")].map((element) => ({
      element, keys: words(element.dataset.keys), runs: words(element.dataset.runs).map(Number),
    }));
    this.switches = [...this.svg.querySelectorAll("[data-switch]")];
    this.switches.forEach((entry) => this.makeSwitch(entry));
  }

  makeSwitch(entry) {
    const flip = () => this.onSwitch(entry.dataset.switch);
    entry.setAttribute("role", "checkbox");
    entry.addEventListener("click", flip);
    if (entry.querySelector("text") === null) return;
    entry.setAttribute("tabindex", "0");
    entry.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      flip();
    });
  }

  // Show what is neither switched off nor filtered out; returns whether anything is left.
  show(off) {
    const alive = new Set();
    for (const mark of this.marks) {
      const isFiltered = mark.runs.length > 0 && !mark.runs.some((run) => shownRuns.numbers.has(run));
      mark.isShown = !isFiltered && !mark.keys.some((key) => off.has(key));
      mark.element.style.display = mark.isShown ? "" : "none";
      if (mark.isShown) mark.keys.forEach((key) => alive.add(key));
    }
    for (const entry of this.switches) {
      entry.classList.toggle("off", off.has(entry.dataset.switch) || !alive.has(entry.dataset.switch));
      entry.setAttribute("aria-checked", String(!off.has(entry.dataset.switch)));
    }
    return this.values !== null || this.marks.some((mark) => mark.isShown);
  }

  tell(event) {
    const text = this.textOfCell(event) ?? this.textOfPoint(event);
    told.hidden = text === null;
    if (text === null) return;
    told.textContent = text;
    const right = Math.min(event.clientX + 14, innerWidth - told.offsetWidth - 8);
    const below = event.clientY + 18;
    told.style.left = `${Math.max(right, 4)}px`;
    const fits = below + told.offsetHeight < innerHeight;
    told.style.top = `${fits ? below : event.clientY - told.offsetHeight - 10}px`;
  }

  textOfPoint(event) {
    const place = new DOMPoint(event.clientX, event.clientY)
      .matrixTransform(this.svg.getScreenCTM().inverse());
    let nearest = null, least = REACH;
    for (const mark of this.marks) {
      if (!mark.isShown || !mark.element.dataset.y) continue;
      mark.places ??= placesOf(mark.element);
      mark.places.forEach(([x, y], index) => {
        const distance = Math.hypot(x - place.x, y - place.y);
        if (distance < least) [nearest, least] = [[mark, index], distance];
      });
    }
    if (nearest === null) return null;
    const [{ element: { dataset }, runs }, index] = nearest;
    const x = dataset.x ? words(dataset.x)[index] : index + 1;
    const y = dataset.y.split("|")[index];
    if (this.values !== null) return `true ${x}, predicted ${y}`;
    const label = dataset.split === undefined ? dataset.label
      : [runs.length > 1 ? dataset.label : runTitles[runs[0]], dataset.split,
        runs.length > 1 ? `mean of runs ${runs.join(", ")}` : ""].filter(Boolean).join(", ");
    return `${label}\n${dataset.over ?? "epoch"} ${x}: ${y}`;
  }

  textOfCell(event) {
    const image = this.svg.querySelector("[data-matrix]");
    if (image === null) return null;
    const box = image.getBoundingClientRect();
    const counts = JSON.parse(image.dataset.matrix), names = JSON.parse(image.dataset.names);
    const row = Math.floor((event.clientY - box.top) / box.height * names.length);
    const column = Math.floor((event.clientX - box.left) / box.width * names.length);
    if (counts[row]?.[column] === undefined) return null;
    const share = (100 * shareOf(counts[row], column)).toFixed(1);
    return `true ${names[row]}, predicted ${names[column]}\n` +
      `${counts[row][column]} images, ${share}% of the class`;
  }

  // Put another run's values into the drawing.
  fill(run) {
    const image = this.svg.querySelector("[data-matrix]");
    if (image !== null) this.fillMatrix(image, this.values[run]); else this.fillScatter(this.values[run]);
    const title = this.svg.querySelector("[data-title] text") ?? this.svg.querySelector("text[data-title]");
    title.textContent = title.textContent.replace(/run \d+$/, `run ${run}`);
  }

  fillMatrix(image, counts) {
    const right = words(image.dataset.right), wrong = words(image.dataset.wrong);
    const shares = counts.map((row) => row.map((_, column) => shareOf(row, column)));
    const mostWrong = Math.max(0, ...shares.flatMap((row, y) => row.filter((_, x) => x !== y)));
    const end = words(image.dataset.ends).map(Number).find((one) => one >= mostWrong);
    const levelOf = (row, column) => shares[row][column] / (row === column ? 1 : end);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = counts.length;
    const pen = canvas.getContext("2d");
    counts.forEach((row, y) => row.forEach((count, x) => {
      const colours = x === y ? right : wrong;
      pen.fillStyle = colours[Math.round(levelOf(y, x) * (colours.length - 1))];
      if (count > 0) pen.fillRect(x, y, 1, 1);
    }));
    image.setAttribute("href", canvas.toDataURL());
    image.dataset.matrix = JSON.stringify(counts);
    for (const cell of this.svg.querySelectorAll("[data-cell]")) {
      const [row, column] = words(cell.dataset.cell).map(Number);
      const text = cell.querySelector("text") ?? cell;
      text.textContent = counts[row][column];
      const count = counts[row][column];
      text.style.fill = levelOf(row, column) > 0.6 ? "#fafafa" : count > 0 ? "#101010" : "#9a9a9a";
      text.style.fontWeight = row !== column && count > 0 ? "bold" : "normal";
    }
    for (const tick of this.svg.querySelectorAll("[data-part]")) {
      const text = tick.querySelector("text") ?? tick;
      text.textContent = String(Number((100 * end * tick.dataset.part).toPrecision(3)));
    }
  }

  fillScatter(pairs) {
    const [mark] = this.marks.filter((one) => one.element.dataset.y);
    const patch = this.svg.querySelector("[data-low]");
    const low = Number(patch.dataset.low), high = Number(patch.dataset.high);
    const box = patch.getBBox();
    const along = (value) => (value - low) / (high - low);
    const [first, ...others] = mark.element.querySelectorAll("use");
    others.forEach((point) => point.remove());
    first.replaceWith(...pairs.map(([x, y]) => {
      const point = first.cloneNode();
      point.setAttribute("x", box.x + along(x) * box.width);
      point.setAttribute("y", box.y + (1 - along(y)) * box.height);
      return point;
    }));
    mark.element.dataset.x = pairs.map(([x]) => x).join(" ");
    mark.element.dataset.y = pairs.map(([, y]) => y).join("|");
    mark.places = undefined;
  }
}

function shareOf(row, column) {
  const total = row.reduce((sum, count) => sum + count, 0);
  return total > 0 ? row[column] / total : 0;
}

// Where the points of a line lie in the drawing: at the corners of its path, or at its markers.
function placesOf(element) {
  const path = [...element.children].find((child) => child.tagName === "path");
  if (path) {
    const numbers = path.getAttribute("d").match(/-?[\d.]+/g).map(Number);
    return numbers.flatMap((x, index) => (index % 2 ? [] : [[x, numbers[index + 1]]]));
  }
  return [...element.querySelectorAll("use")]
    .map((point) => [Number(point.getAttribute("x")), Number(point.getAttribute("y"))]);
}

// --- a section: its charts, what can be chosen among them, and what is switched off ---

class Section {
  constructor(root) {
    this.root = root;
    this.off = new Set();
    this.turn = 0;
    const flip = (key) => {
      if (!this.off.delete(key)) this.off.add(key);
      this.update();
    };
    this.charts = [...root.querySelectorAll("figure.chart")].map((one) => new Chart(one, flip));
    root.addEventListener("change", (event) => {
      if (event.target.name !== "part") this.off.clear();
      this.update();
    });
    for (const name of ["all", "none"]) {
      root.querySelector(`button[name=${name}]`).addEventListener("click", () => {
        this.off = new Set(name === "none" ? this.switchable : []);
        this.update();
      });
    }
    shownRuns.listeners.push(() => this.update());
    this.update();
  }

  choose(name, options) {
    const select = this.root.querySelector(`select[name=${name}]`);
    const before = select.value;
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    if (options.some(([value]) => value === before)) select.value = before;
    select.parentNode.hidden = options.length < 2;
    return select.value;
  }

  // The charts to show, and of charts that show one run at a time, which run.
  chosen() {
    if (this.charts[0].values !== null) {
      const runs = unique(this.charts.flatMap((chart) => Object.keys(chart.values)).map(Number))
        .filter((run) => shownRuns.numbers.has(run)).sort((one, two) => one - two);
      const run = this.choose("run", runs.map((number) => [String(number), runTitles[number]]));
      return [this.charts.filter((chart) => run in chart.values), run];
    }
    const asOptions = (values) => unique(values).map((value) => [value, value]);
    const topic = this.choose("topic", asOptions(this.charts.map((chart) => chart.topic)));
    const ofTopic = this.charts.filter((chart) => chart.topic === topic);
    const part = this.choose("part", asOptions(ofTopic.map((chart) => chart.part)));
    return [ofTopic.filter((chart) => chart.part === part), null];
  }

  async update() {
    const turn = ++this.turn;
    const [chosen, run] = this.chosen();
    await Promise.all(chosen.map((chart) => chart.unpack()));
    if (turn !== this.turn) return; // Something else was chosen meanwhile.
    if (run !== null) chosen.forEach((chart) => chart.fill(run));
    const isAnythingLeft = chosen.map((chart) => chart.show(this.off));
    for (const chart of this.charts) chart.figure.hidden = !chosen.includes(chart);
    this.root.querySelector(".empty").hidden = isAnythingLeft.some(Boolean) || this.off.size > 0;
    // Configurations and tasks: without the splits too one would see nothing come back.
    const keys = chosen.flatMap((chart) => chart.switches.map((entry) => entry.dataset.switch));
    this.switchable = unique(keys).filter((key) => !SPLITS.includes(key));
    const hasFew = this.switchable.length <= MOST_SWITCHES_WITHOUT_ALL;
    this.root.querySelector(".switches").hidden = hasFew;
  }
}

document.querySelectorAll(".chart-section").forEach((root) => new Section(root));
