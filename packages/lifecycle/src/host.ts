// biome-ignore lint/suspicious/noExplicitAny: as node:events has it; every listener fits
export type Listener = (...args: any[]) => void;

interface Emitter {
  on(event: string, listener: Listener): unknown;
  prependListener(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
}

/** The part of `process` that a shutdown touches; the test kit passes one of its own. */
export interface Host extends Emitter {
  readonly pid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly connected?: boolean;
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout?: Emitter;
  readonly stderr?: Emitter;
  /** The exit code of a process that is ending. */
  exitCode?: number | string | null | undefined;
  uptime(): number;
  send?(message: unknown): unknown;
  exit(code: number): void;
}
