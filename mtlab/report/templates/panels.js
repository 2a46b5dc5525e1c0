// The charts themselves: each panel says what can be chosen and which lines follow from it.
"use strict";

const unique = (values) => [...new Set(values)];
const asOptions = (values) => unique(values).map((value) => [value, value]);

// --- learning curves, and the error curves of perceptrons ---

const MOST_EPOCHS_WITH_MARKERS = 15;
const LOGARITHMIC_FROM_EPOCHS = 100;

function curvePanel(id, ofPerceptrons, options) {
  const all = data.curves.filter((curve) => curve.is_perceptron === ofPerceptrons);
  if (all.length === 0) return;
  const ofTopic = (state) => all.filter((curve) => curve.topic === state.topic);
  // Positions come before the filter, so that a configuration keeps its colour.
  const groups = (state) => unique(ofTopic(state).map((curve) => curve.group));
  const measureTitle = (name) => options.titles[name] ??
    (["accuracy", "precision", "recall", "f1"].includes(name) ? `${name} [%]` : name);

  function traces(state) {
    const positions = new Map(groups(state).map((group, position) => [group, position]));
    const splits = [["train", "solid"], ["val", "dash"]].filter(([split]) => state[split]);
    return ofTopic(state)
      .filter((curve) => shownRuns.numbers.has(curve.run) && !state.hidden.has(curve.group))
      .flatMap((curve) => splits.map(([split, dash]) => {
        const { colour, symbol } = look(positions.get(curve.group));
        const name = escapeTemplate(data.curveLabels[curve.chart][curve.group]);
        return {
          x: curve.epochs, y: curve.measures[state.measure]?.[split] ?? [], type: "scatter",
          mode: curve.epochs.length > MOST_EPOCHS_WITH_MARKERS ? "lines" : "lines+markers",
          line: { color: colour, dash, width: 1.8 },
          marker: { symbol: split === "val" ? `${symbol}-open` : symbol, size: 6 },
          hovertemplate: `${name}<br>run ${curve.run}, ${split === "val" ? "validation" : split}` +
            `<br>${options.over} %{x}: %{y:.4~f}<extra></extra>`,
        };
      }));
  }

  function shape(state) {
    const longest = Math.max(...ofTopic(state).map((curve) => curve.epochs.at(-1)));
    const scale = ofPerceptrons && longest > LOGARITHMIC_FROM_EPOCHS
      ? { type: "log", dtick: 1 }
      : { range: [0.5, longest + 0.5], tickformat: "d", ...(longest <= 12 ? { dtick: 1 } : {}) };
    return layout(axis(options.over, scale), axis(measureTitle(state.measure)));
  }

  new Panel(id, {
    selects: [
      { name: "topic", label: "task", options: () => asOptions(all.map((curve) => curve.topic)) },
      {
        name: "measure", label: "measure",
        options: (state) => unique(ofTopic(state).flatMap((curve) => Object.keys(curve.measures)))
          .sort((first, second) => (second === options.first) - (first === options.first))
          .map((name) => [name, measureTitle(name)]),
      },
    ],
    checks: [["train", "training (solid)"], ["val", "validation (dashed, hollow)"]],
    charts: (state) => [[traces(state), shape(state)]],
    legend: (state) => groups(state)
      .map((group, position) => ({ id: group, ...look(position) }))
      .filter((entry) => isGroupShown(entry.id))
      .map((entry) => ({ ...entry, label: curveLabel(ofTopic(state)[0].chart, entry.id) })),
  });
}

function curveLabel(chart, group) {
  const runs = data.runsOfGroup[group].length;
  return data.curveLabels[chart][group] + (runs > 1 ? ` (${runs} runs)` : "");
}

curvePanel("curves", false, { over: "epoch", first: "accuracy", titles: {} });
curvePanel("perceptrons", true, {
  over: "iteration", first: "loss", titles: { loss: "mean |sign(w·x + b) − y|" },
});

// --- accuracy against lambda, parameters, seconds ---

// Intervals as far as percents go: those of two seeds may be wider than all there is.
function errorBar(points) {
  const reach = (room) => points.map(({ accuracy }) =>
    Math.max(0, Math.min(accuracy.half_width ?? 0, room(accuracy.mean))));
  const above = reach((mean) => 100 - mean), below = reach((mean) => mean);
  return {
    type: "data", symmetric: false, array: above, arrayminus: below, thickness: 1.2,
    visible: [...above, ...below].some((width) => width > 0),
  };
}

