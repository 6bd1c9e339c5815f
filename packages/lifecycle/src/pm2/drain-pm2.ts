import {
  connectPm2,
  isAlive,
  offspringOf,
  type Pm2Client,
  Pm2Error,
  type Pm2Process,
  systemClock,
} from '@cutover/internal';
import { LifecycleError } from '../errors.ts';
import { endOrphans, kill, type Limits, PROOF_TIMEOUT, untilGone } from './end-processes.ts';
import { type DrainPm2Options, graceOf, readDrainOptions } from './options.ts';
import { killTimeoutOf, selectProcesses } from './targets.ts';
import { type DrainVerdict, judgeDrain, type ProcessVerdict } from './verdict.ts';

/**
 * Stops PM2's processes from outside, all at once where `pm2 stop` takes one or two at a time. Kills processes that
 * outlive their grace period, including the processes they leave behind, and reports for each whether it ended by
 * itself. Never starts a PM2 daemon and reads no environment.
 *
 * ```ts
 * const verdict = await drainPm2({ processes: ['worker'], gracePeriod: 140_000 });
 * ```
 * @throws {LifecycleError} `pm2-failed`, `pm2-unknown-process`, `invalid-options`; or the reason of `signal`
 */
export async function drainPm2(given: DrainPm2Options = {}): Promise<DrainVerdict> {
  const { processes, gracePeriod, pm2Home: home, signal } = readDrainOptions('draining under PM2', given);
  const clock = systemClock;
  const began = clock.now();
  return withPm2('draining under PM2', { home, signal }, async (client) => {
    const targets = selectProcesses(await client.list(), processes);
    const verdicts = await Promise.all(
      targets.map((target) => drainOne(client, target, graceOf(target.name, gracePeriod), { clock, signal })),
    );
    return judgeDrain(verdicts, clock.now() - began);
  });
}

/** Runs `work` on a connection to PM2; PM2's errors become errors of this package. */
export async function withPm2<T>(
  doing: string,
  options: { home: string | undefined; signal: AbortSignal | undefined },
  work: (client: Pm2Client) => Promise<T>,
): Promise<T> {
  let client: Pm2Client | undefined;
  try {
    client = await connectPm2(options);
    return await work(client);
  } catch (cause) {
    if (!(cause instanceof Pm2Error)) throw cause;
    const { found, fix } = cause.explanation;
    throw new LifecycleError('pm2-failed', { doing, found, fix }, { cause, facts: { pm2: cause.code } });
  } finally {
    client?.close();
  }
}

async function drainOne(
  client: Pm2Client,
  target: Pm2Process,
  grace: number,
  { clock, signal }: Limits,
): Promise<ProcessVerdict> {
  const { name, id, pid } = target;
  const began = clock.now();
  const verdict = (outcome: ProcessVerdict['outcome'], note?: string): ProcessVerdict => {
    const duration = clock.now() - began;
    return { name, id, pid, outcome, duration, ...(note === undefined ? {} : { note }) };
  };
  if (!isAlive(pid)) {
    // PM2 may be about to restart it.
    if (target.status !== 'stopped') await client.call('stopProcessId', id);
    return verdict('gone');
  }
  const offspring = offspringOf(pid);
  const left = await stopWithin(client, id, { timeout: grace, signal });
  const killedByPm2 = clock.now() - began >= killTimeoutOf(target);
  await (left ? untilGone([pid], { timeout: PROOF_TIMEOUT, clock, signal }) : kill([pid], { clock, signal }));
  const rest = await endOrphans(pid, offspring, { timeout: began + grace - clock.now(), clock, signal });
  if (!left) return verdict('forced', `killed after ${grace} ms`);
  if (killedByPm2)
    return verdict('forced', `killed by PM2 after its kill_timeout of ${killTimeoutOf(target)} ms`);
  return rest.killed > 0
    ? verdict('forced', `${rest.killed} of its children outlived it and had to be killed`)
    : verdict('clean', rest.found > 0 ? `${rest.found} of its children outlived it` : undefined);
}

/** Whether PM2 saw the process end in time. */
async function stopWithin(
  client: Pm2Client,
  id: number | string,
  limits: { timeout: number; signal: AbortSignal | undefined },
): Promise<boolean> {
  try {
    await client.callWithin(limits, 'stopProcessId', id);
    return true;
  } catch (error) {
    if (error instanceof Pm2Error && error.code === 'pm2-silent') return false;
    throw error;
  }
}
