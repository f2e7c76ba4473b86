// Small things around the page's elements. Text from the kernel only ever becomes text nodes and values, never markup.

/** An element. Properties: "class", "on" (event -> listener), booleans, and attributes; children: elements and texts. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setShown(element, shown) {
  if (element.hidden === Boolean(shown)) element.hidden = !shown;
}

export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Text that appears and vanishes with its content. */
export function setLine(element, text) {
  setText(element, text || "");
  setShown(element, Boolean(text));
}

/** A disabled button stays reachable by keyboard, so that the sentence which says why can be found. */
export function setEnabled(button, enabled) {
  setAttribute(button, "aria-disabled", enabled ? null : "true");
  button.classList.toggle("cvtr-off", !enabled);
}

export function button(text, properties, pressed) {
  const made = h("button", { type: "button", ...properties }, text);
  made.addEventListener("click", (event) => {
    if (made.getAttribute("aria-disabled") !== "true") pressed(event);
  });
  return made;
}

/** A list of lines, such as notes or reasons why not. */
export function setLines(list, lines) {
  const now = JSON.stringify(lines);
  if (list.dataset.lines === now) return;
  list.dataset.lines = now;
  list.replaceChildren(...lines.map((line) => h("li", {}, line)));
  setShown(list, lines.length > 0);
}

let lastId = 0;
export function freshId() {
  lastId += 1;
  return `cvtr-${lastId}-${Math.random().toString(36).slice(2, 8)}`;
}

export function later(milliseconds, act) {
  let timer = null;
  const call = (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => { timer = null; act(...given); }, milliseconds);
  };
  call.now = (...given) => { clearTimeout(timer); timer = null; act(...given); };
  call.waiting = () => timer !== null;
  return call;
}

/** What went wrong, with its technical detail one click away. */
export function problemBox() {
  const text = h("span");
  const detail = h("pre", { tabindex: "0", "aria-label": "Technical detail" });
  const more = h("details", {}, h("summary", {}, "Technical detail"), detail);
  const box = h("div", { class: "cvtr-problem", role: "alert", hidden: true }, text, more);
  return {
    element: box,
    update(problem) {
      setShown(box, Boolean(problem));
      setText(text, problem ? problem.text : "");
      setText(detail, problem ? problem.detail : "");
      setShown(more, Boolean(problem && problem.detail));
    },
  };
}

/** Work under way: what it is, how far, and a button to stop it. */
export function progressLine(stop, properties = {}) {
  const bar = h("progress", { max: "1" });
  const text = h("span", { class: "cvtr-soft" });
  const halt = button("Stop", { class: "cvtr-stop" }, stop);
  const line = h("div", { class: "cvtr-working", hidden: true, ...properties }, bar, text, halt);
  return {
    element: line,
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
      const count = job.total ? ` · ${job.done.toLocaleString("en")} of ${job.total.toLocaleString("en")}`
        : job.done ? ` · ${job.done.toLocaleString("en")}` : "";
      setText(text, job.stopping ? "Stopping." : `${job.what}${count}`);
      setEnabled(halt, !job.stopping);
    },
  };
}
