import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Layers } from '../../src/domain/events.ts';
import { projectEngine } from '../../src/engine/compose-project.ts';
import { LIMITS } from '../../src/engine/limits.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';

describe('resolve, with a registry', () => {
  let registry: TestRegistry;
  beforeEach(async () => {
    registry = await startRegistry();
  });
  afterEach(() => registry[Symbol.asyncDispose]());

  const where = { directory: tmpdir(), files: [], envFile: undefined, projectName: undefined };
  const resolve = (pull: 'missing' | 'always', options: { onPull?: (layers: Layers) => void } = {}) =>
    projectEngine(where, { always: pull === 'always', limits: { ...LIMITS, pull: 3_000 } }).resolve(
      registry.image,
      options,
    );

  it('counts the layers of a pull as the real docker command tells of them', async () => {
    registry.push(3);
    const told: Layers[] = [];
    const { ref } = await resolve('missing', { onPull: (layers) => told.push(layers) });
    expect(ref).toContain('@sha256:');
    expect(told[0]).toEqual({ done: 0, total: 0 });
    expect(told.at(-1)).toEqual({ done: 3, total: 3 });
  });

  it('deploys a tag that has moved only where it always asks', async () => {
    registry.push(1);
    const old = await resolve('missing');
    registry.push(2);
    expect(await resolve('missing')).toEqual(old);
    const now = await resolve('always');
    expect(now.id).not.toBe(old.id);
    expect(await resolve('missing')).toEqual(now);
  });

  it('gives up on a registry that takes a request and is silent, and needs none for what is there', async () => {
    registry.push(1);
    const there = await resolve('missing');
    registry.fallSilent();
    await expect(resolve('always')).rejects.toMatchObject({
      code: 'image-missing',
      message: expect.stringContaining(`pulling the image ${registry.image}`),
    });
    expect(await resolve('missing')).toEqual(there);
  });
});
