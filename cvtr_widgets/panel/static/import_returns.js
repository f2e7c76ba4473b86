// A returns file in step 1: its columns, where its leads are looked for, its wordings, the rows that are not clear, its groups.

import { problemBox } from "./answers.js";
import { button, h, progressLine, setEnabled, setLine, setLines, setShown, setText } from "./dom.js";
import { dropdown, labelled } from "./fields.js";
import { inWords } from "./format.js";
import { redrawn } from "./given_ids.js";
import { fileButton } from "./upload.js";

/** @import { Count, Link, Option, Section } from "./messages.d.ts" */

/**
 * A drop-down that is drawn anew with its list.
 * @param {Option[]} options
 * @param {string} value
 * @param {Record<string, any>} properties
 * @param {(value: string) => void} chosen
 */
function choice(options, value, properties, chosen) {
  return h("select", { ...properties, on: { change: (/** @type {Event} */ event) => {
    if (event.target instanceof HTMLSelectElement) chosen(event.target.value);
  } } }, ...options.map(([is, text]) => h("option", { value: is, selected: is === value }, text)));
}

/** Which column says what. @param {Link} link */
function columnChoices(link) {
  const fields = h("div", { class: "cvtr-row cvtr-returns-columns" });
  const draw = redrawn(fields, ([columns, names]) => columns.map((/** @type {string[]} */ [role, words, name]) => labelled(
    words.charAt(0).toUpperCase() + words.slice(1), choice([["", "no column"], ...names], name, { "data-role": role },
      (chosen) => link.send("returns_column", { role, name: chosen })))));
  const summary = h("summary", {});
  const element = h("details", { class: "cvtr-returns-roles", hidden: true }, summary, fields);
  /** @param {Section} view */
  function update(view) {
    const chosen = view.roles.map((/** @type {Option} */ [role, words]) => [role, words, view.chosen_columns[role] || ""]);
    const columns = view.columns.length ? view.columns : chosen;
    const used = columns.filter((/** @type {string[]} */ [, , name]) => name);
    setText(summary, used.length ? `Columns: ${used.map((/** @type {string[]} */ [, words, name]) => `${words} in “${name}”`).join(", ")}. Change`
      : "Columns of the file: choose");
    draw([columns, view.names]);
    setShown(element, view.names.length > 0);
    if (view.problem && view.names.length) element.open = true;
  }
  return { element, update };
}

/** What wordings mean. @param {Link} link */
function wordingChoices(link) {
  const list = h("div", { class: "cvtr-returns-wordings" });
  const heading = h("h4", {}, "Wordings to be mapped");
  /** @typedef {[wording: string, text: string, stopped: number, value: string]} Wording */
  const draw = redrawn(list, ([wordings, targets]) => wordings.map((/** @type {Wording} */ [wording, text, stopped, value]) => labelled(
    stopped ? `${text} (${inWords(stopped)} ${stopped === 1 ? "row stops" : "rows stop"})` : `${text} (mapped)`,
    choice(targets, value, { class: "cvtr-returns-map", "data-wording": wording },
      (target) => link.send("returns_map", { wording, target })))));
  const element = h("div", { hidden: true }, heading,
    h("p", { class: "cvtr-soft" }, "Words of the file that are not in Convertr’s list. Nothing is guessed, and no category is made."), list);
  return { element, update(/** @type {Section} */ view) {
    draw([view.wordings, view.targets]);
    setShown(element, view.wordings.length > 0);
  } };
}

/** Rows of which no lead is taken, with a choice where several could be meant. @param {Link} link */
function unclearRows(link) {
  const body = h("tbody");
  const summary = h("summary", { class: "cvtr-warn" });
  const heads = ["Row", "In the file", "Why", "Lead"].map((text) => h("th", { scope: "col" }, text));
  const more = h("p", { class: "cvtr-soft", hidden: true });
  const element = h("details", { class: "cvtr-returns-unclear", open: true, hidden: true }, summary,
    h("div", { class: "cvtr-scroll cvtr-low", tabindex: "0", role: "group", "aria-label": "Rows that are not clear" },
      h("table", { class: "cvtr-grid" }, h("thead", {}, h("tr", {}, ...heads)), body)), more);
  const draw = redrawn(body, (rows) => rows.map((/** @type {any} */ one) => h("tr", {}, h("td", {}, String(one.row)),
    h("td", { dir: "auto" }, one.says), h("td", {}, `${one.state}${one.why ? `: ${one.why}` : ""}`), h("td", {}, one.leads.length
      ? choice([["", "none: not done"], ...one.leads], one.chosen, { class: "cvtr-returns-choose", "aria-label": `Lead of row ${one.row}` },
        (id) => link.send("returns_choose", { row: one.row, lead_id: id })) : "none"))));
  return { element, update(/** @type {Section} */ view) {
    draw(view.unclear);
    setText(summary, `${inWords(view.unclear.length)} ${view.unclear.length === 1 ? "row" : "rows"} to look at`);
    setLine(more, view.more);
    setShown(element, view.unclear.length > 0);
  } };
}

