import { systemClock } from '@cutover/internal';
import { ExecaError } from 'execa';
import type { UpOrder } from '../ports/index.ts';
import { type ComposeFiles, type ComposeVariables, composeCommands, runCompose } from './compose.ts';

/**
 * What a prune of the host can take while Compose is at work: an image of which there is no container yet, which
 * Compose pulls again where its reference is a registry's digest, and a container that was not started yet.
 */
const GONE = /No such (image|container)|marked for removal/i;
const ATTEMPTS = 5;
/** Milliseconds, for a removal that is under way. */
const PAUSE = 200;

export interface UpOptions {
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
  readonly mode?: '--detach' | '--no-start';
}

/** Creates and starts what is missing of these services; with `--no-start` it starts none. */
export async function upServices(
  where: ComposeFiles,
  orders: readonly UpOrder[],
  variables: ComposeVariables,
  { limit, signal, mode }: UpOptions,
): Promise<void> {
  const doing = `${mode === '--no-start' ? 'creating' : 'starting'} ${orders.map(({ service }) => service).join(', ')}`;
  const fix =
    'see with `docker compose ps` whether something that they depend on does not become healthy, and with `docker ps` whether the engine answers';
  const run = { doing, code: 'start-failed', fix, limit, signal } as const;
  for (let attempt = 1; ; attempt++) {
    try {
      await runCompose(where, composeCommands.up(orders, mode), variables, run);
      return;
    } catch (error) {
      const isGone = error instanceof ExecaError && GONE.test(String(error.stderr));
      if (!isGone || attempt === ATTEMPTS) throw error;
      await systemClock.sleep(PAUSE, signal);
    }
  }
}
