import { describe, expect, it } from 'vitest';
import { failure, withFake } from '../support/with-fake.ts';

const listeners = (lines: readonly string[]) => lines.filter((line) => line.startsWith('show events events'));

describe('events', () => {
  it('gives each line that comes, and leaves its connection when the loop is left', async () => {
    const { fake, haproxy } = await withFake();
    const heard: string[] = [];
    const listening = (async () => {
      for await (const event of haproxy.events({ sink: 'events' })) if (heard.push(event) === 2) break;
    })();
    await expect.poll(() => listeners(fake.lines)).toEqual(['show events events -w -n']);
    fake.event('one\ntwo');
    await listening;
    expect(heard).toEqual(['one', 'two']);
    await expect.poll(() => fake.connections).toBe(1);
  });

  it('ends without an error when its signal aborts', async () => {
    const { fake, haproxy } = await withFake();
    const controller = new AbortController();
    const next = haproxy.events({ sink: 'events', past: true, signal: controller.signal }).next();
    await expect.poll(() => listeners(fake.lines)).toEqual(['show events events -w']);
    controller.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('goes on with the new worker after a reload, from the start of its ring', async () => {
    const { fake, haproxy } = await withFake();
    const stream = haproxy.events({ sink: 'events' });
    const next = stream.next();
    await expect.poll(() => listeners(fake.lines).length).toBe(1);
    fake.reload();
    await expect
      .poll(() => listeners(fake.lines), { timeout: 5000 })
      .toEqual(['show events events -w -n', 'show events events -w']);
    fake.event('new');
    expect(await next).toEqual({ done: false, value: 'new' });
    await stream.return();
  });

  it('names the rings that there are when it is asked for another', async () => {
    const { fake, haproxy } = await withFake();
    const error = await failure(haproxy.events({ sink: 'other' }).next());
    expect(error.code).toBe('not-found');
    expect(error.message).toContain('buf0, events');
    expect(listeners(fake.lines)).toEqual([]);
  });

  it('ends with an error when the client is closed', async () => {
    const { fake, haproxy } = await withFake();
    const next = failure(haproxy.events({ sink: 'events' }).next());
    await expect.poll(() => listeners(fake.lines).length).toBe(1);
    await haproxy.close();
    expect((await next).code).toBe('closed');
  });
});
