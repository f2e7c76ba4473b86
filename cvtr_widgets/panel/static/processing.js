// Step 3, Processing: the plan, its confirmation, the run, the results.

import {
  button, h, problemBox, progressLine, setAttribute, setEnabled, setLine, setLines, setShown, setText,
} from "./dom.js";
import { dropdown, tickBox, typed } from "./fields.js";
import { leadTable } from "./table.js";

function tiles(className, pressed) {
  const element = h("div", { class: `cvtr-tiles ${className}` });
  let drawn = "";
  return {
    element,
    /** ``rows``: [key, number, words, about]; a press shows only these. */
    update(rows, chosen, extra = []) {
      const now = JSON.stringify([rows, chosen, extra]);
      if (now === drawn) return;
      drawn = now;
      const focused = element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      element.replaceChildren(...rows.map(([key, number, words, about]) => button("", {
        class: `cvtr-tile cvtr-tile-${key}`, "data-key": key, "aria-pressed": String(chosen.includes(key)), title: about || null,
      }, () => pressed(chosen.includes(key) ? [] : [key]))), ...extra.map((text) => h("span", { class: "cvtr-tile" }, text)));
      rows.forEach(([, number, words], place) => element.children[place].append(
        h("b", {}, number.toLocaleString("en")), " ", h("span", {}, words)));
      if (focused) element.querySelector(`[data-key="${focused}"]`)?.focus();
    },
  };
}

/** The first write of an action that is not proven at this enterprise: one lead, shown to the letter, asked, sent. */
function firstWrite(link, flush) {
  const text = h("p", {});
  const entries = h("p", { class: "cvtr-soft" });
  const request = h("pre", { class: "cvtr-request", tabindex: "0", "aria-label": "The exact request, without the token" });
  const asks = h("div", { class: "cvtr-first-asks" });
  const values = h("tbody");
  const table = h("table", { class: "cvtr-grid", "aria-label": "The lead before and after" }, h("thead", {}, h("tr", {},
    ...["", "before", "after"].map((t) => h("th", { scope: "col" }, t)))), values);
  const differs = h("ul", { class: "cvtr-alarm", hidden: true });
  const advice = h("p", { hidden: true });
  const problem = problemBox();
  const why = h("ul", { class: "cvtr-why" });
  const send = button("", { class: "cvtr-main cvtr-first-send" }, () => { flush(); link.send("first", { fingerprint }); });
  const foot = h("div", { class: "cvtr-foot" }, why, send);
  const element = h("div", { class: "cvtr-first", hidden: true, role: "group", "aria-label": "First write, to one lead" },
    h("h4", {}, "First write here: to one lead only"), text, entries, request, h("div", { class: "cvtr-scroll" }, table), differs, advice,
    problem.element, asks, foot);
  let fingerprint = "";
  let drawn = "";
  return {
    element,
    update(view, fresh) {
      setShown(element, Boolean(view));
      if (!view) return;
      fingerprint = view.fingerprint;
      setText(text, `Nobody has proven here yet how this action is written, so it goes to lead ${view.lead} alone first. ${view.rest}`);
      setText(entries, `Only inferred: ${view.entries.join(", ")}.`);
      setText(request, view.request);
      const now = JSON.stringify([view.asks.map(([t]) => t), view.values]);
      if (now !== drawn) {
        drawn = now;
        asks.replaceChildren(...view.asks.map(([words], place) => tickBox(words, "cvtr-first-agree",
          (on) => link.send("agree", { place, on, fingerprint })).element));
        values.replaceChildren(...view.values.map(([name, before, after]) => h("tr", {}, h("th", { scope: "row" }, name),
          h("td", { dir: "auto" }, before), h("td", { dir: "auto" }, after))));
      }
      if (fresh) asks.querySelectorAll("input").forEach((box, place) => { box.checked = view.asks[place][1]; });
      setLines(differs, view.differs);
      setLine(advice, view.advice);
      problem.update(view.problem);
      setShown(asks, !view.sent);
      setShown(foot, !view.sent);
      setLines(why, view.sending ? ["Being written and read back."] : view.blockers);
      setText(send, `Send to lead ${view.lead} only`);
      setEnabled(send, !view.blockers.length && !view.sending);
    },
  };
}

