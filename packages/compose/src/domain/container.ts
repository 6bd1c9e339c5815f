import { sameAddress } from '@cutover/internal';
import type { ServiceName } from './layout.ts';
import type { RouterServer, View } from './router-state.ts';

export type Health = 'none' | 'starting' | 'healthy' | 'unhealthy';

/** A container of the project as the engine reports it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly service: ServiceName;
  /** Id of its image. */
  readonly image: string;
  /** The image reference it was created from, for people. */
  readonly imageName: string;
  readonly running: boolean;
  /** Between two lives: it has ended, and the engine is about to start it again. It counts as running meanwhile. */
  readonly restarting?: boolean | undefined;
  /** Its processes are frozen: it runs, and answers nothing. */
  readonly paused?: boolean | undefined;
  readonly health: Health;
  /** When it was last started, as the engine writes it: each start is a new life. Empty before the first. */
  readonly startedAt: string;
  /** How often the engine restarted it. */
  readonly restarts: number;
  readonly exitCode: number;
  /** Milliseconds of grace that it was created with; undefined for the engine's own default. */
  readonly stopTimeout?: number | undefined;
  /** Id of the kept configuration that it was created from; undefined for the project as it was. */
  readonly kept?: string | undefined;
  /** Its addresses on the networks of the project. */
  readonly addresses: readonly string[];
}

/** The last result of the health check inside a container. */
export interface CheckOutput {
  /** 0 if it passed; -1 if the engine stopped it at its timeout. */
  readonly exitCode: number;
  /** The start of its output. */
  readonly lines: readonly string[];
}

/** One life of a container. Started again it is a new one: nothing that was proven of it or said to it holds any more. */
export const lifeOf = ({ id, startedAt }: Container): string => `${id}@${startedAt}`;

/** What one look at a container found: good, not yet, or never. */
export type ProbeResult =
  | { readonly good: true }
  | { readonly good: false; readonly why: string; readonly final?: boolean };

/** How a container is judged. */
export interface Rules {
  /** Whether that state of the health check is final (`fail`, default) or may still change (`wait`). */
  readonly unhealthy?: 'fail' | 'wait';
}

/**
 * Container and router, judged together: pure, so that each rule can be seen and tested alone. `views`: what each
 * instance of the router has for its service.
 */
export function judge(
  before: Container,
  now: Container | undefined,
  views: readonly View[],
  { unhealthy = 'fail' }: Rules = {},
): ProbeResult {
  if (!now) return { good: false, final: true, why: 'the container is gone' };
  if (!now.running)
    return { good: false, final: true, why: `the container exited with code ${now.exitCode}` };
  if (now.restarting || lifeOf(now) !== lifeOf(before))
    return { good: false, final: true, why: 'the container restarts' };
  if (now.paused) return { good: false, why: 'the container is paused' };
  if (now.health === 'unhealthy')
    return { good: false, final: unhealthy === 'fail', why: 'its health check says unhealthy' };
  if (now.health === 'starting') return { good: false, why: 'its health check has not passed yet' };
  return views.map((view) => judgeRoute(now, view)).find(({ good }) => !good) ?? { good: true };
}

/** Among servers that say where they send the traffic, the container's own must be up. */
function judgeRoute(container: Container, servers: readonly RouterServer[]): ProbeResult {
  const up = servers.filter((server) => server.up);
  const elsewhere = up.flatMap(({ address }) => (address === undefined ? [] : [address]));
  if (up.some(({ address }) => address === undefined || isAt(container, address))) return { good: true };
  return servers.length === 1 && elsewhere.length === 1
    ? { good: false, why: `the router still looks at ${elsewhere[0]}, not at this container` }
    : { good: false, why: 'the router does not see it up yet' };
}

/** Where the router sends traffic although none of these containers is there: what was there before. */
export const strangersTo = (
  containers: readonly Container[],
  servers: readonly RouterServer[],
): readonly string[] =>
  servers.flatMap(({ up, address }) =>
    up && address !== undefined && !containers.some((one) => isAt(one, address)) ? [address] : [],
  );

/** The address is one of the container's. */
export const isAt = ({ addresses }: Container, address: string): boolean =>
  addresses.some((own) => sameAddress(own, address));
