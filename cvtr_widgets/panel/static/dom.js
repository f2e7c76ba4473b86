// Small things around the page's elements. Text from the kernel only ever becomes text nodes and values, never markup.

import { doneText } from "./format.js";

/** @typedef {{ on?: Record<string, (event: any) => void>, [attribute: string]: unknown }} Properties */

/**
 * An element. Properties: "class", "on" (event -> listener), booleans, and attributes.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties} properties
 * @param {(Node | string | null | undefined)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  const { on, ...attributes } = properties;
  for (const [event, listener] of Object.entries(on ?? {})) element.addEventListener(event, listener);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
}

/** @param {Node} element @param {string} text */
export function setText(element, text) {
  // Written only where it differs: a screen reader reads a live region again with each write, and a selection in the text would be lost.
  if (element.textContent !== text) element.textContent = text;
}

/** @param {HTMLElement} element @param {unknown} shown */
export function setShown(element, shown) {
  if (element.hidden === Boolean(shown)) element.hidden = !shown;
}

/** @param {Element} element @param {string} name @param {string | null} value */
export function setAttribute(element, name, value) {
  if (value === null) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Text that appears and vanishes with its content.
 * @param {HTMLElement} element
 * @param {string | null | undefined} text
 */
export function setLine(element, text) {
  setText(element, text || "");
  setShown(element, Boolean(text));
}

/**
 * A disabled button stays reachable by keyboard, so that the sentence which says why can be found.
 * @param {HTMLElement} control
 * @param {boolean} enabled
 */
export function setEnabled(control, enabled) {
  setAttribute(control, "aria-disabled", enabled ? null : "true");
  control.classList.toggle("cvtr-off", !enabled);
}

/** The button that the first press of a double click was on. @type {HTMLElement | null} */
let firstPressed = null;

/**
 * A button that does nothing while it is disabled by ``setEnabled``. The second press of a double click counts only where the first one
 * was on the same button: another may have come to stand in its place, such as Pause where Run was.
 * @param {string} text
 * @param {Properties} properties
 * @param {(event: MouseEvent) => void} pressed
 */
export function button(text, properties, pressed) {
  const made = h("button", { type: "button", ...properties }, text);
  made.addEventListener("click", (event) => {
    // ``detail`` counts the presses of a double click wherever they fall; by keyboard it is 0.
    if (event.detail < 2) firstPressed = made;
    if (firstPressed === made && made.getAttribute("aria-disabled") !== "true") pressed(event);
  });
  return made;
}

/**
 * A list of lines, such as notes or reasons why not.
 * @param {HTMLElement} list
 * @param {string[]} lines
 */
export function setLines(list, lines) {
  const now = JSON.stringify(lines);
  if (list.dataset.lines === now) return;
  list.dataset.lines = now;
  list.replaceChildren(...lines.map((line) => h("li", {}, line)));
  setShown(list, lines.length > 0);
}

let lastId = 0;

/** An id for an element that no other element of the page has. */
export function freshId() {
  lastId += 1;
  return `cvtr-${lastId}-${Math.random().toString(36).slice(2, 8)}`;
}

/**
 * Calls ``act`` so long after the last call. ``now()`` does it at once, ``waiting()`` tells whether it is still to come.
 * @param {number} milliseconds
 * @param {(...given: any[]) => void} act
 */
export function later(milliseconds, act) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const stop = () => { clearTimeout(timer); timer = undefined; };
  const call = (/** @type {any[]} */ ...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => { timer = undefined; act(...given); }, milliseconds);
  };
  call.now = (/** @type {any[]} */ ...given) => { stop(); act(...given); };
  call.waiting = () => timer !== undefined;
  return call;
}

/** The ``data-`` value of the element that has the focus, if that is within this one; so that it can be given back. */
export function focusedData(/** @type {Element} */ within, /** @type {string} */ name) {
  const active = document.activeElement;
  return active instanceof HTMLElement && within.contains(active) ? active.dataset[name] ?? null : null;
}

/** Focus the element within this one that has this ``data-`` value. */
export function focusData(/** @type {Element} */ within, /** @type {string} */ name, /** @type {string | null} */ value) {
  if (!value) return;
  const found = within.querySelector(`[data-${name}="${CSS.escape(value)}"]`);
  if (found instanceof HTMLElement) found.focus();
}

/**
 * Work under way: what it is, how far, and a button to stop it.
 * @param {() => void} stop
 */
export function progressLine(stop, properties = {}) {
  const bar = h("progress", { max: "1" });
  const text = h("span", { class: "cvtr-soft" });
  const halt = button("Stop", { class: "cvtr-stop" }, stop);
  const line = h("div", { class: "cvtr-working", hidden: true, ...properties }, bar, text, halt);
  return {
    element: line,
    /** @param {import("./messages.d.ts").Job | null} job */
    update(job) {
      setShown(line, Boolean(job));
      if (!job) return;
      if (job.total) {
        bar.max = job.total;
        bar.value = Math.min(job.done, job.total);
      } else {
        bar.removeAttribute("value");
      }
      setAttribute(bar, "aria-label", job.what);
      setText(text, job.stopping ? "Stopping." : job.what + doneText(job) + (job.time ? ` · ${job.time}` : ""));
      setEnabled(halt, !job.stopping);
    },
  };
}
