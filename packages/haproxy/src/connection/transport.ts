import { bounded, linkSignals, TimeoutError } from '@cutover/internal';
import { type Command, change, understand } from '../commands/command.ts';
import { HaproxyError, isHaproxyError } from '../errors.ts';
import { connectPatiently } from './address.ts';
import { askOnce } from './one-shot.ts';
import { Session, stale } from './session.ts';
import { Slots } from './slots.ts';
import type { TransportOptions } from './transport-options.ts';

/** Limits of one call. */
export interface Limits {
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

/** Connections at a time for commands that each take their own; with the persistent one, three. */
const ONE_SHOTS = 2;

/** Sessions tried before it is certain that no living worker answers: idle end, reload, one more. */
const ATTEMPTS = 3;

/** Sends commands: in line on one lasting connection, or each alone; long waits apart from both. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #oneShots = new Slots(ONE_SHOTS);
  readonly #waits = new Slots(1);
  readonly #closing = new AbortController();
  #session: Promise<Session> | undefined;
  #live: Session | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  get label(): string {
    return this.#options.endpoint.label;
  }

  run<T>(command: Command<T>, limits: Limits): Promise<T> {
    return this.#within(command.line, limits, (signal) => this.#send(command, signal), command.changes);
  }

  /** All of them down one pipeline, under one deadline. Rejects with the first failure; those sent are sent. */
  runAll<T>(commands: readonly Command<T>[], limits: Limits): Promise<T[]> {
    if (commands.length === 0) return Promise.resolve([]);
    const work = async (signal: AbortSignal) => {
      if (this.#options.persistent) return this.#sendInLine(commands, signal);
      const results: T[] = [];
      for (const command of commands) results.push(await this.#sendAlone(command, signal));
      return results;
    };
    const changes = commands.some((command) => command.changes);
    return this.#within(`${commands.length} commands`, limits, work, changes);
  }

  /** For `wait`: a connection of its own, on which HAProxy's idle limit is longer than the wait. */
  runLong<T>(command: Command<T>, limits: Limits): Promise<T> {
    return this.#within(command.line, limits, (signal) =>
      this.#waits.use(signal, async () => {
        const session = await this.#open(signal);
        const end = () => session.close('this client was closed');
        this.#closing.signal.addEventListener('abort', end, { once: true });
        try {
          const seconds = Math.ceil(limits.timeout / 1000) + 5;
          await session.ask(change(`set timeout cli ${seconds}`), signal);
          return await session.ask(command, signal);
        } finally {
          this.#closing.signal.removeEventListener('abort', end);
          session.close('done');
        }
      }),
    );
  }

  async close(): Promise<void> {
    this.#closing.abort(
      new HaproxyError('closed', { doing: `talking to ${this.label}`, found: 'this client was closed' }),
    );
    await this.#session?.catch(() => undefined);
    this.#live?.close('this client was closed');
  }

  async #within<T>(
    doing: string,
    { timeout, signal }: Limits,
    work: (signal: AbortSignal) => Promise<T>,
    changes = false,
  ): Promise<T> {
    this.#closing.signal.throwIfAborted();
    try {
      return await bounded({ timeout, signal }, work);
    } catch (error) {
      if (!(error instanceof TimeoutError) || error === signal?.reason) throw error;
      throw new HaproxyError(
        'timeout',
        {
          doing: `"${doing}" at ${this.label}`,
          found: error.message,
          fix: changes
            ? 'it may have happened: read the state before you repeat it'
            : 'raise timeout, or see whether HAProxy is stuck',
        },
        { cause: error },
      );
    }
  }

  async #send<T>(command: Command<T>, signal: AbortSignal): Promise<T> {
    if (command.alone || !this.#options.persistent) return this.#sendAlone(command, signal);
    const [value] = await this.#sendInLine([command], signal);
    return value as T;
  }

  async #sendAlone<T>(command: Command<T>, signal: AbortSignal): Promise<T> {
    const { endpoint, clock, replyLimit } = this.#options;
    const linked = linkSignals(signal, this.#closing.signal);
    try {
      return await this.#oneShots.use(linked.signal, async () => {
        const stream = await connectPatiently(endpoint, clock, linked.signal);
        const answer = await askOnce(stream, command, {
          label: this.label,
          replyLimit,
          signal: linked.signal,
        });
        return understand(command, answer, this.label);
      });
    } finally {
      linked[Symbol.dispose]();
    }
  }

  async #sendInLine<T>(commands: readonly Command<T>[], signal: AbortSignal): Promise<T[]> {
    const giveUp = () => {
      if (signal.reason instanceof TimeoutError) this.#live?.close('HAProxy did not answer in time');
    };
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await this.#tryInLine(commands, signal);
    } catch (error) {
      // Not written, or only read: a second try on a new connection cannot do anything twice.
      const harmless = !commands.some(({ changes }) => changes);
      const again = isHaproxyError(error, 'stale-worker') || (isHaproxyError(error, 'lost') && harmless);
      if (!again || signal.aborted) throw error;
      return await this.#tryInLine(commands, signal);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async #tryInLine<T>(commands: readonly Command<T>[], signal: AbortSignal): Promise<T[]> {
    const session = await this.#aliveSession();
    signal.throwIfAborted();
    for (const command of commands) if (command.changes) session.demand(command);
    return session.askAll(commands, signal);
  }

  /** The lasting session, renewed when it has ended or its worker is on its way out. */
  async #aliveSession(): Promise<Session> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      this.#session ??= this.#openLasting();
      const opening = this.#session;
      const session = await opening;
      if (await session.alive(this.#closing.signal)) return session;
      session.close('its worker was replaced');
      if (this.#session === opening) this.#session = undefined;
    }
    throw stale(this.label);
  }

  /** Shared by all who wait for it, so that it ends with no single caller. */
  async #openLasting(): Promise<Session> {
    const limits = { timeout: this.#options.connectTimeout, signal: this.#closing.signal };
    try {
      this.#live = await this.#within('prompt', limits, (signal) => this.#open(signal));
      return this.#live;
    } catch (error) {
      this.#session = undefined;
      throw error;
    }
  }

  async #open(signal: AbortSignal): Promise<Session> {
    const { endpoint, clock, replyLimit } = this.#options;
    const session = new Session(
      await connectPatiently(endpoint, clock, signal),
      this.label,
      clock,
      replyLimit,
    );
    try {
      return await session.start(signal);
    } catch (error) {
      session.close('it did not start');
      throw error;
    }
  }
}