/** What the file has come to. */
function counts() {
  const element = h("ul", { class: "cvtr-returns-counts", "aria-label": "Rows of the file", role: "status" });
  const draw = redrawn(element, (rows) => rows.map((/** @type {Count} */ [state, n, words]) => h("li", { "data-state": state },
    h("b", {}, inWords(n)), ` ${words}`)));
  return { element, update: draw };
}

/** The buttons that open a returns file or a plan file, and what is wrong with the latter. @param {Link} link */
function openFiles(link) {
  const returns = fileButton(link, "returns", "Import returns file …", "cvtr-import-returns", ".csv,.tsv,.txt,.xlsx,.xlsm");
  const plan = fileButton(link, "plan", "Open plan …", "cvtr-open-plan", ".cvtr-plan");
  const working = progressLine(() => link.send("plan_stop"));
  const problem = problemBox(link);
  const element = h("div", { class: "cvtr-row cvtr-open-files" }, returns.button, returns.file, plan.button, plan.file);
  return { elements: [element, working.element, problem.element], update(/** @type {Section} */ shared) {
    working.update(shared.job);
    problem.update(shared.problem);
  } };
}

/** The returns file that is open. @param {Link} link */
function importReturns(link) {
  const title = h("h4", { class: "cvtr-returns-name", dir: "auto" });
  const close = button("Close the file", { class: "cvtr-link cvtr-returns-close" }, () => link.send("returns_close"));
  const working = progressLine(() => link.send("returns_stop"));
  const problem = problemBox(link);
  const advertiser = dropdown("Whose file (remembers columns and wordings)", "cvtr-returns-advertiser",
    (name) => link.send("returns_advertiser", { name }));
  const columns = columnChoices(link);
  const searched = h("p", { class: "cvtr-soft cvtr-returns-searched", hidden: true });
  let requests = 0;
  const read = button("", { class: "cvtr-main cvtr-returns-read", hidden: true }, () => link.send("returns_window", { requests }));
  const notes = h("ul", { class: "cvtr-notes", hidden: true });
  const states = counts();
  const wordings = wordingChoices(link);
  const unclear = unclearRows(link);
  const groups = h("ul", { class: "cvtr-returns-groups", "aria-label": "What will be planned", hidden: true });
  const why = h("ul", { class: "cvtr-why" });
  const note = h("span", { class: "cvtr-soft" }, "Nothing is sent yet.");
  const preview = button("", { class: "cvtr-main cvtr-returns-preview" }, () => link.send("returns_preview"));
  const element = h("section", { class: "cvtr-returns", "aria-label": "Returns file", hidden: true },
    h("div", { class: "cvtr-bar" }, title, h("span", { class: "cvtr-grow" }), close), working.element, problem.element,
    h("div", { class: "cvtr-row" }, advertiser.element), columns.element, searched, read, states.element, notes,
    wordings.element, unclear.element, groups, h("div", { class: "cvtr-foot" }, why, note, preview));

  /** @param {Section} view @param {boolean} fresh */
  function update(view, fresh) {
    setShown(element, Boolean(view.name) || Boolean(view.problem));
    setText(title, view.name ? `Returns file ${view.name}` : "Returns file");
    working.update(view.job);
    problem.update(view.problem);
    setShown(advertiser.element, view.advertisers.length > 0);
    advertiser.update([["", "nobody’s: not remembered"], ...view.advertisers], view.advertiser, fresh);
    columns.update(view);
    setLine(searched, view.searched);
    requests = view.window ? view.window.requests : 0;
    setLine(read, view.window ? view.window.text : "");
    states.update(view.counts);
    setLines(notes, view.notes);
    wordings.update(view);
    unclear.update(view);
    setLines(groups, view.groups.map((/** @type {[string, number]} */ [words, n]) => `${inWords(n)} × ${words}`));
    setLines(why, view.blockers);
    setText(preview, view.button);
    setShown(note, !view.blockers.length);
    setEnabled(preview, !view.blockers.length);
  }

  return { element, update };
}

/** The files that plans are made of: ``returns`` stands above the table, ``elements`` below it. @param {Link} link */
export function fileSteps(link) {
  const files = openFiles(link);
  const returns = importReturns(link);

  /** @param {Section} imported @param {Section} shared @param {boolean} fresh */
  function update(imported, shared, fresh) {
    files.update(shared);
    returns.update(imported, fresh);
    returns.element.parentElement?.classList.toggle("cvtr-importing", Boolean(imported.name));
  }

  return { returns: returns.element, elements: files.elements, update };
}
