// The first write of an action that is not proven at this enterprise: one lead, shown to the letter, asked, sent.

import { problemBox } from "./answers.js";
import { button, h, setEnabled, setLine, setLines, setShown, setText } from "./dom.js";
import { tickBox } from "./fields.js";

/** @import { Link } from "./messages.d.ts" */

/** What of the way in which it is written nobody has proven here: its number, and its names for who knows them. */
function entriesBox() {
  const [number, names] = [h("summary", {}), h("p", { class: "cvtr-soft" })];
  return {
    element: h("details", { class: "cvtr-first-entries" }, number, names),
    update(/** @type {string[]} */ entries) {
      const many = entries.length === 1 ? "1 entry of the dialect is" : `${entries.length} entries of the dialect are`;
      setText(number, `${many} not proven yet`);
      setText(names, `${entries.join(", ")}.`);
    },
  };
}

/**
 * ``flush()`` sends what is still being typed.
 * @param {Link} link
 * @param {() => void} flush
 */
export function firstWrite(link, flush) {
  const text = h("p", {});
  const entries = entriesBox();
  const request = h("pre", { class: "cvtr-request", tabindex: "0", "aria-label": "The exact request, without the token" });
  const asks = h("div", { class: "cvtr-first-asks" });
  const values = h("tbody");
  const table = h("table", { class: "cvtr-grid", "aria-label": "The lead before and after" }, h("thead", {}, h("tr", {},
    ...["", "before", "after"].map((t) => h("th", { scope: "col" }, t)))), values);
  const differs = h("ul", { class: "cvtr-alarm", hidden: true });
  const advice = h("p", { hidden: true });
  const problem = problemBox(link);
  const why = h("ul", { class: "cvtr-why" });
  const send = button("", { class: "cvtr-main cvtr-first-send" }, () => { flush(); link.send("first", { fingerprint }); });
  const foot = h("div", { class: "cvtr-foot" }, why, send);
  const element = h("div", { class: "cvtr-first", hidden: true, role: "group", "aria-label": "First write, to one lead" },
    h("h4", {}, "First write here: to one lead only"), text, entries.element, request, h("div", { class: "cvtr-scroll" }, table), differs, advice,
    problem.element, asks, foot);
  let fingerprint = "";
  let drawn = "";
  return {
    element,
    /** @param {any} view @param {boolean} fresh */
    update(view, fresh) {
      setShown(element, Boolean(view));
      if (!view) return;
      fingerprint = view.fingerprint;
      setText(text, `This action has not been proven at this enterprise yet, so it goes to lead ${view.lead} alone first. ${view.rest}`);
      entries.update(view.entries);
      setText(request, view.request);
      const now = JSON.stringify([view.asks.map((/** @type {[string, boolean]} */ [words]) => words), view.values]);
      if (now !== drawn) {
        drawn = now;
        asks.replaceChildren(...view.asks.map((/** @type {[string, boolean]} */ [words], /** @type {number} */ place) =>
          tickBox(words, "cvtr-first-agree", (on) => link.send("agree", { place, on, fingerprint })).element));
        values.replaceChildren(...view.values.map((/** @type {string[]} */ [name, before, after]) => h("tr", {}, h("th", { scope: "row" }, name),
          h("td", { dir: "auto" }, before), h("td", { dir: "auto" }, after))));
      }
      if (fresh) asks.querySelectorAll("input").forEach((box, place) => { box.checked = view.asks[place][1]; });
      setLines(differs, view.differs);
      setLine(advice, view.advice);
      problem.update(view.problem);
      setShown(asks, !view.sent);
      setShown(foot, !view.sent);
      setLines(why, view.sending ? ["Writing and reading back."] : view.blockers);
      setText(send, `Send to lead ${view.lead} only`);
      setEnabled(send, !view.blockers.length && !view.sending);
    },
  };
}
