import { type Load, type LoadOptions, startLoad } from '@cutover/testing';
import { type BenchStage, ms } from './haproxy-stage.ts';

/** Milliseconds from which an answer counts as late during the calibration. */
const LATE = 100;
/** The share of the loss that the meter may hide. */
const TOLERANCE = 0.05;

/**
 * Freezes HAProxy for 250 ms and 2 s under load, and checks that the meter reports the loss within 5 %: a meter that
 * waits for answers before it sends more would hide it. Additional delay of a busy machine is allowed.
 */
export async function calibrate(stage: BenchStage, rate: number): Promise<void> {
  for (const freeze of [250, 2_000]) {
    const { longest, late, frozen, lag } = await measure(stage, rate, freeze);
    const due = (rate * (frozen - LATE)) / 1000;
    console.log(
      `calibration: frozen for ${ms(frozen)}: the longest answer took ${ms(longest)}; ${late} answers came later than ${LATE} ms, ${due.toFixed(0)} were due to; meter lag ${ms(lag)}`,
    );
    if (longest < frozen * (1 - TOLERANCE) || late < due * (1 - TOLERANCE) - 1)
      throw new Error(`the meter hid a freeze of ${ms(frozen)}: its figures are invalid`);
  }
}

async function measure({ real }: BenchStage, rate: number, freeze: number) {
  const load = await startRunning({
    target: real.url(),
    rate,
    duration: 60_000,
    lateAfter: LATE,
    requests: [
      { name: 'get', path: '/' },
      { name: 'fresh', path: '/', connection: 'fresh' },
    ],
  });
  const frozen = Number(await real.container.exec('bash', '-c', FREEZE, 'freeze', String(freeze / 1000)));
  await pause(1_000);
  const { latency, late, lag } = await load.stop();
  return { longest: latency.max, late, frozen, lag };
}

/** Stops the worker and continues it, in one shell of its container; prints the least number of milliseconds. */
const FREEZE = `
worker=$(grep -l '^PPid:[[:space:]]*1$' /proc/[0-9]*/status | tail -1 | cut -d/ -f3)
kill -STOP "$worker"; begin=$EPOCHREALTIME; sleep "$1"; end=$EPOCHREALTIME; kill -CONT "$worker"
echo $(( (\${end/./} - \${begin/./}) / 1000 ))`;

export const pause = (time: number) => new Promise<void>((resolve) => setTimeout(resolve, time));

/** A load whose meter, a process that starts slowly, has begun to send. */
export async function startRunning(options: LoadOptions): Promise<Load> {
  let running = () => {};
  const begun = new Promise<void>((resolve) => {
    running = resolve;
  });
  const load = startLoad({ ...options, onProgress: () => running() });
  await Promise.race([begun, load.finished]);
  return load;
}
