// One chart and the table of its numbers. Nothing is loaded from the network: the renderer comes as a message of the kernel,
// once per page, and numbers come as messages too.

import { numbersTable, rangeTools } from "./chart_table.js";
import { areaRanges, brushedTimes, drawnRows, rowOfMark } from "./chart_values.js";
import { element, inWords, scrollBox } from "./elements.js";
import { liveTable } from "./live_table.js";
import { askForParts, inTurn, installPart, onPart, part } from "./parts.js";

/** @import { Chart, Model, Row, Send } from "./messages.d.ts" */

const NARROW = 460; // pixels of the page; below, the legend stands under the picture
const TITLE_LINE = 40; // characters, on a narrow page
const REDRAWN = 40; // pixels by which the page must have become wider or narrower
const BRUSH_RESTS = 120; // milliseconds that a brush stands still before its leads are selected

function isDark() {
  const said = document.body.dataset.jpThemeLight;
  if (said !== undefined) return said === "false";
  return globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches ?? false;
}

function themedConfig(/** @type {boolean} */ isNarrow) {
  const ink = isDark() ? "#e0e0e0" : "#212121";
  const line = isDark() ? "#616161" : "#d0d0d0";
  const axis = { labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line };
  return { background: "transparent", axis, title: { color: ink, anchor: "start", limit: isNarrow ? 300 : 600 }, view: { stroke: line },
    rule: { strokeWidth: 2 }, header: { labelColor: ink, titleColor: ink }, // a line of one pixel is lost on a dark page
    legend: { labelColor: ink, titleColor: ink, ...(isNarrow ? { orient: "bottom", columns: 2 } : {}) } };
}

