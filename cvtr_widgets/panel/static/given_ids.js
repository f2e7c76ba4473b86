// Leads that are named: LEAD ID(S), CSV and Excel files, and what of them was not taken.

import { button, h, setLine, setLines, setShown, setText } from "./dom.js";
import { typed } from "./fields.js";
import { inWords } from "./format.js";
import { fileButton, upload } from "./upload.js";

/** @import { Link, Option, Section } from "./messages.d.ts" */

const LONG_TEXT = 200_000;

/** LEAD ID(S), and the button that opens the file chooser. @param {Link} link */
function idsRow(link) {
  const ids = typed("LEAD ID(S)", "cvtr-lead-ids", (text) => said(text),
    { multiline: true, delay: 400, placeholder: "Type or paste ids: 167457, 167460 …", spellcheck: "false" });
  const chooser = fileButton(link, "file", "Import CSV or Excel …", "cvtr-import", ".csv,.tsv,.txt,.xlsx");

  /** @param {string} text */
  function said(text) {
    // A long text goes as a file, in parts: the kernel refuses a message with more than 400,000 characters.
    if (text.length <= LONG_TEXT) return link.send("ids", { text });
    ids.input.value = "";
    ids.fit();
    const number = link.send("ids", { text: "" });
    upload(link, "ids", `pasted ids ${new Date().toLocaleTimeString("en-GB")}`, new TextEncoder().encode(text).buffer);
    return number;
  }

  return { element: h("div", { class: "cvtr-row cvtr-ids-row" }, ids.element, chooser.button, chooser.file), ids };
}

/**
 * What names a control of a list for good: its label or its data. Controls that only look alike have no such name: the focus must not
 * go to the button of another group, which a second press would then press.
 * @param {Element} one
 */
function nameOf(one) {
  const [label, data] = [one.getAttribute("aria-label"), one instanceof HTMLElement ? JSON.stringify(one.dataset) : "{}"];
  return label || data !== "{}" ? JSON.stringify([one.tagName, one.className, label, data]) : null;
}

/**
 * Redraws an element's children when what they show has changed. ``make(now)`` gives them. A control that
 * has a name of its own keeps the focus.
 * @param {HTMLElement} element
 * @param {(now: any) => (Node | string)[]} make
 */
export function redrawn(element, make) {
  let drawn = "";
  return (/** @type {any} */ now) => {
    const text = JSON.stringify(now);
    if (text === drawn) return;
    drawn = text;
    const children = make(now);
    const active = document.activeElement;
    const focused = active && active !== element && element.contains(active) ? nameOf(active) : null;
    element.replaceChildren(...children);
    setShown(element, children.length > 0);
    const found = focused ? [...element.querySelectorAll("*")].find((one) => nameOf(one) === focused) : null;
    if (found instanceof HTMLElement) found.focus();
  };
}

/** The files that were imported, each with what was found in it and a choice of the column. @param {Link} link */
function fileList(link) {
  const element = h("ul", { class: "cvtr-files", hidden: true });

  const columnOf = (/** @type {Section} */ one) => h("select", { class: "cvtr-file-column",
    "aria-label": `Column of ${one.name} that holds the lead ids`,
    on: { change: (event) => link.send("file_column", { name: one.name, column: event.target.value }) } },
  ...one.columns.map((/** @type {[string, string, boolean]} */ [value, text, chosen]) => h("option", { value, selected: chosen }, text)));

  const row = (/** @type {Section} */ one) => h("li", {}, h("span", { class: "cvtr-file-name", dir: "auto" }, one.name),
    ` · ${inWords(one.count)} leads${one.notes.length ? ` · ${one.notes.join(" ")}` : ""} `,
    button("remove", { class: "cvtr-link cvtr-drop-file", "aria-label": `Remove ${one.name}` }, () => link.send("drop_file", { name: one.name })),
    one.columns.length ? columnOf(one) : null);

  return { element, update: redrawn(element, (list) => list.map(row)) };
}

