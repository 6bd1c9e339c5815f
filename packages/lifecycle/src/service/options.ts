import { option, readOptions } from '@cutover/internal';
import { LifecycleError, refuse } from '../errors.ts';
import { type LockStore, lockStore } from '../exclusive/store.ts';
import { DEFAULT_GRACE_PERIOD } from '../shutdown/budget.ts';
import { type LifecycleLogger, logger } from '../shutdown/options.ts';
import type { Attempt } from '../wait/attempts.ts';
import { readTargets, type Target } from '../wait/target.ts';
import { WAIT_TIMEOUT } from '../wait/wait-for-database.ts';
import { judgeEntryPoint } from './entry-point.ts';
import type { ServiceVerdict } from './service-verdict.ts';

/** Milliseconds for a migration, the wait for its lock included. */
export const MIGRATE_TIMEOUT = 600_000;

export interface Migration {
  /** Program and arguments. */
  command: readonly string[];
  /** The store of a lock that prevents two migrations at the same time; default none. */
  lock?: LockStore;
  /** Milliseconds, the wait for the lock included; default {@link MIGRATE_TIMEOUT}. */
  timeout?: number;
}

export interface ServiceOptions {
  /** Program and arguments: `['pm2-runtime', 'ecosystem.config.cjs', '--no-auto-exit']`. */
  command: readonly string[];
  /**
   * What must answer before anything else is run; default nothing. One that is given as `undefined`, as an environment
   * variable may be, is refused.
   */
  waitFor?: Target | undefined | readonly (Target | undefined)[];
  /** Milliseconds for that; default {@link WAIT_TIMEOUT}. */
  waitTimeout?: number;
  /** Run before the command. */
  migrate?: readonly string[] | Migration;
  /** Milliseconds from the stop signal to SIGKILL; less than the container's; default {@link DEFAULT_GRACE_PERIOD}. */
  gracePeriod?: number;
  /** Added to the environment of the command and the migration. */
  env?: Readonly<Record<string, string>>;
  /** Folder of the command and the migration. */
  cwd?: string;
  /** Whether this process ends with the service, with its exit code; default true. */
  exit?: boolean;
  onEvent?: (event: ServiceEvent) => void;
  /** Default console; false for none. */
  logger?: LifecycleLogger | false;
}

export type ServiceEvent =
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'waiting'; readonly attempt: Attempt }
  | { readonly type: 'migrating' }
  | { readonly type: 'started'; readonly pid: number }
  | { readonly type: 'stopping'; readonly signal: string }
  | { readonly type: 'finished'; readonly verdict: ServiceVerdict };

const words = {
  expected: 'a list of the program and its arguments',
  accepts: (v: unknown) => Array.isArray(v) && v.every((word) => typeof word === 'string') && Boolean(v[0]),
};
const environment = {
  expected: 'texts by name',
  accepts: (v: unknown) =>
    option.object.accepts(v) && Object.values(v as object).every((text) => typeof text === 'string'),
};
const RULES = {
  command: option.required(words),
  // Read separately, because an unset variable counts as given.
  waitFor: option.any,
  waitTimeout: option.limit,
  migrate: option.either(words, option.object),
  gracePeriod: option.duration,
  env: environment,
  cwd: option.text,
  exit: option.boolean,
  onEvent: option.function,
  logger,
};
const DEFAULTS = {
  waitTimeout: WAIT_TIMEOUT,
  gracePeriod: DEFAULT_GRACE_PERIOD,
  env: {},
  exit: true,
  onEvent: () => {},
  logger: console as LifecycleLogger | false,
};

const MIGRATION_RULES = { command: option.required(words), lock: lockStore, timeout: option.limit };

/** @throws {LifecycleError} `invalid-options`, `signals-not-forwarded` */
export function readServiceOptions(given: ServiceOptions) {
  const doing = 'running a service';
  const options = readOptions(given, RULES, DEFAULTS, refuse(doing));
  const fault = judgeEntryPoint(options.command).find(({ refused }) => refused);
  if (fault) throw new LifecycleError('signals-not-forwarded', { doing, found: fault.found, fix: fault.fix });
  const waitFor = 'waitFor' in given ? readTargets(given.waitFor, 'waitFor', refuse(doing)) : [];
  return { ...options, waitFor, migrate: options.migrate && readMigration(options.migrate) };
}

export type ServiceSettings = ReturnType<typeof readServiceOptions>;

function readMigration(given: readonly string[] | Migration) {
  const migration: Migration = isList(given) ? { command: given } : given;
  return readOptions(
    migration,
    MIGRATION_RULES,
    { timeout: MIGRATE_TIMEOUT },
    refuse('running a service, migrate'),
  );
}

const isList = (value: readonly string[] | Migration): value is readonly string[] => Array.isArray(value);
