import { bounded, messageOf, option, readOptions } from '@cutover/internal';
import type { Check } from '../check.ts';
import { refuseOption } from '../errors.ts';

/** Milliseconds for all checks together: below the 5 s that a HEALTHCHECK is often given, far below Docker's 30. */
export const RUN_TIMEOUT = 4_000;

export interface RunOptions {
  /**
   * Milliseconds for all checks together; default {@link RUN_TIMEOUT}. Keep it below the `timeout` of the
   * HEALTHCHECK.
   */
  timeout?: number;
  /** One JSON object instead of lines; default whether the command was given `--json`. */
  json?: boolean;
  /** Ends everything early and counts as bad. */
  signal?: AbortSignal;
}

export interface RunResult {
  readonly name: string;
  readonly good: boolean;
  /** Milliseconds. */
  readonly duration: number;
  readonly output: string | undefined;
}

/**
 * Runs checks in parallel, each once, and returns the results.
 * @throws {HealthcheckError} `invalid-options`; a check that fails is a result, not an error.
 */
export async function runChecks(checks: readonly Check[], options: RunOptions = {}): Promise<RunResult[]> {
  const { timeout, signal } = read(options);
  return Promise.all(checks.map((check) => runOne(check, { timeout, signal })));
}

/**
 * For `HEALTHCHECK CMD`: runs the checks, prints one line each and ends the process, 0 when all are good, else 1.
 * A check's failure never throws; a wrong option does, which ends the process with 1 as well.
 */
export async function runHealthcheck(checks: readonly Check[], options: RunOptions = {}): Promise<never> {
  const results = await runChecks(checks, options);
  const good = results.every((result) => result.good);
  const text = read(options).json ? JSON.stringify({ good, checks: results }) : results.map(line).join('\n');
  // Straight to the descriptor: on its way out at the end of the process, and a stream would cost milliseconds to set up.
  process.getBuiltinModule('node:fs').writeSync(1, `${text}\n`);
  process.exit(good ? 0 : 1);
}

const read = (options: RunOptions) =>
  readOptions(
    options,
    { timeout: option.duration, json: option.boolean, signal: option.signal },
    { timeout: RUN_TIMEOUT, json: process.argv.includes('--json') },
    refuseOption('runHealthcheck'),
  );

async function runOne(
  check: Check,
  limits: { timeout: number; signal?: AbortSignal | undefined },
): Promise<RunResult> {
  const began = performance.now();
  const end = (good: boolean, output: string | undefined) => {
    const duration = Math.round(performance.now() - began);
    return { name: check.name, good, duration, output };
  };
  try {
    const details = await bounded(limits, async (signal) => check.run({ signal }));
    return end(true, details?.note);
  } catch (error) {
    return end(false, messageOf(error).slice(0, 300));
  }
}

const line = ({ name, good, duration, output }: RunResult): string =>
  `${good ? 'ok  ' : 'FAIL'} ${name} ${duration} ms${output ? `: ${output.replaceAll('\n', ' ')}` : ''}`;
