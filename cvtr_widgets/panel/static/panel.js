// The whole panel: header, three steps of which one is open, and the line to the kernel.

import {
  button, freshId, h, problemBox, setAttribute, setEnabled, setLine, setLines, setShown, setText,
} from "./dom.js";
import { labelled } from "./fields.js";
import { leadsStep } from "./leads.js";
import { processingStep } from "./processing.js";
import { typeStep } from "./type.js";

const VERSION = 1;
const PATIENCE = 1000; // milliseconds after which an unanswered click is spoken of
const LOST = 3000; // and after which one that the kernel has not got, but later ones, has been lost on the way
const BUSY = 8000; // a kernel that said something so short a time ago is busy, not gone
const OUR_OWN = ["hello", "ping"]; // messages that nobody has pressed

function kernelLink(model) {
  const page = Math.random().toString(36).slice(2);
  const link = { handled: 0, sent: 0, waiting: new Map(), page, heardAt: performance.now(), cut: false, acted: () => {}, lost: () => {} };
  let pinged = -Infinity;
  link.send = (kind, is = {}, buffers = undefined) => {
    if (!OUR_OWN.includes(kind)) link.acted();
    link.sent += 1;
    link.waiting.set(link.sent, { kind, at: performance.now() });
    try {
      model.send({ v: VERSION, kind, is, n: link.sent, page }, undefined, buffers);
    } catch {
      link.cut = true;  // the kernel was shut down; an answer would prove otherwise
    }
    return link.sent;
  };
  const since = (one) => performance.now() - one.at;
  link.heard = (n, missing) => {
    let pressed = false;
    pinged = -Infinity;  // a kernel that answers may be asked again
    for (const [number, one] of [...link.waiting]) {
      if (number > n || (missing.includes(number) && since(one) < LOST)) continue;
      link.waiting.delete(number);
      pressed = pressed || (missing.includes(number) && !OUR_OWN.includes(one.kind));
    }
    if (pressed) link.lost();
  };
  link.slow = (time = PATIENCE) => [...link.waiting.values()].some((one) => since(one) > time);
  /** Whether something that the user pressed has no answer. */
  link.pressed = () => [...link.waiting.values()].some((one) => !OUR_OWN.includes(one.kind) && since(one) > PATIENCE);
  /** Milliseconds since the kernel said anything. */
  link.silence = () => performance.now() - link.heardAt;
  /** Asks whether what has no answer has come at all; a busy kernel answers later. */
  link.ask = () => {
    if (!link.slow(LOST) || performance.now() - pinged < 10_000) return;
    pinged = performance.now();
    link.send("ping");
  };
  /** JupyterLab says that it has let go of the kernel (restarted, died) or has it again: an answer tells which. */
  model.on("comm_live_update", () => {
    link.cut = true;
    link.send("hello");
  });
  return link;
}

/** What is known of a kernel that does not answer: no more than that. */
function silence(link, { viewed, running, voila, visitorKnown, at }) {
  const ended = voila
    ? visitorKnown ? "Reload the page: a run of yours is found there, and offered to be resumed if it has stopped half-way."
      : "Reload the page to start again, and look at the leads of a run that was under way: it may have stopped half-way."
    : "Run the cell that makes the panel again (Shift+Enter): it offers to resume a run that has stopped half-way.";
  if (link.cut && (link.slow() || !viewed)) {
    return `The kernel was restarted or has ended, and this panel with it. What is shown is as of ${at}; nothing can be pressed here. `
      + `What was sent before stays sent. ${ended}`;
  }
  if (!link.slow()) return "";
  if (!viewed) {
    return voila ? "This page has no answer from its kernel yet. If none comes, reload the page."
      : "This panel has no answer from a kernel. If a cell is running, it comes when that has ended; else run the cell that "
      + "makes the panel (Shift+Enter) to start.";
  }
  const kept = link.pressed() ? "What you pressed has not been answered yet." : "";
  if (link.silence() < BUSY) return `The kernel is busy${voila ? "" : ", with another cell or with its work"}. ${kept}`;
  const run = running ? ` The run’s numbers are as of ${at}, too; whether it goes on is not known here.` : "";
  return `No answer from the kernel for ${Math.round(link.silence() / 1000)} s. It may be busy${voila ? "" : " with another cell"}, or the `
    + `kernel, the server or the network may be gone. What is shown is as of ${at}.${run} ${kept} If this stays so: ${ended.charAt(0).toLowerCase()}${ended.slice(1)}`;
}

