import { afterEach, describe, expect, it } from 'vitest';
import type { Container } from '../../src/domain/container.ts';
import { projectEngine } from '../../src/engine/compose-project.ts';
import { LIMITS, type Limits } from '../../src/engine/limits.ts';
import type { Engine } from '../../src/ports/index.ts';
import { answering, type FakeDocker, fakeDocker } from '../support/fake-docker.ts';

const project = {
  directory: import.meta.dirname,
  files: ['a.yaml'],
  envFile: undefined,
  projectName: undefined,
};
const request = { services: [], single: [], jobs: [], settings: [], graces: {}, slots: {}, files: [] };
const container = { id: 'c1' } as Container;
const CONFIG = `case "$*" in *config*) echo '{"name":"shop","services":{}}' ;; *) exec sleep 1000 ;; esac`;
const alive = answering({
  '/_ping': () => 'OK',
  '/containers/c1/json': () => ({ Config: { Env: [] } }),
});

const engineWith = (limits: Partial<Limits>): Engine =>
  projectEngine(project, { always: false, limits: { ...LIMITS, ...limits } });

describe('projectEngine', () => {
  let docker: FakeDocker;
  afterEach(() => docker[Symbol.asyncDispose]());

  it.each<[string, Partial<Limits>, (engine: Engine) => Promise<unknown>, object, string]>([
    [
      'compose version',
      { ask: 300 },
      (engine) => engine.preflight(request),
      { code: 'compose-unavailable' },
      `looking for Docker Compose: the docker command has printed nothing for 0.3 s and was ended; wanted an answer of it, and of the engine. Fix: run it by hand in ${import.meta.dirname} and see what it waits for: docker compose version --short`,
    ],
    [
      'compose config',
      { ask: 300 },
      (engine) => engine.project(),
      { code: 'compose-unavailable' },
      "docker compose --file a.yaml --profile '*' config --format json",
    ],
    [
      'compose up',
      { up: 300 },
      (engine) => engine.up([{ service: 'cron' }, { service: 'worker', replicas: 2 }]),
      { code: 'start-failed' },
      'starting cron, worker: the docker command has printed nothing for 0.3 s and was ended; wanted an answer of it, and of the engine. Fix: see with `docker compose ps` whether',
    ],
    [
      'pull',
      { pull: 300 },
      (engine) => engine.resolve('shop:2'),
      { code: 'image-missing' },
      'pulling the image shop:2: the docker command has printed nothing for 0.3 s',
    ],
    [
      'logs',
      { ask: 300 },
      (engine) => engine.tail(container, 5),
      { code: 'engine-unreachable' },
      'docker logs --tail 5 c1',
    ],
  ])('does not wait for ever for `docker %s`', async (_, limits, ask, error, message) => {
    docker = await fakeDocker({ engine: alive });
    await expect(ask(engineWith(limits))).rejects.toMatchObject({
      ...error,
      message: expect.stringContaining(message),
    });
  });

  it('does not wait for ever for the context of the docker command', async () => {
    docker = await fakeDocker();
    delete process.env.DOCKER_HOST;
    await expect(engineWith({ ask: 300 }).resolve('shop:2')).rejects.toMatchObject({
      code: 'engine-unreachable',
      message: expect.stringContaining('docker context inspect'),
    });
  });

  it.each<[string, Partial<Limits>, (engine: Engine) => Promise<unknown>]>([
    ['GET /_ping', { look: 300 }, (engine) => engine.preflight(request)],
    ['GET /images/shop:2/json', { look: 300 }, (engine) => engine.resolve('shop:2')],
    ['GET /containers/json', { look: 300 }, (engine) => engine.observe()],
    ['GET /containers/c1/json', { look: 300 }, (engine) => engine.tail(container, 5)],
    ['DELETE /containers/c1', { remove: 300 }, (engine) => engine.remove(container)],
    [
      'POST /containers/c1/update',
      { change: 300 },
      (engine) => engine.stop(container, 60_000, async () => {}),
    ],
  ])('does not wait for ever for an engine that takes %s and is silent', async (what, limits, ask) => {
    docker = await fakeDocker({ command: `${CONFIG.replace('exec sleep 1000', ':')}` });
    await expect(ask(engineWith(limits))).rejects.toMatchObject({
      code: 'engine-unreachable',
      message: `asking the container engine for ${what}: no answer within 0.3 s; wanted an engine that answers. Fix: see whether \`docker ps\` answers and what the log of the engine says; restart the engine if it hangs`,
    });
  });
});
