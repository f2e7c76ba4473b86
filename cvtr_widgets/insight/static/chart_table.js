// The table of a chart's numbers, and buttons for what needs a mouse in the picture.

import { isAmount, shownValue, timesOf } from "./chart_values.js";
import { element, inWords, pressable } from "./elements.js";

const LONG = 60; // characters, beyond which a text takes several lines

/** @import { Chart, Row, Send, Value } from "./messages.d.ts" */

/** @param {Row} row @param {string} name @param {((row: Row) => void) | null} pick */
function firstCell(row, name, pick) {
  const cell = element("th");
  cell.scope = "row";
  const text = shownValue(row[name]) || "(none)";
  cell.append(pick ? pressable(text, () => pick(row), "Select these leads") : text);
  sortedBy(cell, row[name]);
  return cell;
}

/** What a cell is sorted by and saved as: the value itself, not the text that is shown. @param {HTMLElement} cell @param {Value} value */
function sortedBy(cell, value) {
  cell.dataset.order = String(value ?? "");
  if (typeof value === "number" || isAmount(value)) cell.dataset.number = String(value);
}

/** @param {Row} row @param {string} name */
function numberCell(row, name) {
  const value = row[name];
  const text = shownValue(value);
  const cell = element("td", typeof value === "number" || isAmount(value) ? "cvtr-number" : text.length > LONG ? "cvtr-long" : "", text);
  sortedBy(cell, value);
  return cell;
}

/**
 * ``pick``: what a press on a row's head does; none where the numbers are not of leads that can be selected.
 * @param {Pick<Chart, "columns" | "rows">} chart
 * @param {((row: Row) => void) | null} pick
 */
export function numbersTable(chart, pick, caption = "The same numbers") {
  const table = element("table");
  const heads = chart.columns.map((name) => {
    const head = element("th", "", name.replaceAll("_", " "));
    head.scope = "col";
    return head;
  });
  if (caption) table.createCaption().append(caption);
  table.createTHead().insertRow().append(...heads);
  const body = table.createTBody();
  const [first, ...others] = chart.columns;
  for (const row of chart.rows) body.insertRow().append(firstCell(row, first, pick), ...others.map((name) => numberCell(row, name)));
  return table;
}

/** @param {string} label @param {string[]} values */
function chosenFrom(label, values) {
  const list = element("select");
  list.setAttribute("aria-label", label);
  for (const value of values) list.append(new Option(shownValue(value), value));
  return list;
}

/** @param {string[]} times @param {(first: string, last: string) => void} chosen */
function periodTools(times, chosen) {
  const [first, last] = [chosenFrom("From", times), chosenFrom("To", times)];
  last.value = times[times.length - 1];
  return ["From ", first, " to ", last, " ", pressable("Select this period", () => {
    const [low, high] = [first.value, last.value].sort();
    chosen(low, high);
  })];
}

/** What brushing does, without a mouse: a period by its first and last one, and what is outside of a funnel. */
export function rangeTools(/** @type {Chart} */ chart, /** @type {Send} */ send) {
  const line = element("div", "cvtr-chart-tools");
  const field = chart.brush;
  const times = field ? timesOf(chart.rows, field) : [];
  if (times.length) line.append(...periodTools(times, (first, last) => send({ kind: "brush", field, first, last })));
  for (const [where, groups, leads] of chart.outside) {
    line.append(pressable(`Select ${inWords(leads)} leads of ${groups === 1 ? "1 group" : `${groups} groups`} ${where}`,
      () => send({ kind: "outside", where })));
  }
  return line;
}
