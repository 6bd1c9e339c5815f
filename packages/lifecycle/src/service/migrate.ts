import { bounded, type Clock, TimeoutError } from '@cutover/internal';
import { LifecycleError } from '../errors.ts';
import { exclusive } from '../exclusive/exclusive.ts';
import { startChild } from './child.ts';
import type { ServiceSettings } from './options.ts';

/** Milliseconds that a migration has to end after a stop signal. */
const MIGRATE_GRACE = 5_000;
/** The lock that prevents two instances of a service from migrating at the same time. */
export const MIGRATE_LOCK = 'migrate';

interface MigrateSettings {
  readonly migration: NonNullable<ServiceSettings['migrate']>;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** @throws {LifecycleError} `migration-failed`, or those of {@link exclusive}; or the signal's reason */
export async function migrate({ migration, signal, ...settings }: MigrateSettings): Promise<void> {
  const { command, lock, timeout } = migration;
  let began = false;
  const run = (ended: AbortSignal) => {
    began = true;
    return runMigration(command, ended, settings);
  };
  const locked = (ended: AbortSignal) =>
    lock === undefined
      ? run(ended)
      : exclusive(MIGRATE_LOCK, { store: lock, signal: ended, timeout }, (held) => run(held.signal));
  let work = Promise.resolve();
  try {
    await bounded({ timeout, signal, clock: settings.clock }, (ended) => {
      work = locked(ended);
      return work;
    });
  } catch (error) {
    // Only after the command is gone, as nothing else would end it.
    await work.catch(() => {});
    if (!(error instanceof TimeoutError)) throw error;
    throw failed(command, `${began ? 'it is not done' : 'its lock is not taken'} after ${timeout} ms`);
  }
}

async function runMigration(
  command: readonly string[],
  signal: AbortSignal,
  settings: Pick<MigrateSettings, 'cwd' | 'env' | 'clock'>,
): Promise<void> {
  const child = await startChild(command, { ...settings, gracePeriod: MIGRATE_GRACE });
  const stop = () => child.stop('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const { exitCode } = await child.ended;
  signal.removeEventListener('abort', stop);
  if (exitCode !== 0 && !signal.aborted) throw failed(command, `it ended with code ${exitCode}`);
}

const failed = ([program = '']: readonly string[], found: string): LifecycleError =>
  new LifecycleError('migration-failed', {
    doing: `migrating with ${program}`,
    found,
    wanted: 'an end with code 0',
    fix: 'see its output above; nothing was started',
  });
