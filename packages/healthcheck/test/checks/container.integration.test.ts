import { type ContainerOptions, startContainer, type TestContainer, uniqueName } from '@cutover/testing';
import Docker from 'dockerode';
import { afterAll, describe, expect, it } from 'vitest';
import { containerCheck } from '../../src/index.ts';
import { run } from '../helpers/run.ts';

const image = 'debian:bookworm-slim';
const sleeping = { image, command: ['sleep', '600'] };

describe('containerCheck', () => {
  const started: TestContainer[] = [];
  const start = async (options: ContainerOptions) => {
    const container = await startContainer(options);
    started.push(container);
    return container;
  };
  afterAll(() => Promise.all(started.map((container) => container[Symbol.asyncDispose]())));

  it('is good with a container that runs and declares no health check', async () => {
    const { name, pause, unpause } = await start({ ...sleeping, env: { PASSWORD: 'secret-of-it' } });
    await expect(run(containerCheck(name))).resolves.toEqual({
      facts: { well: 1, containers: 1, restarts: 0 },
    });
    await pause();
    await expect(run(containerCheck(name))).rejects.toMatchObject({ code: 'unhealthy' });
    await unpause();
    await expect(run(containerCheck(name, { engine: new Docker() }))).resolves.toBeDefined();
  });

  it('goes by the health check of one that has it', async () => {
    const { name, exec } = await start({ ...sleeping, health: 'test -e /tmp/well' });
    await expect(run(containerCheck(name))).rejects.toMatchObject({ code: 'not-ready' });
    await expect
      .poll(() => run(containerCheck(name)).catch(({ code }) => code), { timeout: 20_000 })
      .toBe('unhealthy');
    await exec('touch', '/tmp/well');
    await expect
      .poll(() => run(containerCheck(name)).catch(String), { timeout: 20_000 })
      .toMatchObject({ facts: { well: 1 } });
  });

  it('is bad with one that has ended, and not ready with one that is not there', async () => {
    const { name } = await start({ image, command: ['false'] });
    await expect
      .poll(() => run(containerCheck(name)).catch(String), { timeout: 10_000 })
      .toContain('exited; wanted 1 running and healthy');
    await expect(run(containerCheck(`${name}-none`))).rejects.toMatchObject({ code: 'not-ready' });
  });

  it('finds the containers of a Compose service by their labels', async () => {
    const project = uniqueName('project');
    const labels = { 'com.docker.compose.project': project, 'com.docker.compose.service': 'api' };
    const target = { project, service: 'api' };
    await expect(run(containerCheck(target))).rejects.toMatchObject({ code: 'not-ready' });
    await start({ ...sleeping, labels });
    const { kill } = await start({ ...sleeping, labels });
    await expect(run(containerCheck(target))).resolves.toMatchObject({ facts: { well: 2 } });
    await kill();
    await expect(run(containerCheck(target))).rejects.toMatchObject({ code: 'unhealthy' });
    await expect(run(containerCheck(target, { min: 1 }))).resolves.toBeDefined();
    await expect(run(containerCheck(target, { engine: new Docker(), min: 1 }))).resolves.toBeDefined();
  });
});
