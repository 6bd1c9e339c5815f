import { ExplainedError } from '@cutover/internal';

/**
 * `bad-option`: an option with a wrong type, range or name, refused at the call. `not-ready`: a target did not
 * answer within the timeout. `never-ready`: a target answered that waiting will not help. `interrupted`: a signal
 * ended the wait. `shutting-down`: the reason of {@link Shutdown.signal}. `driver-missing`: a URL needs a package
 * that is not installed. `lock-held`: another holder kept the lock beyond the timeout. `lock-lost`: the lock was
 * lost while the job ran. `store-failed`: the lock's store refused. `deaf-entry-point`: PM2 would never hear a
 * signal. `migration-failed`: the migration command ended badly. `command-failed`: the command could not be started.
 * `pm2-failed`: PM2's daemon is not there, or did not do as asked. `pm2-unknown-process`: PM2 has none of that name.
 */
export type LifecycleErrorCode =
  | 'bad-option'
  | 'not-ready'
  | 'never-ready'
  | 'interrupted'
  | 'shutting-down'
  | 'driver-missing'
  | 'lock-held'
  | 'lock-lost'
  | 'store-failed'
  | 'deaf-entry-point'
  | 'migration-failed'
  | 'command-failed'
  | 'pm2-failed'
  | 'pm2-unknown-process';

/** What this package throws; `code` tells which, `facts` carry what a program may read. */
export class LifecycleError extends ExplainedError<LifecycleErrorCode> {
  override readonly name = 'LifecycleError';
}

/** The refusal of an option, for `readOptions`. */
export const refuse =
  (doing: string) =>
  ({ name, found, wanted }: { name: string; found: string; wanted: string }): LifecycleError =>
    new LifecycleError(
      'bad-option',
      { doing, found: `option ${name} is ${found}`, wanted },
      { facts: { option: name } },
    );
