// A column's own menu in the head of the lead table: sort, filter, place. As in a spreadsheet.

import { ColumnFilter } from "./column_filter.js";
import { button, h, setAttribute, setShown, setText } from "./dom.js";
import { popMenu } from "./menus.js";

/** @import { Arranging, Column, Link, Rows } from "./messages.d.ts" */

/**
 * The names with the one at ``place`` and its neighbour, ``step`` further, exchanged; null where it has no such neighbour.
 * @param {string[]} names
 * @param {number} place
 * @param {number} step
 */
export function moved(names, place, step) {
  const there = place + step;
  if (place < 0 || there < 0 || there >= names.length) return null;
  const other = [...names];
  [other[place], other[there]] = [other[there], other[place]];
  return other;
}

/**
 * What the menu offers for a column, besides its filter.
 * @param {string} name
 * @param {{ kinds: string[], sorts: import("./messages.d.ts").Sort[], shown: string[] }} about
 */
export function offers(name, { kinds, sorts, shown }) {
  const place = shown.indexOf(name);
  return {
    sort: kinds.length > 0,
    then: kinds.length > 0 && sorts.some((one) => one.name !== name),
    unsort: sorts.length > 0,
    left: place > 1, // the first column is the lead's id, which stays there
    right: place > 0 && place + 1 < shown.length,
    hide: name !== "lead_id",
  };
}

/** One menu for all heads of the lead table; ``prepare(column, rows)`` before it opens. @param {Link} link */
export function headMenu(link) {
  const menu = popMenu("Column", "cvtr-head-menu");
  let column = { name: "" };
  /** @type {string[]} */
  let shown = [];
  /** @type {import("./messages.d.ts").Arranging | null} */
  let view = null;
  const title = h("b", { dir: "auto" });
  const act = (/** @type {string} */ kind, /** @type {Record<string, unknown>} */ is) => { menu.close({ focus: true }); link.send(kind, is); };
  const item = (/** @type {[string, string, () => void]} */ ...[text, className, pressed]) =>
    button(text, { class: `cvtr-item ${className}` }, pressed);
  const sort = (/** @type {[string, string, boolean, boolean]} */ ...[text, className, descending, add]) => item(text, className,
    () => act("sort", { table: "leads", column: column.name, descending, add }));
  const move = (/** @type {number} */ step) => act("columns", { names: moved(shown, shown.indexOf(column.name), step) });
  const items = {
    sort: [sort("↑ Sort ascending", "cvtr-sort-up", false, false), sort("↓ Sort descending", "cvtr-sort-down", true, false)],
    then: [sort("↑ Then by this, ascending", "cvtr-then-up", false, true), sort("↓ Then by this, descending", "cvtr-then-down", true, true)],
    unsort: [item("As loaded", "cvtr-unsort", () => act("sort", { table: "leads", column: "", descending: false, add: false }))],
    left: [item("← Move left", "cvtr-move-left", () => move(-1))],
    right: [item("→ Move right", "cvtr-move-right", () => move(1))],
    hide: [item("Hide this column", "cvtr-hide-column", () => act("columns", { names: shown.filter((name) => name !== column.name) }))],
  };
  const filter = new ColumnFilter(link, act, () => menu.place());
  menu.element.append(title, ...items.sort, ...items.then, ...items.unsort, filter.element,
    h("div", {}, ...items.left, ...items.right, ...items.hide));

  /** @param {Column} wanted @param {Rows} rows */
  function prepare(wanted, rows) {
    const known = view?.columns.find(([name]) => name === wanted.name);
    const kinds = known ? known[4] : [];
    column = wanted;
    shown = rows.columns.map((one) => one.name);
    setText(title, wanted.title);
    setAttribute(menu.element, "aria-label", `Column ${wanted.title}`);
    /** @type {Record<string, boolean>} */
    const offered = offers(wanted.name, { kinds, sorts: rows.sorts || [], shown });
    for (const [name, all] of Object.entries(items)) for (const one of all) setShown(one, offered[name]);
    filter.open(wanted.name, kinds, rows.filtered?.[wanted.name] ?? null);
  }

  /** @param {Arranging} arranging */
  function update(arranging) {
    view = arranging;
    filter.counts(arranging);
  }

  return { element: menu.element, menu, prepare, update };
}
