// A run: how far it is, and its results.

import { problemBox } from "./answers.js";
import { button, h, setAttribute, setEnabled, setLine, setLines, setShown, setText } from "./dom.js";
import { tickBox } from "./fields.js";
import { inWords } from "./format.js";
import { LeadTable } from "./table.js";
import { tiles } from "./tiles.js";
import { undoRest } from "./undo_rest.js";

/** @import { Count, Link, Section } from "./messages.d.ts" */

/** @param {Link} link */
export function runProgress(link) {
  const bar = h("progress", { max: "1", "aria-label": "Leads done" });
  const line = h("span", { class: "cvtr-line" });
  const message = h("span", { class: "cvtr-soft" });
  const pause = button("Pause", { class: "cvtr-pause" }, () => link.send("pause", { on: pause.dataset.on !== "true" }));
  const cancel = button("Cancel", { class: "cvtr-cancel" }, () => link.send("cancel"));
  const element = h("div", { class: "cvtr-progress", hidden: true, role: "status", "aria-live": "polite" }, bar,
    h("div", { class: "cvtr-bar" }, line, message, h("span", { class: "cvtr-grow" }), pause, cancel));

  /** @param {any} run */
  function update(run) {
    setShown(element, Boolean(run) && !run.finished);
    if (!run) return;
    bar.max = Math.max(1, run.total);
    bar.value = run.done;
    setText(line, run.line);
    setText(message, run.cancelling ? run.sent : run.message);
    setEnabled(cancel, !run.cancelling);
    setEnabled(pause, !run.cancelling);
    pause.dataset.on = String(run.paused);
    setText(pause, run.paused ? "Continue" : "Pause");
  }

  return { element, update, cancel };
}

/** What can be done with a run's results: export, undo, the rest of them, another run. @param {Link} link */
function resultTools(link) {
  const format = h("select", { class: "cvtr-export-format", "aria-label": "Format of the export" },
    h("option", { value: "csv" }, "CSV"), h("option", { value: "excel" }, "Excel"),
    h("option", { value: "excel_by_publisher" }, "Excel, a sheet per publisher"),
    h("option", { value: "report_html" }, "Report (HTML)"), h("option", { value: "report_excel" }, "Report (Excel)"));
  const save = button("Export", { class: "cvtr-export" }, () => link.send("export", { what: format.value }));
  const answer = button("Answered returns file", { class: "cvtr-main cvtr-answer-file", hidden: true },
    () => link.send("export", { what: "answer" }));
  const download = problemBox(link, { class: "cvtr-download", role: "status" });
  const undo = button("Undo …", { class: "cvtr-undo-run", title: "Plans to take this run back; nothing is sent yet" },
    () => (which.value === "run" && !nearly.input.checked ? link.send("undo_run")
      : link.send("undo_several", { by: which.value, nearest: nearly.input.checked })));
  const which = h("select", { class: "cvtr-undo-which", "aria-label": "What to undo", title: "Your runs from this machine" },
    h("option", { value: "run" }, "this run"), h("option", { value: "day" }, "all your runs of its day"),
    h("option", { value: "week" }, "all your runs of its week"),
    h("option", { value: "person" }, "all your runs with its signer, else all of yours"));
  const nearly = tickBox("also leads that do not come back exactly", "cvtr-undo-nearest", () => {});
  const rest = button("", { class: "cvtr-again" }, () => link.send("again"));
  const same = button("Same again", { class: "cvtr-same-again", title: "Selects nothing and keeps action, reason, comment and integrations" },
    () => link.send("same_again"));
  const over = button("Start over", { class: "cvtr-start-over", title: "Selects nothing and clears action, reason, comment and integrations" },
    () => link.send("start_over"));
  const back = h("span", { class: "cvtr-undo", role: "group", "aria-label": "Undo" }, undo, which, nearly.element);
  const element = h("div", { class: "cvtr-bar" }, answer, format, save, h("span", { class: "cvtr-grow" }), back, rest, same, over);

  /** @param {any} run @param {any} told @param {Section} head @param {boolean} answerable */
  function update(run, told, head, answerable) {
    setShown(answer, answerable);
    for (const one of [save, format]) setShown(one, Boolean(told));
    for (const one of [back, same]) setShown(one, Boolean(run));
    setLine(rest, run ? run.again : "");
    download.update(head.download?.asked?.[0] === link.page ? head.download : null);
  }

  return { element, download: download.element, update };
}

