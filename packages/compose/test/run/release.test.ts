import { describe, expect, it } from 'vitest';
import { resolveRelease } from '../../src/run/release.ts';
import { image, layout, World } from '../support/world.ts';

const resolve = (request: object, world = new World()) => {
  world.engine.configuration = async () => ({ cron: { command: 'a' } });
  return resolveRelease(world.context.ports, layout, request);
};

describe('resolveRelease', () => {
  it('gives every service the one image', async () => {
    expect(await resolve({ image: 'api:2' })).toMatchObject({
      id: 'api:2',
      slots: { app: { id: 'sha256:2' } },
      background: { cron: { id: 'sha256:2' }, worker: { id: 'sha256:2' } },
    });
  });

  it('gives a named service its own', async () => {
    const { background } = await resolve({ image: 'api:2', images: { worker: 'worker:7' } });
    expect(background).toMatchObject({ cron: { id: 'sha256:2' }, worker: { id: 'sha256:7' } });
  });

  it('tells of a pull, and how it ended', async () => {
    const world = new World();
    const { events } = world;
    world.engine.resolve = async (name, { onPull } = {}) => {
      onPull?.({ done: 0, total: 2 });
      if (name === 'api:3') throw new Error('no route to the registry');
      return image('2');
    };
    await resolve({ image: 'api:2' }, world);
    await expect(resolve({ image: 'api:3' }, world)).rejects.toThrow('no route');
    expect(events).toEqual([
      { type: 'pulling', image: 'api:2', layers: { done: 0, total: 2 } },
      { type: 'pulled', image: 'api:2', duration: 0 },
      { type: 'pulling', image: 'api:3', layers: { done: 0, total: 2 } },
      { type: 'pull-failed', image: 'api:3', duration: 0, reason: 'no route to the registry' },
    ]);
  });

  it.each([
    [{}, 'no image for api_blue, cron, worker'],
    [{ image: '' }, 'no image for api_blue'],
    [{ image: 'api:2', images: { croon: 'c:1' } }, 'an image for croon'],
    [{ images: { api_blue: 'api:2' } }, 'no image for cron, worker'],
  ])('refuses %o', async (request, message) => {
    await expect(resolve(request)).rejects.toThrow(message);
  });
});
