// The questions, and what is found. The chart and its table are drawn by chart.js.

import { element, renderChart } from "./chart.js";

const WORDS = { findings: "Findings", breakdown: "Breakdown", over_time: "Over time", reasons: "Reasons", funnel: "Funnel" };

function choice(label, values, words) {
  const wrap = element("label", "cvtr-look-choice", `${label} `);
  const list = element("select");
  list.setAttribute("aria-label", label);
  for (const value of values) {
    const option = element("option", "", words?.[value] ?? value.replaceAll("_", " "));
    option.value = value;
    list.append(option);
  }
  wrap.append(list);
  return [wrap, list];
}

function foundTable(message, model) {
  const box = element("div", "cvtr-chart-numbers cvtr-look-findings");
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Findings");
  if (!message.rows.length) box.append(element("p", "", `Nothing is wrong with these ${message.of.toLocaleString("en")} leads, as far as the rules can tell.`));
  for (const [place, row] of message.rows.entries()) {
    const item = element("div", "cvtr-look-finding");
    item.append(element("strong", "", `${row.rule.replaceAll("_", " ")} · ${row.about}${row.money ? ` · at stake ${row.money}` : ""}`));
    item.append(element("div", "", row.sentence), element("div", "cvtr-look-small", `Not told: ${row.cannot_tell}`));
    const button = element("button", "", `Select ${row.leads.toLocaleString("en")} leads`);
    button.type = "button";
    button.addEventListener("click", () => model.send({ kind: "finding", place }));
    item.append(button);
    box.append(item);
  }
  for (const note of message.notes) box.append(element("div", "cvtr-look-small", note));
  return box;
}

function renderLook({ model, el }) {
  const root = element("div", "cvtr-look");
  const bar = element("div", "cvtr-look-bar");
  const found = element("div");
  const area = element("div");
  const state = element("div", "cvtr-chart-said");
  state.setAttribute("role", "status");
  root.append(bar, state, found, area);
  el.append(root);

  function heard(message) {
    if (message.kind === "choices") {
      const [question, questions] = choice("Question", message.questions, WORDS);
      const [group, groups] = choice("by", message.groups);
      const ask = element("button", "", "Ask");
      const stop = element("button", "", "Stop");
      ask.type = stop.type = "button";
      questions.addEventListener("change", () => { groups.disabled = questions.value === "findings"; });
      groups.disabled = true;
      ask.addEventListener("click", () => {
        state.textContent = "Looking …";
        model.send({ kind: "ask", question: questions.value, by: groups.value });
      });
      stop.addEventListener("click", () => model.send({ kind: "stop" }));
      bar.replaceChildren(question, group, ask, stop);
      state.textContent = "Choose a question.";
    } else if (message.kind === "findings") {
      state.textContent = `${message.rows.length} findings in ${message.of.toLocaleString("en")} leads.`;
      found.replaceChildren(foundTable(message, model));
      area.hidden = true;
    } else if (message.kind === "chart") {
      state.textContent = "";
      found.replaceChildren();
      area.hidden = false;
    } else if (message.kind === "said" || message.kind === "progress") {
      state.textContent = message.text;
    } else if (message.kind === "picked") {
      state.textContent = `${message.leads.toLocaleString("en")} leads selected.`;
    }
  }

  model.on("msg:custom", heard);
  area.hidden = true;
  const clean = renderChart({ model, el: area });
  return () => { model.off("msg:custom", heard); clean(); };
}

export default { render: renderLook };