/** While nothing can be pressed: every control that was enabled is disabled, and enabled again when the kernel is heard. */
function lock(root) {
  let locked = [];
  return (on) => {
    if (on && !locked.length) {
      locked = [...root.querySelectorAll("button, input, select, textarea")].filter((one) => !one.disabled);
      for (const one of locked) one.disabled = true;
    } else if (!on && locked.length) {
      for (const one of locked) one.disabled = false;
      locked = [];
    }
    root.classList.toggle("cvtr-ended", on);
  };
}

const HOST_KEYS = new Set(["s", "f", "g", "h", "b", "i", "j", "p", ","]);  // with Ctrl or Cmd, with or without Shift
const HOST_SHIFT_KEYS = new Set(["c", "d", "e", "k", "l", "t", "u", "x", "[", "]", "<", ">", "{", "}"]);

/** Keys that are the host's, because they do nothing to cells: save, find, side bars, palette, print, the next tab. */
function hostKey(event) {
  if (event.key === "Escape") return true;
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return false;
  const key = event.key.toLowerCase();
  return HOST_KEYS.has(key) || (event.shiftKey && HOST_SHIFT_KEYS.has(key));
}

/** The notebook's own shortcuts (D D deletes a cell, Shift+Enter runs it) must not hear what is typed here. */
function keepKeys(main) {
  const suppressed = "data-lm-suppress-shortcuts";
  main.setAttribute(suppressed, "true");
  for (const kind of ["keydown", "keyup", "keypress"]) {
    main.addEventListener(kind, (event) => {
      const host = hostKey(event);
      if (!host) event.stopPropagation();
      main.toggleAttribute(suppressed, !host);  // JupyterLab looks after this listener, while the same key is on its way
    });
  }
  // Shift and a press would select cells and scroll to them, away from under the hand.
  main.addEventListener("mousedown", (event) => { if (event.shiftKey) event.stopPropagation(); });
}

function stepSection(link, number, name, body) {
  const title = h("span", { class: "cvtr-step-name" }, name);
  const sum = h("span", { class: "cvtr-sum" });
  const mark = h("span", { class: "cvtr-n", "aria-hidden": "true" }, String(number));
  const open = button("", { class: "cvtr-step-open" }, () => link.send("go", { step: number }));
  open.append(mark, title, sum);
  const heading = h("h3", {}, open);
  body.id = freshId();
  open.setAttribute("aria-controls", body.id);
  const className = ["cvtr-step-leads", "cvtr-step-type", "cvtr-step-processing"][number - 1];
  const element = h("section", { class: `cvtr-step ${className}`, "aria-label": `${number} ${name}` }, heading, body);
  return {
    element,
    update(step, summary, reachable) {
      const here = step === number;
      element.classList.toggle("cvtr-here", here);
      element.classList.toggle("cvtr-done", number < step);
      setShown(body, here);
      setText(mark, number < step ? "✓" : String(number));
      setAttribute(open, "aria-expanded", String(here));
      setEnabled(open, reachable || here);
      setText(sum, here ? (number === 3 ? summary : "") : number < step || reachable ? summary : "");
      setAttribute(element, "aria-label", `${number} ${name}`);
    },
    focus: () => open.focus(),
  };
}

function panelHeader(link) {
  const badge = h("span", { class: "cvtr-badge" });
  const enterprise = h("b", {});
  const who = h("span", { class: "cvtr-soft" });
  const usage = h("span", { class: "cvtr-soft cvtr-usage" });
  const refresh = button("Refresh", { class: "cvtr-link cvtr-refresh" }, () => link.send("refresh"));
  const element = h("div", { class: "cvtr-head" }, badge, enterprise, who, h("span", { class: "cvtr-grow" }),
    h("span", { class: "cvtr-now" }, usage, refresh));
  return {
    element,
    update(head, loaded) {
      setText(badge, head.badge);
      badge.classList.toggle("cvtr-live", head.badge === "LIVE");
      setText(enterprise, head.enterprise);
      setText(who, [`signed in as ${head.who}`, head.role].filter(Boolean).join(" · "));
      setText(usage, [head.usage, head.as_of ? `leads as of ${head.as_of}` : ""].filter(Boolean).join(" · "));
      setShown(refresh, loaded);
    },
  };
}

