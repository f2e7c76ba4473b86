// Step 1, Leads: filters, the table, and what is selected.

import { problemBox } from "./answers.js";
import { arrangeTools } from "./arrange.js";
import { withDetail } from "./detail.js";
import { button, h, progressLine, setEnabled, setLines, setShown, setText } from "./dom.js";
import { tickBox, typed } from "./fields.js";
import { inWords, startSmall } from "./format.js";
import { givenIds, redrawn } from "./given_ids.js";
import { headMenu } from "./head_menu.js";
import { fileSteps } from "./import_returns.js";
import { loadFilters } from "./load_filters.js";
import { LeadTable } from "./table.js";

/** @import { Link, Rows, Section } from "./messages.d.ts" */

/**
 * Buttons that select many at once.
 * @param {Link} link
 * @param {LeadTable} table
 */
export function selectTools(link, table) {
  const page = () => table.now.rows.map((one) => one.id);
  // What "all" meant on the screen: if other leads match by the time the kernel hears it, it refuses.
  const version = () => ({ version: table.now.matching_version });
  const link_ = (/** @type {[string, string, () => void]} */ ...[text, name, pressed]) => button(text, { class: `cvtr-link ${name}` }, pressed);
  const selectPage = link_("this page", "cvtr-select-page", () => table.tick(page(), true));
  const matching = link_("all matching", "cvtr-select-matching", () => link.send("select_matching", version()));
  const loaded = link_("all loaded", "cvtr-select-loaded", () => link.send("select_loaded", version()));
  const invert = link_("invert page", "cvtr-invert", () => link.send("invert", { ids: page() }));
  const none = link_("none", "cvtr-select-none", () => link.send("select_none"));
  const undo = link_("undo", "cvtr-undo-selection", () => link.send("undo_selection"));
  const only = tickBox("Selected only", "cvtr-selected-only", (on) => link.send("marked_only", { on }));
  table.foot.tools.append(h("span", { class: "cvtr-soft" }, "Select"), selectPage, matching, loaded, invert, none, undo, only.element);

  return (/** @type {[Section, Rows, boolean]} */ ...[view, rows, fresh]) => {
    setEnabled(undo, view.selected.undo > 0);
    setEnabled(loaded, !view.partial);
    setEnabled(matching, !view.partial && !rows.searching);
    const there = rows.archived ? "archived" : "loaded";
    const soFar = view.partial ? " so far; wait for the rest" : view.coverage ? " (incomplete)" : "";
    only.update("Selected only", Boolean(rows.marked_only), fresh);
    setText(selectPage, `this page (${inWords(rows.rows.length)})`);
    setText(invert, `invert page (${inWords(rows.rows.length)})`);
    setText(matching, rows.searching ? "all matching, once the search has ended"
      : `all ${inWords(rows.matching)} ${rows.matching === rows.loaded ? there : "matching"}${soFar}`);
    setText(loaded, `all ${inWords(rows.loaded)} ${there}${soFar}`);
    setShown(loaded, rows.matching !== rows.loaded || rows.searching);
  };
}

/** What was decided lead by lead: in numbers, each with a button to go on with them, and in the table. @param {Link} link @param {LeadTable} table */
function decidedLine(link, table) {
  const element = h("p", { class: "cvtr-decided", role: "status", hidden: true });
  const part = (/** @type {[string, string, number]} */ [mark, name, n]) => [h("b", {}, `${inWords(n)} ${startSmall(name)}`), " ",
    button(mark === "later" ? "Select these" : `Continue with ${n === 1 ? "this one" : `these ${inWords(n)}`}`,
      { class: `cvtr-link cvtr-use-decided cvtr-use-decided-${mark}` }, () => link.send("use_decided", { mark })), " "];
  const count = redrawn(element, (marks) => (marks.length ? ["Decided one by one: ", ...marks.flatMap(part)] : []));

  /** @param {Section} view */
  function update(view) {
    count(view.decided);
    table.decided(view.marks);
  }
  return { element, update };
}

