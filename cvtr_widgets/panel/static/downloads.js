// Files from the kernel, which come in parts.

import { saveFile } from "../../insight/static/files.js";

/** Puts the parts of a file together and hands it to the browser. Every view hears of it; only the one that asked saves it. */
export function downloads() {
  /** @type {Map<string, BlobPart[]>} */
  const under = new Map();
  return (/** @type {any} */ message, /** @type {DataView[]} */ buffers) => {
    const parts = message.part === 0 ? [] : under.get(message.key);
    if (!parts || parts.length !== message.part) { under.delete(message.key); return; }
    parts.push(new Uint8Array(buffers[0].buffer, buffers[0].byteOffset, buffers[0].byteLength).slice());
    under.set(message.key, parts);
    if (parts.length < message.parts) return;
    under.delete(message.key);
    saveFile(message.name, message.type, parts);
  };
}
