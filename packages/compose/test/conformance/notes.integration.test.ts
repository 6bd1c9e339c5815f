import { uniqueName } from '@cutover/testing';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDocker } from '../../src/engine/docker.ts';
import { dockerOf } from '../simulation/world/notes.ts';
import { answering, calmProcess, calmWorld } from './simulated.ts';

/** Requests of the ledger, on two notes, one of which two writers want. */
const requests = ['create a', 'create a as another', 'create b', 'remove a', 'remove b', 'list'] as const;
type Request = (typeof requests)[number];

/** Every sequence of three: 216 cases, each of which must read the same on both engines. */
const sequences = requests.flatMap((one) =>
  requests.flatMap((two) => requests.map((three) => [one, two, three] as const)),
);

/** Carries out requests and tells what came of each, in words that hold for any engine. */
function driver(docker: Docker, project: string) {
  const list = async () => {
    const label = [`conformance.project=${project}`];
    const { Volumes } = await docker.listVolumes({ filters: { label } });
    const found = (Volumes ?? []).map(({ Name, Labels }) => `${Name} by ${Labels['conformance.writer']}`);
    return found.sort().join();
  };
  const create = async (name: string, writer = 'one') => {
    const Labels = { 'conformance.project': project, 'conformance.writer': writer };
    await docker.createVolume({ Name: `${project}-${name}`, Labels });
    return `created: ${await list()}`;
  };
  const remove = async (name: string) => {
    await docker.getVolume(`${project}-${name}`).remove();
    return 'removed';
  };
  const work: Record<Request, () => Promise<string>> = {
    'create a': () => create('a'),
    'create a as another': () => create('a', 'another'),
    'create b': () => create('b'),
    'remove a': () => remove('a'),
    'remove b': () => remove('b'),
    list,
  };
  return async (request: Request): Promise<string> => {
    try {
      return await work[request]();
    } catch (error) {
      return `refused with ${(error as { statusCode?: number }).statusCode}`;
    }
  };
}

function simulated(project: string) {
  const world = calmWorld();
  const up = () => {};
  const docker = dockerOf(calmProcess(world), world.shelf, up, () => false);
  return answering(world, driver(docker, project));
}

describe('notes of the simulated and of the real engine', () => {
  let docker: Docker;
  const prefix = uniqueName('conformance');

  beforeAll(async () => {
    docker = await connectDocker();
  });
  afterAll(async () => {
    const { Volumes } = await docker.listVolumes({ filters: { label: ['conformance.project'] } });
    const own = Volumes.filter(({ Labels }) => Labels['conformance.project']?.startsWith(prefix));
    await Promise.all(own.map(({ Name }) => docker.getVolume(Name).remove()));
  });

  it.each(sequences)('answer alike: %s, %s, %s', async (...sequence) => {
    const project = `${prefix}-${sequences.findIndex((other) => other.join() === sequence.join())}`;
    const real = driver(docker, project);
    const model = simulated(project);
    for (const request of sequence)
      expect([request, await model(request)]).toEqual([request, await real(request)]);
  });
});
