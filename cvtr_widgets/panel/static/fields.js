// Inputs whose content is never synced state: what is typed or chosen travels as a message.

import { freshId, h, later, setText } from "./dom.js";

/** @import { Option } from "./messages.d.ts" */

/** @param {string} label @param {HTMLElement} control @param {Record<string, unknown>} properties */
export function labelled(label, control, properties = {}) {
  control.id = control.id || freshId();
  return h("div", { class: "cvtr-field", ...properties }, h("label", { for: control.id }, label), control);
}

/**
 * A drop-down. ``update(options, value, fresh)``: a value that is older than the user's last choice is left aside.
 * @param {string} label
 * @param {string} className
 * @param {(value: string) => void} chosen
 */
export function dropdown(label, className, chosen) {
  const select = h("select", { class: className, on: { change: () => chosen(select.value) } });
  let shown = "";
  return {
    element: labelled(label, select),
    select,
    /** @param {Option[]} options @param {string} value @param {boolean} fresh */
    update(options, value, fresh) {
      const now = JSON.stringify(options);
      if (now !== shown) {
        // New options do not take the user's choice away: what the kernel says is older than it, if it is not fresh.
        const kept = fresh ? value : select.value;
        select.replaceChildren(...options.map(([v, text]) => h("option", { value: v }, text)));
        select.value = kept;
        shown = now;
      }
      if (fresh && select.value !== value) select.value = value;
      if (select.selectedIndex < 0 && options.length) select.selectedIndex = 0;
    },
  };
}

/**
 * Typed text. ``set`` only when the kernel has another text than the user typed (undo, start over, a page come back).
 * @param {string} label
 * @param {string} className
 * @param {(text: string, about: any) => number | void} said gives the number of the message
 * @param {{ multiline?: boolean, type?: string, delay?: number, seen?: () => any, [attribute: string]: any }} options ``seen()``: what is
 *   on the screen while somebody types, told with the text
 */
export function typed(label, className, said, { multiline = false, type = "text", delay = 250, seen = () => null, ...properties } = {}) {
  const input = multiline
    ? h("textarea", { class: className, rows: "1", ...properties })
    : h("input", { class: className, type, ...properties });
  let at = 0;
  /** @type {any} */
  let about = null;
  // As high as its lines, up to six; of wrapped ones only a browser with "field-sizing" knows (panel.css).
  const fit = () => { if (input instanceof HTMLTextAreaElement) input.rows = Math.min(6, input.value.trimEnd().split("\n").length); };
  const tell = later(delay, () => { at = said(input.value, about) || at; });
  // What was on the screen is noted with each key and not when the text is sent: by then another plan may stand there, which nobody has
  // signed.
  input.addEventListener("input", () => { about = seen(); fit(); tell(); });
  const now = () => { if (tell.waiting()) tell.now(); };
  input.addEventListener("change", now);
  input.addEventListener("blur", now);
  return {
    element: labelled(label, input),
    input,
    fit,
    /** Send what is still waiting, before a button is heard. */
    flush: now,
    /** What the kernel holds; unless it had not heard yet what was typed last, when it said so. */
    set(/** @type {string} */ text, /** @type {number} */ handled) {
      // A kernel that has not heard the last keys yet sends the text as it was, and would take them out from under the typing hand.
      if (tell.waiting() || handled < at || input.value === text) return;
      input.value = text;
      fit();
    },
  };
}

/** @param {string} label @param {string} className @param {(value: string) => void} said */
export function day(label, className, said) {
  // A day that is typed half-way has no value: told as such, or its filter would be gone and all leads loaded.
  let told = "";
  const tell = () => {
    const now = input.validity.badInput ? "half-typed" : input.value;
    if (now !== told) { told = now; said(now); }
  };
  const tellHalf = () => { if (input.validity.badInput) tell(); };
  const input = h("input", { class: className, type: "date", on: { change: tell, blur: tell, keyup: tellHalf } });
  return {
    element: labelled(label, input),
    input,
    /** @param {string} value @param {boolean} fresh */
    update(value, fresh) {
      if (!fresh || value === "half-typed") return;
      told = value;
      // Setting a date that is being typed moves the cursor to its first part.
      if (document.activeElement !== input && input.value !== value) input.value = value;
    },
  };
}

/** @param {string} label @param {string} className @param {(on: boolean) => void} said */
export function tickBox(label, className, said) {
  const input = h("input", { type: "checkbox", class: className, on: { change: () => said(input.checked) } });
  const text = h("span", {}, label);
  return {
    element: h("label", { class: "cvtr-tickbox" }, input, text),
    input,
    /** @param {string} text_ @param {boolean} value @param {boolean} fresh */
    update(text_, value, fresh) {
      setText(text, text_);
      if (fresh && input.checked !== value) input.checked = value;
    },
  };
}
