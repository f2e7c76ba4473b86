// What the page knows of the kernel's messages, for the type check. The kernel's side: panel/state.py and panel/table/page_rows.py.

/** anywidget's model, as far as the panel uses it: messages, no synced state. */
export interface Model {
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(event: string, hear: (message: any, buffers: DataView[]) => void): void;
  off(event: string, hear: (message: any, buffers: DataView[]) => void): void;
}

/** What modules need of the link to the kernel. ``send`` gives the number of the message. */
export interface Link {
  handled: number;
  sent: number;
  page: string;
  presses: Presses;
  isSettled(): boolean;
  send(kind: string, is?: Record<string, unknown>, buffers?: ArrayBuffer[]): number;
}

/** Which control each message comes from, with what it stands in. */
export interface Presses {
  note(number: number): void;
  of(number: number): Element[];
}

export interface Problem {
  text: string;
  detail: string;
  /** Nothing went wrong; it is only said. */
  note?: boolean;
  /** Page and number of the press that it answers. */
  asked?: [page: string, number: number] | null;
}

export interface Job {
  what: string;
  done: number;
  total: number | null;
  stopping: boolean;
  /** How long it has taken, and will take, in words. */
  time?: string;
}

export interface Column {
  name: string;
  title: string;
  look: string;
  zone?: string;
}

export interface Row {
  id: string;
  cells: string[];
  on?: boolean;
  new?: boolean;
  changed?: boolean;
}

export interface Sort {
  name: string;
  descending: boolean;
}

/** One page of a table. */
export interface Rows {
  columns: Column[];
  rows: Row[];
  page: number;
  pages: number;
  size: number;
  first: number;
  matching: number;
  loaded: number;
  archived: boolean;
  changed: number;
  new: number;
  edition: number;
  searching?: boolean;
  sorts?: Sort[];
  filtered?: Record<string, any>;
  matching_version?: number;
  marked_only?: boolean;
}

export interface Arranging {
  /** Name, title, and what its menu needs: the fifth is the kinds of filter. */
  columns: any[][];
  counts: [text: string, number: number, value: string][];
  more_counts: number;
  asked: string;
}

/** Everything but tables and typed texts. */
export interface View {
  step: number;
  head: Record<string, any>;
  past: Record<string, any>;
  leads: Record<string, any>;
  type: Record<string, any>;
  processing: Record<string, any>;
  imported: Record<string, any>;
  shared: Record<string, any>;
  rule: Record<string, any>;
  undo: Record<string, any>;
  look: Record<string, any>;
}

export interface ViewMessage {
  number: number;
  whole: boolean;
  is: any;
  tables: string[];
}

export interface RowsMessage {
  table: string;
  number: number;
  whole: boolean;
  is: any;
}

/** A part of the view, by the names of its fields; the kernel's side says which there are. */
export type Section = Record<string, any>;

/** [key, number of leads, words, what it means] */
export type Count = [key: string, number: number, words: string, about?: string];

/** [value, text] of a drop-down or a list to tick. */
export type Option = [value: string, text: string];

export interface Campaign {
  campaign: string;
  leads: number | string;
  jobs: [id: string, name: string, ticked: boolean][];
}

/** Of a keyboard event. */
export interface Key {
  key: string;
  repeat?: boolean;
  ctrlKey?: boolean;
  metaKey?: boolean;
  altKey?: boolean;
  shiftKey?: boolean;
}

/** What is asked of the link while the kernel is silent. */
export interface Silent {
  cut: boolean;
  unsent: boolean;
  isSlow(): boolean;
  isPressedUnanswered(): boolean;
  silence(): number;
}
