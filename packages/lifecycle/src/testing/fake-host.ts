import { EventEmitter } from 'node:events';
import type { Host } from '../host.ts';

export interface FakeHostOptions {
  /** The environment; default empty. */
  env?: Readonly<Record<string, string>>;
  /** Whether a person sits at a terminal; default false. */
  isTTY?: boolean;
  /** Seconds the process has run; default 0. */
  uptime?: number;
  /** Whether there is an IPC channel; default false. */
  connected?: boolean;
  /** Where the errors of the standard streams come from; default none. */
  stdout?: EventEmitter;
  stderr?: EventEmitter;
}

/** A fake process: signals are emitted on it, and its exits and messages are recorded. */
export class FakeHost extends EventEmitter implements Host {
  readonly pid = 4242;
  readonly exits: number[] = [];
  readonly sent: unknown[] = [];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: { readonly isTTY: boolean };
  readonly connected: boolean;
  readonly stdout?: EventEmitter;
  readonly stderr?: EventEmitter;
  exitCode: number | undefined;
  readonly #uptime: number;

  constructor({ env = {}, isTTY = false, uptime = 0, connected = false, ...streams }: FakeHostOptions = {}) {
    super();
    this.env = env;
    this.stdin = { isTTY };
    this.connected = connected;
    Object.assign(this, streams);
    this.#uptime = uptime;
  }

  uptime = (): number => this.#uptime;
  send = (message: unknown): boolean => this.sent.push(message) > 0;
  exit = (code: number): void => void this.exits.push(code);
}
