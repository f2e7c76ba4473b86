// One chart and the table of its numbers. Nothing is loaded from the network: the renderer comes as a message of the kernel,
// once per page, and numbers come as messages too.

const chartsWaiting = new Set();

export async function installRenderer(buffer) {
  if (globalThis.cvtrVegaEmbed) return;
  const address = URL.createObjectURL(new Blob([buffer], { type: "text/javascript" }));
  try {
    await import(/* webpackIgnore: true */ address);
  } finally {
    URL.revokeObjectURL(address);
  }
  for (const draw of chartsWaiting) draw();
}

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function pressable(text, pressed, title) {
  const made = element("button", "", text);
  made.type = "button";
  if (title) made.title = title;
  made.addEventListener("click", pressed);
  return made;
}

function isDark() {
  const said = document.body.dataset.jpThemeLight;
  if (said !== undefined) return said === "false";
  return globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches ?? false;
}

function themedConfig() {
  const ink = isDark() ? "#e0e0e0" : "#212121";
  const line = isDark() ? "#616161" : "#d0d0d0";
  const axis = { labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line };
  return { background: "transparent", axis, legend: { labelColor: ink, titleColor: ink }, title: { color: ink }, view: { stroke: line } };
}

const isTime = (value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(value);
const asTime = (value) => Date.parse(`${value}Z`);

function shownValue(value) {
  if (value === null || value === undefined) return "";
  if (isTime(value)) return value.replace("T00:00:00", "").replace("T", " ").replace(/:00$/, "");
  if (typeof value !== "number") return String(value);
  if (value > 0 && value < 0.0005) return "<0.001";
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(3);
}

function numbersTable(chart, pick) {
  const table = element("table");
  table.append(element("caption", "", "The same numbers"));
  const head = element("tr");
  for (const name of chart.columns) {
    const cell = element("th", "", name.replaceAll("_", " "));
    cell.scope = "col";
    head.append(cell);
  }
  table.append(element("thead"));
  table.tHead.append(head);
  const body = element("tbody");
  for (const row of chart.rows) {
    const line = element("tr");
    chart.columns.forEach((name, place) => {
      const cell = element(place ? "td" : "th", typeof row[name] === "number" ? "cvtr-number" : "");
      if (place) {
        cell.textContent = shownValue(row[name]);
      } else {
        cell.scope = "row";
        cell.append(pressable(shownValue(row[name]) || "(none)", () => pick(row), "Select these leads"));
      }
      line.append(cell);
    });
    body.append(line);
  }
  table.append(body);
  return table;
}

function chosenFrom(label, values) {
  const list = element("select");
  list.setAttribute("aria-label", label);
  for (const value of values) {
    const option = element("option", "", shownValue(value));
    option.value = value;
    list.append(option);
  }
  return list;
}

/** What brushing does, without a mouse: a period by its first and last one, and what is outside of a funnel. */
function rangeTools(chart, send) {
  const line = element("div", "cvtr-chart-tools");
  if (chart.brush) {
    const values = [...new Set(chart.rows.map((row) => row[chart.brush]).filter((value) => value !== null))].sort();
    if (values.length) {
      const [first, last] = [chosenFrom("From", values), chosenFrom("To", values)];
      last.value = values[values.length - 1];
      line.append("From ", first, " to ", last, " ", pressable("Select this period", () => {
        const [low, high] = [first.value, last.value].sort();
        send({ kind: "brush", field: chart.brush, first: low, last: high });
      }));
    }
  }
  for (const [where, groups, leads] of chart.outside) {
    line.append(pressable(`Select ${leads.toLocaleString("en")} leads of ${groups === 1 ? "1 group" : `${groups} groups`} ${where}`,
      () => send({ kind: "outside", where })));
  }
  return line;
}

// Addresses in a specification lead nowhere: there is nothing to load.
const nowhere = {
  load: () => Promise.reject(new Error("nothing is loaded")),
  sanitize: () => Promise.reject(new Error("nothing is linked")),
  http: () => Promise.reject(new Error("nothing is loaded")),
  file: () => Promise.reject(new Error("nothing is loaded")),
};

/** Rows as they are drawn: times as if all were UTC, so that no clock of the browser moves an hour or a midnight. */
function drawnRows(chart) {
  return chart.rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, isTime(value) ? asTime(value) : value])));
}

function sameValue(mine, drawn) {
  return isTime(mine) ? asTime(mine) === +drawn : mine === drawn;
}

