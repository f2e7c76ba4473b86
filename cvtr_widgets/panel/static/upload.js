// Files from the page to the kernel, in parts.

import { button, h } from "./dom.js";

/** @import { Link } from "./messages.d.ts" */

const PART = 1024 * 1024; // one message stays well below a Jupyter server's 10 MB

/** @param {Link} link @param {string} purpose @param {string} name @param {ArrayBuffer} content */
export async function upload(link, purpose, name, content) {
  const total = Math.max(1, Math.ceil(content.byteLength / PART));
  for (let part = 0; part < total; part += 1) {
    link.send("upload", { purpose, name, part, parts: total }, [content.slice(part * PART, (part + 1) * PART)]);
    await new Promise((done) => { setTimeout(done); });
  }
}

/**
 * A button that opens the file chooser, and the input that it opens.
 * @param {Link} link
 * @param {string} purpose
 * @param {string} text
 * @param {string} className
 * @param {string} accept
 */
export function fileButton(link, purpose, text, className, accept) {
  const file = h("input", { type: "file", accept, hidden: true, tabindex: "-1", "aria-hidden": "true", class: `${className}-file` });
  file.addEventListener("change", async () => {
    for (const one of file.files ?? []) await upload(link, purpose, one.name, await one.arrayBuffer());
    file.value = "";
  });
  return { button: button(text, { class: className }, () => file.click()), file };
}
