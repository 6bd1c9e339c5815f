import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type BoundedOptions, bounded, type TimeoutError } from '../bounded.ts';
import { messageOf } from '../explained-error.ts';
import { encodeFrame, FrameReader } from './frames.ts';
import { Pm2Error, type Pm2ErrorCode } from './pm2-error.ts';
import { type Pm2Process, readProcessList } from './process-list.ts';

/** Milliseconds to connect, and for each call. */
export const PM2_TIMEOUT = 5_000;

export interface Pm2Options {
  /** PM2's folder; default `$PM2_HOME`, else `~/.pm2`. */
  home?: string | undefined;
  /** Milliseconds to connect, and for each call that names no limit of its own; default {@link PM2_TIMEOUT}. */
  timeout?: number | undefined;
  /** Ends connecting and every call. */
  signal?: AbortSignal | undefined;
}

/** A connection to PM2's daemon. Calls may overlap; `close` rejects those still open. */
export interface Pm2Client extends Disposable {
  /** Calls a method of PM2's daemon (`ping`, `stopProcessId`, …); resolves to the first value it answers. */
  call(method: string, ...args: readonly unknown[]): Promise<unknown>;
  /** The same with its own limits, for long calls: `stopProcessId` answers when the process is gone. */
  callWithin(limits: Partial<BoundedOptions>, method: string, ...args: readonly unknown[]): Promise<unknown>;
  /** All processes, without their environments. */
  list(): Promise<Pm2Process[]>;
  close(): void;
}

/** PM2's folder as PM2 itself would find it. */
export const pm2Home = (): string =>
  process.env.PM2_HOME || join(process.getBuiltinModule('node:os').homedir(), '.pm2');

/**
 * Connects to the daemon of `home`. Unlike PM2's own client it never starts one: no daemon is `pm2-not-running`.
 * @throws {Pm2Error} all its codes but `pm2-refused`; or the reason of `signal`.
 */
export async function connectPm2({
  home = pm2Home(),
  timeout = PM2_TIMEOUT,
  signal,
}: Pm2Options = {}): Promise<Pm2Client> {
  // Loaded when first needed: a start-up file that never queries PM2 does not load it.
  const { createConnection } = process.getBuiltinModule('node:net');
  const socket = createConnection(join(home, 'rpc.sock'));
  const session = new Session(socket, home);
  try {
    await session.within({ timeout, signal }, 'connecting', () => session.connected);
  } catch (error) {
    session.close();
    throw error;
  }
  const callWithin: Pm2Client['callWithin'] = (limits, method, ...args) =>
    session.within({ timeout, signal, ...limits }, `calling ${method}`, (ended) =>
      session.call(method, args, ended),
    );
  const call: Pm2Client['call'] = (method, ...args) => callWithin({}, method, ...args);
  const close = () => session.close();
  return {
    call,
    callWithin,
    list: async () => session.understand(await call('getMonitorData', {}), readProcessList),
    close,
    [Symbol.dispose]: close,
  };
}

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** One socket and the calls open on it. */
class Session {
  readonly connected: Promise<void>;
  readonly #socket: Socket;
  readonly #home: string;
  readonly #frames = new FrameReader();
  readonly #calls = new Map<string, PendingCall>();
  #lastId = 0;
  #ended: Pm2Error | undefined;

  constructor(socket: Socket, home: string) {
    this.#socket = socket;
    this.#home = home;
    this.connected = new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.on('error', (error) => reject(this.#connectError(error)));
      socket.once('close', () =>
        reject(this.#error('pm2-closed', 'connecting', 'the connection was closed')),
      );
    });
    this.connected.catch(() => {});
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('close', () => this.#end(this.#error('pm2-closed', 'calling', 'the connection was closed')));
  }

  /** Runs `work` within limits; a limit reached becomes a `pm2-silent`. */
  async within<T>(
    limits: BoundedOptions,
    doing: string,
    work: (ended: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const explain = (late: TimeoutError) => this.#error('pm2-silent', doing, late.message, { cause: late });
    return bounded({ ...limits, explain }, work);
  }

  call(method: string, args: readonly unknown[], ended: AbortSignal): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = `${process.pid}:${++this.#lastId}`;
    ended.addEventListener('abort', () => this.#calls.delete(id), { once: true });
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#socket.write(encodeFrame({ type: 'call', method, args }, id));
    });
  }

  /** Reads an answer; an invalid one is a `pm2-not-pm2`. */
  understand<T>(answer: unknown, read: (answer: unknown) => T): T {
    try {
      return read(answer);
    } catch (error) {
      throw this.#error('pm2-not-pm2', 'reading an answer', messageOf(error), { cause: error });
    }
  }

  close(): void {
    this.#end(this.#error('pm2-closed', 'calling', 'this client was closed'));
  }

  #read(chunk: Buffer): void {
    try {
      for (const frame of this.understand(chunk, (data) => this.#frames.push(data as Buffer))) {
        this.#answer(frame);
      }
    } catch (error) {
      this.#end(error as Pm2Error);
    }
  }

  #answer([reply, id]: readonly unknown[]): void {
    const call = this.#calls.get(String(id));
    if (!call) return;
    this.#calls.delete(String(id));
    const { error, args } = Object(reply) as { error?: unknown; args?: unknown };
    if (error !== undefined) call.reject(this.#error('pm2-refused', 'calling', describe(error)));
    else call.resolve(Array.isArray(args) ? args[0] : undefined);
  }

  #end(error: Pm2Error): void {
    this.#ended ??= error;
    this.#socket.destroy();
    for (const call of this.#calls.values()) call.reject(this.#ended);
    this.#calls.clear();
  }

  #connectError(error: NodeJS.ErrnoException): Pm2Error {
    const code = error.code === 'EACCES' || error.code === 'EPERM' ? 'pm2-not-allowed' : 'pm2-not-running';
    return this.#error(code, 'connecting', error.code ?? messageOf(error), { cause: error, ...FIXES[code] });
  }

  #error(
    code: Pm2ErrorCode,
    doing: string,
    found: string,
    { cause, fix }: { cause?: unknown; fix?: string } = {},
  ): Pm2Error {
    const explanation = { doing: `PM2 in ${this.#home}, ${doing}`, found, fix };
    return new Pm2Error(code, explanation, { cause, facts: { home: this.#home } });
  }
}

const FIXES = {
  'pm2-not-running': { fix: 'start PM2, or set PM2_HOME to the folder of the one that runs' },
  'pm2-not-allowed': { fix: 'run as the user that runs PM2' },
} as const;

/** What PM2 gives as an error is a text, an error turned to JSON, or anything else. */
const describe = (error: unknown): string => {
  if (typeof error === 'string') return error;
  const { message, msg } = Object(error) as { message?: unknown; msg?: unknown };
  return String(message ?? msg ?? 'an error without a message').slice(0, 500);
};
