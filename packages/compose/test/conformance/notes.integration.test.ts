import { uniqueName } from '@cutover/testing';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDocker } from '../../src/engine/docker.ts';
import { createFromLedgerImage } from '../../src/ledger/ledger-image.ts';
import { tarOf } from '../../src/ledger/tar.ts';
import { dockerOf } from '../simulation/world/notes.ts';
import { answering, calmProcess, calmWorld } from './simulated.ts';

/** Requests of the ledger, on two notes that want the same or another name. */
const requests = ['create a', 'create b', 'remove a', 'beat a', 'look a', 'list'] as const;
type Request = (typeof requests)[number];

/** Every sequence of three: 216 cases, each of which must read the same on both engines. */
const sequences = requests.flatMap((one) =>
  requests.flatMap((two) => requests.map((three) => [one, two, three] as const)),
);

/** Carries out requests and tells what came of each, in words that hold for any engine. */
function driver(docker: Docker, project: string) {
  let id = 'none-yet';
  let beats = 0;
  let seen = '';
  const label = `conformance.project=${project}`;
  const create = async (name: string) => {
    const made = await createFromLedgerImage(docker, {
      name: `${project}-${name}`,
      Cmd: ['never-started'],
      Labels: { 'conformance.project': project, 'conformance.name': name },
    });
    if (name === 'a') id = made.id;
    return 'created';
  };
  const work: Record<Request, () => Promise<string>> = {
    'create a': () => create('a'),
    'create b': () => create('b'),
    'remove a': async () => {
      await docker.getContainer(id).remove();
      return 'removed';
    },
    'beat a': async () => {
      await docker.getContainer(id).putArchive(tarOf('beat', '', ++beats), { path: '/' });
      return 'beaten';
    },
    'look a': async () => {
      const shown = await docker.getContainer(id).infoArchive({ path: '/beat' });
      const now = JSON.stringify((shown as { headers?: unknown }).headers);
      const changed = now !== seen;
      seen = now;
      return changed ? 'changed' : 'as before';
    },
    list: async () => {
      const found = await docker.listContainers({ all: true, filters: { label: [label] } });
      return found
        .map(({ Labels }) => Labels['conformance.name'])
        .sort()
        .join();
    },
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
    const all = await docker.listContainers({ all: true, filters: { label: ['conformance.project'] } });
    const own = all.filter(({ Labels }) => Labels['conformance.project']?.startsWith(prefix));
    await Promise.all(own.map(({ Id }) => docker.getContainer(Id).remove()));
  });

  it.each(sequences)('answer alike: %s, %s, %s', async (...sequence) => {
    const project = `${prefix}-${sequences.findIndex((other) => other.join() === sequence.join())}`;
    const real = driver(docker, project);
    const model = simulated(project);
    for (const request of sequence)
      expect([request, await model(request)]).toEqual([request, await real(request)]);
  });
});
