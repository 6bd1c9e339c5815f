import { gracePeriods, imageSettings, type Layout } from '../domain/layout.ts';
import type { DeployRequest } from '../ports/index.ts';
import type { Settings } from './options.ts';

/** Everything that must hold before anything changes. */
export async function preflight({ project, router, layout }: Settings): Promise<void> {
  await project.preflight(requestOf(layout));
  await router.preflight(Object.keys(layout.slots));
}

/** What a deployment asks of the project. */
export function requestOf(layout: Layout): DeployRequest {
  const { slots, background } = layout;
  const exclusive = Object.keys(background).filter((service) => background[service]?.exclusive);
  const slotServices = Object.values(slots).map(({ service }) => service);
  const settings = imageSettings(layout);
  return {
    services: Object.keys(settings),
    single: [...slotServices, ...exclusive],
    settings: Object.values(settings),
    graces: gracePeriods(layout),
  };
}
