import { describe, expect, it } from 'vitest';
import type { DeployError } from '../../src/domain/errors.ts';
import type { Compared, Traffic } from '../../src/domain/traffic.ts';
import type { Verdict, WatchSignal } from '../../src/domain/watch-signal.ts';
import type { Settings } from '../../src/options/options.ts';
import type { Ports } from '../../src/ports/index.ts';
import { deployRelease, resumeDeployment } from '../../src/run/deployment.ts';
import { release } from '../support/releases.ts';
import { World } from '../support/world.ts';

type Watch = Partial<Settings['policy']['watch']>;

const withWatch = (settings: Settings, watch: Watch, checks: Settings['policy']['gate']['checks'] = []) => ({
  ...settings,
  policy: {
    ...settings.policy,
    watch: { ...settings.policy.watch, ...watch },
    gate: { ...settings.policy.gate, checks },
  },
});

/** How a deployment of version 2 ends. */
const deploy = (world: World, watch: Watch, checks?: Settings['policy']['gate']['checks']): Promise<string> =>
  world
    .run(({ settings, ports }) =>
      deployRelease(
        { settings: withWatch(settings, watch, checks), ports },
        { kind: 'deploy', release: release('2') },
      ),
    )
    .then(
      ({ outcome }) => outcome,
      (error: DeployError) => error.message,
    );

/** One that says this in turn, and then the last of it. */
const saying = (...said: readonly Verdict['verdict'][]): WatchSignal => {
  let looks = 0;
  return {
    name: 'answers',
    judge: () => {
      const verdict = said[looks++] ?? said.at(-1) ?? 'good';
      return verdict === 'good' ? { verdict } : { verdict, why: `look ${looks}` };
    },
  };
};

describe('a signal of the watch', () => {
  it.each<[string, readonly Verdict['verdict'][], string]>([
    [
      'bad in three of ten looks',
      ['bad', 'good', 'bad', 'good', 'bad', 'good'],
      'answers: bad in 3 of the last 5 looks (look 5)',
    ],
    ['bad in two of them', ['bad', 'good', 'bad', 'good'], 'deployed'],
    ['never certain', ['inconclusive'], 'deployed'],
  ])('that is %s ends it as it should', async (_, said, end) => {
    const world = new World();
    const failures = { count: 3, of: 10 };
    expect(await deploy(world, { failures, signals: [saying(...said)] })).toContain(end);
    expect(world.router.live).toBe(end === 'deployed' ? 'green' : 'blue');
  });

  it('that says nothing certain is warned of at the end of the watch', async () => {
    const world = new World();
    await deploy(world, { signals: [saying('inconclusive')] });
    expect(world.events).toContainEqual({
      type: 'warning',
      text: expect.stringMatching(/^answers could not judge green in the watch: look \d+$/),
    });
  });

  it('that does not answer in time is bad', async () => {
    const world = new World();
    const signals = [{ name: 'silence', timeout: 100, judge: () => new Promise<Verdict>(() => {}) }];
    expect(await deploy(world, { signals })).toMatch(
      /silence: bad in 2 of the last 2 looks \(no answer within 100 ms\)/,
    );
  });

  it('may be a check of the gate, which goes on in the watch', async () => {
    const world = new World();
    const check = {
      name: 'orders',
      run: async () => {
        if (world.router.live === 'green') throw new Error('no orders');
      },
    };
    expect(await deploy(world, {}, [check])).toContain('orders: bad in 2 of the last 2 looks (no orders)');
    expect(world.router.live).toBe('blue');
  });
});

describe('traffic', () => {
  /** A router that counts 100 requests to the live slot at each look, one of which fails on the new one. */
  const counting = (world: World, { router }: Ports): Ports['router'] => {
    const counted: Record<string, Traffic> = {
      blue: { requests: 1_000_000, errors: 7 },
      green: { requests: 500, errors: 500 },
    };
    return {
      ...router,
      traffic: async () => {
        const live = world.router.live ?? '';
        const { requests, errors } = counted[live] ?? { requests: 0, errors: 0 };
        counted[live] = { requests: requests + 100, errors: errors + (live === 'green' ? 1 : 0) };
        return { ...counted };
      },
    };
  };

  it('leaves out what a router has forgotten that was started anew, also once it has counted as much again', async () => {
    const world = new World();
    const seen: (Compared | undefined)[] = [];
    // At the switch, at the looks after it, and from the third on after a restart.
    const green = [1_000, 1_100, 1_200, 50, 1_300].map((requests) => ({ requests, errors: 0 }));
    const blue = { requests: 9_000, errors: 0 };
    const recorder: WatchSignal = {
      name: 'recorder',
      judge: async ({ traffic }) => {
        seen.push(await traffic());
        return { verdict: 'good' };
      },
    };
    let looks = 0;
    await world.run(({ settings, ports }) => {
      const router = {
        ...ports.router,
        traffic: async () => ({
          blue,
          green: green[Math.max(0, looks++ - 1)] ?? { requests: 1_400, errors: 0 },
        }),
      };
      return deployRelease(
        { settings: withWatch(settings, { signals: [recorder] }), ports: { ...ports, router } },
        { kind: 'deploy', release: release('2') },
      );
    });
    expect(seen.slice(0, 5).map((compared) => compared?.now.requests)).toEqual([100, 200, 50, 1_300, 1_400]);
  });

  it('is that of the new slot since the switch, and of the old one in this deployment, also for a successor', async () => {
    const world = new World();
    const seen: (Compared | undefined)[] = [];
    const signals: WatchSignal[] = [
      {
        name: 'recorder',
        judge: async ({ traffic }) => {
          seen.push(await traffic());
          return { verdict: 'good' };
        },
      },
    ];
    const interrupt = new AbortController();
    await world
      .run(({ settings, ports }) => {
        const emit: Ports['emit'] = (event) => {
          if (event.type === 'step' && event.step.do === 'drain') interrupt.abort();
        };
        return deployRelease(
          {
            settings: withWatch(settings, { signals }),
            ports: { ...ports, emit, router: counting(world, ports) },
          },
          { kind: 'deploy', release: release('2'), signal: interrupt.signal },
        );
      })
      .catch(() => {});
    expect(world.router.live).toBe('green');
    expect(seen[0]).toEqual({ now: { requests: 100, errors: 1 }, before: { requests: 100, errors: 0 } });
    const first = seen.length;
    await world.run(({ settings, ports }) =>
      resumeDeployment({
        settings: withWatch(settings, { signals }),
        ports: { ...ports, router: counting(world, ports) },
      }),
    );
    expect(seen.length).toBeGreaterThan(first);
    // It began to count anew, from what it had then.
    expect(seen[first]).toMatchObject({ before: { requests: 100, errors: 0 } });
  });
});
