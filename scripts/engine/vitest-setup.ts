import { randomBytes } from 'node:crypto';
import Docker from 'dockerode';
import { ensureEngine, imageNames } from './index.ts';

/** Vitest global setup of the integration tests: an engine for all of them, and nothing of theirs left on it. */
export default async function setup(): Promise<() => Promise<void>> {
  const { env } = await ensureEngine({ images: imageNames, log: (line) => console.log(line) });
  const run = randomBytes(4).toString('hex');
  // Workers are started after this and inherit it.
  Object.assign(process.env, env, { CUTOVER_TEST_RUN: run });
  return () => removeRun(new Docker(), `dev.cutover.test=${run}`);
}

async function removeRun(docker: Docker, label: string): Promise<void> {
  const filters = { label: [label] };
  const containers = await docker.listContainers({ all: true, filters });
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  const networks = await docker.listNetworks({ filters });
  await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()));
}