/** What came of a run, in lines around its table. ``above`` and ``below`` the table in their order. */
function resultLines() {
  const what = h("p", { class: "cvtr-what", hidden: true });
  const sentLine = h("p", { class: "cvtr-soft cvtr-sent", hidden: true });
  const alarm = h("div", { class: "cvtr-alarm", role: "alert", hidden: true });
  const sums = h("ul", { class: "cvtr-sums", "aria-label": "Before and after", hidden: true });
  const explain = h("ul", { class: "cvtr-explain", hidden: true });
  const verifyLine = h("p", { class: "cvtr-soft", hidden: true });
  const headLine = h("p", { class: "cvtr-soft cvtr-head-line", hidden: true });

  function update(/** @type {any} */ run) {
    /** @type {Count[]} */
    const counts = run ? run.counts : [];
    const contradicted = counts.find(([key]) => key === "contradicted");
    setLine(what, run?.what);
    setLine(sentLine, run?.finished ? run.sent : "");
    setLine(alarm, contradicted ? `${inWords(contradicted[1])} contradicted: ${contradicted[3]}` : "");
    setLines(sums, run ? run.sums : []);
    setLines(explain, counts.map(([, n, words, about]) => `${inWords(n)} ${words}: ${about}`));
    setLine(verifyLine, run?.verify);
    setLine(headLine, run?.head ? `Journal head ${run.head.slice(0, 16)}…: keep a copy elsewhere to prove later that nothing was cut off.` : "");
    setAttribute(headLine, "title", run?.head || null);
  }

  return { what, sentLine, alarm, sums, explain, verifyLine, headLine, update };
}

/** @param {Link} link */
export function runResults(link) {
  const watching = h("p", { class: "cvtr-note", hidden: true });
  const lookAgain = button("Look again", { class: "cvtr-look-again", hidden: true }, () => link.send("watch", { run: watchedRun }));
  const lines = resultLines();
  const outcomes = tiles("cvtr-outcome-filter", (values) => link.send("only", { table: "results", column: "outcome", values }));
  const table = new LeadTable(link, "results", "Results, lead by lead");
  const tools = resultTools(link);
  const rest = undoRest(link, "run");
  const notUndone = undoRest(link, "run"); // by this run, which was to undo another one: above all else that is said of it
  const undoProblem = problemBox(link, { class: "cvtr-problem cvtr-undo-problem" });
  const element = h("div", { class: "cvtr-results", hidden: true }, watching, lookAgain, lines.what, lines.sentLine,
    notUndone.element, lines.alarm, lines.sums, outcomes.element, lines.explain, table.element, tools.element, tools.download,
    undoProblem.element, rest.element, lines.verifyLine, lines.headLine);
  let watchedRun = "";

  /** @param {Section} view @param {Section} head */
  function update(view, head) {
    const { run } = view;
    watchedRun = view.watched;
    setShown(element, Boolean((run && run.finished) || view.watched));
    setLine(watching, view.watching);
    setShown(lookAgain, view.look_again);
    undoProblem.update(view.undo_problem);
    const isOfThisRun = !view.undo_problem;
    notUndone.update(isOfThisRun ? view.rest : []);
    rest.update(isOfThisRun ? [] : view.rest);
    // Of a run of another kernel there is what the journal has: numbers, sums and files, and nothing that can be done to it.
    const told = run || view.recorded;
    setShown(outcomes.element, Boolean(told));
    if (told) outcomes.update(told.counts, told.filter);
    lines.update(told);
    tools.update(run, told, head, view.answerable);
  }

  return { element, update, table, outcomes };
}
