// Elements of a chart's page. Text only ever becomes text nodes, never markup.

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} name
 * @param {string} [className]
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** @param {string} text @param {() => void} pressed @param {string} [title] */
export function pressable(text, pressed, title) {
  const made = element("button", "", text);
  made.type = "button";
  if (title) made.title = title;
  made.addEventListener("click", pressed);
  return made;
}

/** A box that a keyboard can scroll. @param {string} className @param {string} [label] */
export function scrollBox(className, label) {
  const box = element("div", className);
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  if (label) box.setAttribute("aria-label", label);
  return box;
}

/** A number with its thousands apart. @param {number} n */
export const inWords = (n) => n.toLocaleString("en");