/** What stands between the filters and the table: what is wrong with them, what loading has come to. @param {Link} link */
function loadNotices(link) {
  const lines = h("ul", { class: "cvtr-why cvtr-filter-lines", hidden: true });
  const problem = problemBox(link);
  const goOnText = h("span");
  const goOn = h("div", { class: "cvtr-note", role: "alert", hidden: true }, goOnText, " ",
    button("Load anyway", { class: "cvtr-go-on" }, () => link.send("load", { go_on: true })));
  const outdatedText = h("span");
  const outdated = h("div", { class: "cvtr-note", hidden: true }, outdatedText, " ",
    button("Refresh", { class: "cvtr-link cvtr-refresh-now" }, () => link.send("refresh")));

  const source = h("p", { class: "cvtr-note cvtr-source-words", role: "status", hidden: true });

  /** @param {Section} view */
  function update(view) {
    setText(source, view.source.words);
    setShown(source, Boolean(view.source.words));
    setLines(lines, [...view.filter_blockers, ...(view.changed ? [view.changed] : [])]);
    problem.update(view.problem);
    setText(goOnText, view.go_on);
    setShown(goOn, Boolean(view.go_on));
    setText(outdatedText, view.outdated);
    setShown(outdated, Boolean(view.outdated));
  }

  return { elements: [lines, problem.element, goOn, outdated, source], update };
}

/** @param {Link} link */
export function leadsStep(link) {
  const filters = loadFilters(link);
  const notices = loadNotices(link);
  const menu = headMenu(link);
  const table = new LeadTable(link, "leads", "Leads", { selectable: true, opened: (id) => link.send("detail", { id }), menu });
  const search = typed("Search", "cvtr-search", (text) => link.send("search", { text }),
    { type: "search", placeholder: "Search all columns: name, e-mail, id …" });
  const arrange = arrangeTools(link, search.element);
  const tools = selectTools(link, table);
  // Beside the count that it is about, in a place of its own: what begins or ends by itself must not move the rows.
  const working = progressLine(() => link.send("stop"));
  table.foot.working.append(working.element);
  const notes = h("ul", { class: "cvtr-notes", hidden: true });
  const decided = decidedLine(link, table);
  const detail = withDetail(link, table);
  const given = givenIds(link);
  const files = fileSteps(link);
  const why = h("ul", { class: "cvtr-why" });
  const notTaken = h("span", { class: "cvtr-warn cvtr-not-taken" });
  const next = button("Next: type", { class: "cvtr-main cvtr-next" }, () => { given.flush(); link.send("go", { step: 2 }); });
  const element = h("div", { class: "cvtr-body cvtr-none-loaded" }, filters.element, ...notices.elements, files.returns, arrange.element,
    detail.element, menu.element, arrange.sorts, notes, decided.element, ...given.elements, ...files.elements,
    h("div", { class: "cvtr-foot" }, why, notTaken, next));

  /** @param {Section} view @param {boolean} fresh */
  function update(view, fresh) {
    const rows = table.now;
    decided.update(view);
    filters.update(view, fresh);
    notices.update(view);
    working.update(view.job);
    setLines(notes, view.notes);
    setShown(arrange.element, view.loaded);
    element.classList.toggle("cvtr-none-loaded", !view.loaded);  // rows come a moment before: they appear with their toolbar
    table.foot.covers(view.coverage);
    menu.update(view.arranging);
    tools(view, rows, fresh);
    arrange.update(view, rows);
    detail.update(view.detail);
    given.update(view.selected);
    setText(notTaken, view.selected.not_taken_text);
    setLines(why, view.blockers);
    setEnabled(next, !view.blockers.length);
  }

  /** @param {Record<string, string>} said @param {number} handled */
  function texts(said, handled) {
    given.ids.set(said.ids, handled);
    search.set(said.search, handled);
  }

  return { element, update, showFiles: files.update, focusFiles: files.focus, texts, table, days: filters.days, flush: given.flush };
}
