import { linkSignals, Timer } from '@cutover/internal';
import { type ExecaError, execa } from 'execa';
import { DeployError, type DeployErrorCode } from '../domain/errors.ts';

export interface DockerCommand {
  /** For the error at the limit: what is being done, and its code. */
  readonly doing: string;
  readonly code: DeployErrorCode;
  /** What to do about it. Default: to run it by hand. */
  readonly fix?: string;
  /** Milliseconds without a line of output after which it is ended. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
  /** Default: the working directory. */
  readonly cwd?: string;
  /** Milliseconds between SIGTERM and SIGKILL. Default 5 000. */
  readonly killAfter?: number;
  /** Its standard input. Default none. */
  readonly input?: string | undefined;
  /** Changes to the environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Hears each line of output as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order in which they came. */
  readonly all: string;
  /** What it failed with: no such command, or an exit code other than 0. */
  readonly error: ExecaError | undefined;
}

/**
 * Runs the docker command to its end; what it exits with is for the caller to judge. At the limit, or when `signal`
 * aborts, it is ended with all that it has started.
 *
 * @throws DeployError `code` at the limit; the reason of `signal` when that has aborted
 */
export async function runDocker(args: readonly string[], given: DockerCommand): Promise<Output> {
  const { limit, killAfter = 5_000, signal, cwd, env, input, onLine } = given;
  signal?.throwIfAborted();
  const ending = linkSignals(signal);
  const silence = new Timer(limit, () => ending.abort(hung(args, given)));
  const heard = function* (line: unknown) {
    silence.restart();
    onLine?.(String(line));
    yield line;
  };
  const command = execa('docker', args, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env ? { env } : {}),
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    stdout: heard,
    stderr: heard,
    all: true,
    reject: false,
    // A group of its own: Ctrl-C on a terminal is for us to answer, in order, not for a half-done `up`.
    detached: true,
    cancelSignal: ending.signal,
    forceKillAfterDelay: false,
  });
  let kill: Timer | undefined;
  const killed = new Promise<never>((_, reject) => {
    ending.signal.addEventListener('abort', () => {
      kill = new Timer(killAfter, () => {
        killGroup(command.pid);
        reject(ending.signal.reason);
      });
    });
  });
  try {
    const result = await Promise.race([command, killed]);
    if (result.failed) ending.signal.throwIfAborted();
    const { stdout, stderr, all } = result;
    return { stdout, stderr, all, error: result.failed ? (result as unknown as ExecaError) : undefined };
  } finally {
    ending[Symbol.dispose]();
    silence.stop();
    kill?.stop();
  }
}

const hung = (args: readonly string[], { doing, code, limit, cwd, fix }: DockerCommand): DeployError =>
  new DeployError(code, {
    doing,
    found: `the docker command has printed nothing for ${limit / 1000} s and was ended`,
    wanted: 'an answer of it, and of the engine',
    fix:
      fix ??
      `run it by hand${cwd === undefined ? '' : ` in ${cwd}`} and see what it waits for: docker ${args.map(quoted).join(' ')}`,
  });

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`);

/** Compose is a plugin, a process of its own, that would go on without the docker command. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
