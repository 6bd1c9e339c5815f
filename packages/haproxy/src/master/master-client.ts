import { bounded, option } from '@cutover/internal';
import { type RuntimeClientOptions, readClientOptions } from '../client/options.ts';
import { type Command, query, understand } from '../commands/command.ts';
import { showInfo, showVersion } from '../commands/info.ts';
import { connectWithRetries } from '../connection/address.ts';
import { askOnce } from '../connection/one-shot.ts';
import { demandVersion } from '../connection/session.ts';
import { checkOptions, isHaproxyError, timedOut } from '../errors.ts';
import { type Proc, readProcs } from './procs.ts';

export type MasterClientOptions = Pick<
  RuntimeClientOptions,
  'address' | 'connect' | 'allowRemote' | 'timeout' | 'signal' | 'clock'
>;

/** How a reload ended. */
export interface ReloadResult {
  /** Undefined before HAProxy 2.7, which does not report the result of a reload. */
  readonly success: boolean | undefined;
  /** HAProxy's log lines of it. */
  readonly log: string;
}

/** A client of HAProxy's master process (`-S`): list of processes, reload, clients of old workers. */
export interface MasterClient {
  /** `show proc`. */
  showProc(): Promise<Proc[]>;
  /** `reload`. Runtime changes are lost unless they were persisted. */
  reload(): Promise<ReloadResult>;
  /** Sends a command to the worker that takes traffic now. */
  run<T>(command: Command<T>): Promise<T>;
  /** Old workers and how many client connections each still has; rejects when a running one does not answer. */
  oldWorkers(): Promise<{ pid: number; connections: number }[]>;
}

/**
 * Creates a client of the master's socket: a connection each command, since a stuck worker makes a lasting one hang.
 * Use the worker's socket for all else: here it is four times slower.
 * @throws {HaproxyError} `invalid-options`.
 */
export function createMasterClient(options: MasterClientOptions): MasterClient {
  const { endpoint, clock, timeout, signal, replyLimit } = readClientOptions(
    checkOptions('creating a client of the HAProxy master', options, RULES, {}),
  );
  const { label } = endpoint;
  const send = async <T>(command: Command<T>): Promise<T> => {
    const explain = timedOut(`"${command.line}" at ${label}`);
    return bounded({ timeout, signal, explain }, async (inner) => {
      const stream = await connectWithRetries(endpoint, clock, inner);
      const asking = { label, replyLimit, signal: inner, isWhole: isTargetError, after: 'quit\n' };
      return understand(command, await askOnce(stream, command, asking), label);
    });
  };
  const listOld = async () => (await send(SHOW_PROC)).filter(({ old }) => old);
  /** Undefined for a worker that has ended. A worker that is ending stays listed but does not answer: retried. */
  const countOf = async (pid: number) => {
    for (const end = clock.now() + timeout; ; await clock.sleep(ENDING_PAUSE, signal)) {
      try {
        return { pid, connections: await send(connectionsOf(pid)) };
      } catch (error) {
        if (!isHaproxyError(error, 'refused', 'not-found', 'unexpected', 'truncated')) throw error;
        if (!(await listOld()).some((worker) => worker.pid === pid)) return undefined;
        if (clock.now() >= end) throw error;
      }
    }
  };
  return {
    showProc: () => send(SHOW_PROC),
    reload: () => send(RELOAD),
    run: async (command) => {
      if (command.since) demandVersion(command, await send(toWorker(showVersion())), label);
      return send(toWorker(command));
    },
    oldWorkers: async () => {
      const counted = await Promise.all((await listOld()).map(({ pid }) => countOf(pid)));
      return counted.filter((worker) => worker !== undefined);
    },
  };
}

/** Milliseconds between two questions to a worker that is ending. */
const ENDING_PAUSE = 20;

const RULES = {
  address: option.text,
  connect: option.function,
  allowRemote: option.boolean,
  timeout: option.limit,
  signal: option.signal,
  clock: option.object,
};

const SHOW_PROC: Command<Proc[]> = query('show proc', readProcs, { alone: true, unframed: true });

const RELOAD: Command<ReloadResult> = {
  ...query('reload', (answer) => {
    const [head = '', , ...log] = answer.split('\n');
    if (answer === '') return { success: undefined, log: '' };
    return head.startsWith('Success=') ? { success: head === 'Success=1', log: log.join('\n') } : undefined;
  }),
  changes: true,
  unframed: true,
};

/** `@1` is the worker of the last reload. The rest of the line goes there as it is, escapes included. */
const toWorker = <T>(command: Command<T>): Command<T> => ({ ...command, line: `@1 ${command.line}` });

const connectionsOf = (pid: number): Command<number> =>
  query(
    `@!${pid} show info`,
    (answer) => {
      const connections = showInfo().read(answer)?.values.get('CurrConns');
      return connections === undefined ? undefined : Number(connections);
    },
    { unframed: true },
  );

/** After this one the master neither ends the answer nor closes. */
const isTargetError = (chunk: string): boolean => chunk.includes("Can't find the target");
