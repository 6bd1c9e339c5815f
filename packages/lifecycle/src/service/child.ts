import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { type Clock, messageOf } from '@cutover/internal';
import { LifecycleError } from '../errors.ts';

/** How a command ended. */
export interface ChildEnd {
  /** As a shell has it: 128 and the signal's number for a death by signal. */
  readonly exitCode: number;
  /** The signal it died of, if any. */
  readonly signal: NodeJS.Signals | null;
  /** Whether we had to kill it, its time being over. */
  readonly killed: boolean;
}

export interface ChildOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string | undefined;
  readonly clock: Clock;
  /** Milliseconds from the first stop signal to SIGKILL. */
  readonly gracePeriod: number;
}

export interface Child {
  readonly pid: number;
  readonly ended: Promise<ChildEnd>;
  /** Passes a signal on without consequences. */
  signal(name: NodeJS.Signals): void;
  /** Asks it to stop, once; after the grace period it and its process group are killed. */
  stop(name: NodeJS.Signals): void;
}

/** @throws {LifecycleError} `command-failed` when it cannot be started */
export async function startChild(
  [program = '', ...args]: readonly string[],
  { env, cwd, clock, gracePeriod }: ChildOptions,
): Promise<Child> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  // A group of its own: a Ctrl-C reaches it through us alone, once, and what it leaves behind can be killed with it.
  const child = spawn(program, args, { env, cwd, stdio: 'inherit', detached: true });
  const over = new AbortController();
  let killed = false;
  let stopping = false;
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('close', (code, signal) => {
      over.abort();
      resolve({ exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0), signal, killed });
    });
  });
  await spawned(child, program);
  const kill = () => {
    killed = true;
    killGroup(child.pid as number);
  };
  return {
    pid: child.pid as number,
    ended,
    signal: (name) => void child.kill(name),
    stop: (name) => {
      if (stopping) return;
      stopping = true;
      child.kill(name);
      clock.sleep(gracePeriod, over.signal).then(kill, () => {});
    },
  };
}

const spawned = (child: ChildProcess, program: string): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('spawn', () => resolve());
    child.once('error', (cause) => {
      const explanation = {
        doing: `starting ${program}`,
        found: messageOf(cause),
        fix: 'see that it is installed and in the PATH',
      };
      reject(new LifecycleError('command-failed', explanation, { cause }));
    });
  });

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
