import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@cutover/internal';
import type Docker from 'dockerode';
import { readVariable } from './env-file.ts';

/** What a deployment keeps in an env file. */
export interface Kept {
  readonly project: string;
  /** Folder of the project, and the env file that a deployment from there writes. */
  readonly folder: string;
  readonly envFile: string;
  /** Variables that hold images. */
  readonly settings: readonly string[];
  /** Of the slots' services. */
  readonly profiles: readonly string[];
}

/** A folder from which containers were created, and the env files that were read there. */
interface Origin {
  readonly folder: string;
  readonly envFiles: readonly string[];
}

/**
 * Warnings of other folders from which containers of the project were created, and whose env file names other images or
 * profiles: what Compose starts there by hand is another release. A folder, or a file, that is not there any more can do
 * no harm: a CI may take a new folder for each run.
 */
export async function warnOfOtherFolders(docker: Docker, kept: Kept): Promise<readonly string[]> {
  const all = await docker.listContainers({
    all: true,
    filters: { label: [`com.docker.compose.project=${kept.project}`] },
  });
  const here = await resolved(kept.folder);
  const origins = new Map(all.flatMap(originOf).map((origin) => [JSON.stringify(origin), origin]));
  const warnings = [...origins.values()].map(async (origin) =>
    (await resolved(origin.folder)) === here ? [] : warningOf(origin, kept),
  );
  return (await Promise.all(warnings)).flat();
}

function originOf({ Labels }: Docker.ContainerInfo): readonly Origin[] {
  const folder = Labels['com.docker.compose.project.working_dir'];
  // Compose writes this label only where it was called with --env-file.
  const envFiles = Labels['com.docker.compose.project.environment_file']?.split(',');
  return folder === undefined ? [] : [{ folder, envFiles: envFiles ?? [join(folder, '.env')] }];
}

async function warningOf({ folder, envFiles }: Origin, kept: Kept): Promise<readonly string[]> {
  const other = envFiles.join(', ');
  const warning = (finding: string) => [
    `containers of ${kept.project} were created from ${folder}, and ${finding}: ` +
      `\`docker compose up -d\` in ${folder} would start the release that is named there. ` +
      'Deploy from one folder, or keep one env file for all: make .env in each a link to it, or give its absolute path as envFile',
  ];
  try {
    const [theirs, ours] = await Promise.all([textOf(envFiles), textOf([kept.envFile])]);
    if (theirs === undefined || keptIn(theirs, kept) === keptIn(ours ?? '', kept)) return [];
    return warning(`${other} names other images or profiles than ${kept.envFile}`);
  } catch (error) {
    return warning(`what ${other} names cannot be read (${messageOf(error)})`);
  }
}

/** As Compose reads several: the last assignment wins. Undefined where there is none of them. */
async function textOf(files: readonly string[]): Promise<string | undefined> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(ignoreMissing)));
  const found = texts.filter((text) => text !== undefined);
  return found.length === 0 ? undefined : found.join('\n');
}

function keptIn(text: string, { settings, profiles }: Kept): string {
  const on = (readVariable(text, 'COMPOSE_PROFILES') ?? '').split(',');
  return JSON.stringify([
    settings.map((name) => readVariable(text, name)),
    profiles.filter((name) => on.includes(name)),
  ]);
}

const resolved = (path: string): Promise<string> => realpath(path).catch(() => path);

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
