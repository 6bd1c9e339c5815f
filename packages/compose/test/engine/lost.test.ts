import { createServer, type IncomingMessage } from 'node:http';
import { systemClock } from '@cutover/internal';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Container } from '../../src/domain/container.ts';
import { projectEngine } from '../../src/engine/compose-project.ts';
import { LIMITS } from '../../src/engine/limits.ts';
import { type FakeDocker, fakeDocker } from '../support/fake-docker.ts';

const container = { id: 'c1' } as Container;
const where = { directory: import.meta.dirname, files: [], envFile: undefined, projectName: 'shop' };
const engine = projectEngine(where, { always: false, limits: LIMITS });
const nobody = 'unix:///nobody/listens/here.sock';

describe('an engine that goes away', () => {
  let docker: FakeDocker;
  afterEach(async () => {
    vi.restoreAllMocks();
    await docker[Symbol.asyncDispose]();
  });

  const stops = ({ method, url }: IncomingMessage) => method === 'POST' && url?.includes('/stop');

  it('during a stop is engine-unreachable, and is not told again: it may have heard', async () => {
    let heard = 0;
    docker = await fakeDocker({
      engine: (request, response) => {
        if (!stops(request)) return response.end('{}');
        heard++;
        request.socket.destroy();
      },
    });
    await expect(engine.stop(container, 1_000, async () => {})).rejects.toMatchObject({
      code: 'engine-unreachable',
    });
    expect(heard).toBe(1);
  });

  it('is engine-unreachable also where it says with a status that it is about to end', async () => {
    docker = await fakeDocker({
      engine: (_, response) => {
        response
          .writeHead(500)
          .end('{"message":"Cannot update container c1: transport is closing: unavailable"}');
      },
    });
    const own = projectEngine(where, { always: false, limits: LIMITS });
    await expect(own.stop(container, 1_000, async () => {})).rejects.toMatchObject({
      code: 'engine-unreachable',
    });
  });

  it('before a stop gets it once it is back', async () => {
    let heard = 0;
    docker = await fakeDocker();
    const socket = `${docker.folder}/late.sock`;
    const late = createServer((request, response) => {
      if (stops(request)) heard++;
      response.end('{"State":{"ExitCode":0}}');
    });
    process.env.DOCKER_HOST = `unix://${socket}`;
    vi.spyOn(systemClock, 'sleep').mockImplementation(
      () => new Promise((resolve) => late.listen(socket, resolve)),
    );
    const own = projectEngine(where, { always: false, limits: LIMITS });
    await expect(own.stop(container, 1_000, async () => {})).resolves.toEqual({ found: true, code: 0 });
    expect(heard).toBe(1);
    late.closeAllConnections();
    await new Promise((resolve) => late.close(resolve));
  });

  it('during compose up is engine-unreachable, not a fault of the release', async () => {
    const words = `Cannot connect to the Docker daemon at ${nobody}. Is the docker daemon running?`;
    docker = await fakeDocker({ command: `echo '${words}' >&2; exit 1` });
    await expect(engine.up([{ service: 'cron' }])).rejects.toMatchObject({
      code: 'engine-unreachable',
      message: expect.stringContaining(words),
    });
  });
});
