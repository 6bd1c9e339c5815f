import type Docker from 'dockerode';
import { execa } from 'execa';
import { DeployError } from '../domain/errors.ts';
import type { Image } from '../domain/release.ts';
import { tolerating } from './docker.ts';

/** The image of that name, pulled by the docker CLI (which has the credentials) if the engine lacks it. */
export async function resolveImage(docker: Docker, name: string, signal?: AbortSignal): Promise<Image> {
  const inspect = () => tolerating([404], () => docker.getImage(name).inspect());
  const details = (await inspect()) ?? (await pull(name, signal).then(inspect));
  if (!details) throw missing(name, 'the engine does not have it after pulling');
  await assertArchitecture(docker, name, details.Architecture);
  return { name: nameOf(name, details), ref: pinnable(name, details), id: details.Id };
}

/** A digest where a registry gave one; else the id, which Compose takes as well. */
function pinnable(name: string, { RepoDigests, Id }: Docker.ImageInspectInfo): string {
  const repository = name.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  return RepoDigests?.find((digest) => digest.startsWith(`${repository}@`)) ?? RepoDigests?.[0] ?? Id;
}

/** An id says nothing to people; a tag does. */
const nameOf = (name: string, { RepoTags }: Docker.ImageInspectInfo): string =>
  name.startsWith('sha256:') ? (RepoTags?.[0] ?? name.slice(0, 19)) : name;

async function pull(name: string, cancelSignal?: AbortSignal): Promise<void> {
  const { exitCode, stderr } = await execa('docker', ['pull', '--quiet', name], {
    reject: false,
    detached: true,
    ...(cancelSignal ? { cancelSignal } : {}),
  });
  cancelSignal?.throwIfAborted();
  if (exitCode !== 0) throw missing(name, stderr.trim().split('\n').at(-1) ?? 'the pull failed');
}

const missing = (name: string, found: string) =>
  new DeployError('image-missing', {
    doing: `looking for the image ${name}`,
    found: `the engine does not have it and it cannot be pulled (${found})`,
    wanted: 'an image on the engine or in a registry that it reaches',
    fix: 'build or push it, log in to its registry, or correct the name',
  });

async function assertArchitecture(docker: Docker, name: string, found: string): Promise<void> {
  const { Architecture } = await docker.info();
  const wanted =
    ({ x86_64: 'amd64', aarch64: 'arm64' } as Record<string, string>)[Architecture] ?? Architecture;
  if (!found || found === wanted) return;
  throw new DeployError('image-unfit', {
    doing: `looking at the image ${name}`,
    found: `it was built for ${found}`,
    wanted: `${wanted}, as the engine has`,
    fix: `build it for ${wanted}`,
  });
}
