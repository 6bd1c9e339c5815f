import type { Duplex } from 'node:stream';
import type { Clock } from '@cutover/internal';
import { type Answer, type Command, denial, LEVELS, type Level, understand } from '../commands/command.ts';
import { cliLevel, showInfo } from '../commands/info.ts';
import { HaproxyError, isHaproxyError } from '../errors.ts';
import { PromptConnection } from './prompt-connection.ts';

/**
 * How long a look at the worker counts, in milliseconds. After a reload a connection stays with the old worker, which
 * answers with old numbers and takes changes that reach no traffic; so no command rides on an older look than this.
 */
export const CHECK_AGE = 50;

/** Milliseconds without a command after which the connection is closed: an open one keeps an old worker alive. */
export const IDLE_LIMIT = 1_000;

/** A prompt connection that knows its worker and its level, and closes by itself when idle. */
export class Session {
  readonly connection: PromptConnection;
  readonly #label: string;
  readonly #clock: Clock;
  #level: Level = 'user';
  #pid: number | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #checking: Promise<boolean> | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(stream: Duplex, label: string, clock: Clock, replyLimit: number) {
    this.#label = label;
    this.#clock = clock;
    this.connection = new PromptConnection(stream, label, {
      replyLimit,
      onIdle: (idle) => this.#rest(stream, idle),
    });
  }

  /** Enters prompt mode, asks for severities, and learns who answers. */
  async start(signal: AbortSignal): Promise<this> {
    const opening = ['prompt', 'set severity-output number', cliLevel().line];
    const [answers] = await Promise.all([this.connection.send(opening, signal), this.alive(signal)]);
    this.#level = understand(cliLevel(), answers[2] as Answer, this.#label);
    return this;
  }

  /** Throws `denied`, before anything is sent, when the socket's level is too low for a command. */
  demand({ line, level }: Command<unknown>): void {
    if (LEVELS.indexOf(this.#level) >= LEVELS.indexOf(level)) return;
    throw new HaproxyError('denied', {
      doing: `"${line}" at ${this.#label}`,
      found: `a socket of level ${this.#level}, so nothing was sent`,
      ...denial(level),
    });
  }

  /** Whether the worker behind this connection is the one that takes traffic; looks again when the last look is old. */
  alive(signal: AbortSignal): Promise<boolean> | boolean {
    if (!this.connection.usable) return false;
    if (this.#clock.now() - this.#checkedAt < CHECK_AGE) return true;
    this.#checking ??= this.#look(signal).finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #look(signal: AbortSignal): Promise<boolean> {
    try {
      const info = await this.ask(showInfo(), signal);
      this.#pid ??= info.pid;
      const alive = !info.stopping && this.#pid === info.pid;
      if (alive) this.#checkedAt = this.#clock.now();
      return alive;
    } catch (error) {
      if (isHaproxyError(error, 'lost', 'stale-worker')) return false;
      throw error;
    }
  }

  async ask<T>(command: Command<T>, signal: AbortSignal): Promise<T> {
    const [answer] = await this.connection.send([command.line], signal);
    return understand(command, answer as Answer, this.#label);
  }

  async askAll<T>(commands: readonly Command<T>[], signal: AbortSignal): Promise<T[]> {
    const lines = commands.map(({ line }) => line);
    const answers = await this.connection.send(lines, signal);
    return commands.map((command, at) => understand(command, answers[at] as Answer, this.#label));
  }

  close(why: string): void {
    clearTimeout(this.#idle);
    this.connection.end(why);
  }

  #rest(stream: Duplex, idle: boolean): void {
    clearTimeout(this.#idle);
    // An idle connection keeps no process alive.
    if ('unref' in stream && 'ref' in stream) (stream as unknown as NodeJS.Timeout)[idle ? 'unref' : 'ref']();
    if (!idle || !this.connection?.usable) return;
    this.#idle = setTimeout(() => this.close('idle'), IDLE_LIMIT).unref();
  }
}

export const stale = (label: string) =>
  new HaproxyError('stale-worker', {
    doing: `talking to ${label}`,
    found: 'every new connection reaches a worker that is stopping',
    wanted: 'the worker that takes traffic',
    fix: 'wait until the reload has ended, or start HAProxy again',
  });
