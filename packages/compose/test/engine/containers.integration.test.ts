import { uniqueName } from '@cutover/testing';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { listContainers } from '../../src/engine/containers.ts';
import { connectDocker } from '../../src/engine/docker.ts';

describe('listContainers', () => {
  const project = uniqueName('containers');
  let docker: Docker;
  let id: string;

  beforeAll(async () => {
    docker = await connectDocker();
    const created = await docker.createContainer({
      name: project,
      Image: 'debian:bookworm-slim',
      Cmd: ['false'],
      Labels: {
        'com.docker.compose.project': project,
        'com.docker.compose.service': 'api',
        'com.docker.compose.oneoff': 'False',
      },
      HostConfig: { NetworkMode: 'none', RestartPolicy: { Name: 'always' } },
    });
    id = created.id;
  });
  afterAll(() => docker.getContainer(id).remove({ force: true }));

  it('says that a container is about to be started again without asking for details that the engine holds back', async () => {
    const [made] = await listContainers(docker, project);
    expect(made).toMatchObject({ service: 'api', running: false, restarting: false });
    await docker.getContainer(id).start();
    // The engine doubles its pause from 100 ms on: after five it stays in one for seconds.
    await expect
      .poll(async () => (await listContainers(docker, project))[0], { timeout: 60_000 })
      .toMatchObject({ restarting: true, restarts: expect.toSatisfy((times: number) => times >= 5) });
    const details = vi.spyOn(docker, 'getContainer');
    expect(await listContainers(docker, project)).toMatchObject([{ id, running: true, restarting: true }]);
    expect(details).not.toHaveBeenCalled();
    details.mockRestore();
  });
});
