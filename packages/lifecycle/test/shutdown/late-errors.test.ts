import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { gate } from '../serving.ts';
import { worldOf } from './fake-host.ts';

const late = (count: number, warn = vi.fn()) => {
  const { host, shutdown, events } = worldOf({ logger: { info: () => {}, warn } });
  const done = gate();
  shutdown.add('slow', () => done.opened);
  host.emit('SIGTERM');
  for (let error = 1; error <= count; error++) host.emit('uncaughtException', new Error(`error ${error}`));
  done.open();
  return { finished: shutdown.finished, events, warn };
};

describe('errors that nobody catches while a shutdown runs', () => {
  it('are announced once and counted', async () => {
    const { finished, events, warn } = late(1_000);
    expect((await finished).steps[1]).toMatchObject({
      name: 'uncaughtException',
      outcome: 'failed',
      note: 'error 1 (and 999 more)',
    });
    expect(events.filter(({ type }) => type === 'repeated')).toHaveLength(1);
    expect(warn.mock.calls.filter(([line]) => line.includes('error '))).toHaveLength(2);
  });

  it('do not feed themselves when the log throws', async () => {
    const warn = vi.fn(() => {
      throw new Error('the log is gone');
    });
    expect(await late(1, warn).finished).toMatchObject({ outcome: 'partial' });
  });
});

describe('an error of a standard stream', () => {
  const streams = () => ({ stdout: new EventEmitter(), stderr: new EventEmitter() });

  it.each(['stdout', 'stderr'] as const)('begins nothing: %s', (name) => {
    const standard = streams();
    const { shutdown, events } = worldOf({}, standard);
    standard[name].emit('error', new Error('EPIPE'));
    expect([shutdown.draining, events]).toEqual([false, []]);
    shutdown.dispose();
    expect(standard[name].eventNames()).toEqual([]);
  });

  it('is left alone with trapErrors: false', () => {
    const standard = streams();
    worldOf({ trapErrors: false }, standard);
    expect(standard.stdout.eventNames()).toEqual([]);
  });
});
