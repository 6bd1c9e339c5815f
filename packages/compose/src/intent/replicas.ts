import { replicasIn } from '../domain/configuration.ts';
import { configurationOf } from '../domain/journal.ts';
import { rolesOf, type ServiceName, type SlotName, serviceOf } from '../domain/layout.ts';
import { containersOf } from '../domain/situation.ts';
import type { Beginning } from './beginning.ts';

type Replicas = Readonly<Record<ServiceName, number>>;

/** How many containers each service has now; without those that have none. */
export const presentReplicas = ({ now }: Pick<Beginning, 'now'>): Replicas =>
  Object.fromEntries(
    now.containers.map(({ service }) => [service, containersOf(now, service).length] as const),
  );

/** How many each service gets: a service of a slot as many as its counterpart that has the traffic. */
export function newReplicas(beginning: Beginning, target: SlotName): Replicas {
  const { layout, live } = beginning;
  const pairs = [
    ...rolesOf(layout).map((role) => [serviceOf(layout, target, role), serviceOf(layout, live, role)]),
    ...Object.keys(layout.background).map((service) => [service, service]),
  ] as [ServiceName, ServiceName][];
  return Object.fromEntries(
    pairs.flatMap(([service, before]) => {
      const count = newCount(beginning, service, before);
      return count === undefined ? [] : [[service, count]];
    }),
  );
}

/**
 * What runs keeps its number, which may have been set by hand (`--scale`), until the number in the project is another
 * than at the deployment before. Undefined where only the project can say.
 */
function newCount(
  { now, journal, release }: Beginning,
  service: ServiceName,
  before: ServiceName,
): number | undefined {
  const running = containersOf(now, before).length;
  const wanted = replicasIn(release.configuration[service]);
  if (running === 0) return wanted;
  if (wanted === undefined) return running;
  const noted = replicasIn(configurationOf(journal)[before]);
  if (noted === wanted) return running;
  return noted === undefined ? Math.max(running, wanted) : wanted;
}
