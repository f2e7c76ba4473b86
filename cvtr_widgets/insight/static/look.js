// Look: what can be asked about the loaded leads, the answer, and what was selected in it. The chart is drawn by chart.js.

import { ChartArea } from "./chart.js";
import { element, inWords, pressable, scrollBox } from "./elements.js";
import { saveFile } from "./files.js";
import { plainTable } from "./live_table.js";
import { askForParts, installPart } from "./parts.js";

/** @import { Model, Send } from "./messages.d.ts" */

/** A drop-down with its label. ``fill`` gives it other values and keeps the chosen one if it is still there. @param {string} label */
function labelledList(label) {
  const wrap = element("label", "cvtr-look-choice", `${label} `);
  const list = element("select");
  list.setAttribute("aria-label", label);
  wrap.append(list);

  /** @param {[value: string, words: string][]} values */
  function fill(values) {
    const before = list.value;
    list.replaceChildren(...values.map(([value, words]) => new Option(words, value)));
    if (values.some(([value]) => value === before)) list.value = before;
  }

  return { wrap, list, fill };
}

/** @param {Record<string, any>} row @param {number} place @param {Send} send @param {Node} line what is said of the press, beside it */
function findingItem(row, place, send, line) {
  const item = element("li", "cvtr-look-finding");
  const select = pressable(`Select ${inWords(row.leads)} ${row.leads === 1 ? "lead" : "leads"}`, () => {
    item.append(line); // the list is long: what was done is said where the hand is
    send({ kind: "finding", place });
  });
  select.setAttribute("aria-label", `${select.textContent}: ${row.rule}, ${row.about}`);
  const save = pressable("Save case file", () => {
    item.append(line);
    send({ kind: "evidence", place });
  },
    "A ZIP file: the numbers, the lead ids, a chart, and a notebook that reproduces the finding");
  save.className = "cvtr-look-case";
  save.setAttribute("aria-label", `Save case file: ${row.rule}, ${row.about}`);
  item.append(element("strong", "", `${row.rule} · ${row.about}${row.money ? ` · at stake ${row.money}` : ""}`),
    element("div", "", row.sentence), element("div", "cvtr-look-small", row.numbers),
    element("div", "cvtr-look-small", `What this cannot tell: ${row.cannot_tell}`), select, " ", save);
  return item;
}

/** @param {{ of: number, rows: Record<string, any>[], notes: string[] }} answer @param {Send} send @param {Node} line */
function findingList(answer, send, line) {
  const box = scrollBox("cvtr-chart-numbers cvtr-look-findings", "Findings");
  const of = `${inWords(answer.of)} leads`;
  box.append(element("p", "", answer.rows.length ? `${inWords(answer.rows.length)} findings in ${of}, the most money first.`
    : `The rules found nothing in these ${of}.${answer.notes.length ? " What they could not judge:" : ""}`));
  const list = element("ol", "cvtr-look-list");
  list.append(...answer.rows.map((row, place) => findingItem(row, place, send, line)));
  if (answer.rows.length) box.append(list);
  for (const note of answer.notes) box.append(element("div", "cvtr-look-small", note));
  return box;
}

const DONE = {
  none: "Choose a question.",
  findings: "Select the leads of a finding, or save its case file.",
  chart: "Click a mark, a row or a button to select its leads.",
  table: "These are counts: no leads can be selected here.",
};

/** What is under way or can be done, in a line. @param {Record<string, any>} view */
export function stateText({ job, said, shows }) {
  if (!job) return said || DONE[/** @type {keyof typeof DONE} */ (shows)] || "";
  if (job.stopping) return "Stopping …";
  return job.total ? `${job.what} … (${job.done} of ${job.total})` : `${job.what} …`;
}

