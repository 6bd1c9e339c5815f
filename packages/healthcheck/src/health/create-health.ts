import { channel } from 'node:diagnostics_channel';
import { type Clock, ignoringErrors, systemClock } from '@cutover/internal';
import type { Check } from '../check.ts';
import { createEndpoints } from './endpoints.ts';
import { fetchHandler, type NodeHandler, nodeHandler } from './handlers.ts';
import { metricsText } from './metrics.ts';
import {
  type CheckInput,
  type HealthEvent,
  type HealthOptions,
  readEntry,
  readHealthOptions,
  refuseDuplicates,
} from './options.ts';
import { type CheckStatus, Probe, type ProbeLimits } from './probe.ts';
import { type HealthReport, type HealthState, overall, reportOf, type Watched } from './report.ts';

/** Each {@link HealthEvent} is published here as well. */
export const HEALTH_CHANNEL = 'cutover:health';

export interface Health {
  readonly state: HealthState;
  /** From `starting` to `serving`; no effect in a later state. */
  started(): void;
  /** Not ready any more, for good. */
  draining(): void;
  /** For listeners that the public reaches: status only, unless the token is sent. */
  readonly handler: NodeHandler;
  /** For listeners that only trusted callers reach: with details, `deep` and metrics. */
  readonly privateHandler: NodeHandler;
  /** As `handler`, from a web Request to a Response. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** As `privateHandler`, from a web Request to a Response. */
  readonly privateFetch: (request: Request) => Promise<Response>;
  /** The current report, after at most `patience`. */
  report(kind: 'live' | 'ready' | 'deep'): Promise<HealthReport>;
  /** Prometheus text of the last results; runs no check. */
  metrics(): string;
  /** Adds a listener for changes; returns a function that removes it. */
  subscribe(listener: (event: HealthEvent) => void): () => void;
}

/** The environment of a {@link createHealth}; tests pass their own. */
export interface HealthPorts {
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * The health of a process: `live` while its event loop turns, `ready` while it can take traffic, `deep` with details.
 * Checks run only on request, each at most once per cache period, one at a time.
 * @throws {HealthcheckError} `invalid-options`; nothing afterwards.
 */
export function createHealth(
  options: HealthOptions = {},
  { clock, random }: HealthPorts = { clock: systemClock, random: Math.random },
): Health {
  const { live, ready, deep, shutdown, starting, patience, token, paths, onEvent, ...limits } =
    readHealthOptions(options);
  const listeners = new Set<(event: HealthEvent) => void>(onEvent ? [onEvent] : []);
  const announce = announcer(listeners);
  const watch = watcher(limits, { clock, random, announce });
  const watched = { live: watch(live), ready: watch(ready), deep: watch([...live, ...ready, ...deep]) };
  refuseDuplicates(watched.deep.map(({ probe }) => probe.check));

  let state: HealthState = starting ? 'starting' : 'serving';
  const enter = (next: HealthState) => {
    if (next === state) return;
    state = next;
    announce({ type: 'state', state });
  };
  const draining = () => enter('draining');
  if (shutdown?.aborted) draining();
  else shutdown?.addEventListener('abort', draining, { once: true });

  const judge = (kind: keyof typeof watched): CheckStatus => {
    if (kind === 'live') return overall(watched.live.filter(({ probe }) => probe.known));
    return state === 'serving' ? overall(watched[kind]) : 'fail';
  };
  const status = (kind: keyof typeof watched): CheckStatus | Promise<CheckStatus> => {
    const isSettled = kind === 'ready' && state !== 'serving';
    const runs = isSettled ? [] : watched[kind].flatMap(({ probe }) => probe.refresh() ?? []);
    if (runs.length === 0 || kind === 'live') return judge(kind);
    return atMost(clock, patience, Promise.all(runs)).then(() => judge(kind));
  };
  const report = async (kind: keyof typeof watched) => reportOf(await status(kind), state, watched[kind]);
  const metrics = () => metricsText(state, watched.deep);
  const ask = createEndpoints({ paths, token, status, report, metrics });

  return {
    get state() {
      return state;
    },
    started: () => state === 'starting' && enter('serving'),
    draining,
    handler: nodeHandler(ask, false),
    privateHandler: nodeHandler(ask, true),
    fetch: fetchHandler(ask, false),
    privateFetch: fetchHandler(ask, true),
    report,
    metrics,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** One probe per check, even if it is in several lists. */
function watcher(
  limits: ProbeLimits,
  { clock, random, announce }: HealthPorts & { announce: (event: HealthEvent) => void },
): (inputs: readonly CheckInput[]) => readonly Watched[] {
  const probes = new Map<Check, Watched>();
  const add = (input: CheckInput): Watched => {
    const { check, required, ...own } = readEntry(input, limits);
    const known = probes.get(check);
    if (known) return known;
    const onChange: ConstructorParameters<typeof Probe>[2]['onChange'] = (_, { status, output }) =>
      announce({ type: 'check', check: check.name, status, output });
    const watched = { probe: new Probe(check, own, { clock, random, onChange }), required };
    probes.set(check, watched);
    return watched;
  };
  return (inputs) => [...new Set(inputs.map(add))];
}

function announcer(listeners: ReadonlySet<(event: HealthEvent) => void>): (event: HealthEvent) => void {
  const published = channel(HEALTH_CHANNEL);
  return (event) => {
    published.publish(event);
    for (const listener of listeners) ignoringErrors(listener)(event);
  };
}

/** Waits for `work`, but no longer than `limit`; the timer does not outlive the work. */
async function atMost(clock: Clock, limit: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const waited = clock.sleep(limit, over.signal).catch(() => {});
  await Promise.race([work, waited]);
  over.abort();
}
