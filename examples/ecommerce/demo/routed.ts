import type { LoadReport } from '@cutover/testing';

/** HAProxy's header of each answer: the version, and the backends of API and web front end at that moment. */
export const ROUTED = 'x-routed';

const versionOf = (routed: string): string => routed.split(' ')[0] || 'unknown';

/** `1.1.0 ecomweb_api_green ecomweb_web_blue` */
const isMixed = (routed: string): boolean => {
  const [, api, web] = routed.split(' ').map((name) => name.split('_').at(-1));
  return api === undefined || api !== web;
};

/** Adds answers up by the version that gave them, in the order in which they came up first. */
export function byVersion(routed: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const versions: Record<string, number> = {};
  for (const [name, answers] of Object.entries(routed))
    versions[versionOf(name)] = (versions[versionOf(name)] ?? 0) + answers;
  return versions;
}

/** How many answers were routed while API and web front end were in different slots. */
export const mixedRoutes = (routed: Readonly<Record<string, number>>): number =>
  Object.entries(routed).reduce((sum, [name, answers]) => sum + (isMixed(name) ? answers : 0), 0);

/** The answers of a load by that header. */
export const answersOf = ({ versions }: LoadReport): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(versions).map(([routed, { answers }]) => [routed, answers]));
