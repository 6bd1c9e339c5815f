import { type Clock, ignoringErrors, messageOf, systemClock } from '@cutover/internal';
import type { Host } from '../host.ts';
import { GRACE_PERIOD_VARIABLE } from '../shutdown/graceful-shutdown.ts';
import { VERDICT_DIRECTORY } from '../shutdown/verdict-file.ts';
import { waitForDatabase } from '../wait/wait-for-database.ts';
import { type Child, startChild } from './child.ts';
import { judgeEntryPoint } from './entry-point.ts';
import { migrate } from './migrate.ts';
import {
  readServiceOptions,
  type ServiceEvent,
  type ServiceOptions,
  type ServiceSettings,
} from './options.ts';
import { judgeService, type ServiceVerdict } from './service-verdict.ts';
import { exitCodeOf, listenForStop, type StopSignals } from './stop-signals.ts';
import { openVerdictFolder, type VerdictFolder } from './verdicts.ts';

interface Parts {
  readonly settings: ServiceSettings;
  readonly clock: Clock;
  readonly stop: StopSignals;
  readonly folder: VerdictFolder;
  tell(event: ServiceEvent): void;
}

/**
 * A container's entry point. Waits for the targets, migrates and starts the command. Forwards each stop signal once;
 * below npm or a shell the service itself gets it. Waits until all started processes have ended, and kills the rest
 * at the end of the grace period. Its exit code distinguishes a drained service from a killed one; PM2's does not.
 *
 * ```ts
 * await runService({ waitFor: process.env.DATABASE_URL, command: ['pm2-runtime', 'api.config.cjs', '--no-auto-exit'] });
 * ```
 * @throws {LifecycleError} `invalid-options` and `signals-not-forwarded` at the call; later failures are logged and end
 *   with code 1
 */
export async function runService(given: ServiceOptions): Promise<ServiceVerdict> {
  const host: Host = process;
  const settings = readServiceOptions(given);
  const stop = listenForStop(host);
  const folder = openVerdictFolder();
  const tell = teller(settings);
  const began = systemClock.now();
  warn(settings, host, tell);
  try {
    return finish(await serve({ settings, clock: systemClock, stop, folder, tell }), settings, host, tell);
  } catch (error) {
    const exitCode = stop.signal.aborted ? exitCodeOf(stop.signal.reason) : 1;
    if (!stop.signal.aborted && settings.logger) settings.logger.warn(`service: ${messageOf(error)}`);
    const duration = systemClock.now() - began;
    const verdict: ServiceVerdict = { outcome: 'failed', exitCode, duration, processes: [] };
    return finish(verdict, settings, host, tell);
  } finally {
    stop[Symbol.dispose]();
    folder[Symbol.dispose]();
  }
}

async function serve(parts: Parts): Promise<ServiceVerdict> {
  const { settings, stop, clock, tell } = parts;
  const { waitFor, waitTimeout, migrate: migration, cwd } = settings;
  await waitForDatabase(waitFor, {
    timeout: waitTimeout,
    signal: stop.signal,
    onAttempt: (attempt) => tell({ type: 'waiting', attempt }),
  });
  const env = environmentOf(parts);
  if (migration) {
    tell({ type: 'migrating' });
    await migrate({ migration, env, cwd, clock, signal: stop.signal });
  }
  stop.signal.throwIfAborted();
  const onLeftBehind = (count: number) => {
    const left = `${count} process${count === 1 ? '' : 'es'}`;
    tell({
      type: 'warning',
      message: `the command has ended and left ${left} behind; they are being stopped`,
    });
  };
  return supervise(parts, await startChild(settings.command, { ...settings, env, clock, onLeftBehind }));
}

async function supervise({ clock, stop, folder, tell }: Parts, child: Child): Promise<ServiceVerdict> {
  let began = clock.now();
  let living: ReadonlySet<number> = new Set();
  const onStop = () => {
    began = clock.now();
    living = folder.living();
    tell({ type: 'stopping', signal: stop.signal.reason });
    child.stop(stop.signal.reason);
  };
  tell({ type: 'started', pid: child.pid });
  stop.onOther = child.signal;
  stop.signal.addEventListener('abort', onStop, { once: true });
  if (stop.signal.aborted) onStop();
  const end = await child.ended;
  const stopped = stop.signal.aborted ? stop.signal.reason : undefined;
  return judgeService(end, stopped, clock.now() - began, folder.of(living));
}

/** Environment for the processes of the service: their grace period, and the folder for verdicts. */
const environmentOf = ({ settings, folder }: Parts): NodeJS.ProcessEnv => ({
  ...process.env,
  [GRACE_PERIOD_VARIABLE]: String(settings.gracePeriod),
  [VERDICT_DIRECTORY]: folder.path,
  ...settings.env,
});

function warn({ command }: ServiceSettings, { pid }: Host, tell: Parts['tell']): void {
  for (const { found, fix } of judgeEntryPoint(command))
    tell({ type: 'warning', message: `${found}; ${fix}` });
  if (pid !== 1) return;
  const message =
    'Node is process 1 here, which cannot reap orphans of the service; set init: true in the Compose file';
  tell({ type: 'warning', message });
}

function finish(
  verdict: ServiceVerdict,
  { exit }: ServiceSettings,
  host: Host,
  tell: Parts['tell'],
): ServiceVerdict {
  tell({ type: 'finished', verdict });
  if (exit) setImmediate(() => host.exit(verdict.exitCode));
  return verdict;
}

function teller({ onEvent, logger }: ServiceSettings): Parts['tell'] {
  const tell = ignoringErrors(onEvent);
  return (event) => {
    tell(event);
    if (logger && event.type === 'warning') logger.warn(`service: ${event.message}`);
    if (logger && event.type === 'finished') logger.info(lineOf(event.verdict));
  };
}

const lineOf = ({ outcome, exitCode, duration, processes }: ServiceVerdict): string =>
  `service ${outcome} after ${(duration / 1000).toFixed(1)} s, exit code ${exitCode}${processes.map(({ pid, outcome }) => `, ${pid} ${outcome === 'running' ? 'killed' : outcome}`).join('')}`;