/** A chart with its table. ``send`` is told what is clicked; ``draw`` takes a message with a chart. */
export function chartArea(send, words = "Click a mark or a row to select its leads.") {
  const root = element("div", "cvtr-chart");
  const picture = element("div", "cvtr-chart-picture");
  const side = element("div", "cvtr-chart-numbers");
  side.tabIndex = 0;
  side.setAttribute("role", "region");
  const tools = element("div");
  const notes = element("ul", "cvtr-chart-notes");
  const said = element("div", "cvtr-chart-said", "The chart is on its way …");
  said.setAttribute("role", "status");
  const body = element("div", "cvtr-chart-body");
  body.append(picture, side);
  root.append(body, tools, notes, said);
  let chart = null;
  let view = null;
  let timer = 0;
  let gone = false;

  const pick = (row) => send({ kind: "pick", key: Object.fromEntries(chart.keys.map((name) => [name, row[name]])) });

  function brushed(field) {
    const area = Object.values(view.signal("brush") ?? {}).find(Array.isArray); // named by field and unit of time
    clearTimeout(timer);
    if (!area) return;
    timer = setTimeout(() => {
      const inside = chart.rows.map((row) => row[field]).filter((value) => value !== null);
      const kept = inside.filter((value) => asTime(value) >= +area[0] && asTime(value) <= +area[1]).sort();
      if (kept.length) send({ kind: "brush", field, first: kept[0], last: kept[kept.length - 1] });
    }, 120);
  }

  function drawnAround() {
    const area = view.signal("area") ?? {};
    clearTimeout(timer);
    if (!chart.area.every((name) => Array.isArray(area[name]))) return;
    timer = setTimeout(() => {
      const ranges = Object.fromEntries(chart.area.map((name) => [name, [...area[name]].map(Number).sort((a, b) => a - b)]));
      if (chart.rows.some((row) => chart.area.every((name) => row[name] >= ranges[name][0] && row[name] <= ranges[name][1]))) {
        send({ kind: "area", ranges });
      }
    }, 120);
  }

  async function redraw() {
    if (!chart || !globalThis.cvtrVegaEmbed || gone) return;
    const now = chart;
    const spec = structuredClone(chart.spec);
    spec.data = { name: "table", values: drawnRows(chart) };
    const made = await globalThis.cvtrVegaEmbed(picture, spec, {
      actions: false, renderer: "svg", config: themedConfig(), loader: nowhere, mode: "vega-lite",
    });
    if (now !== chart || gone) return made.view.finalize();
    view?.finalize();
    view = made.view;
    view.addEventListener("click", (_event, item) => {
      if (item?.datum && chart.keys.every((name) => name in item.datum)) {
        const same = chart.rows.find((row) => chart.keys.every((name) => sameValue(row[name], item.datum[name])));
        if (same) pick(same);
      }
    });
    if (chart.brush) view.addSignalListener("brush", () => brushed(chart.brush));
    if (chart.area) view.addSignalListener("area", drawnAround);
    // Screen readers get the table, and of the picture its title alone.
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", chart.title);
    for (const child of picture.children) child.setAttribute("aria-hidden", "true");
    root.dataset.drawn = "true";
    said.textContent = words;
  }

  const theme = new MutationObserver(() => redraw());
  theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  chartsWaiting.add(redraw);

  return {
    element: root,
    draw(message) {
      chart = message;
      delete root.dataset.drawn;
      side.setAttribute("aria-label", `Numbers of: ${chart.title}`);
      side.replaceChildren(numbersTable(chart, pick));
      tools.replaceChildren(rangeTools(chart, send));
      notes.replaceChildren(...chart.notes.map((note) => element("li", "", note)));
      notes.hidden = !chart.notes.length;
      return redraw();
    },
    say(text) { said.textContent = text; },
    picked(leads) { root.dataset.picked = String(leads); },
    dispose() {
      gone = true;
      chartsWaiting.delete(redraw);
      theme.disconnect();
      clearTimeout(timer);
      view?.finalize();
    },
  };
}

function renderChart({ model, el }) {
  const area = chartArea((message) => model.send(message), "Click a mark or a row to pick its leads.");
  el.append(area.element);

  function heard(message, buffers) {
    if (message.kind === "renderer") {
      installRenderer(buffers[0]).catch((error) => area.say(`The chart cannot be drawn (${error.message}). The numbers are beside it.`));
    } else if (message.kind === "chart") {
      area.draw(message);
    } else if (message.kind === "picked") {
      area.say(`${message.leads.toLocaleString("en")} leads picked.`);
      area.picked(message.leads);
    }
  }

  model.on("msg:custom", heard);
  model.send({ kind: "hello", renderer: Boolean(globalThis.cvtrVegaEmbed) });
  return () => {
    model.off("msg:custom", heard);
    area.dispose();
  };
}

export default { render: renderChart };
