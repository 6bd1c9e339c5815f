import { gracePeriods, imageSettings, type Layout, rolesOf, servicesOfSlot } from '../domain/layout.ts';
import { mapValues } from '../domain/map-values.ts';
import type { Settings } from '../options/options.ts';
import type { DeployRequest, Router } from '../ports/index.ts';

/** Everything that must hold before anything changes; resolves to warnings. */
export async function preflight({ project, router, layout }: Settings): Promise<readonly string[]> {
  const warnings = await project.preflight(requestOf(layout, router));
  await router.preflight(Object.keys(layout.slots), rolesOf(layout));
  return warnings;
}

/** What a deployment asks of the project. */
export function requestOf(layout: Layout, { files = [] }: Pick<Router, 'files'>): DeployRequest {
  const { slots, background } = layout;
  const settings = imageSettings(layout);
  return {
    services: Object.keys(settings),
    single: Object.keys(background).filter((service) => background[service]?.exclusive),
    jobs: Object.keys(layout.jobs),
    settings: Object.values(settings),
    slots: mapValues(slots, (_, slot) => servicesOfSlot(layout, slot)),
    files,
    graces: gracePeriods(layout),
  };
}
