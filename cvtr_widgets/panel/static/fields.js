// Inputs whose content is never synced state: what is typed or chosen travels as a message.

import { freshId, h, later, setText } from "./dom.js";

export function labelled(label, control, properties = {}) {
  control.id = control.id || freshId();
  return h("div", { class: "cvtr-field", ...properties }, h("label", { for: control.id }, label), control);
}

/** A drop-down. ``update(options, value, fresh)``: a value that is older than the user's last choice is left aside. */
export function dropdown(label, className, chosen) {
  const select = h("select", { class: className, on: { change: () => chosen(select.value) } });
  let shown = "";
  return {
    element: labelled(label, select),
    select,
    update(options, value, fresh) {
      const now = JSON.stringify(options);
      if (now !== shown) {
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

/** Typed text. ``set`` only when the kernel has another text than the user typed (undo, start over, a page come back). */
/** ``seen``: what is on the screen while somebody types, told with the text. */
export function typed(label, className, said, { multiline = false, type = "text", delay = 250, seen = () => null, ...properties } = {}) {
  const input = multiline
    ? h("textarea", { class: className, rows: "1", ...properties })
    : h("input", { class: className, type, ...properties });
  let at = 0;
  let about = null;
  const tell = later(delay, () => { at = said(input.value, about) || at; });
  input.addEventListener("input", () => { about = seen(); tell(); });
  const now = () => { if (tell.waiting()) tell.now(); };
  input.addEventListener("change", now);
  input.addEventListener("blur", now);
  return {
    element: labelled(label, input),
    input,
    /** Send what is still waiting, before a button is heard. */
    flush: now,
    /** What the kernel holds; unless it had not heard yet what was typed last, when it said so. */
    set(text, handled) {
      if (!tell.waiting() && handled >= at && input.value !== text) input.value = text;
    },
  };
}

export function day(label, className, said) {
  // A day that is typed half-way has no value: told as such, or its filter would be gone and all leads loaded.
  let told = "";
  const tell = () => {
    const now = input.validity.badInput ? "half-typed" : input.value;
    if (now !== told) { told = now; said(now); }
  };
  const input = h("input", { class: className, type: "date", on: { change: tell, blur: tell, keyup: () => { if (input.validity.badInput) tell(); } } });
  return {
    element: labelled(label, input),
    input,
    update(value, fresh) {
      if (!fresh || value === "half-typed") return;
      told = value;
      if (document.activeElement !== input && input.value !== value) input.value = value;
    },
  };
}

export function tickBox(label, className, said) {
  const input = h("input", { type: "checkbox", class: className, on: { change: () => said(input.checked) } });
  const text = h("span", {}, label);
  return {
    element: h("label", { class: "cvtr-tickbox" }, input, text),
    input,
    update(text_, value, fresh) {
      setText(text, text_);
      if (fresh && input.checked !== value) input.checked = value;
    },
  };
}
