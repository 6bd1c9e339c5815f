import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type Docker from 'dockerode';
import type { ComposeFiles } from './compose.ts';

/**
 * The project of the containers that were created from this folder, for when Compose cannot read the file. Undefined if
 * there are none, or if they belong to several projects.
 */
export async function projectInFolder(
  docker: Docker,
  where: Pick<ComposeFiles, 'directory' | 'files'>,
): Promise<string | undefined> {
  const folder = projectFolder(where);
  const spellings = new Set([folder, await realpath(folder).catch(() => folder)]);
  const lists = await Promise.all([...spellings].map((spelling) => createdFrom(docker, spelling)));
  const [name, ...others] = new Set(lists.flat().map(({ Labels }) => Labels['com.docker.compose.project']));
  return others.length === 0 ? name : undefined;
}

/** With which Compose labels containers: that of the first file. */
export function projectFolder({
  directory,
  files: [file],
}: Pick<ComposeFiles, 'directory' | 'files'>): string {
  return resolve(directory, file === undefined ? '.' : dirname(file));
}

const createdFrom = (docker: Docker, folder: string) =>
  docker.listContainers({
    all: true,
    filters: { label: [`com.docker.compose.project.working_dir=${folder}`] },
  });
