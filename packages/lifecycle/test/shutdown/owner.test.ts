import { describe, expect, it, vi } from 'vitest';
import { DRAIN_TOPIC } from '../../src/shutdown/triggers.ts';
import { gate } from '../serving.ts';
import { PM2_ENV, worldOf } from './fake-host.ts';

const never = () => new Promise<never>(() => {});
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('Shutdown', () => {
  it.each(['SIGTERM', 'SIGINT'])('begins on %s, ends clean and exits 0', async (signal) => {
    const { host, shutdown } = worldOf();
    const close = vi.fn();
    shutdown.add('thing', close);
    host.emit(signal);
    expect(await shutdown.finished).toMatchObject({ outcome: 'clean', reason: { text: signal } });
    await turn();
    expect(host.exits).toEqual([0]);
    expect(close).toHaveBeenCalledOnce();
  });

  it('listens to the signals that were asked for, and to no others', () => {
    const { host } = worldOf({ signals: ['SIGUSR2'] });
    expect(host.eventNames()).toEqual(['SIGUSR2', 'uncaughtException', 'unhandledRejection']);
  });

  it('runs the phases in order and the steps of a phase in parallel', async () => {
    const { host, shutdown } = worldOf();
    const log: string[] = [];
    const both = gate();
    shutdown.add('flush', () => log.push('flush'), { phase: 'flush' });
    shutdown.add('close', () => log.push('close'));
    shutdown.add('drain a', () => both.opened.then(() => log.push('drain')), { phase: 'drain' });
    shutdown.add('drain b', () => both.open(), { phase: 'drain' });
    shutdown.add('stop', () => log.push('stop'), { phase: 'stop' });
    host.emit('SIGTERM');
    await shutdown.finished;
    expect(log).toEqual(['stop', 'drain', 'close', 'flush']);
  });

  it('runs a step that is added after its phase has begun, whatever the phase', async () => {
    const { shutdown } = worldOf();
    const log: string[] = [];
    shutdown.add('first', () => void shutdown.add('late', () => log.push('late'), { phase: 'stop' }));
    shutdown.add('last', () => void shutdown.add('later', () => log.push('later')), { phase: 'flush' });
    const { outcome, steps } = await shutdown.begin();
    expect(log).toEqual(['late', 'later']);
    expect([outcome, steps.length]).toEqual(['clean', 4]);
  });

  it('goes on after a step that throws, and says so: partial, exit code 3', async () => {
    const { host, shutdown } = worldOf();
    shutdown.add('bad', () => {
      throw new Error('no');
    });
    shutdown.add('worse', () => Promise.reject(new Error('never')));
    shutdown.add('good', () => {}, { phase: 'flush' });
    host.emit('SIGTERM');
    const { outcome, steps } = await shutdown.finished;
    expect(outcome).toBe('partial');
    expect(steps.map(({ name, outcome, note }) => [name, outcome, note])).toEqual([
      ['bad', 'failed', 'no'],
      ['worse', 'failed', 'never'],
      ['good', 'done', undefined],
    ]);
    await turn();
    expect(host.exits).toEqual([3]);
  });

  it('gives up a step at its own timeout, not before, and runs the rest', async () => {
    const { host, clock, shutdown } = worldOf();
    const seen = vi.fn();
    const slow = ({ signal }: { signal: AbortSignal }) => {
      signal.addEventListener('abort', seen);
      return never();
    };
    shutdown.add('slow', slow, { timeout: 100 });
    shutdown.add('rest', () => {}, { phase: 'flush' });
    host.emit('SIGTERM');
    await clock.advance(99);
    expect(seen).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(seen).toHaveBeenCalled();
    const { outcome, steps } = await shutdown.finished;
    expect([outcome, ...steps.map((step) => step.outcome)]).toEqual(['partial', 'timeout', 'done']);
  });

  it('cuts a drain that never settles early enough for the phases after it: forced, exit code 4', async () => {
    const { host, clock, shutdown } = worldOf({ gracePeriod: 10_000 });
    const closed = vi.fn();
    shutdown.add('endless', never, { phase: 'drain' });
    shutdown.add('database', closed);
    host.emit('SIGTERM');
    await clock.advance(8_999);
    expect(closed).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(await shutdown.finished).toMatchObject({ outcome: 'forced', exitCode: 4, duration: 9_000 });
    expect(closed).toHaveBeenCalledOnce();
  });

  it('ends at its deadline although every phase hangs', async () => {
    const { clock, shutdown } = worldOf({ gracePeriod: 1_000 });
    for (const phase of ['stop', 'drain', 'close', 'flush'] as const) shutdown.add(phase, never, { phase });
    const finished = shutdown.begin();
    await clock.advance(1_000);
    const { duration, steps } = await finished;
    expect(duration).toBe(1_000);
    expect(steps.map(({ outcome }) => outcome)).toEqual(['cut', 'skipped', 'cut', 'skipped']);
  });

  it('tells a step how much time it has', async () => {
    const { shutdown } = worldOf({ gracePeriod: 1_000 });
    const left: number[] = [];
    shutdown.add('capped', ({ remaining }) => left.push(remaining()), { timeout: 50 });
    shutdown.add('free', ({ remaining }) => left.push(remaining()));
    await shutdown.begin();
    expect(left).toEqual([50, 1_000]);
  });

  it('runs once however often it is begun, and each caller gets the same verdict', async () => {
    const { host, shutdown, events } = worldOf();
    const close = vi.fn();
    shutdown.add('thing', close);
    const verdicts = await Promise.all([shutdown.begin('a'), shutdown.begin('b'), shutdown.finished]);
    host.emit('SIGTERM');
    expect(new Set(verdicts).size).toBe(1);
    expect(verdicts[0].reason).toEqual({ kind: 'call', text: 'a' });
    expect(close).toHaveBeenCalledOnce();
    expect(events.filter(({ type }) => type === 'began')).toHaveLength(1);
  });

  it.each([
    ['under PM2, which repeats SIGINT by itself', { env: PM2_ENV, isTTY: true }, 'SIGINT'],
    ['without a terminal', {}, 'SIGINT'],
    ['of SIGTERM', { isTTY: true }, 'SIGTERM'],
  ])('is not forced by a second signal %s', async (_, world, signal) => {
    const { host, clock, shutdown, events } = worldOf({ gracePeriod: 9_000 }, world);
    const done = gate();
    shutdown.add('slow', () => done.opened, { phase: 'drain' });
    host.emit(signal);
    await clock.advance(7_300);
    host.emit(signal);
    await clock.advance(100);
    done.open();
    expect(await shutdown.finished).toMatchObject({ outcome: 'clean' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'repeated', forces: false }));
  });

  it('is forced by the second Ctrl-C on a terminal', async () => {
    const { host, clock, shutdown } = worldOf({}, { isTTY: true });
    shutdown.add('slow', never);
    host.emit('SIGINT');
    await clock.advance(501);
    host.emit('SIGINT');
    expect(await shutdown.finished).toMatchObject({ outcome: 'forced', duration: 501 });
  });

  it('takes one Ctrl-C that is delivered twice for one', async () => {
    const { host, clock, shutdown } = worldOf({}, { isTTY: true });
    const done = gate();
    shutdown.add('slow', () => done.opened);
    host.emit('SIGINT');
    await clock.advance(500);
    host.emit('SIGINT');
    done.open();
    expect(await shutdown.finished).toMatchObject({ outcome: 'clean' });
  });

  it.each(['uncaughtException', 'unhandledRejection'])('drains after %s and exits 1', async (event) => {
    const { host, shutdown } = worldOf();
    const close = vi.fn();
    shutdown.add('thing', close);
    host.emit(event, new Error('boom'));
    expect(await shutdown.finished).toMatchObject({ exitCode: 1, reason: { text: `${event}: boom` } });
    expect(close).toHaveBeenCalledOnce();
  });

  it('shows the stack of an uncaught error, since Node no longer does', async () => {
    const warn = vi.fn();
    const { host, shutdown } = worldOf({ logger: { info: () => {}, warn } });
    const error = new Error('boom');
    host.emit('uncaughtException', error);
    await shutdown.finished;
    expect(warn).toHaveBeenCalledWith(error.stack);
  });

  it('survives an error during the drain, which is then not clean', async () => {
    const { host, shutdown } = worldOf();
    const done = gate();
    shutdown.add('slow', () => done.opened);
    host.emit('SIGTERM');
    host.emit('unhandledRejection', new Error('late'));
    done.open();
    expect(await shutdown.finished).toMatchObject({ outcome: 'partial', steps: [{}, { note: 'late' }] });
  });

  it('does not count an abort of its own making as an error', async () => {
    const { host, shutdown } = worldOf();
    const done = gate();
    shutdown.add('slow', () => done.opened);
    host.emit('SIGTERM');
    host.emit('uncaughtException', shutdown.signal.reason);
    done.open();
    expect(await shutdown.finished).toMatchObject({ outcome: 'clean' });
  });

  it('leaves errors alone with trapErrors: false', () => {
    expect(worldOf({ trapErrors: false }).host.eventNames()).toEqual(['SIGTERM', 'SIGINT']);
  });

  it("begins on PM2's shutdown message and when PM2 is gone", async () => {
    for (const [event, ...args] of [['message', 'shutdown'], ['disconnect']] as const) {
      const { host, shutdown } = worldOf({}, { env: PM2_ENV, connected: true });
      host.emit(event, ...args);
      await shutdown.finished;
    }
  });

  it('listens to no message outside PM2, which would keep a forked process alive', () => {
    const { host } = worldOf({}, { connected: true });
    expect(host.eventNames()).not.toContain('message');
    expect(host.eventNames()).not.toContain('disconnect');
  });

  it('drains on request, answers, and stays until it is stopped', async () => {
    const { host, shutdown } = worldOf({}, { env: PM2_ENV, connected: true });
    host.emit('message', { topic: DRAIN_TOPIC });
    await shutdown.finished;
    await turn();
    expect(host.sent).toEqual([
      { type: 'cutover:drained', data: { outcome: 'clean', duration: 0, exitCode: 0 } },
    ]);
    expect(host.exits).toEqual([]);
    host.emit('SIGINT');
    expect(host.exits).toEqual([0]);
  });

  it('aborts its signal and turns unready as soon as it begins', async () => {
    const { shutdown } = worldOf();
    const check = () => shutdown.readiness.run({ signal: new AbortController().signal });
    await check();
    const finished = shutdown.begin('the end');
    expect(shutdown.draining).toBe(true);
    expect(shutdown.signal.reason).toMatchObject({ code: 'shutting-down' });
    await expect(check()).rejects.toThrow('shutting down after the end');
    await finished;
  });

  it('tells PM2 that it is ready, and nobody else', () => {
    const pm2 = worldOf({}, { env: PM2_ENV });
    pm2.shutdown.ready();
    expect(pm2.host.sent).toEqual(['ready']);
    const plain = worldOf();
    plain.shutdown.ready();
    expect(plain.host.sent).toEqual([]);
  });

  it('warns when PM2 called it online before it was ready', () => {
    const env = { ...PM2_ENV, wait_ready: 'true', listen_timeout: '3000' };
    const { shutdown, events } = worldOf({}, { env, uptime: 6 });
    shutdown.ready();
    expect(events[0]).toMatchObject({ code: 'ready-too-late' });
  });

  it('does not call itself ready while it drains', async () => {
    const { shutdown, host } = worldOf({}, { env: PM2_ENV });
    await shutdown.begin();
    shutdown.ready();
    expect(host.sent).toEqual([]);
  });

  it('leaves nothing behind when disposed', () => {
    const { shutdown, host } = worldOf({}, { env: PM2_ENV, connected: true });
    shutdown.dispose();
    expect(host.eventNames()).toEqual([]);
  });

  it('shuts down at the end of an await using scope', async () => {
    const { shutdown, host } = worldOf({ exit: false });
    await shutdown[Symbol.asyncDispose]();
    expect(await shutdown.finished).toMatchObject({ outcome: 'clean' });
    expect(host.eventNames()).toEqual([]);
  });

  it('forgets a step that was taken away', async () => {
    const { shutdown } = worldOf();
    const close = vi.fn();
    shutdown.add('thing', close)();
    await shutdown.begin();
    expect(close).not.toHaveBeenCalled();
  });

  it('is not broken by a listener that throws', async () => {
    const { shutdown } = worldOf({
      onEvent: () => {
        throw new Error('listener');
      },
    });
    expect(await shutdown.begin()).toMatchObject({ outcome: 'clean' });
  });

  it.each([
    [{ gracePeriod: '9s' }, "option gracePeriod is '9s'; wanted milliseconds"],
    [
      { signals: ['SIGKILL'] },
      'option signals is a list; wanted a list, each the name of a signal that can be caught',
    ],
    [{ server: {} }, 'option server is an object; wanted a server of node:http'],
    [{ grace: 1 }, 'option grace is an option of that name; wanted one of server, gracePeriod'],
    [{ logger: true }, 'option logger is true; wanted an object with info and warn'],
  ])('refuses %o at the call', (options, message) => {
    expect(() => worldOf(options as object)).toThrow(message);
  });

  it.each([
    ['x', {}, {}, 'something that cannot be closed'],
    ['x', () => {}, { phase: 'late' }, "option phase is 'late'"],
    ['', () => {}, {}, "option name is ''"],
  ])('refuses the step %o %o %o', (name, target, options, message) => {
    const { shutdown } = worldOf();
    expect(() => shutdown.add(name, target as never, options as never)).toThrow(message);
  });
});