/** Ids that were set aside, each group with its reason and a button that adds it after all. @param {Link} link */
function asideList(link) {
  const element = h("ul", { class: "cvtr-notes cvtr-aside", hidden: true });
  const update = redrawn(element, (groups) => groups.map((/** @type {Section} */ one) => h("li", {},
    `${inWords(one.count)} set aside${one.source ? ` (${one.source})` : ""}: ${one.ids.join(", ")}${one.count > one.ids.length ? " …" : ""}: ${one.why}. `,
    button(`Add ${one.count === 1 ? "it" : "these"}`, { class: "cvtr-link cvtr-add-odd" }, () => link.send("add_odd", { key: one.key })))));
  return { element, update };
}

/** @param {Link} link */
function columnQuestion(link) {
  const element = h("p", { class: "cvtr-note cvtr-which-column", role: "alert", hidden: true });
  const update = redrawn(element, (question) => (!question ? [] : [`Which ${question.kind} of ${question.name} holds the lead ids? `,
    ...question.choices.flatMap((/** @type {Option} */ [value, text]) => [button(text, { class: "cvtr-choose-column" },
      () => link.send(`file_${question.kind}`, { name: question.name, [question.kind]: value })), " "])]));
  return { element, update };
}

/** Places of a text or file that gave no lead, with the reason. @param {Link} link */
function rejectedList(link) {
  const summary = h("summary", { class: "cvtr-warn" });
  const rows = h("tbody");
  const heads = ["Where", "Text found", "Why it was not used"].map((text) => h("th", { scope: "col" }, text));
  const element = h("details", { class: "cvtr-rejected", hidden: true }, summary,
    h("div", { class: "cvtr-scroll cvtr-low", tabindex: "0", role: "group", "aria-label": "What was not taken" },
      h("table", { class: "cvtr-grid" }, h("thead", {}, h("tr", {}, ...heads)), rows)),
    button("Save these as CSV", { class: "cvtr-link cvtr-export-rejected" }, () => link.send("export_rejected")));
  const row = (/** @type {string[]} */ cells) => h("tr", {}, ...cells.map((text) => h("td", { dir: "auto" }, text)));
  const draw = redrawn(rows, (list) => list.map(row));
  return { element, update(/** @type {Section} */ { not_taken: n, not_taken_leads: leads, rejected }) {
    setShown(element, n > 0);
    setText(summary, `${leads ? leads.charAt(0).toUpperCase() + leads.slice(1) : "Some text"} not taken: show ${n > rejected.length
      ? `the first ${rejected.length}` : n === 1 ? "it" : "them"}`);
    draw(rejected);
  } };
}

/**
 * Everything about named leads below the table. ``elements`` in their order; ``flush`` sends what is still being typed.
 * @param {Link} link
 */
export function givenIds(link) {
  const { element: row, ids } = idsRow(link);
  const problem = h("p", { class: "cvtr-problem", role: "alert", hidden: true });
  const typedNotes = h("ul", { class: "cvtr-notes cvtr-typed-notes", hidden: true });
  const question = columnQuestion(link);
  const files = fileList(link);
  const count = h("b", { class: "cvtr-count" });
  const parts = h("span", { class: "cvtr-soft" });
  const lookUp = button("", { class: "cvtr-link cvtr-look-up" }, () => link.send("look_up"));
  const selected = h("div", { class: "cvtr-selected", role: "status", "aria-live": "polite" }, count, " ", parts, " ", lookUp);
  const absent = h("span", { class: "cvtr-warn" });
  const absentIds = h("p", { class: "cvtr-soft cvtr-absent-ids" });
  const absentBox = h("details", { class: "cvtr-absent", hidden: true }, h("summary", {}, absent), absentIds);
  const aside = asideList(link);
  const rejected = rejectedList(link);

  /** @param {Section} view */
  function update(view) {
    setLines(typedNotes, view.typed_notes);
    files.update(view.files);
    setLine(problem, view.file_problem);
    setText(count, view.text);
    setText(parts, [view.parts, view.where].filter(Boolean).join("; "));
    setLine(lookUp, view.ask_lookup);
    setText(absent, view.absent);
    setText(absentIds, view.absent_ids.join(", "));
    setShown(absentBox, Boolean(view.absent));
    rejected.update(view);
    aside.update(view.set_aside);
    question.update(view.which_column);
  }

  return { elements: [row, problem, question.element, typedNotes, files.element, selected, absentBox, aside.element, rejected.element],
    ids, update, flush: ids.flush };
}
