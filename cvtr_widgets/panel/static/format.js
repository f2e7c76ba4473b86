// Numbers and lists in words.

/** A number with its thousands apart. @param {number} n */
export const inWords = (n) => n.toLocaleString("en");

/** The time now as the kernel tells it, with its zone; by the browser's clock and zone where this one is not known to it. @param {string} zone */
export function timeIn(zone) {
  try {
    return `${new Date().toLocaleTimeString("en-GB", { timeZone: zone })} (${zone})`;
  } catch {
    return `${new Date().toLocaleTimeString("en-GB")} (this browser’s time)`;
  }
}

/**
 * Whether days begin at another time in two zones, in any month: Europe/London and UTC only differ in summer.
 * @param {string} here
 * @param {string} name
 * @param {number} offset the second one's minutes ahead of UTC now, for a name that this browser does not know
 */
export function haveOtherDays(here, name, offset) {
  /** @type {(zone: string, month: number) => string} */
  const clock = (zone, month) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "longOffset", hour: "2-digit" })
    .format(new Date(new Date().getFullYear(), month, 15));
  try {
    return [...Array(12).keys()].some((month) => clock(here, month) !== clock(name, month));
  } catch {
    return -new Date().getTimezoneOffset() !== offset;
  }
}

/**
 * The browser's zone, whether its days begin at another time than those of a zone, and what is then said.
 * @param {string} name
 * @param {number} offset
 */
export function browserZone(name, offset) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const differs = here !== name && haveOtherDays(here, name, offset);
  return { here, differs, words: differs ? `Days and times are in ${name} time; your browser is in ${here}.` : "" };
}

/** A sentence's or a name's first letter made small, to stand in the middle of another. @param {string} text */
export function startSmall(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/**
 * Which rows of a table are shown, of how many.
 * @param {Pick<import("./messages.d.ts").Rows, "first" | "rows" | "matching" | "loaded" | "searching" | "archived">} page
 * @param {string} coverage how much of what was asked for is here, where that is not all
 */
export function whereText({ first, rows, matching, loaded, searching, archived }, coverage) {
  const there = archived ? "archived" : "loaded";
  if (!loaded) return "";
  const all = matching === loaded;
  const range = `${inWords(first + 1)}–${inWords(first + rows.length)}`;
  if (searching) {  // the number found is not the last word
    const found = rows.length ? `${range} of ${inWords(matching)} found so far` : "None found so far";
    return `${found} · still searching ${inWords(loaded)}${coverage ? ` · ${coverage}` : ""}`;
  }
  if (coverage) {
    const shown = !rows.length ? "None matches" : all ? `${range} shown` : `${range} of ${inWords(matching)} matching`;
    return `${shown} · ${coverage}`;
  }
  if (!rows.length) return `None of ${inWords(loaded)} ${there} matches`;
  return `${range} of ${all ? inWords(loaded) : `${inWords(matching)} matching, ${inWords(loaded)} ${there}`}`;
}

/** What a refresh has brought. @param {{ changed: number, new: number }} rows */
export function sinceText({ changed, new: added }) {
  const news = [changed ? `${inWords(changed)} changed` : "", added ? `${inWords(added)} new` : ""].filter(Boolean);
  return news.length ? `since the last view: ${news.join(", ")}` : "";
}

/** How far a job is: " · 3 of 10", or " · 3" where nobody knows of how many. @param {{ done: number, total: number | null }} job */
export function doneText({ done, total }) {
  if (total) return ` · ${inWords(done)} of ${inWords(total)}`;
  return done ? ` · ${inWords(done)}` : "";
}

/**
 * A range of days: by its name, or from a day to a day.
 * @param {{ created_after: string, created_before: string, range: string }} filters
 */
export function rangeText({ created_after: first, created_before: last, range }) {
  if ([first, last].includes("half-typed")) return "half-typed";
  if (range) return range;
  if (first && last) return first === last ? first : `${first} – ${last}`;
  return first ? `from ${first}` : last ? `to ${last}` : "Any day";
}
