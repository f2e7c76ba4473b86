// Which integrations a campaign's leads go through again, campaign by campaign, and one tick for those of the same name.

import { h, setLine, setShown } from "./dom.js";

/** @import { Campaign, Link } from "./messages.d.ts" */

/** Integrations that several campaigns have, by name: [name, their ids]. @param {Campaign[]} campaigns */
export function sharedIntegrations(campaigns) {
  const named = new Map();
  for (const one of campaigns) for (const [id, name] of one.jobs) named.set(name, [...(named.get(name) || []), id]);
  return [...named].filter(([, ids]) => ids.length > 1);
}

/**
 * How the tick of several integrations looks: on for all, half for some. ``on``: id -> ticked.
 * @param {string[]} ids
 * @param {Map<string, boolean>} on
 */
export function sharedTick(ids, on) {
  const ticked = ids.filter((id) => on.get(id)).length;
  return { checked: ticked === ids.length, indeterminate: ticked > 0 && ticked < ids.length };
}

/** @param {Link} link */
export function integrationChoice(link) {
  const jobs = h("div", { class: "cvtr-jobs" });
  const note = h("p", { class: "cvtr-soft" });
  const element = h("fieldset", { class: "cvtr-integrations", hidden: true }, h("legend", {}, "Integrations"), note, jobs);
  let drawn = "";

  /** @param {string[]} ids @param {Record<string, string>} data @param {string} text */
  function tick(ids, data, text) {
    const changed = (/** @type {any} */ event) => { for (const job of ids) link.send("integration", { job, on: event.target.checked }); };
    return h("label", { class: "cvtr-tickbox" }, h("input", { type: "checkbox", ...data, on: { change: changed } }),
      h("span", { dir: "auto" }, text));
  }

  /** @param {Campaign[]} campaigns */
  function allCampaigns(campaigns) {
    const shared = sharedIntegrations(campaigns);
    if (!shared.length) return [];
    return [h("div", { class: "cvtr-campaign-jobs cvtr-all-campaigns" }, h("span", { class: "cvtr-campaign" }, "All campaigns"),
      ...shared.map(([name, ids]) => tick(ids, { "data-jobs": ids.join(" ") }, `${name} (in ${ids.length} of ${campaigns.length})`)))];
  }

  /** @param {Campaign} campaign */
  function campaignRow({ campaign, leads, jobs: own }) {
    return h("div", { class: "cvtr-campaign-jobs" }, h("span", { class: "cvtr-campaign", dir: "auto" }, `${campaign} (${leads})`),
      ...(own.length ? own.map(([id, name]) => tick([id], { "data-job": id }, name))
        : [h("span", { class: "cvtr-soft" }, "no integration configured")]));
  }

  /** @param {string} attribute @returns {HTMLInputElement[]} */
  const boxes = (attribute) => [...jobs.querySelectorAll("input")].filter((box) => box.hasAttribute(attribute));

  /** @param {Campaign[]} campaigns */
  function mark(campaigns) {
    const on = new Map(campaigns.flatMap((one) => one.jobs.map(([id, , ticked]) => [String(id), ticked])));
    for (const box of boxes("data-job")) box.checked = Boolean(on.get(box.dataset.job ?? ""));
    for (const box of boxes("data-jobs")) Object.assign(box, sharedTick((box.dataset.jobs ?? "").split(" "), on));
  }

  /** @param {boolean} isAsked @param {string} text @param {Campaign[]} campaigns @param {boolean} fresh */
  function update(isAsked, text, campaigns, fresh) {
    setShown(element, isAsked);
    setLine(note, text);
    const shape = JSON.stringify(campaigns.map((one) => [one.campaign, one.leads, one.jobs.map(([id, name]) => [id, name])]));
    if (shape !== drawn) {
      drawn = shape;
      jobs.replaceChildren(...allCampaigns(campaigns), ...campaigns.map(campaignRow));
    }
    if (fresh) mark(campaigns);
  }

  return { element, update };
}