/** Runs that were broken off: go on, settle what is in doubt, or watch whoever has them. */
function pastRuns(link) {
  const list = h("ul", { class: "cvtr-past-list" });
  const more = h("p", { class: "cvtr-soft", hidden: true });
  const notes = h("ul", { class: "cvtr-notes", hidden: true });
  const problem = problemBox();
  const heading = h("h3", {}, "Unfinished runs");
  const element = h("section", { class: "cvtr-past", "aria-label": "Unfinished runs", hidden: true },
    heading, list, more, problem.element, notes);
  let drawn = "";

  function row(one) {
    const comment = h("input", { class: "cvtr-past-comment", type: "text", autocomplete: "off" });
    const say = (send) => link.send("resume", { run: one.id, send, comment: comment.value });
    const ask = one.needs_comment ? labelled("Its comment again, word for word", comment) : null;
    const tools = one.ended ? [h("span", { class: "cvtr-soft" }, one.ended),
      button("Show its results", { class: "cvtr-watch" }, () => link.send("watch", { run: one.id }))]
      : one.taken ? [h("span", { class: "cvtr-soft" }, one.taken),
      button("Watch", { class: "cvtr-watch" }, () => link.send("watch", { run: one.id })),
      button("Look again", { class: "cvtr-look" }, () => link.send("look_again"))]
      : [one.not_sent ? button(one.go_on, { class: "cvtr-main cvtr-resume" }, () => say(true)) : null,
        button("Only read what is in doubt", { class: "cvtr-settle" }, () => say(false))];
    return h("li", { "data-run": one.id }, h("b", {}, one.text), " ", h("span", { class: "cvtr-soft" }, one.counts),
      h("div", { class: "cvtr-row" }, ask, ...tools));
  }

  return {
    element,
    update(view, quiet) {
      const now = JSON.stringify(view.runs);
      if (now !== drawn) {
        drawn = now;
        list.replaceChildren(...view.runs.map(row));
      }
      setLine(more, view.more ? `and ${view.more} more${view.more_are_in}` : "");
      problem.update(view.problem);
      setLines(notes, view.notes);
      setLine(heading, view.runs.length ? view.heading : "");
      setAttribute(element, "aria-label", view.runs.length ? view.heading : "About the journal of runs");
      setShown(element, !quiet && (view.runs.length > 0 || Boolean(view.problem) || view.notes.length > 0));
    },
  };
}

/** Puts the parts of a file together and hands it to the browser. Every view hears of it; only the one that asked saves it. */
function downloads() {
  const under = new Map();
  return (message, buffers) => {
    const parts = message.part === 0 ? [] : under.get(message.key);
    if (!parts || parts.length !== message.part) { under.delete(message.key); return; }
    parts.push(new Uint8Array(buffers[0].buffer, buffers[0].byteOffset, buffers[0].byteLength).slice());
    under.set(message.key, parts);
    if (parts.length < message.parts) return;
    under.delete(message.key);
    const address = URL.createObjectURL(new Blob(parts, { type: message.type }));
    const anchor = h("a", { href: address, download: message.name });
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };
}

