// What the kernel has told: the view and the tables. A message holds only what is new, so one that was missed is noticed.

/**
 * A view with what is new in it: one level of sections, each with its own fields.
 * @param {Record<string, any>} old
 * @param {Record<string, any>} news
 */
export function merged(old, news) {
  const both = { ...old };
  for (const [key, part] of Object.entries(news)) {
    const isSection = part !== null && typeof part === "object" && !Array.isArray(part);
    both[key] = isSection ? { ...old[key], ...part } : part;
  }
  return both;
}

export class Deltas {
  /** The number of the view that is shown. */
  number = 0;
  /** @type {import("./messages.d.ts").View | null} */
  view = null;
  /** @type {Record<string, { is: import("./messages.d.ts").Rows, number: number }>} */
  #tables = {};

  /**
   * "taken"; "old" where a later one is shown; "missed" where one before it has not come, so that everything is needed again.
   * @param {import("./messages.d.ts").ViewMessage} message
   */
  takeView(message) {
    if (message.number <= this.number) return "old";
    // Either the view before this one has not come, or the rows that belong to it have not: with both shown, counts and rows would be of
    // different moments.
    const skipped = message.number !== this.number + 1
      || message.tables.some((name) => this.#tables[name]?.number !== message.number);
    if (!message.whole && (!this.view || skipped)) return "missed";
    this.number = message.number;
    this.view = message.whole || !this.view ? message.is : /** @type {import("./messages.d.ts").View} */ (merged(this.view, message.is));
    return "taken";
  }

  /**
   * A table's rows as they are now; null for news of a table that this page has never had.
   * @param {import("./messages.d.ts").RowsMessage} message
   */
  takeRows({ table, whole, is, number }) {
    const old = this.#tables[table];
    if (!old && !whole) return null;
    const rows = whole ? is : { ...old.is, ...is };
    this.#tables[table] = { is: rows, number };
    return rows;
  }
}
