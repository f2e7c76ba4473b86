// The plan lead by lead, and what is asked before it is run. What is ticked or signed is for the plan that was shown then.

import { button, h, setAttribute, setEnabled, setLine, setLines, setShown, setText } from "./dom.js";
import { dropdown, tickBox, typed } from "./fields.js";
import { firstWrite } from "./first_write.js";
import { inWords } from "./format.js";
import { policyException } from "./policy_exception.js";
import { savePlan } from "./shared_plan.js";
import { LeadTable } from "./table.js";
import { tiles } from "./tiles.js";
import { undoRest } from "./undo_rest.js";

/** @import { Link, Section } from "./messages.d.ts" */

/** What the plan says, above its leads. ``elements`` in their order. @param {Link} link */
function planFacts(link) {
  const madeOf = h("p", { class: "cvtr-note cvtr-made-of", hidden: true });
  const groups = h("ul", { class: "cvtr-notes cvtr-plan-groups", "aria-label": "What is planned", hidden: true });
  const takesBack = h("p", { class: "cvtr-note cvtr-takes-back", hidden: true });
  const rest = undoRest(link, "run");
  const planLine = h("p", { class: "cvtr-soft cvtr-plan-line" });
  const verdicts = tiles("cvtr-verdicts", (values) => link.send("only", { table: "plan", column: "verdict", values }));
  const cost = h("p", { class: "cvtr-soft cvtr-cost" });
  const warnings = h("ul", { class: "cvtr-note cvtr-warnings", hidden: true });
  const money = h("ul", { class: "cvtr-note cvtr-money", hidden: true });
  const include = tickBox("", "cvtr-include", (on) => link.send("include", { on }));
  const table = new LeadTable(link, "plan", "Plan, lead by lead");

  /** @param {Section} plan @param {boolean} fresh @param {{ text: string, button: string }[]} different */
  function update(plan, fresh, different) {
    rest.update(different, !plan.will_change);
    setText(planLine, `Plan ${plan.short}, read at ${plan.read_at}; ${plan.sent}.`);
    setLine(madeOf, plan.made_of);
    setLines(groups, plan.groups);
    setLine(takesBack, plan.takes_back);
    verdicts.update(plan.tiles, plan.filter);
    setLine(cost, plan.cost);
    setLines(warnings, plan.warnings);
    setLines(money, plan.money);
    setShown(include.element, plan.cannot_tell > 0);
    include.update(`Include the ${inWords(plan.cannot_tell)} whose state is unclear`, plan.include, fresh);
  }

  const elements = [madeOf, takesBack, rest.element, planLine, verdicts.element, groups, cost, warnings, money, include.element];
  return { elements, update, table };
}

/**
 * What is ticked, typed and pressed to run the plan. ``shown()``: the fingerprint of the plan on the screen.
 * @param {Link} link
 * @param {() => string} shown
 * @param {() => void} flushed
 */
function confirmation(link, shown, flushed) {
  const tick = tickBox("", "cvtr-confirm", (on) => link.send("confirm", { on, fingerprint: shown() }));
  const forPlan = { delay: 150, seen: shown, autocomplete: "off" };
  const count = typed("Number of leads to delete", "cvtr-confirm-count", (text, plan) => link.send("count", { text, fingerprint: plan }),
    { ...forPlan, inputmode: "numeric" });
  const signature = typed("Sign with your printed name", "cvtr-signature",
    (text, plan) => link.send("signature", { text, fingerprint: plan }), forPlan);
  const meaning = h("p", { class: "cvtr-meaning" });
  const undoes = h("p", { class: "cvtr-undoes", hidden: true });
  const why = h("ul", { class: "cvtr-why" });
  const back = button("Back", { class: "cvtr-back" },
    () => (backTo === "results" ? link.send("to_results") : link.send("go", { step: Number(backTo) })));
  const where = h("span", { class: "cvtr-badge" });
  let backTo = "2";
  const run = button("", { class: "cvtr-main cvtr-run" }, (event) => {
    if (event.detail > 1) return; // of a double click: the first press has started the run, and the second would only be refused
    flushed();
    link.send("run", { fingerprint: shown() });
  });
  const element = h("div", { class: "cvtr-ask" }, h("div", { class: "cvtr-row" }, signature.element, count.element), undoes, meaning,
    tick.element, h("div", { class: "cvtr-foot" }, why, where, back, run));

  /** @param {Section} view @param {boolean} fresh */
  function update(view, fresh) {
    const { plan } = view;
    const asked = Boolean(plan.will_change);
    setShown(tick.element, asked && plan.needs_tick && !view.first);
    tick.update(`I confirm: ${plan.statement}`, view.confirmed, fresh);
    setShown(run, !view.first);
    setShown(count.element, asked && plan.needs_count && !view.first);
    setShown(signature.element, asked && plan.signable);
    setAttribute(signature.input, "placeholder", plan.needs_signature ? null : "optional");
    backTo = plan.back;
    setLine(undoes, plan.undoes);
    setLine(meaning, asked && !plan.needs_tick ? plan.statement : "");
    setText(run, plan.button);
    run.classList.toggle("cvtr-danger", plan.needs_count);
    setLines(why, view.blockers);
    setEnabled(run, !view.blockers.length);
  }

  return { element, update, run, where, count, signature };
}

/** The plan and its confirmation. @param {Link} link */
export function planView(link) {
  let fingerprint = "";
  const flush = () => { ask.count.flush(); ask.signature.flush(); };
  const facts = planFacts(link);
  const verify = dropdown("Read back afterwards", "cvtr-verify", (way) => link.send("verify", { way }));
  const provenLine = h("p", { class: "cvtr-note cvtr-proven", hidden: true });
  const ask = confirmation(link, () => fingerprint, flush);
  const first = firstWrite(link, () => ask.signature.flush());
  const exception = policyException(link, () => fingerprint);
  const leads = h("div", { class: "cvtr-plan-leads" }, facts.table.element, h("div", { class: "cvtr-row" }, verify.element), first.element,
    ask.element);
  const element = h("div", { class: "cvtr-plan", hidden: true }, ...facts.elements, exception.element, provenLine, leads,
    savePlan(link, () => fingerprint));

  /** @param {Section} view @param {boolean} fresh */
  function update(view, fresh) {
    const { plan } = view;
    setShown(element, Boolean(plan) && !view.run);
    if (!plan) { fingerprint = ""; return; }
    const isOther = plan.fingerprint !== fingerprint;
    fingerprint = plan.fingerprint;
    facts.update(plan, fresh, view.rest);
    setShown(verify.element, Boolean(plan.will_change) && plan.ways.length > 1);
    verify.update(plan.ways, plan.verify, fresh);
    exception.update(view.exception);
    first.update(view.first, fresh);
    setLine(provenLine, view.proven);
    // For another plan what the kernel says counts, fresh or not: a tick that was meant for the plan before must not stay in the box.
    ask.update(view, fresh || isOther);
  }

  /** Where the plan would be run: SANDBOX or LIVE. @param {string} badge */
  function place(badge) {
    setText(ask.where, badge);
    ask.where.classList.toggle("cvtr-live", badge === "LIVE");
  }

  /** @param {Record<string, string>} given @param {number} handled */
  function texts(given, handled) {
    ask.count.set(given.count, handled);
    ask.signature.set(given.signature, handled);
  }

  return { element, update, place, texts, table: facts.table, run: ask.run };
}
