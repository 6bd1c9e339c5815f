import { setMaxListeners } from 'node:events';
import { bounded, linkSignals, TimeoutError } from '@cutover/internal';
import { type Command, change, understand } from '../commands/command.ts';
import { showVersion } from '../commands/info.ts';
import { HaproxyError, isHaproxyError } from '../errors.ts';
import { connectPatiently } from './address.ts';
import type { Limits } from './batch.ts';
import { askOnce } from './one-shot.ts';
import { demandVersion, Session, stale } from './session.ts';
import { Slots } from './slots.ts';
import type { TransportOptions } from './transport-options.ts';

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
  #opening: Promise<Session> | undefined;
  #session: Session | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    // Every call under way listens; that is no leak.
    setMaxListeners(0, this.#closing.signal);
  }

  get label(): string {
    return this.#options.endpoint.label;
  }

  run<T>(command: Command<T>, limits: Limits): Promise<T> {
    const alone = command.alone || !this.#options.persistent;
    return this.#explained(command.line, command.changes, limits, async () => {
      if (alone) return this.#sendAlone([command], limits);
      return this.#sendInLine([command], limits);
    }).then(([value]) => value as T);
  }

  /** All of them down one pipeline, under one deadline. Rejects with the first failure; those sent are sent. */
  async runAll<T>(commands: readonly Command<T>[], limits: Limits): Promise<T[]> {
    if (commands.length === 0) return [];
    const changes = commands.some((command) => command.changes);
    return this.#explained(`${commands.length} commands`, changes, limits, () =>
      this.#options.persistent ? this.#sendInLine(commands, limits) : this.#sendAlone(commands, limits),
    );
  }

  /** For `wait`: a connection of its own, on which HAProxy's idle limit is longer than the wait. */
  runLong<T>(command: Command<T>, limits: Limits): Promise<T> {
    return this.#explained(command.line, command.changes, limits, () =>
      this.#bounded(limits, (signal) =>
        this.#waits.use(signal, async () => {
          const session = await this.#open({ ...limits, signal });
          try {
            const seconds = Math.ceil(limits.timeout / 1000) + 5;
            const patience: Command<unknown> = change(`set timeout cli ${seconds}`, { level: 'user' });
            await session.ask([patience], { ...limits, signal });
            const [value] = await session.ask([command], { ...limits, signal });
            return value as T;
          } finally {
            session.close('done');
          }
        }),
      ),
    );
  }

  async close(): Promise<void> {
    this.#closing.abort(
      new HaproxyError('closed', { doing: `talking to ${this.label}`, found: 'this client was closed' }),
    );
    await this.#opening?.catch(() => undefined);
    this.#session?.close('this client was closed');
  }

  /** Says what was being done when a limit passed. */
  async #explained<T>(
    doing: string,
    changes: boolean,
    { timeout, signal }: Limits,
    work: () => Promise<T>,
  ): Promise<T> {
    this.#closing.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TimeoutError) || error === signal?.reason) throw error;
      throw new HaproxyError(
        'timeout',
        {
          doing: `"${doing}" at ${this.label}`,
          found: new TimeoutError(timeout).message,
          fix: changes
            ? 'it may have happened: read the state before you repeat it'
            : 'raise timeout, or see whether HAProxy is stuck',
        },
        { cause: error },
      );
    }
  }

  /** Under the call's limits, and ended when this client is closed. */
  async #bounded<T>({ timeout, signal }: Limits, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    using linked = linkSignals(signal, this.#closing.signal);
    return await bounded({ timeout, signal: linked.signal }, work);
  }

  #sendAlone<T>(commands: readonly Command<T>[], limits: Limits): Promise<T[]> {
    return this.#bounded(limits, async (signal) => {
      const results: T[] = [];
      for (const command of commands) {
        if (command.since) demandVersion(command, await this.#askOnce(showVersion(), signal), this.label);
        results.push(await this.#askOnce(command, signal));
      }
      return results;
    });
  }

  async #askOnce<T>(command: Command<T>, signal: AbortSignal): Promise<T> {
    const { endpoint, clock, replyLimit } = this.#options;
    const answer = await this.#oneShots.use(signal, async () => {
      const stream = await connectPatiently(endpoint, clock, signal);
      return askOnce(stream, command, { label: this.label, replyLimit, signal });
    });
    return understand(command, answer, this.label);
  }

  async #sendInLine<T>(commands: readonly Command<T>[], limits: Limits): Promise<T[]> {
    const end = this.#options.clock.now() + limits.timeout;
    const attempt = async () => {
      const left = { ...limits, timeout: Math.max(1, end - this.#options.clock.now()) };
      // The common case costs no AbortController and no turn of the event loop.
      const session = this.#session?.fresh ? this.#session : await this.#aliveSession(left);
      return session.ask(commands, left);
    };
    try {
      return await attempt();
    } catch (error) {
      // Not written, to a worker without traffic, or only read: nothing that counts can happen twice.
      const harmless = !commands.some(({ changes }) => changes);
      const again = isHaproxyError(error, 'stale-worker') || (isHaproxyError(error, 'lost') && harmless);
      if (!again || limits.signal?.aborted) throw error;
      this.#session?.doubt();
      return attempt();
    }
  }

  /** The lasting session, renewed when it has ended or its worker is on its way out; waited for within the limits. */
  async #aliveSession(limits: Limits): Promise<Session> {
    try {
      return await bounded(limits, () => this.#renewed());
    } catch (error) {
      if (error instanceof TimeoutError) this.#session?.close('HAProxy did not answer in time');
      throw error;
    }
  }

  async #renewed(): Promise<Session> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      this.#opening ??= this.#openLasting();
      const opening = this.#opening;
      const session = await opening;
      if (await session.alive({ timeout: Number.POSITIVE_INFINITY, signal: this.#closing.signal }))
        return session;
      session.close('its worker was replaced');
      if (this.#opening === opening) this.#opening = undefined;
    }
    throw stale(this.label);
  }

  /** Shared by all who wait for it, so that it ends with no single caller. */
  async #openLasting(): Promise<Session> {
    const limits = { timeout: this.#options.connectTimeout };
    try {
      this.#session = await this.#explained('prompt', false, limits, () =>
        this.#bounded(limits, (signal) => this.#open({ ...limits, signal })),
      );
      return this.#session;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async #open(limits: Limits & { readonly signal: AbortSignal }): Promise<Session> {
    const { endpoint, clock, replyLimit } = this.#options;
    const stream = await connectPatiently(endpoint, clock, limits.signal);
    const session = new Session(stream, this.label, clock, replyLimit);
    try {
      return await session.start(limits);
    } catch (error) {
      session.close('it did not start');
      throw error;
    }
  }
}
