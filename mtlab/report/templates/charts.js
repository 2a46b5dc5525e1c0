// What all charts share: the page's data, colours that follow the scheme, legends with toggles.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "triangle-down"];
const SHAPES = {
  circle: '<circle cx="12" cy="7" r="4"/>',
  square: '<rect x="8" y="3" width="8" height="8"/>',
  diamond: '<path d="M12 2l5 5-5 5-5-5z"/>',
  "triangle-up": '<path d="M12 2.5l5 8.5H7z"/>',
  "triangle-down": '<path d="M12 11.5L7 3h10z"/>',
};
const MOST_SHOWN_AT_FIRST = 14;
const CONFIG = {
  responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"],
  // Dollar signs in names are no formulas.
  typesetMath: false,
};

function look(position) {
  const turn = Math.floor(position / data.colours.length);
  return {
    colour: data.colours[position % data.colours.length],
    symbol: SYMBOLS[turn % SYMBOLS.length],
  };
}

function scheme(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const isNarrow = () => window.innerWidth < 760;

// Plotly reads some HTML in all text, links too; names come from users and are shown as they are.
const escapeHtml = (text) =>
  String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

// In a hover template %{...} stands for a value, unless the brace is written as an entity.
const escapeTemplate = (text) => escapeHtml(text).replace(/%\{/g, "%&#123;");

// As the figures do it: names that differ often do so at one of their ends.
function shortened(text, most) {
  const signs = [...text];
  if (signs.length <= most) return text;
  const last = Math.floor((most - 1) / 3);
  return `${signs.slice(0, most - 1 - last).join("")}…${signs.slice(-last).join("")}`;
}

// Axis titles and a scale; everything else is the same in all charts.
function axis(title, more = {}) {
  return {
    title: { text: escapeHtml(title), standoff: 8 }, gridcolor: scheme("--grid"), linecolor: scheme("--line"),
    zeroline: false, automargin: true, showline: true, ...more,
  };
}

function layout(xaxis, yaxis, more = {}) {
  return {
    xaxis, yaxis, showlegend: false, hovermode: "closest",
    height: isNarrow() ? 320 : 400, margin: { l: 10, r: 12, t: more.title ? 40 : 16, b: 10 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: scheme("--text") },
    hoverlabel: { align: "left" }, ...more,
  };
}

function heading(text) {
  return { text: escapeHtml(text), font: { size: 14 }, x: 0.5, xanchor: "center", y: 0.98, yanchor: "top" };
}

const isGroupShown = (group) =>
  data.runsOfGroup[group].some((run) => shownRuns.numbers.has(run));

// A section with choices, charts and a legend.
//   charts(state): a list of [traces, layout]
//   legend(state): a list of {id, label, colour, symbol} that can be toggled, and hasLine: false
//     for points that nothing joins
class Panel {
  constructor(id, { selects = [], checks = [], charts, legend = () => [], extra = "" }) {
    this.root = document.getElementById(id);
    this.area = this.root.querySelector(".charts");
    this.legendBox = this.root.querySelector(".legend");
    this.charts = charts;
    this.legend = legend;
    this.extra = extra;
    this.state = { hidden: new Set() };
    this.drawn = [];
    this.selects = selects;
    for (const select of selects) this.addSelect(select);
    for (const [name, label] of checks) this.addCheck(name, label);
    this.choose();
    shownRuns.listeners.push(() => this.choose(false));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  addSelect({ name, label }) {
    const box = document.createElement("label");
    const select = document.createElement("select");
    select.name = name;
    select.addEventListener("change", () => { this.state[name] = select.value; this.choose(); });
    box.append(`${label} `, select);
    this.root.querySelector(".controls").append(box);
  }

  addCheck(name, label) {
    const box = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "checkbox", name, checked: true });
    this.state[name] = true;
    input.addEventListener("change", () => { this.state[name] = input.checked; this.draw(); });
    box.append(input, ` ${label}`);
    this.root.querySelector(".controls").append(box);
  }

  // Offer what can be chosen now, keep what was chosen where it still can be.
  choose(isNewChoice = true) {
    for (const { name, options } of this.selects) {
      const select = this.root.querySelector(`select[name="${name}"]`);
      const offered = options(this.state);
      if (!offered.some(([value]) => value === this.state[name])) {
        this.state[name] = offered[0]?.[0];
      }
      select.replaceChildren(...offered.map(([value, text]) => new Option(text, value)));
      if (this.state[name] !== undefined) select.value = this.state[name];
      select.parentNode.hidden = offered.length < 2;
    }
    if (isNewChoice) {
      const later = this.legend(this.state).slice(MOST_SHOWN_AT_FIRST);
      this.state.hidden = new Set(later.map((entry) => entry.id));
    }
    this.draw();
  }

  draw() {
    const charts = this.charts(this.state).filter(([traces]) => traces.length > 0);
    const entries = this.legend(this.state);
    this.drawLegend(entries);
    this.root.querySelector(".empty").hidden = charts.length > 0 || entries.length > 0;
    while (this.drawn.length > charts.length) {
      const gone = this.drawn.pop();
      Plotly.purge(gone);
      gone.remove();
    }
    while (this.drawn.length < charts.length) {
      const place = document.createElement("div");
      place.className = "chart";
      this.area.append(place);
      this.drawn.push(place);
    }
    charts.forEach(([traces, shape], index) => {
      Plotly.react(this.drawn[index], traces, shape, CONFIG);
    });
  }

  drawLegend(entries) {
    this.legendBox.replaceChildren();
    if (entries.length === 0) return;
    if (entries.length > 3) this.legendBox.append(this.allOrNone(entries));
    for (const entry of entries) this.legendBox.append(this.legendEntry(entry));
    this.legendBox.insertAdjacentHTML("beforeend", this.extra);
  }

  allOrNone(entries) {
    const keys = document.createElement("div");
    keys.className = "keys";
    for (const [text, hidden] of [["All", []], ["None", entries.map((entry) => entry.id)]]) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: text });
      button.addEventListener("click", () => { this.state.hidden = new Set(hidden); this.draw(); });
      keys.append(button);
    }
    return keys;
  }

  legendEntry({ id, label, colour, symbol, hasLine = true }) {
    const box = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "checkbox", checked: !this.state.hidden.has(id) });
    input.addEventListener("change", () => {
      if (input.checked) this.state.hidden.delete(id); else this.state.hidden.add(id);
      this.draw();
    });
    const swatch = `<svg width="24" height="14" fill="${colour}" stroke="${colour}" aria-hidden="true">` +
      `${hasLine ? '<path d="M0 7h24" stroke-width="2"/>' : ""}${SHAPES[symbol]}</svg>`;
    box.append(input);
    box.insertAdjacentHTML("beforeend", swatch);
    box.append(label);
    return box;
  }
}
