// Step 3, Processing: the plan and its confirmation, the run, the results.

import { problemBox } from "./answers.js";
import { button, h, progressLine, setLine, setShown } from "./dom.js";
import { planView } from "./plan_view.js";
import { runProgress, runResults } from "./run_view.js";
import { openedRule } from "./rule_file.js";
import { openedPlan } from "./shared_plan.js";

/** @import { Link, View } from "./messages.d.ts" */

/** @param {Link} link */
export function processingStep(link) {
  const working = progressLine(() => link.send("cancel"));
  const problem = problemBox(link);
  const toResults = button("Back to the results", { class: "cvtr-to-results" }, () => link.send("to_results"));
  const stale = h("div", { class: "cvtr-note", role: "alert", hidden: true });
  const again = button("Preview again", { class: "cvtr-preview-again" }, () => link.send("preview"));
  const opened = openedPlan(link);
  const rule = openedRule();
  const plan = planView(link);
  const progress = runProgress(link);
  const error = h("div", { class: "cvtr-problem", role: "alert", hidden: true });
  const results = runResults(link);
  const element = h("div", { class: "cvtr-body" }, working.element, problem.element, toResults, stale, again, opened.element, rule.element,
    plan.element, progress.element, error, results.element);

  /** @param {View} whole @param {boolean} fresh */
  function update({ processing: view, head, shared, rule: said }, fresh) {
    working.update(view.job);
    problem.update(view.problem);
    setShown(toResults, view.to_results);
    setLine(stale, view.stale);
    setShown(again, Boolean(view.stale) || (Boolean(view.problem) && !view.plan && !view.run));
    opened.update(shared, fresh);
    rule.update(said);
    plan.update(view, fresh);
    plan.place(head.badge);
    progress.update(view.run);
    setLine(error, view.run ? view.run.error : "");
    results.update(view, head);
  }

  /** Focus what has come in the place of the button that was pressed; false where there is nothing. */
  function focus() {
    const there = [progress.cancel, results.outcomes.element.firstElementChild, plan.run].find((one) => one && one.checkVisibility());
    if (there instanceof HTMLElement) there.focus();
    return Boolean(there);
  }

  return { element, update, texts: plan.texts, focus, planTable: plan.table, resultTable: results.table };
}
