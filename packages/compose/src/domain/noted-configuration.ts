import { type Configuration, withReplicasOf } from './configuration.ts';
import type { Situation } from './situation.ts';

/**
 * With what the containers were created that are there: those of this deployment with what it read when it began, or with
 * what was kept of before; but for their number, which is the one that this deployment went by, or the old one on the way
 * back.
 */
export function configurationNow({ containers, intent, progress }: Situation): Configuration {
  const { existing, previous, release } = intent;
  const services = [...new Set(containers.map(({ service }) => service))];
  const known = services.flatMap((service) => {
    const added = containers.filter((one) => one.service === service && !existing.includes(one.id));
    const { restores } = previous;
    const isRestored = restores && added.every((one) => one.kept === restores.id);
    const source = added.length === 0 ? previous : isRestored ? restores : release;
    const fingerprint = source.configuration[service];
    if (!fingerprint) return [];
    const numbered = progress.direction === 'back' || added.length === 0 ? previous : release;
    return [[service, withReplicasOf(fingerprint, numbered.configuration[service])] as const];
  });
  return Object.fromEntries(known);
}
