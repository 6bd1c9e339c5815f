import { createHash } from 'node:crypto';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { composeProject } from '../../src/engine/compose-project.ts';
import { connectDocker } from '../../src/engine/docker.ts';
import type { Engine } from '../../src/ports/index.ts';
import { startProject, type TestProject } from '../support/project.ts';

const confirm = async () => {};

describe('composeProject', () => {
  let project: TestProject;
  let engine: Engine;
  const request = {
    services: ['api', 'cron'],
    single: ['api', 'cron'],
    jobs: [],
    settings: ['API_IMAGE', 'CRON_IMAGE'],
    graces: {},
    slots: {},
    files: [],
  };
  const only = async (service: string) => {
    const found = (await engine.observe()).filter((container) => container.service === service);
    expect(found).toHaveLength(1);
    return found[0] as (typeof found)[number];
  };

  beforeAll(async () => {
    project = await startProject();
  });
  afterAll(() => project[Symbol.asyncDispose]());
  beforeEach(async () => {
    engine = composeProject({ directory: project.directory });
    await engine.preflight(request);
    for (const container of await engine.observe()) {
      await engine.stop(container, 0, confirm);
      await engine.remove(container);
    }
  });

  it('starts a service on the image that was pinned, and a bare up by hand changes nothing', async () => {
    const image = await engine.resolve(project.images[1]);
    await engine.pin({ API_IMAGE: image.ref });
    await engine.up([{ service: 'api', replicas: 1 }]);
    await engine.prefer(['api'], ['spare']);
    const before = await only('api');
    expect(before).toMatchObject({
      running: true,
      image: image.id,
      imageName: project.images[1],
      health: 'none',
    });
    await project.compose('up', '--detach', 'api');
    await project.compose('up', '--detach');
    expect(await only('api')).toEqual(before);
    expect((await engine.observe()).map(({ service }) => service).sort()).toEqual(['api', 'cron']);
    expect(await readFile(join(project.directory, '.env'), 'utf8')).toMatch(
      /# kept[\s\S]*COMPOSE_PROFILES=debug,blue\n/,
    );
  });

  it('starts a service from what was kept, on the image that is pinned', async () => {
    const { id } = (await engine.keep()) ?? {};
    const compose = join(project.directory, 'compose.yaml');
    const text = await readFile(compose, 'utf8');
    await writeFile(compose, text.replaceAll('restart: unless-stopped', 'restart: always'));
    try {
      const image = await engine.resolve(project.images[1]);
      await engine.pin({ API_IMAGE: image.ref });
      await engine.up([{ service: 'api', kept: id }]);
      const created = await only('api');
      expect(created).toMatchObject({ image: image.id, kept: id });
      const { HostConfig } = await (await connectDocker()).getContainer(created.id).inspect();
      expect(HostConfig.RestartPolicy?.Name).toBe('unless-stopped');
      expect(await engine.kept(id ?? '')).not.toEqual(await engine.configuration());
    } finally {
      await writeFile(compose, text);
    }
    expect(await engine.kept(id ?? '')).toEqual(await engine.configuration());
  });

  it('cannot read what was changed since it was kept, nor what Compose does not take', async () => {
    const bad = '{ "services": { "api": { "imagine": "shop" } }, "x-cutover-secrets": [] }';
    const idOfBad = createHash('sha256').update(bad).digest('hex').slice(0, 16);
    const { id = '' } = (await engine.keep()) ?? {};
    const fileOf = (kept: string) => join(project.directory, '.cutover', `${project.name}-${kept}.yaml`);
    await writeFile(fileOf(idOfBad), bad);
    await appendFile(fileOf(id), '\n');
    expect(await engine.kept(id)).toBeUndefined();
    expect(await engine.kept(idOfBad)).toBeUndefined();
    await engine.keepOnly([]);
    expect(await readdir(join(project.directory, '.cutover'))).toEqual([]);
  });

  it('takes the images from the env file also where the shell exports the variable', async () => {
    process.env.API_IMAGE = 'something/else:1';
    try {
      const image = await engine.resolve(project.images[1]);
      await engine.pin({ API_IMAGE: image.ref });
      await engine.up([{ service: 'api', replicas: 1 }]);
      expect(await only('api')).toMatchObject({ image: image.id });
    } finally {
      delete process.env.API_IMAGE;
    }
  });

  it('stops with one SIGTERM, tells a clean exit from a kill, and disarms the restart policy', async () => {
    await engine.up([{ service: 'api' }, { service: 'cron' }]);
    const [api, cron] = [await only('api'), await only('cron')];
    expect(await engine.stop(api, 10_000, confirm)).toEqual({ found: true, code: 0 });
    expect(await engine.stop(cron, 1_000, confirm)).toEqual({ found: true, code: 137 });
    const docker = await connectDocker();
    const { HostConfig } = await docker.getContainer(cron.id).inspect();
    expect(HostConfig.RestartPolicy?.Name).toBe('no');
    expect(await engine.awaitExit(cron, 1_000)).toEqual({ found: true, code: 137 });
    await engine.remove(cron);
    expect(await engine.stop(cron, 1_000, confirm)).toEqual({ found: false, code: 0 });
  });

  it('shows the end of the output without the secrets of the environment', async () => {
    await engine.up([{ service: 'api', replicas: 1 }]);
    const container = await only('api');
    await expect.poll(() => engine.tail(container, 5)).toEqual(['using ***']);
  });

  it('says which service is missing', async () => {
    await expect(engine.preflight({ ...request, services: ['api', 'web'] })).rejects.toMatchObject({
      code: 'service-missing',
      message: expect.stringContaining('no service web; it has api, cron, spare'),
    });
  });

  it('says what Compose says of a file that it refuses', async () => {
    const broken = composeProject({ directory: project.directory, files: ['nowhere.yaml'] });
    await expect(broken.preflight(request)).rejects.toMatchObject({
      code: 'compose-invalid',
      message: expect.stringContaining('nowhere.yaml'),
    });
  });

  it('finds its containers and its ledger without Compose, by the folder, where Compose refuses the file', async () => {
    await engine.up([{ service: 'api', replicas: 1 }]);
    const file = join(project.directory, 'compose.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, `${text}\n  : broken`);
    try {
      const broken = composeProject({ directory: project.directory });
      await expect(broken.preflight(request)).rejects.toMatchObject({ code: 'compose-invalid' });
      expect(await broken.project()).toBe(project.name);
      expect(await broken.observe()).toMatchObject([{ service: 'api', running: true }]);
      expect(await broken.ledger().read()).toEqual([]);
      const elsewhere = composeProject({ directory: project.directory, files: ['no/where.yaml'] });
      await expect(elsewhere.observe()).rejects.toMatchObject({ code: 'compose-invalid' });
      const named = composeProject({
        directory: project.directory,
        files: ['no/where.yaml'],
        projectName: project.name,
      });
      expect(await named.observe()).toMatchObject([{ service: 'api' }]);
    } finally {
      await writeFile(file, text);
    }
  });

  it('says that an image is nowhere to be had', async () => {
    await expect(engine.resolve('127.0.0.1:9/no/such:1')).rejects.toMatchObject({ code: 'image-missing' });
  });

  it('says that no engine answers', async () => {
    const host = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = `unix://${join(project.directory, 'no.sock')}`;
    try {
      const down = composeProject({ directory: project.directory });
      await expect(down.preflight(request)).rejects.toMatchObject({ code: 'engine-unreachable' });
    } finally {
      process.env.DOCKER_HOST = host;
    }
  });
});
