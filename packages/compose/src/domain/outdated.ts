import { changedSettings, REPLICAS } from './configuration.ts';
import { type Container, lifeOf } from './container.ts';
import { isProven } from './fitness.ts';
import type { ServiceName } from './layout.ts';
import { containersOf, keptFor, type Situation, type Wanted } from './situation.ts';

/** It was told to stop, or it has ended; one that ends between its start and its proof is for the proof to judge. */
const isTerminated = (s: Situation, container: Container): boolean =>
  s.progress.stopping.has(lifeOf(container)) ||
  (!container.running && (!s.progress.started.has(container.id) || isProven(s, container)));

/**
 * What of these services runs on another image or with another configuration, was told to stop, or has ended. On the way
 * back the configuration counts where the old one is kept, and so does what is more than there was.
 */
export const outdated = (s: Situation, wanted: Wanted): readonly Container[] => {
  const isForward = s.progress.direction === 'forward';
  return Object.entries(wanted).flatMap(([service, image]) => {
    const all = containersOf(s, service);
    const replaced = isForward
      ? s.intent.replaces
      : [...surplusOf(s, service, all), ...misconfigured(s, service, all)];
    return all.filter(
      (container) =>
        container.image !== image?.id || replaced.includes(container.id) || isTerminated(s, container),
    );
  });
};

/** What a deployment has added with settings that the kept configuration of before has otherwise. */
function misconfigured(s: Situation, service: ServiceName, all: readonly Container[]): readonly string[] {
  const { existing, previous, release } = s.intent;
  const { restores } = previous;
  if (!restores || keptFor(s) === undefined) return [];
  const changed = changedSettings(restores.configuration[service], release.configuration[service]);
  if (changed.every((setting) => setting === REPLICAS)) return [];
  return all.flatMap((one) => (existing.includes(one.id) || one.kept === restores.id ? [] : [one.id]));
}

/** What a deployment has added to the containers that there were. */
function surplusOf(
  { intent: { existing, previous } }: Situation,
  service: ServiceName,
  all: readonly Container[],
): readonly string[] {
  const added = all.map(({ id }) => id).filter((id) => !existing.includes(id));
  const before = previous.replicas[service] ?? 0;
  return added.slice(Math.max(0, before - (all.length - added.length)));
}
