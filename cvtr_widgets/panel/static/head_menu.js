// A column's own menu in the head of the lead table: sort, filter, place. As in a spreadsheet.

import { button, h, setAttribute, setLine, setShown, setText } from "./dom.js";
import { labelled } from "./fields.js";
import { popMenu, tickList } from "./menus.js";

const FILTER_WORDS = { one_of: "Values", contains: "Text", between: "Numbers", days: "Days", yes_no: "Yes or no", empty: "Empty or not" };
/** Columns in which nearly every value is another: text is asked for first. */
const MANY_VALUES = new Set(["first_name", "last_name", "email", "telephone"]);

function filterInput(label, type, use) {
  const box = h("input", { class: "cvtr-filter-value", type, on: { keydown: (event) => { if (event.key === "Enter") use(); } } });
  return [labelled(label, box), box];
}

function filterPair(type, use, first, second) {
  const [low, lowBox] = filterInput("From", type, use);
  const [high, highBox] = filterInput("To", type, use);
  const exact = (box) => box.value.trim() || null;
  return { parts: [h("div", { class: "cvtr-row" }, low, high)], read: () => ({ [first]: exact(lowBox), [second]: exact(highBox) }),
    // A day that is typed half-way has no value: it would be taken for "any day".
    half: () => [lowBox, highBox].some((box) => box.validity.badInput),
    set: (was) => { [lowBox.value, highBox.value] = [was[first] ?? "", was[second] ?? ""]; } };
}

function filterChoice(name, options) {
  const select = h("select", { class: "cvtr-filter-value" }, ...options.map(([value, text]) => h("option", { value }, text)));
  return { parts: [labelled("Value", select)], read: () => ({ [name]: Boolean(select.value) }),
    set: (was) => { select.value = was[name] ? "1" : ""; } };
}

/** The values of a column with their numbers, to tick. They come from the kernel while the menu is open. */
function valueList() {
  const boxes = tickList("values", "cvtr-values");
  const more = h("p", { class: "cvtr-soft", hidden: true });
  const chosen = new Set();
  return { parts: [...boxes.parts, more], read: () => ({ values: [...chosen] }),
    set: (was) => { for (const value of was.values) chosen.add(value); },
    show(counts, left) {
      boxes.draw(counts.map(([text, number, value]) => [value, text, `(${number.toLocaleString("en")})`]), (value) => chosen.has(value),
        (value, on) => { if (on) chosen.add(value); else chosen.delete(value); });
      setLine(more, left ? `and ${left.toLocaleString("en")} more: filter by text instead` : "");
    } };
}

/** What a filter of a kind asks for: ``parts`` to show, ``read()`` its value as the kernel takes it, ``set(was)``. */
function filterForm(kind, use) {
  if (kind === "contains") {
    const [element, box] = filterInput("Contains", "text", use);
    return { parts: [element], read: () => ({ text: box.value }), set: (was) => { box.value = was.text; } };
  }
  if (kind === "between") return filterPair("text", use, "low", "high");
  if (kind === "days") return filterPair("date", use, "first", "last");
  if (kind === "yes_no") return filterChoice("yes", [["1", "yes"], ["", "no"]]);
  if (kind === "empty") return filterChoice("empty", [["1", "empty"], ["", "not empty"]]);
  return valueList();
}

