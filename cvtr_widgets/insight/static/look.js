// Look: what can be asked about the loaded leads, the answer, and what was selected in it. The chart is drawn by chart.js.

import { chartArea, element, installRenderer, pressable } from "./chart.js";

function labelledList(label, pairs) {
  const wrap = element("label", "cvtr-look-choice", `${label} `);
  const list = element("select");
  list.setAttribute("aria-label", label);
  const fill = (values) => {
    const before = list.value;
    list.replaceChildren(...values.map(([value, words]) => {
      const option = element("option", "", words);
      option.value = value;
      return option;
    }));
    if (values.some(([value]) => value === before)) list.value = before;
  };
  fill(pairs);
  wrap.append(list);
  return { wrap, list, fill };
}

function findingItem(row, place, send) {
  const item = element("li", "cvtr-look-finding");
  const select = pressable(`Select ${row.leads.toLocaleString("en")} ${row.leads === 1 ? "lead" : "leads"}`, () => send({ kind: "finding", place }));
  select.setAttribute("aria-label", `${select.textContent}: ${row.rule}, ${row.about}`);
  item.append(element("strong", "", `${row.rule} · ${row.about}${row.money ? ` · at stake ${row.money}` : ""}`),
    element("div", "", row.sentence), element("div", "cvtr-look-small", row.numbers),
    element("div", "cvtr-look-small", `What this cannot tell: ${row.cannot_tell}`), select);
  return item;
}

function findingList(answer, send) {
  const box = element("div", "cvtr-chart-numbers cvtr-look-findings");
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Findings");
  const of = `${answer.of.toLocaleString("en")} leads`;
  box.append(element("p", "", answer.rows.length ? `${answer.rows.length.toLocaleString("en")} findings in ${of}, the most money first.`
    : `Nothing is wrong with these ${of}, as far as the rules can tell.`));
  const list = element("ol", "cvtr-look-list");
  list.append(...answer.rows.map((row, place) => findingItem(row, place, send)));
  if (answer.rows.length) box.append(list);
  for (const note of answer.notes) box.append(element("div", "cvtr-look-small", note));
  return box;
}

/** ``send`` is told what is asked and clicked. ``update`` takes what stands around the answer, ``draw`` the answer. */
export function lookArea(send) {
  const root = element("div", "cvtr-look");
  const bar = element("div", "cvtr-look-bar");
  const state = element("div", "cvtr-look-state");
  state.setAttribute("role", "status");
  const caveat = element("div", "cvtr-look-small cvtr-look-caveat");
  const found = element("div");
  const area = chartArea(send);
  const question = labelledList("Question", []);
  const group = labelledList("by", []);
  const ask = pressable("Ask", () => send({ kind: "ask", question: question.list.value, by: group.list.value }));
  ask.className = "cvtr-look-ask";
  const stop = pressable("Stop", () => send({ kind: "stop" }));
  bar.append(question.wrap, group.wrap, ask, stop);
  root.append(bar, state, caveat, found, area.element);
  area.element.hidden = true;
  bar.hidden = true;  // until it is known what can be asked
  area.element.querySelector("[role=status]").hidden = true;  // said once, above
  let offered = "";
  let groupsOf = new Map();

  function offerGroups() {
    const groups = groupsOf.get(question.list.value) ?? [];
    group.fill(groups);
    group.wrap.hidden = !groups.length;
  }
  question.list.addEventListener("change", offerGroups);

  function working(job) {
    if (job.stopping) return "Stopping …";
    return job.total ? `${job.what} … (${job.done} of ${job.total})` : `${job.what} …`;
  }

  return {
    element: root,
    update(view) {
      const now = JSON.stringify(view.questions);
      if (now !== offered) {
        offered = now;
        bar.hidden = false;
        groupsOf = new Map(view.questions.map(([name, , groups]) => [name, groups]));
        question.fill(view.questions.map(([name, words]) => [name, words]));
        question.list.value = view.asked.question;
        offerGroups();
        if (view.asked.by) group.list.value = view.asked.by;
      }
      stop.hidden = !view.job;
      state.textContent = view.job ? working(view.job) : view.said || (view.version ? "Click a mark, a row or a button to select its leads." : "Choose a question.");
      root.setAttribute("aria-busy", String(Boolean(view.job)));
      caveat.textContent = [view.stale, view.caveat].filter(Boolean).join(" ");
      caveat.hidden = !caveat.textContent;
    },
    draw(answer) {
      found.replaceChildren(...(answer.kind === "findings" ? [findingList(answer, send)] : []));
      area.element.hidden = answer.kind !== "chart";
      if (answer.kind === "chart") area.draw(answer);
    },
    install: (buffer) => installRenderer(buffer).catch((error) => {
      state.textContent = `Charts cannot be drawn (${error.message}). Their numbers are shown.`;
    }),
    dispose: area.dispose,
  };
}

function renderLook({ model, el }) {
  const look = lookArea((message) => model.send(message));
  el.append(look.element);
  function heard(message, buffers) {
    if (message.kind === "renderer") look.install(buffers[0]);
    else if (message.kind === "look") look.update(message.is);
    else if (message.kind === "answer") look.draw(message.is);
  }
  model.on("msg:custom", heard);
  model.send({ kind: "hello", renderer: Boolean(globalThis.cvtrVegaEmbed) });
  return () => {
    model.off("msg:custom", heard);
    look.dispose();
  };
}

export default { render: renderLook };
