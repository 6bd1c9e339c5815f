import {
  bounded,
  isAlive,
  type Pm2Client,
  type Pm2Process,
  pm2Home,
  systemClock,
  TimeoutError,
} from '@cutover/internal';
import { DRAIN_TOPIC, DRAINED_TYPE } from '../shutdown/triggers.ts';
import { listenToBus, type Published } from './bus.ts';
import { withPm2 } from './drain-pm2.ts';
import { type DrainPm2Options, graceOf, readDrainOptions } from './options.ts';
import { selectProcesses } from './targets.ts';
import { type DrainVerdict, judgeDrain, type ProcessVerdict } from './verdict.ts';

/**
 * Asks apps that use `gracefulShutdown` to drain and keep running: PM2 continues to supervise them, so its
 * `kill_timeout` does not apply, and nothing restarts them. Stop them afterwards with {@link drainPm2}, which is then
 * immediate.
 * @throws {LifecycleError} `pm2-failed`, `pm2-unknown-process`, `invalid-options`; or the reason of `signal`
 */
export async function askPm2ToDrain(given: DrainPm2Options = {}): Promise<DrainVerdict> {
  const doing = 'asking PM2 to drain';
  const { processes, gracePeriod, pm2Home: home = pm2Home(), signal } = readDrainOptions(doing, given);
  const began = systemClock.now();
  return withPm2(doing, { home, signal }, async (client) => {
    const answers = new Answers();
    const bus = listenToBus(home, (published) => answers.take(published));
    try {
      await bounded({ timeout: 5_000, signal }, () => bus.opened);
      const targets = selectProcesses(await client.list(), processes);
      const verdicts = await Promise.all(
        targets.map((target) =>
          ask(client, answers, target, { timeout: graceOf(target.name, gracePeriod), signal }),
        ),
      );
      return judgeDrain(verdicts, systemClock.now() - began);
    } finally {
      bus[Symbol.dispose]();
    }
  });
}

async function ask(
  client: Pm2Client,
  answers: Answers,
  { name, id, pid }: Pm2Process,
  limits: { timeout: number; signal: AbortSignal | undefined },
): Promise<ProcessVerdict> {
  const began = systemClock.now();
  const facts = () => ({ name, id, pid, duration: systemClock.now() - began });
  if (!isAlive(pid)) return { ...facts(), outcome: 'gone' };
  const answered = answers.of(id);
  await client.call('sendDataToProcessId', { id, type: 'process:msg', topic: DRAIN_TOPIC, data: {} });
  try {
    const outcome = await bounded(limits, () => answered);
    if (outcome === 'clean') return { ...facts(), outcome };
    return { ...facts(), outcome: 'forced', note: `its shutdown ended ${outcome}` };
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    return { ...facts(), outcome: 'silent', note: `no answer within ${limits.timeout} ms` };
  }
}

/** The outcomes that apps publish, by PM2's number. */
class Answers {
  readonly #waiting = new Map<string, (outcome: string) => void>();

  of(id: Pm2Process['id']): Promise<string> {
    return new Promise((resolve) => this.#waiting.set(String(id), resolve));
  }

  take({ type, id, data }: Published): void {
    if (type !== DRAINED_TYPE) return;
    this.#waiting.get(String(id))?.(String((Object(data) as { outcome?: unknown }).outcome));
  }
}
