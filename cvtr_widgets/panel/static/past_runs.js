// Runs that did not finish, and what the last run of an earlier kernel left undone, above the steps.

import { problemBox } from "./answers.js";
import { button, h, setAttribute, setLine, setLines, setShown, setText } from "./dom.js";
import { labelled } from "./fields.js";

/** @import { Link, Section } from "./messages.d.ts" */

/** What the last run of an earlier kernel left undone. @param {Link} link */
function lastRun(link) {
  let id = "";
  const text = h("b");
  const see = button("Show its results", { class: "cvtr-last-watch" }, () => link.send("watch", { run: id }));
  const rest = button("", { class: "cvtr-last-rest" }, () => link.send("past_rest", { run: id }));
  const hide = button("Hide", { class: "cvtr-link cvtr-last-hide" }, () => link.send("past_hide", { what: id }));
  const element = h("div", { class: "cvtr-last", role: "status", hidden: true }, text,
    h("span", { class: "cvtr-last-tools" }, see, rest, hide));

  /** @param {Section | null} last */
  function update(last) {
    setShown(element, Boolean(last));
    if (!last) return;
    id = last.id;
    setText(text, last.text);
    setLine(rest, last.go_on);
  }
  return { element, update };
}

/** Runs that were broken off: go on, settle what is in doubt, or watch whoever has them. @param {Link} link */
export function pastRuns(link) {
  const list = h("ul", { class: "cvtr-past-list" });
  const more = h("p", { class: "cvtr-soft", hidden: true });
  const notes = h("ul", { class: "cvtr-notes", hidden: true });
  const said = h("div", { class: "cvtr-past-notes", hidden: true }, notes,
    button("Hide", { class: "cvtr-link cvtr-notes-hide" }, () => link.send("past_hide", { what: "notes" })));
  const problem = problemBox(link);
  const last = lastRun(link);
  const heading = h("h3", {}, "Unfinished runs");
  const element = h("section", { class: "cvtr-past", "aria-label": "Unfinished runs", hidden: true },
    heading, list, more, last.element, problem.element, said);
  let drawn = "";

  /** @param {Section} one */
  function row(one) {
    const comment = h("input", { class: "cvtr-past-comment", type: "text", autocomplete: "off" });
    const say = (/** @type {boolean} */ send) => link.send("resume", { run: one.id, send, comment: comment.value });
    const ask = one.needs_comment ? labelled("The run’s comment, word for word", comment) : null;
    const tools = one.ended ? [h("span", { class: "cvtr-soft" }, one.ended),
      button("Show its results", { class: "cvtr-watch" }, () => link.send("watch", { run: one.id }))]
      : one.taken ? [h("span", { class: "cvtr-soft" }, one.taken),
      button("Watch", { class: "cvtr-watch" }, () => link.send("watch", { run: one.id })),
      button("Look again", { class: "cvtr-look" }, () => link.send("look_again"))]
      : [one.not_sent ? button(one.go_on, { class: "cvtr-main cvtr-resume" }, () => say(true)) : null,
        one.doubt ? button("Check the leads in doubt, send nothing more", { class: "cvtr-settle",
          title: "Ends the run: what it did not send cannot be resumed afterwards." }, () => say(false)) : null,
        one.not_sent || one.doubt ? null : button("Finish it: nothing is left to send", { class: "cvtr-settle" }, () => say(false))];
    return h("li", { "data-run": one.id }, h("b", {}, one.text), " ", h("span", { class: "cvtr-soft" }, one.counts),
      h("div", { class: "cvtr-row" }, ask, ...tools));
  }

  return {
    element,
    /** @param {Section} view @param {boolean} quiet */
    update(view, quiet) {
      const now = JSON.stringify(view.runs);
      if (now !== drawn) {
        drawn = now;
        list.replaceChildren(...view.runs.map(row));
      }
      setLine(more, view.more ? `and ${view.more} more${view.more_are_in}` : "");
      problem.update(view.problem);
      setLines(notes, view.notes);
      setShown(said, view.notes.length > 0);
      last.update(view.last);
      setLine(heading, view.runs.length ? view.heading : "");
      setAttribute(element, "aria-label", view.runs.length ? view.heading : view.last ? "Your last run" : "About the journal of runs");
      element.classList.toggle("cvtr-calm", !view.runs.length && !view.problem && !view.last);
      setShown(element, !quiet && (view.runs.length > 0 || Boolean(view.problem) || view.notes.length > 0 || Boolean(view.last)));
    },
  };
}
