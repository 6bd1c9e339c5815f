import { bounded, messageOf } from '@cutover/internal';
import type { Policy } from '../domain/policy.ts';
import { asSignal, GOOD, type Verdict, type WatchSignal } from '../domain/watch-signal.ts';
import type { Router } from '../ports/index.ts';
import type { Run } from './run.ts';
import { traffic } from './traffic.ts';

/** Milliseconds that one request through the router may take while the new slot is watched. */
const ANSWER_TIMEOUT = 1_500;
/** … and any other look. */
const LOOK_TIMEOUT = 5_000;

/** All by which a new slot is judged that has the traffic: real requests, the checks of the gate, and what the caller adds. */
export const signalsOf = ({ probe }: Router, { gate, watch }: Policy): readonly WatchSignal[] => [
  ...(probe
    ? [
        {
          name: 'requests through the router',
          timeout: ANSWER_TIMEOUT,
          judge: ({ signal }: { signal: AbortSignal }) => probe(signal).then(() => GOOD),
        },
      ]
    : []),
  ...[...gate.checks, ...watch.signals].map(asSignal),
];

/** Resolves when one more look is through; one that is under way since the step before counts. */
export function nextLook(run: Run, signal: WatchSignal): Promise<void> {
  const { looking } = run.seen;
  const look = looking.get(signal) ?? lookOnce(run, signal).finally(() => looking.delete(signal));
  looking.set(signal, look);
  return look;
}

async function lookOnce(run: Run, signal: WatchSignal): Promise<void> {
  const { said } = run.seen;
  const verdict = await verdictOf(run, signal);
  said.set(signal, [...(said.get(signal) ?? []), verdict].slice(-run.policy.watch.failures.of));
}

const verdictOf = (run: Run, signal: WatchSignal): Promise<Verdict> =>
  bounded({ timeout: signal.timeout ?? LOOK_TIMEOUT, clock: run.ports.clock }, async (inner) =>
    signal.judge({ signal: inner, traffic: () => traffic(run) }),
  ).catch((error) => ({ verdict: 'bad', why: messageOf(error) }));

/** What the last looks say against the new slot. */
export function faultOfSignals({ signals, seen, policy }: Run): string | undefined {
  for (const signal of signals) {
    const said = seen.said.get(signal) ?? [];
    const bad = said.flatMap((one) => (one.verdict === 'bad' ? [one.why] : []));
    if (bad.length >= policy.watch.failures.count)
      return `${signal.name}: bad in ${bad.length} of the last ${said.length} looks (${bad.at(-1)})`;
  }
  return undefined;
}

/** What each signal said in its last look. */
export const lastSaid = ({ signals, seen }: Run): readonly (readonly [WatchSignal, Verdict | undefined])[] =>
  signals.map((signal) => [signal, seen.said.get(signal)?.at(-1)]);
