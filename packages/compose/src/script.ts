import { inspect } from 'node:util';
import { DeployError } from './domain/errors.ts';
import type { Outcome } from './domain/intent.ts';

export interface ScriptContext {
  /** The arguments after the script's name. */
  readonly args: readonly string[];
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
}

/**
 * Runs the body of a deploy script as a person and a CI expect of a command. The exit code says whether the wanted
 * release is live: a failure is one message on standard error and exit code 1, and so is a body that returns
 * `reverted`, as `resume()` does where it went back. The first Ctrl-C, or the end of its terminal, asks the deployment to end in order, the second
 * ends the process at once (exit code 130) and leaves what was begun to `resume()`.
 */
export async function runScript(body: (context: ScriptContext) => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) {
      process.stderr.write(`${name} again: leaving at once; what was begun can be resumed\n`);
      process.exit(130);
    }
    process.stderr.write(`${name}: ending in order; once more to leave at once\n`);
    controller.abort(new Error(`asked to stop by ${name}`));
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', goOn);
  try {
    const result = await body({ args: process.argv.slice(2), signal: controller.signal });
    if (result === ('reverted' satisfies Outcome)) {
      process.stderr.write('reverted: the release that was begun is not live; what ran before it is\n');
      process.exitCode = 1;
    }
  } catch (error) {
    // A known failure needs no stack; an unknown one does.
    process.stderr.write(
      `${error instanceof DeployError ? `${error.code}: ${error.message}` : inspect(error)}\n`,
    );
    process.exitCode = 1;
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Nobody reads what it says any more, be it a closed terminal or `| head`: no reason to end half-way. */
const goOn = (): void => {};
