// Step 2, Type: the action, and only the fields that it needs.

import { problemBox } from "./answers.js";
import { button, h, progressLine, setEnabled, setLine, setLines, setShown, setText } from "./dom.js";
import { dropdown, typed } from "./fields.js";
import { integrationChoice } from "./integrations.js";

/** @import { Link, Section } from "./messages.d.ts" */

/** Action, reason, category and comment, in one row. @param {Link} link */
function actionFields(link) {
  const action = dropdown("Action", "cvtr-action", (kind) => link.send("action", { kind }));
  const reason = dropdown("Reason", "cvtr-reason", (value) => link.send("reason", { value }));
  const own = typed("My own reason", "cvtr-own-reason", (text) => link.send("own_reason", { text }), { maxlength: "5000" });
  const category = dropdown("Reason Category", "cvtr-category", (value) => link.send("category", { value }));
  const comment = typed("Comment (optional)", "cvtr-comment", (text) => link.send("comment", { text }),
    { multiline: true, maxlength: "20000" });
  const element = h("div", { class: "cvtr-row" }, action.element, reason.element, own.element, category.element, comment.element);

  /** @param {Section} view @param {(name: string) => boolean} asks @param {boolean} fresh */
  function update(view, asks, fresh) {
    action.update(view.actions, view.action, fresh);
    setShown(reason.element, asks("reason"));
    reason.update(view.reasons, view.reason, fresh);
    setShown(own.element, asks("reason") && view.own);
    setShown(category.element, asks("category"));
    category.update(view.categories, view.category, fresh);
    setShown(comment.element, asks("comment"));
  }

  return { element, update, own, comment };
}

/** @param {Link} link */
export function typeStep(link) {
  const fields = actionFields(link);
  const effect = h("p", { class: "cvtr-soft cvtr-effect" });
  const absent = h("p", { class: "cvtr-soft", hidden: true });
  const working = progressLine(() => link.send("stop"));
  const problem = problemBox(link);
  const again = button("Read the lists again", { class: "cvtr-lists-again" }, () => link.send("lists_again"));
  const integrations = integrationChoice(link);
  const estimate = h("p", { class: "cvtr-estimate", role: "status" });
  const inferred = h("p", { class: "cvtr-warn cvtr-inferred", hidden: true });
  const note = h("span", { class: "cvtr-soft" });
  const why = h("ul", { class: "cvtr-why" });
  const preview = button("Preview", { class: "cvtr-main cvtr-preview" }, () => { flush(); link.send("preview"); });
  const back = button("Back", { class: "cvtr-back" }, () => link.send("go", { step: 1 }));
  const element = h("div", { class: "cvtr-body" }, fields.element, effect, absent, working.element, problem.element, again,
    integrations.element, estimate, inferred, h("div", { class: "cvtr-foot" }, why, note, back, preview));

  function flush() {
    fields.own.flush();
    fields.comment.flush();
  }

  /** @param {Section} view @param {boolean} fresh */
  function update(view, fresh) {
    const asks = (/** @type {string} */ name) => view.asks.includes(name);
    fields.update(view, asks, fresh);
    setLine(effect, view.effect);
    setLine(absent, view.absent);
    working.update(view.job);
    problem.update(view.problem);
    setShown(again, Boolean(view.problem));
    integrations.update(asks("integrations"), view.integration_note, view.integrations, fresh);
    setLine(estimate, view.estimate);
    setLine(inferred, view.inferred);
    setText(note, view.blockers.length ? "" : view.note);
    setLines(why, view.blockers);
    setText(preview, view.button);
    setEnabled(preview, !view.blockers.length);
  }

  /** @param {Record<string, string>} given @param {number} handled */
  function texts(given, handled) {
    fields.own.set(given.own_reason, handled);
    fields.comment.set(given.comment, handled);
  }

  return { element, update, texts, flush };
}