export function processingStep(link) {
  const working = progressLine(() => link.send("cancel"));
  const problem = problemBox();
  const stale = h("div", { class: "cvtr-note", role: "alert", hidden: true });
  const again = button("Preview again", { class: "cvtr-preview-again" }, () => link.send("preview"));

  const planLine = h("p", { class: "cvtr-soft cvtr-plan-line" });
  const toResults = button("Back to the results", { class: "cvtr-to-results" }, () => link.send("to_results"));
  const takesBack = h("p", { class: "cvtr-note cvtr-takes-back", hidden: true });
  const verdicts = tiles("cvtr-verdicts", (values) => link.send("only", { table: "plan", column: "verdict", values }));
  const cost = h("p", { class: "cvtr-soft cvtr-cost" });
  const warnings = h("ul", { class: "cvtr-note cvtr-warnings", hidden: true });
  const money = h("ul", { class: "cvtr-note cvtr-money", hidden: true });
  const include = tickBox("", "cvtr-include", (on) => link.send("include", { on }));
  const planTable = leadTable(link, "plan", "Plan, lead by lead");
  const verify = dropdown("Read back afterwards", "cvtr-verify", (way) => link.send("verify", { way }));
  const confirm = tickBox("", "cvtr-confirm", (on) => link.send("confirm", { on, fingerprint }));
  const count = typed("Number of leads to delete", "cvtr-confirm-count", (text, plan) => link.send("count", { text, fingerprint: plan }),
    { delay: 150, seen: () => fingerprint, inputmode: "numeric", autocomplete: "off" });
  const signature = typed("Sign with your printed name", "cvtr-signature", (text, plan) => link.send("signature", { text, fingerprint: plan }),
    { delay: 150, seen: () => fingerprint, autocomplete: "off" });
  const meaning = h("p", { class: "cvtr-meaning" });
  const why = h("ul", { class: "cvtr-why" });
  const back = button("Back", { class: "cvtr-back" }, () => link.send("go", { step: 2 }));
  const where = h("span", { class: "cvtr-badge" });
  const run = button("", { class: "cvtr-main cvtr-run" }, () => {
    count.flush();
    signature.flush();
    link.send("run", { fingerprint });
  });
  const first = firstWrite(link, () => signature.flush());
  const provenLine = h("p", { class: "cvtr-note cvtr-proven", hidden: true });
  const ask = h("div", { class: "cvtr-ask" }, h("div", { class: "cvtr-row" }, signature.element, count.element), meaning,
    confirm.element, h("div", { class: "cvtr-foot" }, why, where, back, run));
  const plan = h("div", { class: "cvtr-plan", hidden: true }, takesBack, toResults, planLine, verdicts.element, cost, warnings, money, include.element,
    planTable.element, h("div", { class: "cvtr-row" }, verify.element), provenLine, first.element, ask);

  const bar = h("progress", { max: "1", "aria-label": "Leads done" });
  const line = h("span", { class: "cvtr-line" });
  const message = h("span", { class: "cvtr-soft" });
  const pause = button("Pause", { class: "cvtr-pause" }, () => link.send("pause", { on: pause.dataset.on !== "true" }));
  const cancel = button("Cancel", { class: "cvtr-cancel" }, () => link.send("cancel"));
  const progress = h("div", { class: "cvtr-progress", hidden: true, role: "status", "aria-live": "polite" }, bar,
    h("div", { class: "cvtr-bar" }, line, message, h("span", { class: "cvtr-grow" }), pause, cancel));
  const alarm = h("div", { class: "cvtr-alarm", role: "alert", hidden: true });
  const error = h("div", { class: "cvtr-problem", role: "alert", hidden: true });
  const outcomes = tiles("cvtr-outcome-filter", (values) => link.send("only", { table: "results", column: "outcome", values }));
  const explain = h("ul", { class: "cvtr-explain", hidden: true });
  const resultTable = leadTable(link, "results", "Results, lead by lead");
  const format = h("select", { class: "cvtr-export-format", "aria-label": "Format of the export" },
    h("option", { value: "csv" }, "CSV"), h("option", { value: "excel" }, "Excel"),
    h("option", { value: "excel_by_publisher" }, "Excel, a sheet per publisher"));
  const save = button("Export", { class: "cvtr-export" }, () => link.send("export", { what: format.value }));
  const verifyLine = h("p", { class: "cvtr-soft", hidden: true });
  const headLine = h("p", { class: "cvtr-soft cvtr-head-line", hidden: true });
  const undo = button("Undo …", { class: "cvtr-undo-run", title: "Plans to take this run back; nothing is sent yet" },
    () => link.send("undo_run"));
  const rest = button("", { class: "cvtr-again" }, () => link.send("again"));
  const over = button("Start over", { class: "cvtr-start-over", title: "Selects nothing and clears action, reason, comment and integrations" },
    () => link.send("start_over"));
  const same = button("Same again", { class: "cvtr-same-again", title: "Selects nothing and keeps action, reason, comment and integrations" },
    () => link.send("same_again"));
  const sums = h("ul", { class: "cvtr-sums", "aria-label": "Before and after", hidden: true });
  const sentLine = h("p", { class: "cvtr-soft cvtr-sent", hidden: true });
  const undoProblem = h("p", { class: "cvtr-problem cvtr-undo-problem", role: "alert", hidden: true });
  const download = h("span", { class: "cvtr-soft cvtr-download", role: "status" });
  const what = h("p", { class: "cvtr-what", hidden: true });
  const watching = h("p", { class: "cvtr-note", hidden: true });
  const lookAgain = button("Look again", { class: "cvtr-look-again", hidden: true }, () => link.send("watch", { run: watchedRun }));
  let watchedRun = "";
  const results = h("div", { class: "cvtr-results", hidden: true }, watching, lookAgain, what, sentLine, alarm, sums, outcomes.element, explain, resultTable.element,
    h("div", { class: "cvtr-bar" }, format, save, download, h("span", { class: "cvtr-grow" }), undo, rest, same, over), undoProblem, verifyLine,
    headLine);
  const element = h("div", { class: "cvtr-body" }, working.element, problem.element, stale, again, plan, progress, error, results);
  let fingerprint = "";

  function updatePlan(view, fresh) {
    const p = view.plan;
    setShown(plan, Boolean(p) && !view.run);
    if (!p) { fingerprint = ""; return; }
    const other = p.fingerprint !== fingerprint; // what was ticked is for the plan that was there
    fingerprint = p.fingerprint;
    setText(planLine, `Plan ${p.short}, read at ${p.read_at}; nothing has been sent.`);
    setLine(takesBack, p.takes_back);
    setShown(toResults, Boolean(p.takes_back));
    verdicts.update(p.tiles, p.filter);
    setLine(cost, p.cost);
    setLines(warnings, p.warnings);
    setLines(money, p.money);
    setShown(include.element, p.cannot_tell > 0);
    include.update(`Include the ${p.cannot_tell.toLocaleString("en")} whose state the service does not tell`, p.include, fresh);
    const asked = Boolean(p.will_change);
    setShown(verify.element, asked && p.ways.length > 1);
    verify.update(p.ways, p.verify, fresh);
    first.update(view.first, fresh);
    setLine(provenLine, view.proven);
    setShown(confirm.element, asked && p.needs_tick && !view.first);
    confirm.update(`I confirm: ${p.statement}`, view.confirmed, fresh || other);
    setShown(run, !view.first);
    setShown(count.element, asked && p.needs_count && !view.first);
    setShown(signature.element, asked && p.needs_signature);
    setLine(meaning, asked && !p.needs_tick ? p.statement : "");
    setText(run, p.button);
    run.classList.toggle("cvtr-danger", p.needs_count);
    setLines(why, view.blockers);
    setEnabled(run, !view.blockers.length);
  }

  function updateRun(view) {
    const r = view.run;
    setShown(progress, Boolean(r) && !r.finished);
    setShown(results, Boolean((r && r.finished) || view.watched));
    setShown(outcomes.element, Boolean(r));
    setShown(save, Boolean(r));
    setShown(format, Boolean(r));
    setShown(undo, Boolean(r));
    setShown(same, Boolean(r));
    setLine(undoProblem, view.undo_problem);
    setLine(watching, view.watching);
    setShown(lookAgain, Boolean(view.watched));
    watchedRun = view.watched;
    setLine(error, r ? r.error : "");
    if (!r) {
      for (const one of [what, alarm, verifyLine, headLine, rest]) setLine(one, "");
      setLine(sentLine, "");
      setLines(sums, []);
      setLines(explain, []);
      return;
    }
    bar.max = Math.max(1, r.total);
    bar.value = r.done;
    setText(line, r.line);
    setText(message, r.cancelling ? `Stopping after the leads that are under way. ${r.sent}` : r.message);
    setLine(sentLine, r.finished ? r.sent : "");
    setLines(sums, r.sums);
    setEnabled(cancel, !r.cancelling);
    setEnabled(pause, !r.cancelling);
    pause.dataset.on = String(r.paused);
    setText(pause, r.paused ? "Go on" : "Pause");
    setLine(what, r.what);
    setLine(verifyLine, r.verify);
    setLine(headLine, r.head ? `Journal head ${r.head.slice(0, 16)}…: note it elsewhere to show later that nothing was cut off.` : "");
    setAttribute(headLine, "title", r.head || null);
    outcomes.update(r.counts.map(([key, n, words, about]) => [key, n, words, about]), r.filter);
    const bad = r.counts.find(([key]) => key === "contradicted");
    setLine(alarm, bad ? `${bad[1].toLocaleString("en")} contradicted: ${bad[3]}` : "");
    setLines(explain, r.counts.map(([, n, words, about]) => `${n.toLocaleString("en")} ${words}: ${about}`));
    setLine(rest, r.again);
  }

  function update(view, fresh, head) {
    working.update(view.job);
    problem.update(view.problem);
    setLine(stale, view.stale);
    setShown(again, Boolean(view.stale) || (Boolean(view.problem) && !view.plan && !view.run));
    updatePlan(view, fresh);
    updateRun(view);
    setLine(download, head.download_of === link.page ? head.download : "");
    setText(where, head.badge);
    where.classList.toggle("cvtr-live", head.badge === "LIVE");
  }

  function texts(given, handled) {
    count.set(given.count, handled);
    signature.set(given.signature, handled);
  }

  /** Focus what has come in the place of the button that was pressed; false where there is nothing. */
  function focus() {
    const there = [cancel, outcomes.element.firstElementChild, run].find((one) => one && one.checkVisibility());
    there?.focus();
    return Boolean(there);
  }

  return { element, update, texts, focus, planTable, resultTable };
}
