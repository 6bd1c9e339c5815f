import { connectPm2, option, type Pm2Process, readOptions } from '@cutover/internal';
import type { Check } from '../check.ts';
import { HealthcheckError, refuseOption } from '../errors.ts';
import { defineCheck } from './define-check.ts';
import { samplesInFile, samplesInMemory } from './pm2-history.ts';
import { judgePm2, PM2_MAX_RESTARTS, PM2_RESTART_WINDOW } from './pm2-rules.ts';

export interface Pm2CheckOptions {
  /** Default `pm2`. */
  name?: string;
  /** Names of the processes to judge; default all. A name that PM2 does not know is bad. */
  processes?: readonly string[];
  /** Instances that must be online, per name; default all that PM2 has. */
  minOnline?: number;
  /** More restarts than this within `restartWindow` is a loop; default {@link PM2_MAX_RESTARTS}. */
  maxRestarts?: number;
  /** Milliseconds; default {@link PM2_RESTART_WINDOW}. */
  restartWindow?: number;
  /** Milliseconds a process must be up before it counts as online; default 0. */
  minUptime?: number;
  /**
   * A file that keeps restart counts between runs: for a HEALTHCHECK command, which is a new process each time and
   * would detect a loop only in the first window. By default they are kept in memory.
   */
  history?: string;
  /** PM2's folder; default `$PM2_HOME`, else `~/.pm2`. */
  home?: string;
}

/**
 * PM2's processes are online and not looping, as PM2 reports over its RPC socket. Never starts a daemon, and reads no
 * environment from the reply.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `unreachable` (no PM2), `unhealthy`
 * (errored, looping, too few online), `not-ready` (starting) or `denied` (another user's PM2).
 */
export function pm2Check(options: Pm2CheckOptions = {}): Check {
  const { name, home, processes, history, ...rules } = readOptions(
    options,
    {
      name: option.text,
      processes: option.list(option.text),
      minOnline: option.count,
      maxRestarts: option.wholeNumber,
      restartWindow: option.duration,
      minUptime: option.duration,
      history: option.text,
      home: option.text,
    },
    { name: 'pm2', maxRestarts: PM2_MAX_RESTARTS, restartWindow: PM2_RESTART_WINDOW, minUptime: 0 },
    refuseOption('pm2Check'),
  );
  const samples = history === undefined ? samplesInMemory() : samplesInFile(history);
  const doing = 'asking PM2';
  return defineCheck({
    name,
    doing,
    run: async (signal) => {
      const found = await list(home, signal);
      const seen = { now: Date.now(), samples: await samples.read() };
      const verdict = judgePm2(found, { ...rules, processes }, seen);
      await samples.write(verdict.samples);
      const { problem, details } = verdict;
      if (problem) throw new HealthcheckError(problem.code, { doing, found: problem.found });
      return details;
    },
  });
}

async function list(home: string | undefined, signal: AbortSignal): Promise<Pm2Process[]> {
  // The caller of the check sets the limit.
  const client = await connectPm2({ home, signal, timeout: Number.POSITIVE_INFINITY });
  try {
    return await client.list();
  } finally {
    client.close();
  }
}
