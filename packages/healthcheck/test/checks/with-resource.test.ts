import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { withResource } from '../../src/checks/with-resource.ts';

/** What `open` returns after it has settled at once. */
const settled = (free: () => void, _: void) => free;

describe('withResource', () => {
  it.each<[string, (free: () => void, stop: AbortController) => Promise<unknown>]>([
    ['resolves', (free, { signal }) => withResource(signal, ({ resolve }) => settled(free, resolve('good')))],
    [
      'rejects',
      (free, { signal }) => withResource(signal, ({ reject }) => settled(free, reject(new Error('bad')))),
    ],
    [
      'is aborted',
      (free, stop) => {
        const waiting = withResource(stop.signal, () => free);
        stop.abort(new Error('enough'));
        return waiting;
      },
    ],
  ])('frees once and leaves no listener when it %s', async (_, begin) => {
    const free = vi.fn();
    const stop = new AbortController();
    await begin(free, stop).catch(() => {});
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    stop.abort();
    expect(free).toHaveBeenCalledTimes(1);
  });

  it('opens nothing for a signal that has aborted before', async () => {
    const open = vi.fn();
    await expect(withResource(AbortSignal.abort(new Error('enough')), open)).rejects.toThrow('enough');
    expect(open).not.toHaveBeenCalled();
  });
});
