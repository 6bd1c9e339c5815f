import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Container } from '../../src/domain/container.ts';
import { composeProject } from '../../src/engine/compose-project.ts';
import type { Engine } from '../../src/ports/index.ts';
import { startProject, type TestProject } from '../support/project.ts';
import { answering, calmPorts, calmProcess, calmWorld } from './simulated.ts';

const commands = ['up', 'stop', 'await', 'remove'] as const;
type Command = (typeof commands)[number];
const sequences = commands.flatMap((one) => commands.map((two) => ['up', one, two] as const));

const GRACE = 3_000;

/** Carries out commands on one service and tells what came of each: the answer, and what is there then. */
function driver(engine: Engine, service: string) {
  let last: Container | undefined;
  const look = async () => {
    const found = (await engine.observe()).filter((container) => container.service === service);
    const life = last?.startedAt;
    last = found[0] ?? last;
    const shown = found.map(({ running, exitCode }) => (running ? 'runs' : `ended with ${exitCode}`));
    return `${shown.join() || 'nothing'}${found[0] && found[0].startedAt !== life ? ', a new life' : ''}`;
  };
  const work: Record<Command, () => Promise<unknown>> = {
    up: () => engine.up([{ service, replicas: 1 }]),
    stop: () => engine.stop(last as Container, GRACE, async () => {}),
    // Without a margin of the model's own the real one gives up later; who has ended is told at once by both.
    await: async () =>
      (await look()).startsWith('runs') ? 'skipped' : engine.awaitExit(last as Container, GRACE),
    remove: () => engine.remove(last as Container),
  };
  return async (command: Command): Promise<string> => {
    const answer = await work[command]().then(
      (result) => JSON.stringify(result) ?? 'done',
      () => 'refused',
    );
    return `${answer}; ${await look()}`;
  };
}

/** A project in which nothing of the service exists yet. */
function simulated(service: string) {
  const world = calmWorld();
  for (const c of [...world.engine.containers]) {
    if (c.service !== service) continue;
    world.engine.exit(c, 0);
    world.engine.drop(c);
  }
  return answering(world, driver(calmPorts(world, calmProcess(world)).engine, service));
}

describe('containers of the simulated and of the real engine', () => {
  let project: TestProject;
  let engine: Engine;

  beforeAll(async () => {
    project = await startProject();
    engine = composeProject({ directory: project.directory });
    await engine.preflight({
      services: ['api'],
      single: ['api'],
      jobs: [],
      settings: ['API_IMAGE'],
      graces: {},
      slots: {},
      files: [],
    });
  });
  afterAll(() => project[Symbol.asyncDispose]());

  /** A process that has just been started does not hear SIGTERM yet; it prints a line, in each life, once it does. */
  const untilListening = () =>
    vi.waitFor(async () => {
      const [container] = (await engine.observe()).filter(
        ({ service, running }) => service === 'api' && running,
      );
      const printed = container && (await engine.tail(container, 20)).filter(Boolean).length;
      expect(printed ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(
        lives.add(container?.startedAt).size,
      );
    }, 20_000);
  const lives = new Set<string | undefined>();

  it.each(sequences)('answer alike: %s, %s, %s', async (...sequence) => {
    lives.clear();
    for (const c of await engine.observe()) {
      await engine.stop(c, 0, async () => {});
      await engine.remove(c);
    }
    const real = driver(engine, 'api');
    const model = simulated('api_blue');
    for (const command of sequence) {
      expect([command, await model(command)]).toEqual([command, await real(command)]);
      if (command === 'up') await untilListening();
    }
  });
});
