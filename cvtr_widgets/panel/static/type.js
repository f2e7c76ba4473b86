// Step 2, Type: the action, and only the fields that it needs.

import { button, h, problemBox, progressLine, setEnabled, setLine, setLines, setShown, setText } from "./dom.js";
import { dropdown, typed } from "./fields.js";

export function typeStep(link) {
  const action = dropdown("Action", "cvtr-action", (kind) => link.send("action", { kind }));
  const reason = dropdown("Reason", "cvtr-reason", (value) => link.send("reason", { value }));
  const own = typed("My own reason", "cvtr-own-reason", (text) => link.send("own_reason", { text }), { maxlength: "5000" });
  const category = dropdown("Reason Category", "cvtr-category", (value) => link.send("category", { value }));
  const comment = typed("Comment (optional)", "cvtr-comment", (text) => link.send("comment", { text }),
    { multiline: true, maxlength: "20000" });
  const effect = h("p", { class: "cvtr-soft cvtr-effect" });
  const absent = h("p", { class: "cvtr-soft", hidden: true });
  const working = progressLine(() => link.send("stop"));
  const problem = problemBox();
  const again = button("Read the lists again", { class: "cvtr-lists-again" }, () => link.send("lists_again"));
  const jobs = h("div", { class: "cvtr-jobs" });
  const jobsNote = h("p", { class: "cvtr-soft" });
  const integrations = h("fieldset", { class: "cvtr-integrations", hidden: true }, h("legend", {}, "Integrations"), jobsNote, jobs);
  const estimate = h("p", { class: "cvtr-estimate", role: "status" });
  const inferred = h("p", { class: "cvtr-warn cvtr-inferred", hidden: true });
  const note = h("span", { class: "cvtr-soft" });
  const why = h("ul", { class: "cvtr-why" });
  const preview = button("Preview", { class: "cvtr-main cvtr-preview" }, () => { flush(); link.send("preview"); });
  const back = button("Back", { class: "cvtr-back" }, () => link.send("go", { step: 1 }));
  const element = h("div", { class: "cvtr-body" },
    h("div", { class: "cvtr-row" }, action.element, reason.element, own.element, category.element, comment.element),
    effect, absent, working.element, problem.element, again, integrations, estimate, inferred,
    h("div", { class: "cvtr-foot" }, why, note, back, preview));

  function flush() {
    own.flush();
    comment.flush();
  }

  /** One tick for the integrations of the same name in several campaigns. */
  function allCampaigns(campaigns) {
    const named = new Map();
    for (const one of campaigns) for (const [id, name] of one.jobs) named.set(name, [...(named.get(name) || []), id]);
    const several = [...named].filter(([, ids]) => ids.length > 1);
    if (!several.length) return [];
    return [h("div", { class: "cvtr-campaign-jobs cvtr-all-campaigns" }, h("span", { class: "cvtr-campaign" }, "All campaigns"),
      ...several.map(([name, ids]) => h("label", { class: "cvtr-tickbox" },
        h("input", { type: "checkbox", "data-jobs": ids.join(" "),
          on: { change: (event) => ids.forEach((job) => link.send("integration", { job, on: event.target.checked })) } }),
        h("span", { dir: "auto" }, `${name} (in ${ids.length} of ${campaigns.length})`))))];
  }

  let drawn = "";
  function drawJobs(campaigns, fresh) {
    const shape = JSON.stringify(campaigns.map((c) => [c.campaign, c.leads, c.jobs.map(([id, name]) => [id, name])]));
    if (shape !== drawn) {
      drawn = shape;
      jobs.replaceChildren(...allCampaigns(campaigns), ...campaigns.map((one) => h("div", { class: "cvtr-campaign-jobs" },
        h("span", { class: "cvtr-campaign", dir: "auto" }, `${one.campaign} (${one.leads})`),
        ...(one.jobs.length ? one.jobs.map(([id, name]) => h("label", { class: "cvtr-tickbox" },
          h("input", { type: "checkbox", "data-job": id,
            on: { change: (event) => link.send("integration", { job: id, on: event.target.checked }) } }), h("span", {}, name)))
          : [h("span", { class: "cvtr-soft" }, "no integration configured")]))));
    }
    const on = new Map(campaigns.flatMap((c) => c.jobs.map(([id, , ticked]) => [id, ticked])));
    if (!fresh) return;
    for (const box of jobs.querySelectorAll("input[data-job]")) box.checked = Boolean(on.get(box.dataset.job));
    for (const box of jobs.querySelectorAll("input[data-jobs]")) {
      const ticked = box.dataset.jobs.split(" ").filter((id) => on.get(id)).length;
      box.checked = ticked === box.dataset.jobs.split(" ").length;
      box.indeterminate = ticked > 0 && !box.checked;
    }
  }

  function update(view, fresh) {
    action.update(view.actions, view.action, fresh);
    setLine(effect, view.effect);
    setLine(absent, view.absent);
    const asks = (name) => view.asks.includes(name);
    setShown(reason.element, asks("reason"));
    reason.update(view.reasons, view.reason, fresh);
    setShown(own.element, asks("reason") && view.own);
    setShown(category.element, asks("category"));
    category.update(view.categories, view.category, fresh);
    setShown(comment.element, asks("comment"));
    working.update(view.job);
    problem.update(view.problem);
    setShown(again, Boolean(view.problem));
    setShown(integrations, asks("integrations"));
    setLine(jobsNote, view.integration_note);
    drawJobs(view.integrations, fresh);
    setLine(estimate, view.estimate);
    setLine(inferred, view.inferred);
    setText(note, view.blockers.length ? "" : view.note);
    setLines(why, view.blockers);
    setText(preview, view.button);
    setEnabled(preview, !view.blockers.length);
  }

  function texts(given, handled) {
    own.set(given.own_reason, handled);
    comment.set(given.comment, handled);
  }

  return { element, update, texts, flush };
}
