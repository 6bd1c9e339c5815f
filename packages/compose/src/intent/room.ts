import { DeployError } from '../domain/errors.ts';
import type { Intent } from '../domain/intent.ts';
import { type Layout, rolesOf, serviceOf } from '../domain/layout.ts';
import type { RouterState } from '../domain/router-state.ts';

/** Each instance of the router has a server for each container that the new slot gets, where it says how many it has. */
export function assertRoom(layout: Layout, router: RouterState, { target, replicas }: Intent): void {
  for (const role of rolesOf(layout)) {
    const service = serviceOf(layout, target, role);
    const slot = router.slots[target];
    const known = (slot?.instances ?? [slot]).flatMap((one) => one?.servers?.[role]?.length ?? []);
    const servers = Math.min(...known);
    const wanted = replicas[service] ?? 1;
    if (servers >= wanted) continue;
    throw new DeployError('router-unfit', {
      doing: `looking whether the router can send traffic to each container of ${service}`,
      found: `${wanted} containers and ${servers === 1 ? 'one server' : `${servers} servers`}`,
      wanted: 'a server for each container',
      fix: `raise the number of servers of ${service} in the configuration of the router, or lower its replicas`,
    });
  }
}
