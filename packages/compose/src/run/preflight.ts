import { gracePeriods, imageSettings, type Layout, rolesOf } from '../domain/layout.ts';
import type { DeployRequest } from '../ports/index.ts';
import type { Settings } from './options.ts';

/** Everything that must hold before anything changes. */
export async function preflight({ project, router, layout }: Settings): Promise<void> {
  await project.preflight(requestOf(layout));
  await router.preflight(Object.keys(layout.slots), rolesOf(layout));
}

/** What a deployment asks of the project. */
export function requestOf(layout: Layout): DeployRequest {
  const { background } = layout;
  const settings = imageSettings(layout);
  return {
    services: Object.keys(settings),
    single: Object.keys(background).filter((service) => background[service]?.exclusive),
    settings: Object.values(settings),
    graces: gracePeriods(layout),
  };
}
