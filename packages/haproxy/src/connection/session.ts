import type { Duplex } from 'node:stream';
import { type Clock, type Explanation, Timer } from '@cutover/internal';
import {
  type Answer,
  type Command,
  denial,
  LEVELS,
  type Level,
  tooOld,
  understand,
} from '../commands/command.ts';
import { cliLevel, type Info, isAtLeast, readVersion, showInfo, type Version } from '../commands/info.ts';
import { HaproxyError, type HaproxyErrorCode, isHaproxyError } from '../errors.ts';
import type { Limits } from './batch.ts';
import { PromptConnection } from './prompt-connection.ts';

/**
 * How long a look at the worker counts, in milliseconds. After a reload a connection stays with the old worker, which
 * answers with old numbers and takes changes that reach no traffic; so no command relies on an older check than this,
 * and a verb's change always makes a new check.
 */
export const CHECK_AGE = 5;

/** Milliseconds without a command after which the connection is closed: an open one keeps an old worker alive. */
export const IDLE_LIMIT = 1_000;

/** A connection on which one worker sends events. */
export interface Listening {
  readonly pid: number;
  readonly stream: Duplex;
}

/** A prompt connection that knows its worker and its level, and closes by itself when idle. */
export class Session {
  readonly connection: PromptConnection;
  readonly #label: string;
  readonly #clock: Clock;
  #level: Level = 'user';
  #worker: Info | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #checking: Promise<boolean> | undefined;
  #idle: Timer | undefined;

  constructor(stream: Duplex, label: string, clock: Clock, replyLimit: number) {
    this.#label = label;
    this.#clock = clock;
    this.connection = new PromptConnection(stream, label, {
      replyLimit,
      onIdle: (idle) => this.#rest(stream, idle),
    });
  }

  /** Enters prompt mode, asks for severities, and reads which worker answers. */
  async start(limits: Limits): Promise<this> {
    const opening = ['prompt', 'set severity-output number', cliLevel().line];
    const [answers] = await Promise.all([this.connection.send(opening, limits), this.alive(limits)]);
    this.#level = understand(cliLevel(), answers[2] as Answer, this.#label);
    return this;
  }

  /** True while the last check of the worker is recent enough to send a command without another check. */
  get fresh(): boolean {
    return this.connection.usable && this.#clock.now() - this.#checkedAt < CHECK_AGE;
  }

  /** Makes the next command check the worker first. */
  invalidateWorker(): void {
    this.#checkedAt = Number.NEGATIVE_INFINITY;
  }

  /** Whether the worker behind this connection is the one that takes traffic; looks again when the last look is old. */
  async alive(limits: Limits): Promise<boolean> {
    if (this.fresh || !this.connection.usable) return this.connection.usable;
    this.#checking ??= this.#look(limits).finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #look(limits: Limits): Promise<boolean> {
    try {
      const [info] = await this.ask([showInfo()], limits);
      this.#worker ??= info;
      const alive = info?.stopping === false && this.#worker?.pid === info.pid;
      if (alive) this.#checkedAt = this.#clock.now();
      return alive;
    } catch (error) {
      if (isHaproxyError(error, 'lost', 'stale-worker')) return false;
      throw error;
    }
  }

  /**
   * Sends commands down one pipeline.
   * @throws {HaproxyError} `unsupported` or `denied`, before anything is sent, when one of them is too new for this
   *   HAProxy or its change needs a higher level; the first failure, when all were sent.
   */
  async ask<T>(commands: readonly Command<T>[], limits: Limits): Promise<T[]> {
    for (const command of commands) this.#demand(command);
    const lines = commands.map(({ line }) => line);
    const answers = await this.connection.send(lines, limits);
    return commands.map((command, at) => understand(command, answers[at] as Answer, this.#label));
  }

  #demand(command: Command<unknown>): void {
    const { level, changes } = command;
    const version = command.since && readVersion(this.#worker?.version ?? '');
    if (version) demandVersion(command, version, this.#label);
    if (!changes || LEVELS.indexOf(this.#level) >= LEVELS.indexOf(level)) return;
    throw unsent('denied', command, this.#label, `a socket of level ${this.#level}`, denial(level));
  }

  /** Sends a last line, whose answer has no end, and hands the connection to the caller. */
  listen(line: string): Listening {
    this.#idle?.stop();
    const stream = this.connection.release();
    if ('ref' in stream) (stream as unknown as NodeJS.Timeout).ref();
    stream.write(`${line}\n`);
    return { stream, pid: this.#worker?.pid ?? 0 };
  }

  close(why: string): void {
    this.#idle?.stop();
    this.connection.end(why);
  }

  #rest(stream: Duplex, idle: boolean): void {
    // An idle connection keeps no process alive.
    if ('unref' in stream && 'ref' in stream) (stream as unknown as NodeJS.Timeout)[idle ? 'unref' : 'ref']();
    // One timer, set back with each command: making one for each costs more than the command.
    if (!this.connection?.usable) this.#idle?.stop();
    else if (this.#idle) this.#idle.restart();
    else this.#idle = new Timer(IDLE_LIMIT, () => this.#endIdle()).unref();
  }

  #endIdle(): void {
    if (this.connection.busy) this.#idle?.restart();
    else this.close('idle');
  }
}

/** Throws `unsupported` for a command that only later versions of HAProxy have. */
export function demandVersion(command: Command<unknown>, version: Version, label: string): void {
  const { since } = command;
  if (since === undefined || isAtLeast(version, since)) return;
  throw unsent('unsupported', command, label, `HAProxy ${version.text}`, tooOld(since));
}

const unsent = (
  code: HaproxyErrorCode,
  { line }: Command<unknown>,
  label: string,
  found: string,
  rest: Partial<Explanation>,
) =>
  new HaproxyError(code, { doing: `"${line}" at ${label}`, found: `${found}, so nothing was sent`, ...rest });

export const stale = (label: string) =>
  new HaproxyError('stale-worker', {
    doing: `talking to ${label}`,
    found: 'every new connection reaches a worker that is stopping',
    wanted: 'the worker that takes traffic',
    fix: 'wait until the reload has ended, or start HAProxy again',
  });