/** The filter of one column. ``act(kind, is)`` sends what is wanted. */
function filterPart(link, act, placed) {
  const kinds = h("select", { class: "cvtr-filter-kind", "aria-label": "Filter by", on: { change: () => draw() } });
  const fields = h("div", { class: "cvtr-filter-fields" });
  const apply = button("Filter", { class: "cvtr-filter-apply" }, () => use());
  const clear = button("No filter", { class: "cvtr-filter-clear" }, () => act("narrow", { column, wanted: null }));
  const element = h("div", { class: "cvtr-head-filter" }, kinds, fields, h("div", { class: "cvtr-bar" }, apply, clear));
  let column = "";
  let was = null;
  let form = null;
  let counted = "";
  let view = null;

  function use() {
    if (form.half?.()) return;
    const wanted = form.read();
    const nothing = kinds.value === "one_of" && !wanted.values.length;
    act("narrow", { column, wanted: nothing ? null : { kind: kinds.value, ...wanted } });
  }

  function draw() {
    form = filterForm(kinds.value, use);
    fields.replaceChildren(...form.parts);
    if (was?.kind === kinds.value) form.set(was);
    counted = "";
    if (view) counts(view);
    placed();
  }

  function open(name, allowed, filter) {
    [column, was] = [name, filter];
    setShown(element, allowed.length > 0);
    setShown(clear, Boolean(filter));
    if (!allowed.length) return;
    kinds.replaceChildren(...allowed.map((kind) => h("option", { value: kind }, FILTER_WORDS[kind])));
    setShown(kinds, allowed.length > 1);
    kinds.value = filter?.kind ?? (allowed.includes("one_of") && !MANY_VALUES.has(name) ? "one_of" : allowed[0]);
    if (allowed.includes("one_of")) link.send("ask_counts", { column: name });
    draw();
  }

  /** The numbers that the kernel has counted, if they are those of this column. */
  function counts(arranging) {
    view = arranging;
    if (!form?.show || view.asked !== column) return;
    const now = JSON.stringify([view.counts, view.more_counts]);
    if (now === counted) return;
    counted = now;
    form.show(view.counts, view.more_counts);
    placed();
  }

  return { element, open, counts };
}

/** One menu for all heads of the lead table; ``prepare(column, rows)`` before it opens. */
export function headMenu(link) {
  const menu = popMenu("Column", "cvtr-head-menu");
  const title = h("b", { dir: "auto" });
  const item = (text, className, pressed) => button(text, { class: `cvtr-item ${className}` }, pressed);
  const act = (kind, is) => { menu.close({ focus: true }); link.send(kind, is); };
  const sort = (descending, add) => () => act("sort", { table: "leads", column: column.name, descending, add });
  const up = item("↑ Sort ascending", "cvtr-sort-up", sort(false, false));
  const down = item("↓ Sort descending", "cvtr-sort-down", sort(true, false));
  const thenUp = item("↑ Then by this, ascending", "cvtr-then-up", sort(false, true));
  const thenDown = item("↓ Then by this, descending", "cvtr-then-down", sort(true, true));
  const unsort = item("As loaded", "cvtr-unsort", () => act("sort", { table: "leads", column: "", descending: false, add: false }));
  const left = item("← Move left", "cvtr-move-left", () => move(-1));
  const right = item("→ Move right", "cvtr-move-right", () => move(1));
  const hide = item("Hide this column", "cvtr-hide-column", () => act("columns", { names: shown.filter((name) => name !== column.name) }));
  const filter = filterPart(link, act, () => menu.place());
  menu.element.append(title, up, down, thenUp, thenDown, unsort, filter.element, h("div", {}, left, right, hide));
  let column = { name: "" };
  let shown = [];
  let view = null;

  function move(step) {
    const names = [...shown];
    const place = names.indexOf(column.name);
    [names[place], names[place + step]] = [names[place + step], names[place]];
    act("columns", { names });
  }

  function prepare(wanted, rows) {
    const known = view.columns.find(([name]) => name === wanted.name);
    const kinds = known ? known[4] : [];
    const sorts = rows.sorts || [];
    column = wanted;
    shown = rows.columns.map((one) => one.name);
    setText(title, wanted.title);
    setAttribute(menu.element, "aria-label", `Column ${wanted.title}`);
    for (const one of [up, down]) setShown(one, kinds.length > 0);
    for (const one of [thenUp, thenDown]) setShown(one, kinds.length > 0 && sorts.some((one_) => one_.name !== wanted.name));
    setShown(unsort, sorts.length > 0);
    const place = shown.indexOf(wanted.name);
    setShown(left, place > 1);
    setShown(right, place > 0 && place + 1 < shown.length);
    setShown(hide, wanted.name !== "lead_id");
    filter.open(wanted.name, kinds, rows.filtered?.[wanted.name] ?? null);
  }

  function update(arranging) {
    view = arranging;
    filter.counts(arranging);
  }

  return { element: menu.element, menu, prepare, update };
}
