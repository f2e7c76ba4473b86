// A returns file in step 1: its columns, where its leads are looked for, its wordings, the rows that are not clear, its groups.

import { problemBox } from "./answers.js";
import { button, h, progressLine, setEnabled, setLine, setLines, setShown, setText } from "./dom.js";
import { dropdown, labelled } from "./fields.js";
import { inWords } from "./format.js";
import { redrawn } from "./given_ids.js";
import { pastUndo } from "./past_undo.js";
import { openingRule } from "./rule_file.js";
import { fileButton } from "./upload.js";
import { wordingChoices } from "./wordings.js";

/** @import { Count, Link, Option, Section, View } from "./messages.d.ts" */

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

/** Rows of which no lead is taken, with a choice where several could be meant. @param {Link} link */
function unclearRows(link) {
  const body = h("tbody");
  const summary = h("summary", { class: "cvtr-warn" });
  const heads = ["Row", "In the file", "Why", "Lead"].map((text) => h("th", { scope: "col" }, text));
  const more = h("p", { class: "cvtr-soft", hidden: true });
  const element = h("details", { class: "cvtr-returns-unclear", open: true, hidden: true }, summary,
    h("div", { class: "cvtr-scroll cvtr-low", tabindex: "0", role: "group", "aria-label": "Unclear rows" },
      h("table", { class: "cvtr-grid" }, h("thead", {}, h("tr", {}, ...heads)), body)), more);
  const draw = redrawn(body, (rows) => rows.map((/** @type {any} */ one) => h("tr", {}, h("td", {}, String(one.row)),
    h("td", { dir: "auto" }, one.says), h("td", {}, `${one.state}${one.why ? `: ${one.why}` : ""}`), h("td", {}, one.leads.length
      ? choice([["", "none: leave the row out"], ...one.leads], one.chosen, { class: "cvtr-returns-choose", "aria-label": `Lead of row ${one.row}` },
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
  const list = h("ul", { class: "cvtr-returns-counts", "aria-label": "Rows of the file" });
  const element = h("div", { role: "status" }, list);
  const draw = redrawn(list, (rows) => rows.map((/** @type {Count} */ [state, n, words]) => h("li", { "data-state": state },
    h("b", {}, inWords(n)), ` ${words}`)));
  return { element, update: draw };
}

/** The buttons that open a returns file, a plan file or a rule file, and what is wrong with the latter two. @param {Link} link */
function openFiles(link) {
  const returns = fileButton(link, "returns", "Import returns file …", "cvtr-import-returns", ".csv,.tsv,.txt,.xlsx,.xlsm");
  const plan = fileButton(link, "plan", "Open plan or rule …", "cvtr-open-plan", ".cvtr-plan,.toml");
  const working = progressLine(() => link.send("plan_stop"));
  const problem = problemBox(link);
  const rule = openingRule(link);
  const undo = pastUndo(link);
  const element = h("div", { class: "cvtr-row cvtr-open-files" }, returns.button, returns.file, plan.button, plan.file);
  return { elements: [element, working.element, problem.element, ...rule.elements, undo.element], update(/** @type {View} */ view) {
    working.update(view.shared.job);
    problem.update(view.shared.problem);
    rule.update(view.rule);
    undo.update(view.undo);
  } };
}

/** Where the leads of the rows are looked for, and the button that reads those of the filters. @param {Link} link */
function searching(link) {
  const searched = h("p", { class: "cvtr-soft cvtr-returns-searched", hidden: true });
  let requests = 0;
  const read = button("", { class: "cvtr-main cvtr-returns-read", hidden: true }, () => link.send("returns_window", { requests }));
  return { elements: [searched, read], read, update(/** @type {Section} */ view) {
    setLine(searched, view.searched);
    requests = view.window ? view.window.requests : 0;
    setLine(read, view.window ? view.window.text : "");
    setEnabled(read, !view.job);
  } };
}

/** What will be planned, and the button that does it. @param {Link} link */
function planning(link) {
  const groups = h("ul", { class: "cvtr-returns-groups", "aria-label": "What will be planned", hidden: true });
  const why = h("ul", { class: "cvtr-why" });
  const note = h("span", { class: "cvtr-soft" }, "Nothing is sent yet.");
  const preview = button("", { class: "cvtr-main cvtr-returns-preview" }, () => link.send("returns_preview"));
  return { elements: [groups, h("div", { class: "cvtr-foot" }, why, note, preview)], preview, update(/** @type {Section} */ view) {
    setLines(groups, view.groups.map((/** @type {[string, number]} */ [words, n]) => `${inWords(n)} × ${words}`));
    setLines(why, view.blockers);
    setText(preview, view.button);
    setShown(note, !view.blockers.length);
    setEnabled(preview, !view.blockers.length);
  } };
}

/** Which file it is, whose, and which sheet and columns of it count. @param {Link} link */
function aboutFile(link) {
  const title = h("h4", { class: "cvtr-returns-name", dir: "auto", tabindex: "-1" });
  const close = button("Close the file", { class: "cvtr-link cvtr-returns-close" }, () => link.send("returns_close"));
  const working = progressLine(() => link.send("returns_stop"));
  const problem = problemBox(link);
  const sheet = dropdown("Sheet", "cvtr-returns-sheet", (name) => { if (name) link.send("returns_sheet", { name }); });
  const advertiser = dropdown("Whose file (remembers columns and wordings)", "cvtr-returns-advertiser",
    (name) => link.send("returns_advertiser", { name }));
  const columns = columnChoices(link);
  const elements = [h("div", { class: "cvtr-bar" }, title, h("span", { class: "cvtr-grow" }), close), working.element, problem.element,
    h("div", { class: "cvtr-row" }, sheet.element, advertiser.element), columns.element];

  /** @param {Section} view @param {boolean} fresh */
  function update(view, fresh) {
    setText(title, view.name ? `Returns file ${view.name}` : "Returns file");
    working.update(view.job);
    problem.update(view.problem);
    setShown(sheet.element, view.sheets.length > 0);
    sheet.update(view.sheet ? view.sheets : [["", "choose"], ...view.sheets], view.sheet, fresh);
    setShown(advertiser.element, view.advertisers.length > 0);
    advertiser.update([["", "none (not remembered)"], ...view.advertisers], view.advertiser, fresh);
    columns.update(view);
  }

  return { elements, title, sheet: sheet.select, update };
}

/** The returns file that is open. @param {Link} link */
function importReturns(link) {
  const about = aboutFile(link);
  const search = searching(link);
  const notes = h("ul", { class: "cvtr-notes", hidden: true });
  const states = counts();
  const wordings = wordingChoices(link);
  const unclear = unclearRows(link);
  const plan = planning(link);
  const element = h("section", { class: "cvtr-returns", "aria-label": "Returns file", hidden: true }, ...about.elements, ...search.elements,
    states.element, notes, wordings.element, unclear.element, ...plan.elements);

  /** @param {Section} view @param {boolean} fresh */
  function update(view, fresh) {
    setShown(element, Boolean(view.name) || Boolean(view.problem));
    about.update(view, fresh);
    search.update(view);
    states.update(view.counts);
    setLines(notes, view.notes);
    wordings.update(view, fresh);
    unclear.update(view);
    plan.update(view);
    if (document.activeElement === about.title) focus(); // it was waiting there for something to do
  }

  /** Focus what is to be done next, in the place of a button that has gone; false where no file is open. */
  function focus() {
    if (element.hidden) return false;
    const open = about.sheet.value ? null : about.sheet;
    const next = [open, wordings.next(), search.read, plan.preview].find((one) => one && one.checkVisibility() && !one.matches("[aria-disabled]"));
    (next || about.title).focus();
    return true;
  }

  return { element, update, focus };
}

/** The files that plans are made of: ``returns`` stands above the table, ``elements`` below it. @param {Link} link */
export function fileSteps(link) {
  const files = openFiles(link);
  const returns = importReturns(link);

  /** @param {View} view @param {boolean} fresh */
  function update(view, fresh) {
    files.update(view);
    returns.update(view.imported, fresh);
    returns.element.parentElement?.classList.toggle("cvtr-importing", Boolean(view.imported.name));
  }

  return { returns: returns.element, elements: files.elements, update, focus: returns.focus };
}
