// Values of a chart: as they are shown, as they are drawn, and which rows are inside what was marked with the mouse. No elements.

/** @import { Chart, Row, Value } from "./messages.d.ts" */

/** @param {unknown} value @returns {value is string} */
export function isTime(value) {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(value);
}

/** Milliseconds, as if the time were UTC. @param {Value} value */
export const asTime = (value) => Date.parse(`${value}Z`);

/** Money, which is text so that no cent is lost. @param {unknown} value @returns {value is string} */
export const isAmount = (value) => typeof value === "string" && /^-?\d+\.\d{2,6}$/.test(value);

/** @param {Value | undefined} value */
export function shownValue(value) {
  if (value === null || value === undefined) return "";
  if (isTime(value)) return value.replace("T00:00:00", "").replace("T", " ").replace(/:00$/, "");
  if (isAmount(value)) return String(value).replace(/\B(?=(\d{3})+\.)/g, ",");
  if (typeof value !== "number") return String(value);
  if (value > 0 && value < 0.0005) return "<0.001";
  if (value < 0 && value > -0.0005) return ">-0.001";
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(3);
}

/**
 * Rows as they are drawn: times as if all were UTC, so that no clock of the browser moves an hour or a midnight.
 * @param {Row[]} rows
 */
export function drawnRows(rows) {
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, isTime(value) ? asTime(value) : value])));
}

/** @param {Value} mine @param {unknown} drawn */
function isSame(mine, drawn) {
  return isTime(mine) ? asTime(mine) === Number(drawn) : mine === drawn;
}

/** The row that a mark was drawn from. @param {Chart} chart @param {Record<string, unknown> | undefined} datum */
export function rowOfMark({ rows, keys }, datum) {
  if (!datum || !keys.every((name) => name in datum)) return undefined;
  return rows.find((row) => keys.every((name) => isSame(row[name], datum[name])));
}

/** All times of a column, in order. @param {Row[]} rows @param {string} column */
export function timesOf(rows, column) {
  return [...new Set(rows.map((row) => row[column]).filter((value) => value !== null).map(String))].sort();
}

/**
 * The first and the last time within what was brushed; null if there is none.
 * @param {Row[]} rows
 * @param {string} column
 * @param {[number | Date, number | Date]} area
 */
export function brushedTimes(rows, column, [low, high]) {
  const inside = timesOf(rows, column).filter((value) => asTime(value) >= +low && asTime(value) <= +high);
  return inside.length ? { first: inside[0], last: inside[inside.length - 1] } : null;
}

/**
 * The ranges of an area that was drawn, each from low to high; null where no row is in it.
 * @param {Row[]} rows
 * @param {string[]} columns
 * @param {Record<string, number[]>} area
 */
export function areaRanges(rows, columns, area) {
  if (!columns.every((name) => Array.isArray(area[name]))) return null;
  const ranges = Object.fromEntries(columns.map((name) => [name, [...area[name]].map(Number).sort((a, b) => a - b)]));
  /** @param {Row} row */
  const isInside = (row) => columns.every((name) => Number(row[name]) >= ranges[name][0] && Number(row[name]) <= ranges[name][1]);
  return rows.some((row) => columns.every((name) => row[name] !== null) && isInside(row)) ? ranges : null;
}
