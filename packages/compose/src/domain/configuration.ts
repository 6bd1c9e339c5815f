import type { ServiceName } from './layout.ts';

/**
 * What a container of a service would be created with, apart from its image: a digest of each setting by its name
 * (`environment.LOG_LEVEL`, `command`, `secrets.db_password`). Values are not kept, but for `replicas`.
 */
export type Fingerprint = Readonly<Record<string, string>>;

/** How many containers the project wants of a service: the one setting that is kept as it is. */
export const REPLICAS = 'replicas';

export const replicasIn = (fingerprint: Fingerprint | undefined): number | undefined => {
  const text = fingerprint?.[REPLICAS];
  return text === undefined ? undefined : Number(text);
};

/** The settings, with the number of containers of another fingerprint. */
export function withReplicasOf(settings: Fingerprint, other: Fingerprint | undefined): Fingerprint {
  const { [REPLICAS]: _, ...rest } = settings;
  const replicas = other?.[REPLICAS];
  return replicas === undefined ? rest : { ...rest, [REPLICAS]: replicas };
}

export type Configuration = Readonly<Record<ServiceName, Fingerprint>>;

/** A configuration that the project keeps, and what containers get from it: all as then, but for secrets, which are not kept. */
export interface Kept {
  readonly id: string;
  readonly configuration: Configuration;
}

/** The names of the settings that differ; none where one of the two is not known, as a number of containers may be. */
export function changedSettings(
  before: Fingerprint | undefined,
  now: Fingerprint | undefined,
): readonly string[] {
  if (!before || !now) return [];
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  const isKnown = (name: string) => name !== REPLICAS || (name in before && name in now);
  return [...names].filter((name) => before[name] !== now[name] && isKnown(name)).sort();
}