/** A title in lines that a narrow page has room for. @param {string} title */
function wrapped(title) {
  /** @type {string[]} */
  const lines = [];
  for (const word of title.split(" ")) {
    const longer = `${lines.at(-1) ?? ""} ${word}`.trim();
    if (lines.length && longer.length <= TITLE_LINE) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

// Addresses in a specification lead nowhere: there is nothing to load.
const nowhere = {
  load: () => Promise.reject(new Error("nothing is loaded")),
  sanitize: () => Promise.reject(new Error("nothing is linked")),
  http: () => Promise.reject(new Error("nothing is loaded")),
  file: () => Promise.reject(new Error("nothing is loaded")),
};

/** A chart with its table. ``send`` is told what is clicked; ``draw`` takes a message with a chart. */
export class ChartArea {
  /** @type {Chart | null} */
  #chart = null;
  /** @type {any} Vega's */
  #view = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #gone = false;
  /** @type {ReturnType<typeof liveTable> | undefined} */
  #numbers;
  #noLonger;
  #send;
  #words;
  #drawnFor = 0; // pixels
  #theme = new MutationObserver(() => this.#redraw());
  #resized = new ResizeObserver(() => {
    const room = this.element.clientWidth;
    if (this.#chart && room && Math.abs(room - this.#drawnFor) > REDRAWN) this.#redraw();
  });

  /** @param {Send} send @param {string} words what can be done with the chart once it is drawn */
  constructor(send, words = "Click a mark or a row to select its leads.") {
    this.#send = send;
    this.#words = words;
    this.element = element("div", "cvtr-chart");
    this.picture = element("div", "cvtr-chart-picture");
    this.side = scrollBox("cvtr-chart-numbers");
    this.tools = element("div");
    this.notes = element("ul", "cvtr-chart-notes");
    this.said = element("div", "cvtr-chart-said", "The chart is being loaded …");
    this.said.setAttribute("role", "status");
    const body = element("div", "cvtr-chart-body");
    body.append(this.picture, this.side);
    this.element.append(body, this.tools, this.notes, this.said);
    this.#theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    this.#resized.observe(this.element);
    this.#noLonger = onPart("renderer", this.#redraw);
  }

  /** @param {Chart} chart */
  draw(chart) {
    this.#chart = chart;
    delete this.element.dataset.drawn;
    this.side.setAttribute("aria-label", `Numbers of: ${chart.title}`);
    this.#numbers?.end();
    this.#numbers = liveTable(numbersTable(chart, (row) => this.#pick(chart, row)), chart.title);
    this.side.replaceChildren(this.#numbers.element);
    this.tools.replaceChildren(rangeTools(chart, this.#send));
    this.notes.replaceChildren(...chart.notes.map((note) => element("li", "", note)));
    this.notes.hidden = !chart.notes.length;
    return this.#redraw();
  }

  say(/** @type {string} */ text) {
    this.said.textContent = text;
  }

  picked(/** @type {number} */ leads) {
    this.element.dataset.picked = String(leads);
  }

  dispose() {
    this.#gone = true;
    this.#noLonger();
    this.#numbers?.end();
    this.#theme.disconnect();
    this.#resized.disconnect();
    clearTimeout(this.#timer);
    this.#view?.finalize();
  }

  /** @param {Chart} chart @param {Row} row */
  #pick(chart, row) {
    this.#send({ kind: "pick", key: Object.fromEntries(chart.keys.map((name) => [name, row[name]])) });
  }

  /** A brush tells while it moves; it counts where it comes to rest. @param {() => Record<string, unknown> | null} found */
  #atRest(found) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const message = found();
      if (message) this.#send(message);
    }, BRUSH_RESTS);
  }

  #redraw = () => inTurn(() => this.#drawNow());

  async #drawNow() {
    const [chart, embed] = [this.#chart, part("renderer")];
    if (!chart || !embed || this.#gone) return;
    const spec = { ...structuredClone(chart.spec), data: { name: "table", values: drawnRows(chart.rows) } };
    const room = this.element.clientWidth;
    const isNarrow = room > 0 && room < NARROW;
    this.#drawnFor = room;
    if (isNarrow) spec.title = wrapped(chart.title);
    if (room) spec.width = Math.max(160, Math.min(spec.width, room - (isNarrow ? 90 : 240)));
    const { view } = await embed(this.picture, spec, {
      actions: false, renderer: "svg", config: themedConfig(isNarrow), loader: nowhere, mode: "vega-lite",
      tooltip: { theme: isDark() ? "dark" : "light" },
    });
    if (chart !== this.#chart || this.#gone) {
      view.finalize();
      return;
    }
    this.#view?.finalize();
    this.#view = view;
    this.#listen(view, chart);
    // Screen readers get the table, and of the picture its title alone.
    this.picture.setAttribute("role", "img");
    this.picture.setAttribute("aria-label", chart.title);
    for (const child of this.picture.children) child.setAttribute("aria-hidden", "true");
    this.element.dataset.drawn = "true";
    this.say(this.#words);
  }

  /** What is clicked or marked in the picture. @param {any} view @param {Chart} chart */
  #listen(view, chart) {
    const { brush, area: columns, rows } = chart;
    view.addEventListener("click", (/** @type {unknown} */ _event, /** @type {any} */ item) => {
      const row = rowOfMark(chart, item?.datum);
      if (row) this.#pick(chart, row);
    });
    if (brush) {
      view.addSignalListener("brush", () => this.#atRest(() => {
        /** @type {any} */
        const area = Object.values(view.signal("brush") ?? {}).find(Array.isArray); // named by field and unit of time
        const times = area ? brushedTimes(rows, brush, area) : null;
        return times && { kind: "brush", field: brush, ...times };
      }));
    }
    if (columns) {
      view.addSignalListener("area", () => this.#atRest(() => {
        const ranges = areaRanges(rows, columns, view.signal("area") ?? {});
        return ranges && { kind: "area", ranges };
      }));
    }
  }
}

/** What anywidget calls; it gives what ends the view. @param {{ model: Model, el: HTMLElement }} given */
function renderChart({ model, el }) {
  const area = new ChartArea((message) => model.send(message), "Click a mark or a row to pick its leads.");
  el.append(area.element);

  /** @param {any} message @param {DataView[]} buffers */
  function heard(message, buffers) {
    if (message.kind === "renderer" || message.kind === "tables") {
      installPart(message.kind, buffers).catch((error) => {
        if (message.kind === "renderer") area.say(`The chart cannot be drawn (${error.message}). The numbers are beside it.`);
      });
    } else if (message.kind === "chart") {
      area.draw(message);
    } else if (message.kind === "picked") {
      area.say(`${inWords(message.leads)} ${message.leads === 1 ? "lead" : "leads"} picked.`);
      area.picked(message.leads);
    }
  }

  model.on("msg:custom", heard);
  const noMore = askForParts((there) => model.send({ kind: "hello", ...there }));
  return () => {
    noMore();
    model.off("msg:custom", heard);
    area.dispose();
  };
}

export default { render: renderChart };
