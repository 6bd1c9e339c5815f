/** The meter's own process: keeps the schedule even if the caller's event loop is busy. Started by `startLoad`. */
import type { MeterOptions } from './load-options.ts';
import { LOAD_LIMITS } from './load-options.ts';
import { dueBy, intendedAt, mix } from './schedule.ts';
import { createSender } from './send.ts';
import { Tally } from './tally.ts';

/** A caller that has just exited gets no message; `disconnect` ends the process. */
const tell = (message: object): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
};

async function run(options: MeterOptions, stopped: Promise<void>): Promise<void> {
  const tally = new Tally(options.lateAfter);
  const { send, close } = createSender(options);
  const started = performance.now();
  let second = 0;
  const progress = setInterval(() => tell({ progress: tally.second(++second) }), 1_000);
  await schedule(options, tally, send, started, stopped);
  const ended = performance.now();
  while (tally.inFlight > 0) await pause(5);
  clearInterval(progress);
  close();
  tell({ report: tally.report((ended - started) / 1000) });
  process.disconnect();
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function schedule(
  options: MeterOptions,
  tally: Tally,
  send: ReturnType<typeof createSender>['send'],
  started: number,
  stopped: Promise<void>,
): Promise<void> {
  const { rate, duration, requests, idPrefix } = options;
  const kinds = mix(requests);
  let stop = false;
  void stopped.then(() => {
    stop = true;
  });
  for (let next = 0; !stop && next < dueBy(duration, rate, duration); await pause(1)) {
    const due = dueBy(performance.now() - started, rate, duration);
    for (; next < due; next += 1) {
      const intended = started + intendedAt(next, rate);
      const kind = kinds.next().value;
      tally.sent(performance.now() - intended);
      if (tally.inFlight > LOAD_LIMITS.inFlight) {
        tally.settled({ ...NOT_SENT, kind: kind.name, slow: kind.slow ?? false });
      } else {
        void send(kind, `${idPrefix}-${next}`, intended).then((outcome) => tally.settled(outcome));
      }
    }
  }
}

const NOT_SENT = { reused: false, status: 0, version: 'none', failure: 'overflow', latency: 0 } as const;

const stopped = new Promise<void>((resolve) => {
  process.on('message', (message) => message === 'stop' && resolve());
});
// Ctrl-C reaches the whole group: the caller decides how to react. The process ends when the caller is gone.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => {});
process.once('disconnect', () => process.exit());
process.once('message', (options) => void run(options as MeterOptions, stopped));