function render({ model, el }) {
  const link = kernelLink(model);
  const header = panelHeader(link);
  const silent = h("p", { class: "cvtr-silent", role: "status", hidden: true });
  const problem = problemBox();
  link.acted = () => problem.update(null); // a fault stands until the user does something else
  const past = pastRuns(link);
  const leads = leadsStep(link);
  const type = typeStep(link);
  const processing = processingStep(link);
  const steps = [stepSection(link, 1, "Leads", leads.element), stepSection(link, 2, "Type", type.element),
    stepSection(link, 3, "Processing", processing.element)];
  const root = h("div", { class: "cvtr-panel", "data-step": "0", dir: "ltr", lang: "en" }, header.element, silent, problem.element, past.element,
    ...steps.map((step) => step.element));
  const main = h("div", { class: "cvtr-outer" }, root);
  keepKeys(main);
  el.append(main);
  root.classList.add("cvtr-waiting");

  let step = 0;
  let viewed = 0;
  let known = null;  // the view as last told; a message holds what is new in it
  const shown = {};  // the same of each table
  let askedAt = performance.now();  // for everything: at the beginning, and when a message did not arrive; 0: it has come
  let at = "";  // when the view shown came
  const locked = lock(root);
  let held = 0;  // the timer after which it shows itself anyway
  const save = downloads();

  function askAgain() {
    if (askedAt && performance.now() - askedAt < 3000) return;
    askedAt = performance.now();
    link.send("hello");
  }

  link.lost = () => {
    askedAt = 0;
    askAgain();  // boxes that were ticked meanwhile must not stay so
    problem.update({ text: "What you pressed did not reach the kernel, so nothing was done. Look at the panel, and press again.", detail: "" });
  };

  function appear() {
    if (silent.parentElement === header.element) return;
    root.classList.remove("cvtr-waiting");
    header.element.append(silent);  // from now on it lies over what follows
  }

  function merged(old, now) {
    const both = { ...old };
    for (const [key, part] of Object.entries(now)) {
      const section = part !== null && typeof part === "object" && !Array.isArray(part);
      both[key] = section ? { ...old[key], ...part } : part;
    }
    return both;
  }

  function showView(message) {
    if (message.number <= viewed) return;
    const missed = message.number !== viewed + 1 || message.tables.some((name) => !shown[name] || shown[name].number !== message.number);
    if (!message.whole && (!known || missed)) return askAgain();
    askedAt = 0;
    viewed = message.number;
    known = message.whole ? message.is : merged(known, message.is);
    const view = known;
    const fresh = link.handled >= link.sent;
    // What stands above the steps comes first: nothing may move under a hand that is about to click.
    if (view.past.looked) appear();
    else if (!held) held = setTimeout(appear, 5000);
    setAttribute(root, "data-step", String(view.step));
    header.update(view.head, view.leads.loaded);
    at = new Date().toLocaleTimeString("en-GB");
    const focused = root.contains(document.activeElement) ? document.activeElement : null;
    const planned = Boolean(view.processing.plan || view.processing.job || view.processing.run || view.processing.watched);
    steps[0].update(view.step, view.leads.summary, true);
    steps[1].update(view.step, view.type.summary, !view.leads.blockers.length || planned);
    steps[2].update(view.step, view.processing.summary, planned);
    past.update(view.past, view.processing.running);
    leads.update(view.leads, fresh);
    leads.days(view.head.zone, view.head.offset);
    type.update(view.type, fresh);
    processing.update(view.processing, fresh, view.head);
    // What vanishes with what it did (Run, Cancel, Stop) hands its focus on, so that a keyboard is not sent back to the top.
    const now = document.activeElement;
    const lost = focused && !(root.contains(now) && now.checkVisibility());
    if (lost && step === view.step && !(step === 3 && processing.focus())) steps[step - 1].focus();
    if (step && step !== view.step && (root.contains(document.activeElement) || document.activeElement === document.body)) {
      steps[view.step - 1].focus();
    }
    step = view.step;
  }

  /** Voilà would end the kernel with its page, and a run with it, of which the page need not know yet. Its server ends idle ones. */
  function leaving(event) {
    if (known && known.head.voila) event.stopImmediatePropagation();
  }
  window.addEventListener("beforeunload", leaving, { capture: true });

  function showTexts(given) {
    leads.texts(given, link.handled);
    type.texts(given, link.handled);
    processing.texts(given, link.handled);
  }

  function hear(message, buffers) {
    if (!message || message.v !== VERSION) return;
    link.heardAt = performance.now();
    link.cut = false;
    if (message.handled && message.handled[link.page] !== undefined) link.handled = Math.max(link.handled, message.handled[link.page]);
    if (message.kind === "heard" && message.page === link.page) {
      link.heard(message.n, message.missing || []);
      if (message.told > viewed) askAgain();
    }
    if (message.kind === "view") showView(message);
    else if (message.kind === "rows") {
      const name = message.table;
      if (!shown[name] && !message.whole) return;  // for a page that was here before
      const is = message.whole ? message.is : { ...shown[name].is, ...message.is };
      shown[name] = { is, number: message.number };
      ({ leads: leads.table, plan: processing.planTable, results: processing.resultTable })[name].draw(is);
    } else if (message.kind === "texts" && message.not_for !== link.page) showTexts(message.texts);
    else if (message.kind === "file" && message.page === link.page) save(message, buffers);
    else if (message.kind === "fault") problem.update(message.problem);
    else if (message.kind === "reload") {
      problem.update({ text: "This page and the kernel do not understand each other. Reload the page.", detail: "" });
    }
    told();
  }

  function told() {
    const head = known ? known.head : {};
    setLine(silent, silence(link, { viewed, running: head.running, voila: head.voila, visitorKnown: head.visitor_known, at }));
    locked(Boolean(silent.textContent) && link.cut);
  }

  function heard(message, buffers) {
    try {
      hear(message, buffers);
    } catch (error) {  // JupyterLab would keep it to itself
      reportError(error);
      problem.update({ text: "The panel's page has a fault and may show too little. Reload the page.", detail: String(error) });
    }
  }

  model.on("msg:custom", heard);
  const clock = setInterval(() => {
    // During a run an answer is asked for even if nothing was pressed: the page notices a kernel that has gone, gets what a broken
    // connection has swallowed, and a hub sees that the kernel is in use.
    const due = (known && known.head.running) || link.handled < link.sent;
    if (due && !link.waiting.size && link.silence() > 5000) link.send("ping");
    link.ask();
    told();
  }, 500);
  link.send("hello");
  return () => {
    clearInterval(clock);
    window.removeEventListener("beforeunload", leaving, { capture: true });
    model.off("msg:custom", heard);
  };
}

export default { render };
