// The ticks that the kernel has not confirmed yet.

/** Ticks that were sent and that the kernel has not handled yet: what it says of those leads is older than them. */
export class PendingTicks {
  /** @type {Map<string, { on: boolean, number: number }>} */
  #pending = new Map();

  /**
   * @param {string[]} ids
   * @param {boolean} on
   * @param {number} number that of the message that they were sent with
   */
  add(ids, on, number) {
    for (const id of ids) this.#pending.set(id, { on, number });
  }

  /** Forget those that the kernel has handled. @param {number} number */
  handled(number) {
    for (const [id, tick] of this.#pending) if (number >= tick.number) this.#pending.delete(id);
  }

  /** How a lead's box stands, when the kernel says that it is ``told``. @param {string} id @param {boolean} told */
  shown(id, told) {
    const mine = this.#pending.get(id);
    return mine ? mine.on : told;
  }
}
