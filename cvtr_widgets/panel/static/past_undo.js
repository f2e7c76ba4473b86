// Earlier runs that can be taken back, behind a line that opens them: by week, day, person or run.

import { problemBox } from "./answers.js";
import { button, h, progressLine, setEnabled, setLine, setShown } from "./dom.js";
import { dropdown, tickBox } from "./fields.js";
import { undoRest } from "./undo_rest.js";

/** @import { Link, Section } from "./messages.d.ts" */

/** @param {Link} link */
export function pastUndo(link) {
  const working = progressLine(() => link.send("past_undo_stop"));
  const problem = problemBox(link);
  const none = h("p", { class: "cvtr-soft", hidden: true });
  const which = dropdown("Which of your runs from this machine", "cvtr-past-undo-which", () => look());
  const nearest = tickBox("also leads that do not come back exactly", "cvtr-past-undo-nearest", () => {});
  const plan = button("Plan the undo", { class: "cvtr-past-undo" },
    () => link.send("past_undo", { which: which.select.value, nearest: nearest.input.checked }));
  const look = () => setEnabled(plan, Boolean(which.select.value));
  const row = h("div", { class: "cvtr-row", hidden: true }, which.element, nearest.element, plan);
  const rest = undoRest(link, "past");
  const element = h("details", { class: "cvtr-past-undo-box" }, h("summary", {}, "Undo earlier runs"), none, row, working.element,
    problem.element, rest.element);
  element.addEventListener("toggle", () => { if (element.open) link.send("past_undo_look"); });

  /** @param {Section} view */
  function update(view) {
    working.update(view.job);
    problem.update(view.problem);
    rest.update(view.rest);
    setLine(none, view.none);
    setShown(row, view.choices.length > 0);
    which.update([["", "choose"], ...view.choices], which.select.value, true);
    look();
  }

  return { element, update };
}
