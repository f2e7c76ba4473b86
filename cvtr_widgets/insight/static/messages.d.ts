// What the kernel sends to a chart, for the type check. The kernel's side: insight/chart_view.py and insight/look_state.py.

export interface Model {
  send(content: unknown): void;
  on(event: string, hear: (message: any, buffers: DataView[]) => void): void;
  off(event: string, hear: (message: any, buffers: DataView[]) => void): void;
}

export type Value = string | number | boolean | null;
export type Row = Record<string, Value>;

export interface Chart {
  title: string;
  /** Vega-Lite's. */
  spec: any;
  rows: Row[];
  columns: string[];
  /** What a mark is known by. */
  keys: string[];
  /** The column of times that can be brushed. */
  brush?: string | null;
  /** The two columns of numbers in which an area can be drawn. */
  area?: string[] | null;
  outside: [where: string, groups: number, leads: number][];
  notes: string[];
}

export type Send = (message: Record<string, unknown>) => void;
