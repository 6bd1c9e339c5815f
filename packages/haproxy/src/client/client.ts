import { option } from '@cutover/internal';
import type { Command } from '../commands/command.ts';
import type { StatFilter, StatRow } from '../commands/stat.ts';
import type { Limits } from '../connection/batch.ts';
import { Transport } from '../connection/transport.ts';
import { checkOptions } from '../errors.ts';
import { events } from '../verbs/events.ts';
import { Memory } from '../verbs/memory.ts';
import { readProxyRows } from '../verbs/proxy-rows.ts';
import type { Haproxy } from '../verbs/verb.ts';
import { watch } from '../verbs/watch.ts';
import { COMMANDS } from './commands.ts';
import { type RuntimeClientOptions, readClientOptions } from './options.ts';
import { VERBS } from './verbs.ts';

/** A function that gives a command, as a method that sends it. */
type Sent<F> = F extends (...args: infer A) => Command<infer T> ? (...args: A) => Promise<T> : never;
/** A verb without its first parameter, which the client supplies. */
type Bound<F> = F extends (haproxy: Haproxy, ...args: infer A) => infer R ? (...args: A) => R : never;

export type CommandMethods = { readonly [K in keyof typeof COMMANDS]: Sent<(typeof COMMANDS)[K]> };
export type VerbMethods = { readonly [K in keyof typeof VERBS]: Bound<(typeof VERBS)[K]> };

/** A client of one HAProxy's Runtime API: its commands, and verbs above them. */
export interface RuntimeClient extends CommandMethods, VerbMethods, AsyncDisposable {
  /** `show stat`, of the proxies of one name or of all; `not-found` when there is none of that name and type. */
  showStat(filter?: StatFilter): Promise<StatRow[]>;
  /** Polls `show stat` at a bounded rate: an async iterable of rows with deltas and rates. */
  watch: Bound<typeof watch>;
  /** Listens to a ring of HAProxy: an async iterable of what is written to it, line by line. */
  events: Bound<typeof events>;
  /** Where it connects, as errors name it. */
  readonly label: string;
  /** The same client, over the same connections, with other limits for its commands. */
  with(limits: Partial<Limits>): RuntimeClient;
  /** Sends a command that one of the command functions made. */
  run<T>(command: Command<T>): Promise<T>;
  /**
   * Sends many under one deadline, in order, in one pipeline; commands that need their own connection go separately.
   * Rejects with the first failure.
   */
  runAll<T>(commands: readonly Command<T>[]): Promise<T[]>;
  /** Ends every command that is under way, and the connections. */
  close(): Promise<void>;
}

/**
 * Creates a client; connects with the first command.
 * @throws {HaproxyError} `invalid-options`.
 */
export function createRuntimeClient(options: RuntimeClientOptions): RuntimeClient {
  const { oneShot, timeout, signal, ...rest } = readClientOptions(options);
  const base = { clock: rest.clock, memory: new Memory() };
  return clientOf(new Transport({ ...rest, persistent: !oneShot }), base, { timeout, signal });
}

function clientOf(
  transport: Transport,
  base: Pick<Haproxy, 'clock' | 'memory'>,
  limits: Limits,
): RuntimeClient {
  const haproxy: Haproxy = {
    ...base,
    label: transport.label,
    run: (command, signal = limits.signal) => transport.run(command, { ...limits, signal }),
    runAll: (commands, signal = limits.signal) => transport.runAll(commands, { ...limits, signal }),
    listen: (line, signal = limits.signal) => transport.listen(line, { ...limits, signal }),
    invalidateWorker: () => transport.invalidateWorker(),
    runLong: (command, timeout, signal = limits.signal) => transport.runLong(command, { timeout, signal }),
  };
  const shutDown = () => transport.close();
  return {
    label: transport.label,
    ...bindCommands(haproxy),
    ...bindVerbs(haproxy),
    events: (options) => events(haproxy, options),
    showStat: (filter) => readProxyRows(haproxy, filter),
    watch: (options) => watch(haproxy, options),
    with: (other) =>
      clientOf(transport, base, { ...limits, ...checkOptions('with()', other, LIMIT_RULES, {}) }),
    run: (command) => haproxy.run(command),
    runAll: (commands) => haproxy.runAll(commands),
    close: shutDown,
    [Symbol.asyncDispose]: shutDown,
  };
}

const LIMIT_RULES = { timeout: option.limit, signal: option.signal };

type Loose = (...args: never[]) => unknown;

const bindCommands = (haproxy: Haproxy): CommandMethods =>
  mapValues(
    COMMANDS,
    (make) =>
      async (...args: never[]) =>
        haproxy.run((make as Loose)(...args) as Command<unknown>),
  ) as never;

const bindVerbs = (haproxy: Haproxy): VerbMethods =>
  mapValues(
    VERBS,
    (verb) =>
      async (...args: never[]) =>
        (verb as Loose)(haproxy as never, ...args),
  ) as never;

const mapValues = <V, R>(record: Readonly<Record<string, V>>, change: (value: V) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
