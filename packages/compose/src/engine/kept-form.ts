import { isSecretName, maskSecrets } from './secrets.ts';
import { isSection, type Section } from './section.ts';

/** Where a setting is: `['services', 'api', 'environment', 'API_TOKEN']`. */
export type SettingPath = readonly string[];

/** A project as it may be kept in a file: a Compose file without the settings that hold a secret. */
export interface KeptForm {
  readonly model: Section;
  /** The settings that are left out. They are read anew when it is used. */
  readonly secrets: readonly SettingPath[];
}

/** What makes no difference to a container, or is in the rest of the model already. */
const LEFT_OUT: ReadonlySet<string> = new Set(['build', 'develop', 'env_file', 'extends', 'label_file']);

/**
 * A setting is left out as a whole (all of a command, one variable of an environment) if its name looks secret, if it
 * is the content of a secret or a config, or if its value is made from a variable whose name looks secret, shows the
 * value of one, or a login.
 *
 * @param model what `docker compose config` prints
 * @param written the same with `--no-interpolate`: the text of each setting as it was written
 * @param variables `NAME=value` of what the project is interpolated with, as far as it is known
 */
export function keptForm(model: Section, written: unknown, variables: readonly string[] = []): KeptForm {
  const assignments = [...environmentsIn(model), ...variables];
  const secrets: SettingPath[] = [];
  const open = (section: Section, raw: unknown, path: SettingPath): Section =>
    Object.fromEntries(
      Object.entries(section).flatMap(([name, value]) => {
        if (LEFT_OUT.has(name) && path.length === 2 && path[0] === 'services' && 'image' in section)
          return [];
        if ((path.length === 0 || path.length === 2) && /^(x-|#)/.test(name)) return [];
        const at = [...path, name];
        const text = writtenAt(raw, name);
        if (isSection(value)) return [[name, open(value, text, at)]];
        if (!isSecret(at, value, text, assignments)) return [[name, value]];
        secrets.push(at);
        return [];
      }),
    );
  return { model: open(model, written, []), secrets };
}

function isSecret(
  at: SettingPath,
  value: unknown,
  written: unknown,
  assignments: readonly string[],
): boolean {
  const name = at.at(-1) as string;
  // `services.api.secrets` has their names alone.
  if (value === null || (name === 'secrets' && Array.isArray(value))) return false;
  if (isSecretName(name) || (name === 'content' && at.length === 3)) return true;
  // `$$NAME` is for the container to fill in.
  const variables = JSON.stringify(written ?? '')
    .replaceAll('$$', '')
    .matchAll(/\$\{?(\w+)/g);
  return (
    [...variables].some(([, variable = '']) => isSecretName(variable)) ||
    textsIn(value).some((text) => maskSecrets(text, assignments) !== text)
  );
}

/** What was written of a setting, where a list of `NAME=value` may stand for a map. */
function writtenAt(raw: unknown, name: string): unknown {
  if (isSection(raw)) return raw[name];
  if (!Array.isArray(raw)) return raw;
  return raw.filter((one) => typeof one !== 'string' || one.split(/[=:]/)[0] === name);
}

/** `NAME=value` for each variable of each service. */
const environmentsIn = ({ services }: Section): readonly string[] =>
  sectionsIn(services).flatMap(({ environment }) =>
    isSection(environment)
      ? Object.entries(environment).map(([name, value]) => `${name}=${unescaped(String(value ?? ''))}`)
      : [],
  );

const sectionsIn = (value: unknown): readonly Section[] =>
  isSection(value) ? Object.values(value).filter(isSection) : [];

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [unescaped(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Compose prints `$$` for `$`, so that it can read again what it has printed. */
const unescaped = (text: string): string => text.replaceAll('$$', '$');

/** These settings of the model alone; without those that it does not have. */
export function settingsAt(model: Section, paths: readonly SettingPath[]): Section {
  const names = [...new Set(paths.flatMap(([name]) => name ?? []))].filter((name) => name in model);
  return Object.fromEntries(
    names.map((name) => {
      const inner = paths.flatMap(([first, ...rest]) => (first === name && rest.length > 0 ? [rest] : []));
      const value = model[name];
      return [name, inner.length > 0 && isSection(value) ? settingsAt(value, inner) : value];
    }),
  );
}
