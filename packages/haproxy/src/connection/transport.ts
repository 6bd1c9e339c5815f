import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import { TimeoutError } from '@cutover/internal';
import { type Command, change, understand } from '../commands/command.ts';
import { showVersion } from '../commands/info.ts';
import { HaproxyError, isHaproxyError } from '../errors.ts';
import { connectWithRetries } from './address.ts';
import type { Limits } from './batch.ts';
import { LastingSession, openSession } from './lasting-session.ts';
import { limited } from './limited.ts';
import { askOnce } from './one-shot.ts';
import { runsOf } from './runs.ts';
import { demandVersion, type Listening } from './session.ts';
import { Slots } from './slots.ts';
import type { TransportOptions } from './transport-options.ts';

/** Connections at a time for commands that each take their own; with the persistent one, three. */
const ONE_SHOTS = 2;

/** Seconds that a listening connection may be idle: eleven days, near the maximum that HAProxy accepts. */
const LISTENING_LIMIT = 1_000_000;

/** Seconds after which HAProxy closes an idle connection; its default is 10. */
const cliTimeout = (seconds: number): Command<unknown> =>
  change(`set timeout cli ${seconds}`, { level: 'user' });

/** Sends commands: in order on one persistent connection, or each on its own; long waits on separate connections. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #oneShots = new Slots(ONE_SHOTS);
  readonly #waits = new Slots(1);
  readonly #closing = new AbortController();
  readonly #session: LastingSession;

  constructor(options: TransportOptions) {
    this.#options = options;
    // Every pending call adds a listener; that is not a leak.
    setMaxListeners(0, this.#closing.signal);
    const limits = { timeout: options.connectTimeout };
    const open = () =>
      this.#explained('prompt', false, limits, () =>
        limited(limits, this.#closing.signal, (signal) => openSession(options, { ...limits, signal })),
      );
    this.#session = new LastingSession(this.label, open, this.#closing.signal);
  }

  get label(): string {
    return this.#options.endpoint.label;
  }

  async run<T>(command: Command<T>, limits: Limits): Promise<T> {
    const alone = command.alone || !this.#options.persistent;
    const [value] = await this.#explained(command.line, command.changes, limits, () =>
      alone ? this.#sendAlone([command], limits) : this.#sendInLine([command], limits),
    );
    return value as T;
  }

  /**
   * All of them under one deadline, in order, in one pipeline; commands that need their own connection go separately.
   * Rejects with the first failure; commands already sent may still take effect.
   */
  async runAll<T>(commands: readonly Command<T>[], limits: Limits): Promise<T[]> {
    if (commands.length === 0) return [];
    const changes = commands.some((command) => command.changes);
    return this.#explained(`${commands.length} commands`, changes, limits, () =>
      this.#sendAll(commands, limits),
    );
  }

  async #sendAll<T>(commands: readonly Command<T>[], limits: Limits): Promise<T[]> {
    const { clock, persistent } = this.#options;
    const end = clock.now() + limits.timeout;
    const values: T[] = [];
    for (const run of runsOf(commands)) {
      const left = { ...limits, timeout: Math.max(1, end - clock.now()) };
      const inLine = persistent && !run[0]?.alone;
      values.push(...(await (inLine ? this.#sendInLine(run, left) : this.#sendAlone(run, left))));
    }
    return values;
  }

  /** For `wait`: a separate connection, on which HAProxy's idle limit is longer than the wait. */
  runLong<T>(command: Command<T>, { timeout, signal: outer }: Limits): Promise<T> {
    const work = async (signal: AbortSignal) => {
      const limits = { timeout, signal };
      const session = await openSession(this.#options, limits);
      try {
        await session.ask([cliTimeout(Math.ceil(timeout / 1000) + 5)], limits);
        const [value] = await session.ask([command], limits);
        return value as T;
      } finally {
        session.close('done');
      }
    };
    const limits = { timeout, signal: outer };
    return this.#explained(command.line, command.changes, limits, () =>
      limited(limits, this.#closing.signal, (signal) => this.#waits.use(signal, () => work(signal))),
    );
  }

  /** For events: a separate connection on which HAProxy answers to `line` without an end; closed with this client. */
  listen(line: string, { timeout, signal: outer }: Limits): Promise<Listening> {
    const begin = async (signal: AbortSignal) => {
      const limits = { timeout, signal };
      const session = await openSession(this.#options, limits);
      try {
        await session.ask([cliTimeout(LISTENING_LIMIT)], limits);
        return session.listen(line);
      } catch (error) {
        session.close('it did not listen');
        throw error;
      }
    };
    const limits = { timeout, signal: outer };
    return this.#explained(line, false, limits, async () => {
      const listening = await limited(limits, this.#closing.signal, begin);
      this.#closeWithClient(listening.stream);
      return listening;
    });
  }

  /** Makes the next command check the worker first. */
  invalidateWorker(): void {
    this.#session.invalidateWorker();
  }

  #closeWithClient(stream: Duplex): void {
    const { signal } = this.#closing;
    const end = () => void stream.destroy();
    signal.addEventListener('abort', end, { once: true });
    stream.on('error', end).once('close', () => signal.removeEventListener('abort', end));
  }

  async close(): Promise<void> {
    this.#closing.abort(
      new HaproxyError('closed', { doing: `talking to ${this.label}`, found: 'this client was closed' }),
    );
    await this.#session.close();
  }

  async #sendInLine<T>(commands: readonly Command<T>[], limits: Limits): Promise<T[]> {
    const { clock } = this.#options;
    const end = clock.now() + limits.timeout;
    const attempt = async () => {
      const left = { ...limits, timeout: Math.max(1, end - clock.now()) };
      return (await this.#session.get(left)).ask(commands, left);
    };
    try {
      return await attempt();
    } catch (error) {
      // Not written, sent to a worker without traffic, or only a read: a retry cannot apply a change twice.
      const harmless = !commands.some(({ changes }) => changes);
      const again = isHaproxyError(error, 'stale-worker') || (isHaproxyError(error, 'lost') && harmless);
      if (!again || limits.signal?.aborted) throw error;
      this.#session.invalidateWorker();
      return attempt();
    }
  }

  #sendAlone<T>(commands: readonly Command<T>[], limits: Limits): Promise<T[]> {
    return limited(limits, this.#closing.signal, async (signal) => {
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
      const stream = await connectWithRetries(endpoint, clock, signal);
      return askOnce(stream, command, { label: this.label, replyLimit, signal });
    });
    return understand(command, answer, this.label);
  }

  /** The error of a limit that has passed, with the operation. */
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
}