/** The question, what it is grouped by, and the buttons. ``offer`` takes what can be asked. @param {Send} send @param {() => void} asked */
function questionBar(send, asked) {
  const bar = element("div", "cvtr-look-bar");
  const question = labelledList("Question");
  const group = labelledList("by");
  const ask = pressable("Ask", () => {
    asked();
    send({ kind: "ask", question: question.list.value, by: group.list.value });
  });
  ask.className = "cvtr-look-ask";
  const stop = pressable("Stop", () => send({ kind: "stop" }));
  bar.append(question.wrap, group.wrap, ask, stop);
  bar.hidden = true; // until it is known what can be asked
  let offered = "";
  /** @type {Map<string, [value: string, words: string][]>} */
  let groupsOf = new Map();

  function offerGroups() {
    const groups = groupsOf.get(question.list.value) ?? [];
    group.fill(groups);
    group.wrap.hidden = !groups.length;
  }
  question.list.addEventListener("change", offerGroups);

  /** @param {[name: string, words: string, groups: [string, string][]][]} questions @param {{ question: string, by: string }} last */
  function offer(questions, last) {
    const now = JSON.stringify(questions);
    if (now === offered) return;
    offered = now;
    bar.hidden = false;
    groupsOf = new Map(questions.map(([name, , groups]) => [name, groups]));
    question.fill(questions.map(([name, words]) => [name, words]));
    question.list.value = last.question;
    offerGroups();
    if (last.by) group.list.value = last.by;
  }

  return { element: bar, offer, stop };
}

/** ``send`` is told what is asked and clicked. ``update`` takes what stands around the answer, ``draw`` the answer. @param {Send} send */
export function lookArea(send) {
  const root = element("div", "cvtr-look");
  const state = element("div", "cvtr-look-state");
  state.setAttribute("role", "status");
  const line = element("div", "cvtr-look-line");
  line.append(state);
  const bar = questionBar(send, () => {
    bar.element.after(line);
    state.textContent = "Asking …";
  });
  const caveat = element("div", "cvtr-look-small cvtr-look-caveat");
  const found = element("div");
  const area = new ChartArea(send);
  /** @type {ReturnType<typeof plainTable> | null} */
  let table = null;
  root.append(bar.element, line, caveat, found, area.element);
  area.element.hidden = true;
  area.said.hidden = true; // said once, above

  return {
    element: root,
    /** What a host adds beside what is said. @param {Node} extra */
    beside: (extra) => line.append(extra),
    /** @param {any} view */
    update(view) {
      bar.offer(view.questions, view.asked);
      bar.stop.hidden = !view.job;
      state.textContent = stateText(view);
      root.setAttribute("aria-busy", String(Boolean(view.job)));
      caveat.textContent = [view.stale, view.caveat].filter(Boolean).join(" ");
      caveat.hidden = !caveat.textContent;
    },
    /** @param {any} answer */
    draw(answer) {
      bar.element.after(line);
      table?.end();
      table = answer.kind === "table" ? plainTable(answer) : null;
      found.replaceChildren(...(answer.kind === "findings" ? [findingList(answer, send, line)] : table ? [table.element] : []));
      area.element.hidden = answer.kind !== "chart";
      if (answer.kind === "chart") area.draw(answer);
    },
    /** @param {import("./parts.js").Part} name @param {DataView[]} buffers */
    install: (name, buffers) => installPart(name, buffers).catch((error) => {
      if (name === "renderer") state.textContent = `Charts cannot be drawn (${error.message}). Their numbers are shown.`;
    }),
    dispose() {
      table?.end();
      area.dispose();
    },
  };
}

/** What anywidget calls; it gives what ends the view. @param {{ model: Model, el: HTMLElement }} given */
function renderLook({ model, el }) {
  const page = crypto.randomUUID?.() ?? String(Math.random()); // a file is for the view that asked for it
  const look = lookArea((message) => model.send({ ...message, page }));
  el.append(look.element);

  /** @param {any} message @param {DataView[]} buffers */
  function heard(message, buffers) {
    if (message.kind === "renderer" || message.kind === "tables") look.install(message.kind, buffers);
    else if (message.kind === "look") look.update(message.is);
    else if (message.kind === "answer") look.draw(message.is);
    else if (message.kind === "file" && message.page === page) saveFile(message.name, message.type, [/** @type {BlobPart} */ (buffers[0])]);
  }

  model.on("msg:custom", heard);
  const noMore = askForParts((there) => model.send({ kind: "hello", ...there }));
  return () => {
    noMore();
    model.off("msg:custom", heard);
    look.dispose();
  };
}

export default { render: renderLook };
