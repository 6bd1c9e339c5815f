import { describe, expect, it } from 'vitest';
import { resolveRelease } from '../../src/run/release.ts';
import { image, layout } from '../support/world.ts';

const engine = {
  configuration: async () => ({ cron: { command: 'a' } }),
  resolve: async (name: string) => image(name.split(':')[1] as string),
};
const resolve = (request: object) => resolveRelease(engine, layout, request);

describe('resolveRelease', () => {
  it('gives every service the one image', async () => {
    expect(await resolve({ image: 'api:2' })).toMatchObject({
      id: 'api:2',
      slot: { id: 'sha256:2' },
      background: { cron: { id: 'sha256:2' }, worker: { id: 'sha256:2' } },
    });
  });

  it('gives a named service its own', async () => {
    const { background } = await resolve({ image: 'api:2', images: { worker: 'worker:7' } });
    expect(background).toMatchObject({ cron: { id: 'sha256:2' }, worker: { id: 'sha256:7' } });
  });

  it.each([
    [{}, 'no image for api_blue, api_green, cron, worker'],
    [{ image: '' }, 'no image for api_blue'],
    [{ image: 'api:2', images: { croon: 'c:1' } }, 'an image for croon'],
    [{ images: { api_blue: 'api:2' } }, 'no image for cron, worker'],
  ])('refuses %o', async (request, message) => {
    await expect(resolve(request)).rejects.toThrow(message);
  });
});
