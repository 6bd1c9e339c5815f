import { uniqueName } from '@cutover/testing';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listContainers } from '../../src/engine/containers.ts';
import { connectDocker } from '../../src/engine/docker.ts';
import { lastCheckOf, tailContainer } from '../../src/engine/output.ts';

describe('a container that boots and is never healthy', () => {
  const project = uniqueName('output');
  let docker: Docker;
  const check = 'printf "0 %%\\r100 %%\\r\\n"; echo "refused hunter22-token"; printf "%4000s" x; exit 3';

  beforeAll(async () => {
    docker = await connectDocker();
    await docker
      .createContainer({
        name: project,
        Image: 'debian:bookworm-slim',
        Cmd: ['sh', '-c', 'echo "listening with hunter22-token"; sleep 600'],
        Env: ['API_TOKEN=hunter22-token'],
        Labels: {
          'com.docker.compose.project': project,
          'com.docker.compose.service': 'api',
          'com.docker.compose.oneoff': 'False',
        },
        Healthcheck: { Test: ['CMD-SHELL', check], Interval: 200e6, Retries: 1 },
        HostConfig: { NetworkMode: 'none' },
      })
      .then((created) => created.start());
  });
  afterAll(() => docker.getContainer(project).remove({ force: true }));

  const container = async () => {
    const [found] = await listContainers(docker, project);
    if (!found) throw new Error('it is gone');
    return found;
  };

  it('tailContainer shows its last lines without the secrets of its environment', async () => {
    expect(await tailContainer(docker, await container(), 5, 10_000)).toEqual(['listening with ***']);
  });

  it('lastCheckOf shows the exit code and the beginning of what its health check wrote, masked likewise', async () => {
    await expect.poll(async () => (await container()).health, { timeout: 20_000 }).toBe('unhealthy');
    const last = await lastCheckOf(docker, await container());
    expect(last).toEqual({ exitCode: 3, lines: ['0 %', '100 %', 'refused ***'] });
  });

  it('lastCheckOf knows nothing of a container whose health check has not run', async () => {
    const { id } = await docker.createContainer({
      name: `${project}-unchecked`,
      Image: 'debian:bookworm-slim',
      HostConfig: { NetworkMode: 'none' },
    });
    try {
      expect(await lastCheckOf(docker, { ...(await container()), id })).toBeUndefined();
    } finally {
      await docker.getContainer(id).remove();
    }
  });
});
