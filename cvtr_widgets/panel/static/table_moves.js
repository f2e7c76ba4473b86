// Where the keyboard goes in a table, which rows a range has, what a column is sorted by next. No elements here.

const clamp = (/** @type {number} */ place, /** @type {number} */ count) => Math.min(Math.max(place, 0), count - 1);

/**
 * The row that a key goes to, of ``count`` rows; null where the key does not move between rows.
 * @param {string} key
 * @param {number} active
 * @param {number} count
 */
export function rowAfterKey(key, active, count) {
  /** @type {Record<string, number>} */
  const places = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: count - 1 };
  return Object.hasOwn(places, key) ? clamp(places[key], count) : null;
}

/**
 * The button that a key goes to in the line of heads, of ``count``; null where the key does not move between heads.
 * @param {string} key
 * @param {number} place
 * @param {number} count
 */
export function headAfterKey(key, place, count) {
  /** @type {Record<string, number>} */
  const places = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: count - 1 };
  return Object.hasOwn(places, key) ? clamp(places[key], count) : null;
}

/**
 * The ids from one to another, both with them, as they stand on the page; the last one alone if the first is on another page.
 * @param {string[]} ids
 * @param {string} first
 * @param {string} last
 */
export function idsBetween(ids, first, last) {
  const [from, to] = [ids.indexOf(first), ids.indexOf(last)];
  return from < 0 || to < 0 ? [last] : ids.slice(Math.min(from, to), Math.max(from, to) + 1);
}

/**
 * What a press on a column's head asks for: ascending, then descending, then as loaded.
 * @param {string} column
 * @param {{ descending: boolean } | null} sorted how it is sorted now
 */
export function nextSort(column, sorted) {
  if (!sorted) return { column, descending: false };
  return sorted.descending ? { column: "", descending: false } : { column, descending: true };
}

/**
 * The arrow in a column's head, with its place where the table is sorted by several columns.
 * @param {import("./messages.d.ts").Sort[]} sorts
 * @param {string} column
 */
export function sortArrow(sorts, column) {
  const place = sorts.findIndex((one) => one.name === column);
  if (place < 0) return "";
  return ` ${sorts[place].descending ? "↓" : "↑"}${sorts.length > 1 ? place + 1 : ""}`;
}
