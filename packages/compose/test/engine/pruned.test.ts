import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Container } from '../../src/domain/container.ts';
import { projectEngine } from '../../src/engine/compose-project.ts';
import { LIMITS } from '../../src/engine/limits.ts';
import { answering, type FakeDocker, fakeDocker } from '../support/fake-docker.ts';

// Each call is a line of the file `calls`; the first so many fail with the text of the file `error`.
const FAILING = `
here=$(dirname "$0")
echo "$*" >> "$here/calls"
read times error < "$here/error"
[ "$(wc -l < "$here/calls")" -gt "$times" ] && exit 0
echo "$error" >&2
exit 1`;

const engine = () =>
  projectEngine(
    { directory: import.meta.dirname, files: [], envFile: undefined, projectName: undefined },
    { always: false, limits: LIMITS },
  );

describe('projectEngine on a host that somebody prunes meanwhile', () => {
  let docker: FakeDocker;
  afterEach(() => docker[Symbol.asyncDispose]());
  const failing = async (times: number, error: string) => {
    docker = await fakeDocker({ command: FAILING });
    await writeFile(join(docker.folder, 'error'), `${times} ${error}\n`);
  };
  const calls = async () => (await readFile(join(docker.folder, 'calls'), 'utf8')).trim().split('\n').length;

  it.each([
    'Error response from daemon: No such image: shop@sha256:1',
    'Error response from daemon: No such container: 1f2e',
    'Error response from daemon: container is marked for removal and cannot be started',
  ])('starts again what could not be started for: %s', async (error) => {
    await failing(2, error);
    await engine().up([{ service: 'cron' }]);
    expect(await calls()).toBe(3);
  });

  it('gives up starting when the image is gone each time, and starts once when the reason is another', async () => {
    await failing(100, 'No such image: shop@sha256:1');
    await expect(engine().up([{ service: 'cron' }])).rejects.toThrow('No such image');
    expect(await calls()).toBe(5);
    await docker[Symbol.asyncDispose]();
    await failing(100, 'port is already allocated');
    await expect(engine().up([{ service: 'cron' }])).rejects.toThrow('already allocated');
    expect(await calls()).toBe(1);
  });

  it('pulls again what is gone right after it was pulled', async () => {
    const looks = [
      undefined,
      undefined,
      { Id: 'sha256:1', RepoDigests: ['shop@sha256:d'], Architecture: '' },
    ];
    docker = await fakeDocker({
      command: 'exit 0',
      engine: answering({ '/images/shop:1/json': () => looks.shift(), '/info': () => ({}) }),
    });
    expect(await engine().resolve('shop:1')).toMatchObject({ ref: 'shop@sha256:d' });
  });

  it('waits for the removal of a container that is under way', async () => {
    const asked: string[] = [];
    docker = await fakeDocker({
      engine: ({ method, url }, response) => {
        asked.push(`${method} ${url}`);
        response.statusCode = method === 'DELETE' ? 409 : 200;
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ message: 'removal of container c1 is already in progress' }));
      },
    });
    await engine().remove({ id: 'c1' } as Container);
    expect(asked).toEqual(['DELETE /containers/c1', 'POST /containers/c1/wait?condition=removed']);
  });
});
