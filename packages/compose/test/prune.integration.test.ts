import { systemClock } from '@cutover/internal';
import { startLoad } from '@cutover/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canProvideEngine, type OwnEngine, startOwnEngine } from '../../../scripts/engine/index.ts';
import type { DeployEvent } from '../src/domain/events.ts';
import { startRegistry, type TestRegistry } from './support/registry.ts';
import { type Stack, stackDeployment, startStack } from './support/stack.ts';

/** Milliseconds between two prunes. */
const EVERY = 2_000;

/** Not 3 and 4, which go wrong in this stack. */
const VERSIONS = ['2', '5', '6', '7', '8'];

describe.skipIf(!(await canProvideEngine()))('blueGreen on a host that is pruned all the time', () => {
  let engine: OwnEngine;
  let registry: TestRegistry;
  let stack: Stack;

  beforeAll(async () => {
    engine = await startOwnEngine({ images: ['node:24-bookworm-slim', 'haproxy:3.0'] });
    Object.assign(process.env, engine.env);
    registry = await startRegistry();
    stack = await startStack('map', ['1', ...VERSIONS], { repository: registry.repository });
  }, 240_000);
  afterAll(async () => {
    await stack?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
  });

  it('loses no request and no deployment of its history in ten deployments and rollbacks', async () => {
    const events: DeployEvent[] = [];
    const deployment = stackDeployment(stack, (event) => events.push(event));
    const load = startLoad({
      target: stack.url,
      rate: 50,
      duration: 10 * 60_000,
      requests: [
        { name: 'kept', path: '/', includes: '{id}', weight: 6 },
        { name: 'fresh', path: '/', connection: 'fresh', includes: '{id}', weight: 2 },
        { name: 'slow', path: '/slow', slow: true, includes: '{id}', weight: 0.2 },
      ],
    });
    const pruning = startPruning();
    try {
      for (const version of VERSIONS) {
        await pruning.next();
        expect(await deployment.deploy({ image: stack.image(version) })).toMatchObject({
          outcome: 'deployed',
        });
        await pruning.next();
        expect(await deployment.rollback()).toMatchObject({ outcome: 'deployed', release: stack.image('1') });
      }
    } finally {
      await pruning.stop();
      await load.stop();
    }
    const { failures, sent } = await load.finished;
    expect(failures).toEqual({});
    expect(sent).toBeGreaterThan(500);
    // Every rollback found its image gone.
    const pulled = events.filter((event) => event.type === 'pulled' && event.image === stack.image('1'));
    expect(pulled.length).toBeGreaterThanOrEqual(VERSIONS.length);
    const history = await deployment.history();
    expect(history.map(({ kind, release, outcome }) => `${kind} ${release} ${outcome}`)).toEqual(
      VERSIONS.flatMap((version) => [
        `deploy ${stack.image(version)} deployed`,
        `rollback ${stack.image('1')} deployed`,
      ]),
    );
  }, 600_000);
});

/** Prunes until it is stopped. */
function startPruning(): { next(): Promise<void>; stop(): Promise<void> } {
  const stopped = new AbortController();
  const waiting = new Set<() => void>();
  const done = (async () => {
    while (!stopped.signal.aborted) {
      const before = [...waiting];
      await execa('docker', ['system', 'prune', '--all', '--force']);
      for (const each of before) {
        waiting.delete(each);
        each();
      }
      await systemClock.sleep(EVERY, stopped.signal).catch(() => {});
    }
  })();
  return {
    // One that has begun since: what nothing runs of is gone then.
    next: () => new Promise((resolve) => waiting.add(resolve)),
    stop: async () => {
      stopped.abort();
      await done;
    },
  };
}
