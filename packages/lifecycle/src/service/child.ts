import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { type Clock, messageOf } from '@cutover/internal';
import { LifecycleError } from '../errors.ts';
import { send } from '../pm2/end-processes.ts';
import { endFamily } from './end-family.ts';
import { familyOf, frontOf } from './family.ts';

/** How a command ended. */
export interface ChildEnd {
  /** As in a shell: 128 plus the signal's number for a death by signal. */
  readonly exitCode: number;
  /** The signal it died of, if any. */
  readonly signal: NodeJS.Signals | null;
  /** Whether it, or a process it had started, had to be killed at the end of its time. */
  readonly killed: boolean;
}

export interface ChildOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string | undefined;
  readonly clock: Clock;
  /** Milliseconds from the first stop signal to SIGKILL. */
  readonly gracePeriod: number;
  /** Called when it ends by itself and leaves processes behind, which are then stopped. */
  onLeftBehind?(count: number): void;
}

export interface Child {
  readonly pid: number;
  /** Resolves when it and all that it has started have ended. */
  readonly ended: Promise<ChildEnd>;
  /** Forwards a signal without further effect. */
  signal(name: NodeJS.Signals): void;
  /** Asks it to stop, once; after the grace period it is killed with all that it has started. */
  stop(name: NodeJS.Signals): void;
}

/** @throws {LifecycleError} `command-failed` when it cannot be started */
export async function startChild(
  [program = '', ...args]: readonly string[],
  { env, cwd, clock, gracePeriod, onLeftBehind }: ChildOptions,
): Promise<Child> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  // Its own session: Ctrl-C reaches it only through this process, once, and the session id identifies what it leaves behind.
  const child = spawn(program, args, { env, cwd, stdio: 'inherit', detached: true });
  const gone = new AbortController();
  const exited = new Promise<Pick<ChildEnd, 'exitCode' | 'signal'>>((resolve) => {
    child.once('close', (code, signal) => {
      gone.abort();
      resolve({ exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0), signal });
    });
  });
  await spawned(child, program);
  const pid = child.pid as number;
  const living = familyOf(pid);
  let killing: Promise<boolean> | undefined;
  const stop = (name: NodeJS.Signals) => {
    killing ??= endFamily(living, name, { clock, gracePeriod, leaderEnded: gone.signal });
    return killing;
  };
  const ended = exited.then(async (end): Promise<ChildEnd> => {
    const left = killing === undefined ? living().length : 0;
    if (left > 0) onLeftBehind?.(left);
    return { ...end, killed: await stop('SIGTERM') };
  });
  return {
    pid,
    ended,
    signal: (name) => {
      for (const one of frontOf(living())) send(one.pid, name);
    },
    stop: (name) => void stop(name),
  };
}

const spawned = (child: ChildProcess, program: string): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('spawn', () => resolve());
    child.once('error', (cause) => {
      const explanation = {
        doing: `starting ${program}`,
        found: messageOf(cause),
        fix: 'check that it is installed and in the PATH',
      };
      reject(new LifecycleError('command-failed', explanation, { cause }));
    });
  });