function accuracyText(point) {
  const { mean, half_width: width, n } = point.accuracy;
  return mean.toFixed(2) + (width === null ? "" : ` ± ${width.toFixed(2)}, n = ${n}`);
}

function lambdaPanel() {
  const lines = (state) => data.lambdaPanels.find((one) => one.dataset === state.dataset).lines;
  const traces = (state) => lines(state).map((line, position) => {
    const points = line.points.filter((point) => isGroupShown(point.group));
    const { colour } = look(position);
    return {
      id: position, x: points.map((point) => point.x), y: points.map((point) => point.accuracy.mean),
      error_y: errorBar(points), type: "scatter", mode: "lines+markers", line: { color: colour },
      marker: { color: colour, size: 8, symbol: SYMBOLS[position % SYMBOLS.length] },
      text: points.map(accuracyText),
      hovertemplate: `${escapeTemplate(line.label)}<br>lambda %{x}: %{text} %<extra></extra>`,
    };
  }).filter((trace) => trace.x.length > 0);
  new Panel("lambda", {
    selects: [{
      name: "dataset", label: "dataset",
      options: () => asOptions(data.lambdaPanels.map((panel) => panel.dataset)),
    }],
    charts: (state) => [[
      traces(state).filter((trace) => !state.hidden.has(trace.id)),
      layout(axis("lambda (weight of the first task's loss)"), axis("test accuracy [%]")),
    ]],
    legend: (state) => traces(state).map((trace) => ({
      id: trace.id, label: lines(state)[trace.id].label, colour: trace.line.color,
      symbol: trace.marker.symbol,
    })),
  });
}

const LOGARITHMIC_FROM_RATIO = 8;
const MOST_SPAN_WITH_STEPS_BETWEEN = 500;
const FRONT_KEY = '<div class="front"><svg width="24" height="14" aria-hidden="true">' +
  '<path d="M0 7h24" stroke="#888888" stroke-width="2" stroke-dasharray="2 3"/></svg>Pareto front</div>';

function tradeoffPanel() {
  const ofProblem = (state) => data.tradeoffs.filter((one) => one.problem === state.problem);
  const groups = (state) =>
    unique(ofProblem(state).flatMap((one) => one.points.map((point) => point.group)));

  function traces(tradeoff, state) {
    const positions = new Map(groups(state).map((group, position) => [group, position]));
    const front = tradeoff.points.filter((point) => point.on_front).sort((a, b) => a.x - b.x);
    const shown = tradeoff.points
      .filter((point) => isGroupShown(point.group) && !state.hidden.has(point.group));
    if (shown.length === 0) return [];
    const line = {
      x: front.map((point) => point.x), y: front.map((point) => point.accuracy.mean),
      type: "scatter", mode: "lines", line: { color: "#888888", dash: "dot", width: 1.5 },
      hoverinfo: "skip",
    };
    return [line, ...shown.map((point) => {
      const { colour, symbol } = look(positions.get(point.group));
      return {
        x: [point.x], y: [point.accuracy.mean], type: "scatter", mode: "markers",
        error_y: { ...errorBar([point]), color: colour }, text: [accuracyText(point)],
        marker: {
          symbol, size: 11, color: point.on_front ? colour : scheme("--page"),
          line: { color: colour, width: 2 },
        },
        hovertemplate: `${escapeTemplate(point.label)}<br>${escapeTemplate(tradeoff.cost)} %{x:,.4~r}` +
          `<br>accuracy %{text} %${point.on_front ? "<br>on the Pareto front" : ""}<extra></extra>`,
      };
    })];
  }

  function shape(tradeoff) {
    const costs = tradeoff.points.map((point) => point.x);
    const span = Math.min(...costs) > 0 ? Math.max(...costs) / Math.min(...costs) : 0;
    const dtick = span > MOST_SPAN_WITH_STEPS_BETWEEN ? 1 : "D2";
    const scale = span > LOGARITHMIC_FROM_RATIO ? { type: "log", dtick, exponentformat: "SI" } : {};
    return layout(axis(tradeoff.cost, scale), axis("test accuracy [%]"));
  }

  new Panel("costs", {
    selects: [{
      name: "problem", label: "task",
      options: () => asOptions(data.tradeoffs.map((tradeoff) => tradeoff.problem)),
    }],
    charts: (state) => ofProblem(state).map((one) => [traces(one, state), shape(one)]),
    legend: (state) => {
      const labels = new Map(
        ofProblem(state).flatMap((one) => one.points.map((point) => [point.group, point.label])));
      return groups(state)
        .map((group, position) => ({
          id: group, label: labels.get(group), hasLine: false, ...look(position),
        }))
        .filter((entry) => isGroupShown(entry.id));
    },
    extra: FRONT_KEY,
  });
}

