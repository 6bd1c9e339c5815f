import { brand, type ErrorTable, ExplainedError } from '@cutover/internal';

/** Why something was refused, or failed; what each means and what to do is in `docs/errors.md`. */
export type LifecycleErrorCode =
  | 'invalid-options'
  | 'not-ready'
  | 'never-ready'
  | 'interrupted'
  | 'shutting-down'
  | 'second-shutdown'
  | 'driver-missing'
  | 'lock-held'
  | 'lock-lost'
  | 'lock-unsafe'
  | 'store-failed'
  | 'signals-not-forwarded'
  | 'migration-failed'
  | 'command-failed'
  | 'pm2-failed'
  | 'pm2-unknown-process';

export const lifecycleErrorCodes: ErrorTable<LifecycleErrorCode> = {
  'invalid-options': {
    meaning: 'An option has a wrong name, type or range, and was refused at the call',
    fix: 'Correct the option that the message names; nothing was started',
  },
  'not-ready': {
    meaning: 'A target did not answer within the timeout',
    fix: 'The message has the last cause of each. Check that it runs and that its name resolves from inside this container; if it only starts slowly, raise `timeout`',
  },
  'never-ready': {
    meaning:
      'A target answered with an error that waiting will not fix: wrong password, no such database, TLS',
    fix: 'Correct the URL or the credentials this process was given; `keepWaiting: true` keeps waiting, for a database that is created later',
  },
  interrupted: {
    meaning: 'A signal ended the wait',
    fix: 'Nothing is wrong with the target: the container was stopped while it was starting',
  },
  'shutting-down': {
    meaning: 'The process is ending; this is the reason of `shutdown.signal`',
    fix: 'Stop work that fails with it. Jobs that should not be cut need a longer `gracePeriod`, in the options and as `stop_grace_period`',
  },
  'second-shutdown': {
    meaning: 'A second `gracefulShutdown()` was called in one process; the message says where the first was',
    fix: 'Call it once and pass the result on; to replace it, `dispose()` the first one',
  },
  'driver-missing': {
    meaning: 'A URL needs a package that is not installed',
    fix: 'Install it in the image, not as a dev dependency, or pass your own client',
  },
  'lock-held': {
    meaning: 'Another holder kept the lock beyond the timeout',
    fix: 'Check whether the other holder works or hangs; ending it frees the lock. If its work takes that long, raise `timeout`',
  },
  'lock-lost': {
    meaning: 'The lock was lost while the job ran; its signal was aborted',
    fix: 'Check whether the store restarted or the event loop of the job was stuck. Check what the job has done: another holder may have started since',
  },
  'lock-unsafe': {
    meaning: 'The store cannot hold a lock: a pooler before PostgreSQL shares one session among clients',
    fix: 'Give the lock the URL of PostgreSQL itself, not of PgBouncer in transaction mode; the job was not started',
  },
  'store-failed': {
    meaning: 'The store of the lock refused, or could not be reached',
    fix: 'Check that the database or Redis of the lock runs and accepts these credentials; the job was not started',
  },
  'signals-not-forwarded': {
    meaning: 'The command would not forward the stop signal to the service, as with `pm2 start`',
    fix: 'Use `pm2-runtime` in place of `pm2 start`, as the message says',
  },
  'migration-failed': {
    meaning: 'The migration failed; the service was not started',
    fix: 'Read its output above. The schema may be half migrated: fix that first, then start again',
  },
  'command-failed': {
    meaning: 'The command could not be started',
    fix: 'Check that the program is in the image, in the PATH, and executable',
  },
  'pm2-failed': {
    meaning: "PM2's daemon is not running, or did not do what was asked",
    fix: 'Run as the user who runs PM2, with the same `PM2_HOME`; then look at `pm2 list` and its log',
  },
  'pm2-unknown-process': {
    meaning: 'PM2 has no process of that name',
    fix: 'Compare the name with `pm2 list`; a deleted process has to be started again',
  },
};

/** The error of this package; `code` identifies it, `facts` are for programs. */
export class LifecycleError extends ExplainedError<LifecycleErrorCode> {
  override readonly name = 'LifecycleError';
}
brand(LifecycleError, 'LifecycleError');

/** The refusal of an option, for `readOptions`. */
export const refuse =
  (doing: string) =>
  ({ name, found, wanted }: { name: string; found: string; wanted: string }): LifecycleError =>
    new LifecycleError(
      'invalid-options',
      { doing, found: `option ${name} is ${found}`, wanted },
      { facts: { option: name } },
    );
