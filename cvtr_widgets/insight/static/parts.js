// What draws charts and tables: Vega and DataTables. They come as messages of the kernel, once per page, whatever the number of
// widgets on it. Each widget has a copy of this module, so what they share is on the page's own object.

/** @typedef {"renderer" | "tables"} Part */

const ASK_AGAIN = 15_000; // milliseconds after which a part that was asked for is asked for again
const MOST_ASKED = 4;
/** @type {Record<Part, string>} */
const NAMES = { renderer: "cvtrVegaEmbed", tables: "cvtrDataTable" };
const PARTS = /** @type {Part[]} */ (Object.keys(NAMES));

/** What draws, or undefined while it has not come. @param {Part} name @returns {any} */
export const part = (name) => Reflect.get(globalThis, NAMES[name]);

/** When each part was asked for last, by any widget. @returns {Partial<Record<Part, number>>} */
function askedAt() {
  if (!Reflect.get(globalThis, "cvtrPartsAsked")) Reflect.set(globalThis, "cvtrPartsAsked", {});
  return Reflect.get(globalThis, "cvtrPartsAsked");
}

/** Of each part, whether it is here or on its way. Those that are wanted are from now on. @param {Part[]} wanted */
function partsThere(wanted) {
  const asked = askedAt();
  const now = performance.now();
  /** @param {Part} name */
  function isThere(name) {
    const isComing = now - (asked[name] ?? -ASK_AGAIN) < ASK_AGAIN;
    if (!part(name) && !isComing && wanted.includes(name)) asked[name] = now;
    return Boolean(part(name)) || isComing;
  }
  return { renderer: isThere("renderer"), tables: isThere("tables") };
}

/**
 * Ask for what is not here; again if it has not come, as the kernel that was asked first may have gone. Gives what ends it.
 * @param {(there: Record<Part, boolean>) => void} send
 */
export function askForParts(send, wanted = PARTS) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let times = 0;
  function ask() {
    times += 1;
    send(partsThere(wanted));
    if (times < MOST_ASKED) timer = setTimeout(() => { if (!wanted.every(part)) ask(); }, ASK_AGAIN + 500);
  }
  ask();
  return () => clearTimeout(timer);
}

/** Call ``come`` when a part has come, to this widget or to another. Gives what ends it. @param {Part} name @param {() => void} come */
export function onPart(name, come) {
  globalThis.addEventListener(`cvtr-${name}`, come);
  return () => globalThis.removeEventListener(`cvtr-${name}`, come);
}

/**
 * Do heavy work once all that any widget asked for before is done, and after a pause: all charts of a page drawn at once keep a
 * slow browser from everything else for seconds, and JupyterLab gives up a widget that does not begin within two.
 * @template T @param {() => T | Promise<T>} work @returns {Promise<T>}
 */
export function inTurn(work) {
  /** @type {Promise<unknown>} */
  const before = Reflect.get(globalThis, "cvtrInTurn") ?? Promise.resolve();
  const done = before.then(() => new Promise((resolve) => { setTimeout(resolve); })).then(work);
  Reflect.set(globalThis, "cvtrInTurn", done.catch(() => {})); // whoever asked is told
  return done;
}

/** @param {DataView} script */
async function imported(script) {
  const address = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (script)], { type: "text/javascript" }));
  try {
    return await import(/* webpackIgnore: true */ address);
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Take a part that has come. @param {Part} name @param {DataView[]} buffers */
export async function installPart(name, buffers) {
  if (part(name)) return;
  const module = await imported(buffers[0]); // Vega's sets its own name
  if (name === "tables" && !part(name)) {
    const style = document.createElement("style");
    style.textContent = new TextDecoder().decode(buffers[1]);
    document.head.append(style);
    module.set_or_remove_dark_class(); // and whenever JupyterLab's theme changes
    Reflect.set(globalThis, NAMES.tables, module.default);
  }
  globalThis.dispatchEvent(new Event(`cvtr-${name}`));
}