if (data.lambdaPanels.length > 0) lambdaPanel();
if (data.tradeoffs.length > 0) tradeoffPanel();

// --- confusion matrices ---

const MOST_CLASSES_WITH_COUNTS = 12;
const MOST_CLASSES_AT_FULL_SIZE = 20;
const LONGEST_CLASS_NAME = 18;
const LONGEST_RUN_LABEL = 60;

function confusionChart(confusion) {
  const names = confusion.class_names;
  // Classes stand at their positions, as names may be numbers, or the same once they are cut.
  const positions = names.map((_, position) => position);
  const ticks = names.map((name) => escapeHtml(shortened(name, LONGEST_CLASS_NAME)));
  const shares = confusion.counts.map((row) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count) => (total > 0 ? count / total : 0));
  });
  const trace = {
    type: "heatmap", x: positions, y: positions, z: shares, text: confusion.counts,
    zmin: 0, zmax: 1,
    customdata: names.map((row) => names.map((column) => [escapeHtml(row), escapeHtml(column)])),
    colorscale: [[0, scheme("--low")], [1, scheme("--high")]], xgap: 1, ygap: 1,
    colorbar: {
      title: { text: "share of the true class", side: "right" }, thickness: 12, outlinewidth: 0,
      tickformat: ".0%",
    },
    showscale: !isNarrow(),
    hovertemplate: "true %{customdata[0]}, predicted %{customdata[1]}<br>%{text} images," +
      " %{z:.1%} of the class<extra></extra>",
  };
  if (names.length <= MOST_CLASSES_WITH_COUNTS) trace.texttemplate = "%{text}";
  const isCrowded = names.length > MOST_CLASSES_AT_FULL_SIZE;
  const categories = {
    ...(isCrowded ? { tickfont: { size: 8 } } : {}),
    tickmode: "array", tickvals: positions, ticktext: ticks, showgrid: false, showline: false,
    ticks: "",
  };
  const size = isNarrow() ? 380 : 470;
  return [[trace], layout(
    axis("predicted", categories), axis("true", { ...categories, autorange: "reversed" }),
    { title: heading(confusion.task), height: size },
  )];
}

// What tells the run's configuration from the others, then its folder.
function runTitle(run) {
  const { label, name } = data.runs[run];
  const parts = label === name ? [name] : [shortened(label, LONGEST_RUN_LABEL), name];
  return [run, ...parts].join(" · ");
}

// Charts of one run at a time, which a select chooses.
function runPanel(id, answers, chart) {
  if (answers.length === 0) return;
  const isShown = (answer) => shownRuns.numbers.has(answer.run);
  new Panel(id, {
    selects: [{
      name: "run", label: "run",
      options: () => unique(answers.filter(isShown).map((answer) => answer.run))
        .map((run) => [String(run), runTitle(run)]),
    }],
    charts: (state) => answers
      .filter((answer) => String(answer.run) === state.run).map(chart),
  });
}

// --- predicted against true values ---

function scatterChart(scatter) {
  const values = [...scatter.true, ...scatter.predicted];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const margin = 0.03 * (high - low) || 0.5;
  const ends = [low - margin, high + margin];
  const perfect = {
    x: ends, y: ends, type: "scatter", mode: "lines", hoverinfo: "skip",
    line: { color: "#888888", dash: "dash", width: 1.2 },
  };
  const points = {
    x: scatter.true, y: scatter.predicted, type: "scatter", mode: "markers",
    marker: { color: look(0).colour, size: 6, opacity: 0.5 },
    hovertemplate: "true %{x:.4~g}, predicted %{y:.4~g}<extra></extra>",
  };
  return [[perfect, points], layout(
    axis("true", { range: ends }), axis("predicted", { range: ends }),
    { title: heading(scatter.task), height: isNarrow() ? 380 : 470 },
  )];
}

runPanel("confusions", data.confusions, confusionChart);
runPanel("scatters", data.scatters, scatterChart);
