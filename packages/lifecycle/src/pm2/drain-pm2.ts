import {
  bounded,
  type Clock,
  connectPm2,
  type Pm2Client,
  Pm2Error,
  type Pm2Process,
  systemClock,
  TimeoutError,
} from '@cutover/internal';
import { LifecycleError } from '../errors.ts';
import { type DrainPm2Options, graceOf, readDrainOptions } from './options.ts';
import { isAlive, isStill, offspringOf, type ProcessState } from './process-state.ts';
import { killTimeoutOf, selectProcesses } from './targets.ts';
import { type DrainVerdict, judgeDrain, type ProcessVerdict } from './verdict.ts';

/** Milliseconds between looks at a process that should be gone. */
const PROOF_PAUSE = 20;
/** Milliseconds that a killed process has to go: only the kernel can delay it. */
const PROOF_TIMEOUT = 5_000;

/**
 * Stops PM2's processes from outside, all at once where `pm2 stop` takes one or two at a time, kills what outlives its
 * grace, what it leaves behind included, and tells for each whether it left by itself. Never starts a PM2 daemon and
 * reads no environment.
 *
 * ```ts
 * const verdict = await drainPm2({ processes: ['worker'], gracePeriod: 140_000 });
 * ```
 * @throws {LifecycleError} `pm2-failed`, `pm2-unknown-process`, `bad-option`; or the reason of `signal`
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

/** Runs `work` on a connection to PM2; PM2's faults become ours. */
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

interface Limits {
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
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
    // PM2 may be about to start it again.
    if (target.status !== 'stopped') await client.call('stopProcessId', id);
    return verdict('gone');
  }
  const offspring = offspringOf(pid);
  const left = await stopWithin(client, id, { timeout: grace, signal });
  const killedByPm2 = clock.now() - began >= killTimeoutOf(target);
  if (!left) send(pid, 'SIGKILL');
  await untilGone([pid], { timeout: PROOF_TIMEOUT, clock, signal });
  const rest = await endOrphans(pid, offspring, { timeout: began + grace - clock.now(), clock, signal });
  if (!left) return verdict('forced', `killed after ${grace} ms`);
  if (killedByPm2)
    return verdict('forced', `killed by PM2 after its kill_timeout of ${killTimeoutOf(target)} ms`);
  return rest.killed > 0
    ? verdict('forced', `${rest.killed} of its children outlived it and had to be killed`)
    : verdict('clean', rest.found > 0 ? `${rest.found} of its children outlived it` : undefined);
}

/**
 * Ends what a process has left behind: PM2 finds children with `ps`, which slim images lack, and no orphans. They have
 * what is left of the grace period.
 */
async function endOrphans(
  pid: number,
  offspring: readonly ProcessState[],
  { timeout, clock, signal }: Limits & { timeout: number },
): Promise<{ found: number; killed: number }> {
  const orphans = unique([...offspring, ...offspringOf(pid)]).filter(isStill);
  for (const orphan of orphans) send(orphan.pid, 'SIGTERM');
  await untilGone(orphans, { timeout, clock, signal }).catch(ignoreTimeout);
  const killed = orphans.filter(isStill);
  for (const orphan of killed) send(orphan.pid, 'SIGKILL');
  await untilGone(killed, { timeout: PROOF_TIMEOUT, clock, signal });
  return { found: orphans.length, killed: killed.length };
}

const unique = (all: readonly ProcessState[]): ProcessState[] => [
  ...new Map(all.map((one) => [one.pid, one])).values(),
];

function ignoreTimeout(error: unknown): void {
  if (!(error instanceof TimeoutError)) throw error;
}

/** Whether PM2 has seen the process leave within its time. */
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

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone in this very moment.
  }
}

const untilGone = (
  all: readonly (number | ProcessState)[],
  { timeout, clock, signal }: Limits & { timeout: number },
): Promise<void> =>
  bounded({ timeout, signal, clock }, async (limited) => {
    while (all.some((one) => (typeof one === 'number' ? isAlive(one) : isStill(one))))
      await clock.sleep(PROOF_PAUSE, limited);
  });
