import { describe, expect, it } from 'vitest';
import { DeployError, type DeployErrorCode } from '../../src/domain/errors.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import type { Engine, Ledger, Router } from '../../src/ports/index.ts';
import { readStatus } from '../../src/status/status.ts';
import { intentWith } from '../support/releases.ts';
import { layout, World } from '../support/world.ts';

interface Broken {
  check?: () => Promise<readonly string[]>;
  engine?: Partial<Engine>;
  router?: Partial<Router>;
  ledger?: Partial<Ledger>;
  signal?: AbortSignal;
}

const statusOf = (world: World, { check = async () => [], engine, router, ledger, signal }: Broken = {}) =>
  world.run(({ ports }) =>
    readStatus({
      ports: {
        clock: ports.clock,
        engine: { ...ports.engine, ...engine },
        router: { ...ports.router, ...router },
        ledger: { ...ports.ledger, ...ledger },
      },
      layout,
      check,
      signal,
    }),
  );

const failing = (code: DeployErrorCode, found: string) => async () => {
  throw new DeployError(code, { doing: 'reading', found });
};
const refused = async () => {
  throw new Error('connect ECONNREFUSED');
};
const hanging = () => new Promise<never>(() => {});
const holder = {
  purpose: 'deploy of 2',
  host: 'ci-1',
  pid: 4711,
  since: '2026-01-02T03:04:05.000Z',
};
const intent: JournalEntry = { type: 'intent', intent: intentWith() };

describe('readStatus', () => {
  it('says what runs, and that nothing is wrong', async () => {
    const status = await statusOf(new World());
    expect(status).toMatchObject({
      live: 'blue',
      stored: 'blue',
      slots: {
        blue: { up: true, containers: [{ image: 'api:1', state: 'running', health: 'healthy' }] },
        green: { up: false, containers: [] },
      },
      background: { cron: { containers: [{ image: 'api:1' }] } },
      holder: undefined,
      unfinished: undefined,
      problems: [],
    });
    expect(String(status).split('\n')).toEqual([
      'live        blue',
      'blue        api_blue: api:1, running, healthy',
      '            up for the router, 0 sessions',
      'green       no container',
      '            down for the router, 0 sessions',
      'cron        cron: api:1, running, healthy',
      'worker      worker: api:1, running, healthy',
      'settings    as on disk',
      'lock        free',
      'unfinished  nothing',
      'problems    none',
      'next        nothing',
    ]);
  });

  it('says what runs where the project is broken', async () => {
    const check = failing('compose-invalid', 'line 3: did not find expected key');
    const status = await statusOf(new World(), { check });
    expect(status).toMatchObject({
      live: 'blue',
      problems: [{ part: 'project', reason: 'reading: line 3: did not find expected key' }],
    });
    expect(String(status)).toMatch(/problems +project: reading: line 3.*\nnext +fix the problems$/);
  });

  it('says what runs where the router is dead, and nothing of what only the router knows', async () => {
    const status = await statusOf(new World(), {
      router: { observe: failing('router-unreachable', 'dead') },
    });
    expect(status).toMatchObject({
      live: undefined,
      stored: undefined,
      slots: { blue: { up: undefined, sessions: undefined, containers: [{ image: 'api:1' }] } },
      problems: [{ part: 'router', reason: 'reading: dead' }],
    });
    expect(String(status)).toMatch(
      /^live +unknown\nblue +api_blue: api:1, running, healthy\ngreen +no container\n/,
    );
  });

  it('says where the traffic is while the engine is dead, and each reason once', async () => {
    const status = await statusOf(new World(), {
      engine: { observe: refused },
      ledger: { read: refused, holder: refused },
    });
    expect(status).toMatchObject({ live: 'blue', slots: { blue: { up: true, containers: undefined } } });
    expect(String(status)).toMatch(/\ncron +unknown\n(.*\n)*lock +unknown\nunfinished +unknown\n/);
    expect(String(status)).toContain('problems    containers, lock, journal: connect ECONNREFUSED\n');
  });

  it('waits 15 s for a part that hangs', async () => {
    const world = new World();
    const begun = world.clock.now();
    const status = await statusOf(world, { router: { observe: hanging }, ledger: { holder: hanging } });
    expect(world.clock.now() - begun).toBe(15_000);
    expect(status.problems).toEqual([
      { part: 'router', reason: 'no answer within 15000 ms' },
      { part: 'lock', reason: 'no answer within 15000 ms' },
    ]);
  });

  it('throws where neither the engine nor the router answers', async () => {
    const silent = {
      engine: { observe: refused },
      router: { observe: failing('router-unreachable', 'dead') },
    };
    await expect(statusOf(new World(), silent)).rejects.toMatchObject({
      code: 'engine-unreachable',
      message: expect.stringContaining('the engine: connect ECONNREFUSED; the router: reading: dead'),
    });
  });

  it('does not throw where the router is dead and the engine cannot be asked for a broken project', async () => {
    const broken = failing('compose-invalid', 'no name');
    const status = await statusOf(new World(), {
      check: broken,
      engine: { observe: broken },
      router: { observe: failing('router-unreachable', 'dead') },
      ledger: { read: broken, holder: broken },
    });
    expect(status.problems.map(({ part }) => part)).toEqual([
      'project',
      'containers',
      'router',
      'lock',
      'journal',
    ]);
  });

  it.each<[string, JournalEntry[], typeof holder | undefined, RegExp]>([
    [
      'who holds the lock since when',
      [intent],
      holder,
      /lock +process 4711 on ci-1 since 2026-01-02T03:04:05\.000Z: deploy of 2\n(.*\n)*next +wait/,
    ],
    [
      'how to go on',
      [intent],
      undefined,
      /unfinished +deploy of 2, blue → green\n(.*\n)*next +deploy the same release again/,
    ],
    [
      'that it was going back',
      [intent, { type: 'undo', reason: 'unhealthy' }],
      undefined,
      /unfinished +deploy of 2, blue → green, going back\n(.*\n)*next +resume\(\) finishes the rollback$/,
    ],
  ])('prints %s', async (_, journal, held, page) => {
    const world = new World();
    world.journal = journal;
    const status = await statusOf(world, { ledger: { holder: async () => held } });
    expect(status).toMatchObject({ unfinished: '2', holder: held });
    expect(String(status)).toMatch(page);
  });

  it('says first that the slot that has the traffic is down', async () => {
    const world = new World();
    world.router = { ...world.router, slots: { ...world.router.slots, blue: { up: false, sessions: 0 } } };
    world.journal = [intent];
    expect(String(await statusOf(world))).toMatch(
      /next +blue has the traffic and is down: read the log of its container; then deploy the same release/,
    );
  });

  it.each([
    ['restarting', { restarting: true }],
    ['paused', { paused: true }],
    ['exited with code 137', { running: false, exitCode: 137 }],
  ])('says of a container that it is %s', async (state, changes) => {
    const world = new World();
    world.containers = world.containers.map((one) => ({ ...one, ...changes, restarts: 7 }));
    const status = await statusOf(world);
    expect(status.background.cron?.containers).toMatchObject([{ state }]);
    expect(String(status)).toContain(`cron: api:1, ${state}, healthy, restarted 7 times`);
  });

  it('is left at once when asked to', async () => {
    const controller = new AbortController();
    const reading = statusOf(new World(), { engine: { observe: hanging }, signal: controller.signal });
    controller.abort(new Error('Ctrl-C'));
    await expect(reading).rejects.toThrow('Ctrl-C');
  });
});
