// The toolbar over the lead table: search, columns, views, saved selections, and the filters in force.

import { button, focusData, focusedData, h, setShown } from "./dom.js";
import { labelled } from "./fields.js";
import { inWords } from "./format.js";
import { moved } from "./head_menu.js";
import { menuButton } from "./menus.js";

/** @import { Link, Option, Rows, Section } from "./messages.d.ts" */

/**
 * Names with a number or none, each to use or to remove.
 * @param {string} className
 * @param {string} label
 */
function chips(className, label) {
  const element = h("ul", { class: `cvtr-chips ${className}`, "aria-label": label, hidden: true });
  let drawn = "";
  return {
    element,
    /** @param {any[]} rows @param {(row: any) => (Node | string)[]} make */
    update(rows, make) {
      const now = JSON.stringify(rows);
      if (now === drawn) return;
      drawn = now;
      element.replaceChildren(...rows.map((row) => h("li", {}, ...make(row))));
      setShown(element, rows.length > 0);
    },
  };
}

/** @param {Link} link */
function columnChooser(link) {
  const list = h("ul", { class: "cvtr-columns" });
  const reset = button("Default columns", { class: "cvtr-link" }, () => link.send("columns", { names: [] }));
  const { element, menu } = menuButton("Columns", "cvtr-columns-button", "Columns", [list, reset]);
  let drawn = "";
  /** @type {string[]} */
  let shown = [];

  /** @param {string} name @param {number} step */
  function move(name, step) {
    const names = moved(shown, shown.indexOf(name), step);
    if (names) link.send("columns", { names });
  }

  /** @param {string} name @param {string} title */
  function row(name, title) {
    const box = h("input", { type: "checkbox", "data-key": `on-${name}`, on: { change: () => link.send("columns",
      { names: box.checked ? [...shown, name] : shown.filter((other) => other !== name) }) } });
    box.checked = shown.includes(name);
    const arrow = (/** @type {[string, string, string, number]} */ ...[text, key, words, step]) => button(text,
      { class: "cvtr-link", "data-key": `${key}-${name}`, "aria-label": `${title} ${words}` }, () => move(name, step));
    const arrows = box.checked ? [arrow("↑", "up", "further left", -1), arrow("↓", "down", "further right", 1)] : [];
    return h("li", {}, h("label", { class: "cvtr-tickbox" }, box, h("span", { dir: "auto" }, title)), ...arrows);
  }

  /** @param {Option[]} columns @param {Rows} rows */
  function update(columns, rows) {
    shown = rows.columns.map((one) => one.name);
    const now = JSON.stringify([columns, shown]);
    if (now === drawn) return;
    drawn = now;
    // The list is drawn anew at each move, and an arrow that is pressed again and again must keep the focus.
    const focused = focusedData(list, "key");
    const titles = new Map(columns);
    // Shown columns first, in the order of the table, so that the arrows move what is seen.
    const order = [...shown, ...columns.map(([name]) => name).filter((name) => !shown.includes(name))];
    list.replaceChildren(...order.filter((name) => name !== "lead_id" && titles.has(name)).map((name) => row(name, titles.get(name) ?? name)));
    focusData(list, "key", focused);
    menu.place();
  }

  return { element, update };
}

/**
 * A box for a name and a button that saves under it.
 * @param {string} label
 * @param {string} className
 * @param {string} text
 * @param {string} buttonClass
 * @param {(name: string) => void} save
 */
function saver(label, className, text, buttonClass, save) {
  const name = h("input", { class: className, type: "text", maxlength: "60", on: { keydown: (event) => { if (event.key === "Enter") act(); } } });
  const act = () => save(name.value);
  return h("div", { class: "cvtr-row" }, labelled(label, name), button(text, { class: buttonClass }, act));
}

