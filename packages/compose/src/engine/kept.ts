import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf, replaceFile } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import type { ComposeFiles } from './compose.ts';
import { assignmentsIn } from './env-file.ts';
import { keptForm, type SettingPath, settingsAt } from './kept-form.ts';
import type { Section } from './section.ts';

/** Beside the Compose file: a Compose file for each configuration that is kept. */
const FOLDER = '.cutover';

/** `shop-0123456789abcdef.yaml`, and what is left of one that was being written. */
const NAME = /^(.+)-([0-9a-f]{16})\.yaml(?:\.\w+\.tmp)?$/;

/** What a project is: what Compose makes of its files now. */
export interface Rendered {
  readonly name: string;
  /** With `${NAME}` for each managed image. */
  readonly model: Section;
  /** As it was written: see {@link keptForm}. */
  readonly written: unknown;
}

/** Writes it, unless it is there. Resolves with its id, which is the same for the same content. */
export async function keep(where: ComposeFiles, envFile: string, { name, ...rendered }: Rendered) {
  const variables = await readFile(envFile, 'utf8').catch(() => '');
  const { model, secrets } = keptForm(rendered.model, rendered.written, assignmentsIn(variables));
  const text = withImages(JSON.stringify({ ...model, [SECRETS]: secrets }, null, 2));
  const path = pathOf(where, name, idOf(text));
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await replaceFile(path, text, 0o600);
  } catch (error) {
    throw notKept(path, error);
  }
  return idOf(text);
}

/**
 * Files from which Compose creates containers as they are kept, with the secrets of `now`; undefined where that one is
 * not there or not whole.
 */
export async function filesOfKept(
  where: ComposeFiles,
  id: string,
  now: { readonly name: string } & Section,
): Promise<ComposeFiles | undefined> {
  const path = pathOf(where, now.name, id);
  const text = await readFile(path, 'utf8').catch(() => '');
  if (idOf(text) !== id) return undefined;
  const secrets: readonly SettingPath[] = JSON.parse(text)[SECRETS];
  const input = JSON.stringify({ name: now.name, ...settingsAt(now, secrets) });
  return { ...where, files: [path, '-'], projectName: now.name, base: baseOf(where), input };
}

/** Removes what the project keeps under other ids. */
export async function keepOnly(where: ComposeFiles, project: string, ids: readonly string[]): Promise<void> {
  const folder = resolve(baseOf(where), FOLDER);
  const names = await readdir(folder).catch(() => []);
  const old = names.filter((name) => {
    const [, owner, id = ''] = NAME.exec(name) ?? [];
    return owner === project && (!ids.includes(id) || name.endsWith('.tmp'));
  });
  await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
}

/** From which kept configuration a container was created, by the files that Compose says it has read. */
export const keptIdIn = (configFiles = ''): string | undefined =>
  configFiles
    .split(',')
    .filter((file) => file.includes(`/${FOLDER}/`))
    .map((file) => NAME.exec(file)?.[2])[0];

/** Which settings are left out: Compose ignores it. */
const SECRETS = 'x-cutover-secrets';

const IMAGE = 'cutover-image-of-';

/** What stands for the image of each variable while the project is rendered to be kept. */
export const imagePlaceholders = (managed: Iterable<string>): Readonly<Record<string, string>> =>
  Object.fromEntries([...managed].map((name) => [name, `${IMAGE}${name}`]));

const withImages = (text: string): string => text.replace(new RegExp(`${IMAGE}(\\w+)`, 'g'), '$${$1:-none}');

const idOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** The folder in which relative paths of the project start. */
const baseOf = ({ directory, files: [file] }: ComposeFiles): string =>
  file === undefined ? directory : dirname(resolve(directory, file));

const pathOf = (where: ComposeFiles, project: string, id: string): string =>
  join(baseOf(where), FOLDER, `${project}-${id}.yaml`);

const notKept = (path: string, error: unknown): DeployError =>
  new DeployError(
    'keep-failed',
    {
      doing: `keeping the configuration in ${path}`,
      found: messageOf(error),
      wanted: 'a folder that can be written, since `keep.configuration` is on',
      fix: 'make it writable for this user, make room on its disk, or leave that option out',
    },
    { cause: error },
  );

export const unusable = (directory: string): DeployError =>
  new DeployError('keep-failed', {
    doing: `keeping the configuration of ${directory}`,
    found:
      'Compose does not accept the file in `.cutover` in which it was kept, or the file was changed meanwhile',
    wanted: 'a configuration from which containers can be created again',
    fix: 'try again; if it stays so, leave `keep.configuration` out and report the Compose file',
  });
