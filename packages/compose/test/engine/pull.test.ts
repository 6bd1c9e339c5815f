import { afterEach, describe, expect, it } from 'vitest';
import type { Layers } from '../../src/domain/events.ts';
import { projectEngine } from '../../src/engine/compose-project.ts';
import { LIMITS } from '../../src/engine/limits.ts';
import { layerCounter } from '../../src/engine/pull.ts';
import { answering, type FakeDocker, fakeDocker } from '../support/fake-docker.ts';

// As docker 28 prints it into a pipe.
const PULL = `a3ed95caeb02: Pulling from library/shop
5a7813e071bf: Already exists
b7c0f3e1d2a4: Pulling fs layer
c8d1a4f2e3b5: Pulling fs layer
c8d1a4f2e3b5: Verifying Checksum
c8d1a4f2e3b5: Download complete
b7c0f3e1d2a4: Download complete
b7c0f3e1d2a4: Pull complete
c8d1a4f2e3b5: Pull complete
Digest: sha256:9c7d3a1b
Status: Downloaded newer image for shop:a3ed95caeb02
docker.io/library/shop:a3ed95caeb02`;

describe('layerCounter', () => {
  it('tells when a layer is new or there, and takes no tag for a layer', () => {
    const told: string[] = [];
    const count = layerCounter(({ done, total }) => told.push(`${done}/${total}`));
    PULL.split('\n').forEach(count);
    expect(told).toEqual(['1/1', '1/2', '1/3', '2/3', '3/3']);
  });
});

describe('resolve', () => {
  let docker: FakeDocker;
  afterEach(() => docker[Symbol.asyncDispose]());

  /** An engine that has the old image, or nothing, until a pull has been through. */
  async function project({ has, always, command }: { has: boolean; always: boolean; command: string }) {
    let asked = 0;
    const details = () => {
      const found = asked++ > 0 ? 'new' : has ? 'old' : undefined;
      return found && { Id: `sha256:${found}`, RepoDigests: [], Architecture: 'amd64' };
    };
    docker = await fakeDocker({
      command,
      engine: answering({
        '/images/shop:2/json': always ? () => ({ ...details(), Id: 'sha256:new' }) : details,
        '/images/shop@sha256:abc/json': details,
        '/info': () => ({ Architecture: 'x86_64' }),
      }),
    });
    const told: Layers[] = [];
    const where = { directory: docker.folder, files: [], envFile: undefined, projectName: undefined };
    const engine = projectEngine(where, { always, limits: LIMITS });
    return {
      told,
      resolve: (name: string) => engine.resolve(name, { onPull: (layers) => told.push(layers) }),
    };
  }

  const pulling = `[ "$*" = "pull shop:2" ] || exit 9\ncat <<'END'\n${PULL}\nEND`;

  it('pulls what the engine lacks, and tells of its layers', async () => {
    const { resolve, told } = await project({ has: false, always: false, command: pulling });
    expect(await resolve('shop:2')).toMatchObject({ id: 'sha256:new' });
    expect([told[0], told.at(-1)]).toEqual([
      { done: 0, total: 0 },
      { done: 3, total: 3 },
    ]);
  });

  it('takes what the engine has without asking a registry', async () => {
    const { resolve, told } = await project({ has: true, always: false, command: 'exit 9' });
    expect(await resolve('shop:2')).toMatchObject({ id: 'sha256:old' });
    expect(told).toEqual([]);
  });

  it('asks the registry always where the project says so', async () => {
    const { resolve, told } = await project({ has: true, always: true, command: pulling });
    expect(await resolve('shop:2')).toMatchObject({ id: 'sha256:new' });
    expect(told).not.toEqual([]);
  });

  it('never asks for what a digest names and the engine has', async () => {
    const { resolve } = await project({ has: true, always: true, command: 'exit 9' });
    expect(await resolve('shop@sha256:abc')).toMatchObject({ id: 'sha256:old' });
  });

  it('says why a registry gives nothing, without a login, also where the engine has an image of the name', async () => {
    const command = `echo 'Error response from daemon: Get "https://bob:pw@r.example/v2/": dial tcp: i/o timeout' >&2; exit 1`;
    const { resolve } = await project({ has: true, always: true, command });
    await expect(resolve('shop:2')).rejects.toMatchObject({
      code: 'image-missing',
      message: expect.stringContaining(
        'it cannot be pulled (Error response from daemon: Get "https://***@r.example/v2/": dial tcp: i/o timeout); wanted an image in a registry that the engine reaches, since pull is \'always\'',
      ),
    });
  });
});