/** Ways to look at the table under a name: columns, sorting and filters. @param {Link} link */
function viewsMenu(link) {
  const views = chips("cvtr-views", "Views");
  const { element, menu } = menuButton("Views", "cvtr-views-button", "Views", [views.element,
    saver("Name of the view", "cvtr-view-name", "Save this view", "cvtr-save-view", (name) => link.send("save_view", { name }))]);
  const use = (/** @type {string} */ name) => { menu.close({ focus: true }); link.send("use_view", { name }); };
  return { element, update(/** @type {string[]} */ names) {
    views.update(names.map((name) => [name]), ([name]) => [
      button(name, { class: "cvtr-link cvtr-use-view" }, () => use(name)),
      button("×", { class: "cvtr-link", "aria-label": `Forget the view ${name}` }, () => link.send("drop_view", { name }))]);
    menu.place();
  } };
}

/** Selections under a name, to use again or to add. @param {Link} link */
function selectionsMenu(link) {
  const kept = chips("cvtr-kept", "Saved selections");
  const { element, menu } = menuButton("Saved selections", "cvtr-kept-button", "Saved selections", [kept.element,
    saver("Name of the selection", "cvtr-kept-name", "Save this selection", "cvtr-keep", (name) => link.send("keep", { name }))]);
  const use = (/** @type {string} */ name, /** @type {boolean} */ add) => { menu.close({ focus: true }); link.send("use_kept", { name, add }); };
  return { element, update(/** @type {[name: string, leads: number][]} */ rows) {
    kept.update(rows, ([name, number]) => [
      button(`${name} (${inWords(number)})`, { class: "cvtr-link cvtr-use-kept" }, () => use(name, false)),
      button("add", { class: "cvtr-link", "aria-label": `Add ${name} to the selection` }, () => use(name, true)),
      button("×", { class: "cvtr-link", "aria-label": `Forget ${name}` }, () => link.send("drop_kept", { name }))]);
    menu.place();
  } };
}

/** @param {Link} link */
function jumpMenu(link) {
  const box = h("input", { class: "cvtr-jump", type: "text", inputmode: "numeric",
    on: { keydown: (event) => { if (event.key === "Enter") go(); } } });
  const { element, menu } = menuButton("Go to lead", "cvtr-jump-button", "Go to lead", [
    h("div", { class: "cvtr-row" }, labelled("Lead id", box), button("Go", { class: "cvtr-jump-go" }, () => go()))]);
  function go() {
    menu.close({ focus: true });
    link.send("jump", { text: box.value });
  }
  return element;
}

/**
 * One row over the table; below it what is filtered and sorted by. ``first``: what stands at its beginning (search).
 * @param {Link} link
 * @param {HTMLElement} first
 */
export function arrangeTools(link, first) {
  const filters = chips("cvtr-active-filters", "Active filters");
  const sorts = chips("cvtr-active-sorts", "Sorted by");
  const clear = button("no filters", { class: "cvtr-link cvtr-narrow-none" }, () => link.send("narrow_none"));
  const columns = columnChooser(link);
  const views = viewsMenu(link);
  const kept = selectionsMenu(link);
  const element = h("div", { class: "cvtr-arranging" },
    h("div", { class: "cvtr-toolbar", role: "group", "aria-label": "Table" }, first, columns.element, views.element, kept.element, jumpMenu(link)),
    h("div", { class: "cvtr-bar cvtr-in-force" }, filters.element, clear));

  /** @param {Section} view @param {Rows} rows */
  function update(view, rows) {
    const arranging = view.arranging;
    columns.update(arranging.columns, rows);
    filters.update(arranging.filters, ([name, title, words]) => [h("span", { dir: "auto" }, `${title} ${words}`),
      button("×", { class: "cvtr-link", "aria-label": `No filter on ${title}` }, () => link.send("narrow", { column: name, wanted: null }))]);
    setShown(clear, arranging.filters.length > 1);
    sorts.update(arranging.sorts.length > 1 ? arranging.sorts : [], ([, title, down]) => [`${title} ${down ? "↓" : "↑"}`]);
    views.update(arranging.views);
    kept.update(view.kept);
  }

  return { element, sorts: sorts.element, update };
}
