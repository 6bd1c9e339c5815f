import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Configuration, type Fingerprint, REPLICAS } from '../domain/configuration.ts';
import { replicasOf } from './replicas.ts';
import { isSection, type Section } from './section.ts';

/** As `docker compose config --format json` prints it. */
export interface ComposeModel {
  readonly services: Readonly<Record<string, Section>>;
  readonly networks?: Section;
  readonly volumes?: Section;
  readonly secrets?: Section;
  readonly configs?: Section;
}

/** Of a service, what makes no difference to a container: when it starts, and what its image is made of. */
const IRRELEVANT = new Set([
  'build',
  'depends_on',
  'develop',
  'env_file',
  'extends',
  'image',
  'label_file',
  'profiles',
  'pull_policy',
  'scale',
]);
/** Settings of which each entry is told by its own name. */
const BY_ENTRY = new Set(['environment', 'labels', 'networks', 'sysctls', 'extra_hosts']);
/** Settings that name something defined beside the services, whose definition and content count as well. */
const REFERENCES = ['networks', 'volumes', 'secrets', 'configs'] as const;

/** Of each service, from what Compose makes of its files: independent of how the files are written. */
export async function fingerprintsOf(model: ComposeModel, directory: string): Promise<Configuration> {
  const services = Object.entries(model.services).map(
    async ([name, service]) => [name, await fingerprintOf(model, service, directory)] as const,
  );
  return Object.fromEntries(await Promise.all(services));
}

async function fingerprintOf(model: ComposeModel, service: Section, directory: string): Promise<Fingerprint> {
  const own = Object.entries(withoutReplicas(service)).filter(([name]) => !IRRELEVANT.has(name));
  const settings = own.flatMap(([name, value]) =>
    BY_ENTRY.has(name) && isSection(value)
      ? Object.entries(value).map(([entry, inner]) => [`${name}.${entry}`, inner ?? 'default'] as const)
      : [[name, value] as const],
  );
  const defined = await Promise.all(
    REFERENCES.flatMap((kind) =>
      referencesIn(service[kind]).map(async (name) => {
        const definition = model[kind]?.[name];
        return [
          `${kind}.${name} (definition)`,
          definition && (await withContent(definition, directory)),
        ] as const;
      }),
    ),
  );
  const digests = [...settings, ...defined]
    .filter(([, value]) => !isEmpty(value))
    .map(([name, value]) => [name, digest(value)]);
  return { ...Object.fromEntries(digests), [REPLICAS]: String(replicasOf(service)) };
}

const withoutReplicas = (service: Section): Section => {
  if (!isSection(service.deploy)) return service;
  const { replicas, ...deploy } = service.deploy;
  return { ...service, deploy };
};

/** `{ name: … }`, `['name']` and `[{ source: 'name' }]`. */
function referencesIn(value: unknown): readonly string[] {
  if (isSection(value)) return Object.keys(value);
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) => (isSection(one) ? (one.source as string | undefined) : String(one)) ?? []);
}

/** A secret or a config is what its file holds. */
async function withContent(definition: unknown, directory: string): Promise<unknown> {
  if (!isSection(definition) || typeof definition.file !== 'string') return definition;
  const content = await readFile(resolve(directory, definition.file), 'latin1').catch(() => 'not readable');
  return { ...definition, content };
}

/** Versions of Compose differ in whether they print what is not set. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (isSection(value) && Object.values(value).every(isEmpty));

/** Long enough to tell values apart, too short to search for one with certainty. */
const digest = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(ordered(value)))
    .digest('hex')
    .slice(0, 10);

const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isSection(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => !isEmpty(inner));
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, ordered(inner)]),
  );
};
