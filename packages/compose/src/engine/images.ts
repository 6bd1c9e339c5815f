import type Docker from 'dockerode';
import { DeployError } from '../domain/errors.ts';
import type { Image } from '../domain/release.ts';
import { tolerating } from './docker.ts';
import { type Pull, pullImage } from './pull.ts';

const PULLS = 3;

const isId = (name: string): boolean => name.startsWith('sha256:');

export interface Resolving extends Pull {
  /** Asks the registry also where the engine has an image of that name: a tag may have moved. */
  readonly always: boolean;
}

/** The image of that name, pulled where that is needed. What a name says by its content needs no second look. */
export async function resolveImage(
  docker: Docker,
  name: string,
  { always, ...pull }: Resolving,
): Promise<Image> {
  const inspect = () => tolerating([404], () => docker.getImage(name).inspect());
  const isFixed = /^sha256:|@sha256:/.test(name);
  const asks = always && !isFixed;
  const known = asks ? undefined : await inspect();
  if (!known && isId(name)) throw missing(name, 'an id is no name that a registry knows', asks);
  const details = known ?? (await pulled(name, inspect, { always: asks, ...pull }));
  await assertArchitecture(docker, name, details.Architecture);
  return { name: nameOf(name, details), ref: pinnable(name, details), id: details.Id };
}

/** What was pulled and is gone at once, since somebody prunes the host, is pulled again. */
async function pulled(
  name: string,
  inspect: () => Promise<Docker.ImageInspectInfo | undefined>,
  { always, ...pull }: Resolving,
): Promise<Docker.ImageInspectInfo> {
  for (let attempt = 0; attempt < PULLS; attempt++) {
    const failure = await pullImage(name, pull);
    if (failure !== undefined) throw missing(name, failure, always);
    const found = await inspect();
    if (found) return found;
  }
  throw missing(name, 'the engine does not have it after pulling', always);
}

/** A digest where a registry gave one; else the id, which Compose takes as well. */
function pinnable(name: string, { RepoDigests, Id }: Docker.ImageInspectInfo): string {
  const repository = name.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  return RepoDigests?.find((digest) => digest.startsWith(`${repository}@`)) ?? RepoDigests?.[0] ?? Id;
}

/** An id says nothing to people; a tag does. */
const nameOf = (name: string, { RepoTags }: Docker.ImageInspectInfo): string =>
  isId(name) ? (RepoTags?.[0] ?? name.slice(0, 19)) : name;

const missing = (name: string, why: string, always: boolean) =>
  new DeployError('image-missing', {
    doing: `looking for the image ${name}`,
    found: `it cannot be pulled (${why})${always ? '' : ', and the engine does not have it'}`,
    wanted: always
      ? "an image in a registry that the engine reaches, since pull is 'always'"
      : 'an image on the engine or in a registry that it reaches',
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
