// One chart and the table of its numbers. Nothing is loaded from the network: the renderer comes as a message of the kernel,
// once per page, and numbers come as messages too.

const waiting = new Set();

async function install(buffer) {
  if (globalThis.cvtrVegaEmbed) return;
  const address = URL.createObjectURL(new Blob([buffer], { type: "text/javascript" }));
  try {
    await import(/* webpackIgnore: true */ address);
  } finally {
    URL.revokeObjectURL(address);
  }
  for (const draw of waiting) draw();
}

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function dark() {
  const said = document.body.dataset.jpThemeLight;
  if (said !== undefined) return said === "false";
  return globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches ?? false;
}

function themed() {
  const ink = dark() ? "#e0e0e0" : "#212121";
  const line = dark() ? "#616161" : "#d0d0d0";
  const axis = { labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line };
  return { background: "transparent", axis, legend: { labelColor: ink, titleColor: ink }, title: { color: ink }, view: { stroke: line } };
}

function shown(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value).replace(/T00:00:00$/, "");
  if (value > 0 && value < 0.0005) return "<0.001";
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(3);
}

function numbers(chart, pick) {
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
        cell.textContent = shown(row[name]);
      } else {
        cell.scope = "row";
        const button = element("button", "", shown(row[name]) || "(none)");
        button.type = "button";
        button.title = "Pick these leads";
        button.addEventListener("click", () => pick(row));
        cell.append(button);
      }
      line.append(cell);
    });
    body.append(line);
  }
  table.append(body);
  return table;
}

// Addresses in a specification lead nowhere: there is nothing to load.
const nowhere = {
  load: () => Promise.reject(new Error("nothing is loaded")),
  sanitize: () => Promise.reject(new Error("nothing is linked")),
  http: () => Promise.reject(new Error("nothing is loaded")),
  file: () => Promise.reject(new Error("nothing is loaded")),
};

export function renderChart({ model, el }) {
  const root = element("div", "cvtr-chart");
  const picture = element("div", "cvtr-chart-picture");
  const side = element("div", "cvtr-chart-numbers");
  side.tabIndex = 0;
  side.setAttribute("role", "region");
  const said = element("div", "cvtr-chart-said", "The chart is on its way …");
  said.setAttribute("role", "status");
  const body = element("div", "cvtr-chart-body");
  body.append(picture, side);
  root.append(body, said);
  el.append(root);
  let chart = null;
  let view = null;
  let timer = 0;
  let gone = false;

  const pick = (row) => model.send({ kind: "pick", key: Object.fromEntries(chart.keys.map((name) => [name, row[name]])) });

  function brushed(field) {
    const area = Object.values(view.signal("brush") ?? {}).find(Array.isArray); // named by field and unit of time
    clearTimeout(timer);
    if (!area) return;
    timer = setTimeout(() => {
      const inside = chart.rows.map((row) => row[field]).filter((value) => value !== null);
      const kept = inside.filter((value) => Date.parse(value) >= +area[0] && Date.parse(value) <= +area[1]).sort();
      if (kept.length) model.send({ kind: "brush", field, first: kept[0], last: kept[kept.length - 1] });
    }, 120);
  }

  async function draw() {
    if (!chart || !globalThis.cvtrVegaEmbed || gone) return;
    const spec = structuredClone(chart.spec);
    spec.data = { name: "table", values: structuredClone(chart.rows) };
    const made = await globalThis.cvtrVegaEmbed(picture, spec, {
      actions: false, renderer: "svg", config: themed(), loader: nowhere, mode: "vega-lite",
    });
    view?.finalize();
    view = made.view;
    view.addEventListener("click", (_event, item) => {
      if (item?.datum && chart.keys.every((name) => name in item.datum)) {
        const same = chart.rows.find((row) => chart.keys.every((name) => same_value(row[name], item.datum[name])));
        if (same) pick(same);
      }
    });
    if (chart.brush) view.addSignalListener("brush", () => brushed(chart.brush));
    // Screen readers get the table, and of the picture its title alone.
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", chart.title);
    for (const child of picture.children) child.setAttribute("aria-hidden", "true");
    root.dataset.drawn = "true";
    said.textContent = "Click a mark or a row to pick its leads.";
  }

  function same_value(a, b) {
    return b instanceof Date || typeof b === "number" && typeof a === "string" ? Date.parse(a) === +b : a === b;
  }

  function heard(message, buffers) {
    if (message.kind === "renderer") {
      install(buffers[0]).catch((error) => { said.textContent = `The chart cannot be drawn (${error.message}). The numbers are beside it.`; });
    } else if (message.kind === "chart") {
      chart = message;
      side.setAttribute("aria-label", `Numbers of: ${chart.title}`);
      side.replaceChildren(numbers(chart, pick));
      draw();
    } else if (message.kind === "picked") {
      said.textContent = `${message.leads.toLocaleString("en")} leads picked.`;
      root.dataset.picked = String(message.leads);
    }
  }

  waiting.add(draw);
  model.on("msg:custom", heard);
  const theme = new MutationObserver(() => draw());
  theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  model.send({ kind: "hello", renderer: Boolean(globalThis.cvtrVegaEmbed) });
  return () => {
    gone = true;
    waiting.delete(draw);
    theme.disconnect();
    clearTimeout(timer);
    model.off("msg:custom", heard);
    view?.finalize();
  };
}

export default { render: renderChart };
