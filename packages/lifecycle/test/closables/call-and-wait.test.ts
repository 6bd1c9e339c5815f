import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import { Kafka, logLevel } from 'kafkajs';
import { createPool } from 'mysql2';
import { Pool } from 'pg';
import { describe, expect, it, vi } from 'vitest';
import type { Closable } from '../../src/index.ts';
import { worldOf } from '../shutdown/fake-host.ts';
import { close } from './close.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Begins to close a thing; `isDone` tells whether the shutdown takes it for closed. */
function closing(thing: object) {
  const { shutdown, clock } = worldOf({ gracePeriod: 8_000 });
  shutdown.add('thing', thing as Closable);
  const finished = shutdown.begin();
  let done = false;
  void finished.then(() => {
    done = true;
  });
  return { clock, finished, isDone: () => turn().then(() => done) };
}

describe('Shutdown.add waits until a thing is over', () => {
  const METHODS = ['$disconnect', 'quit', 'end', 'close', 'disconnect', 'stop', 'shutdown', 'destroy'];

  it.each(METHODS)('by the promise of its %s', async (method) => {
    let over = () => {};
    const { isDone, finished } = closing({
      [method]: () => new Promise<void>((resolve) => (over = resolve)),
    });
    expect(await isDone()).toBe(false);
    over();
    expect(await finished).toMatchObject({ outcome: 'clean' });
  });

  it.each(METHODS)('by the callback of its %s', async (method) => {
    let over = (_?: Error) => {};
    const { isDone, finished } = closing({
      [method](callback: () => void) {
        over = callback;
      },
    });
    expect(await isDone()).toBe(false);
    over();
    expect(await finished).toMatchObject({ outcome: 'clean' });
  });

  it.each([
    ['cb', { end: (cb: () => void) => void setImmediate(cb) }],
    [
      'done',
      {
        end: function end(done: () => void) {
          setImmediate(done);
        },
      },
    ],
    [
      'next',
      {
        end(next: () => void) {
          setImmediate(next);
        },
      },
    ],
    [
      'a default',
      {
        end(callback: () => void = () => expect.fail('no callback')) {
          setImmediate(callback);
        },
      },
    ],
    ['one without brackets', { end: new Function('return cb => void setImmediate(cb)')() as () => void }],
    [
      'onEnd',
      {
        end(onEnd: () => void) {
          setImmediate(onEnd);
        },
      },
    ],
  ])('knows a callback by its name: %s', async (_, thing) => {
    // setImmediate throws when it is given none.
    expect(await closing(thing).finished).toMatchObject({ outcome: 'clean' });
  });

  it.each(['force', 'timeout', 'code', 'callbackTimeout', 'doneWithin'])(
    'gives a parameter that is no callback nothing: %s',
    async (name) => {
      const given = vi.fn();
      const end = new Function('given', `return (${name}) => { given(${name}); }`)(given) as () => void;
      expect(await closing({ end }).finished).toMatchObject({ outcome: 'clean' });
      expect(given).toHaveBeenCalledWith(undefined);
    },
  );

  it.each(['close', 'end', 'finish', 'disconnect'])('by its event %s', async (event) => {
    const thing = Object.assign(new EventEmitter(), { close: () => thing });
    const { isDone, finished } = closing(thing);
    expect(await isDone()).toBe(false);
    thing.emit(event);
    expect(await finished).toMatchObject({ outcome: 'clean' });
    expect(thing.eventNames()).toEqual([]);
  });

  it('by an event that comes before its method returns', async () => {
    const thing = Object.assign(new EventEmitter(), { close: () => thing.emit('close') });
    expect(await closing(thing).finished).toMatchObject({ outcome: 'clean', duration: 0 });
  });

  it('by its promise, though it is an emitter', async () => {
    const thing = Object.assign(new EventEmitter(), { close: async () => {} });
    expect(await closing(thing).finished).toMatchObject({ outcome: 'clean' });
    expect(thing.eventNames()).toEqual([]);
  });

  it.each([
    ['its callback', { end: (callback: (error: Error) => void) => callback(new Error('no')) }],
    ['its promise', { end: () => Promise.reject(new Error('no')) }],
    [
      'an error event',
      Object.assign(new EventEmitter(), {
        end(this: EventEmitter) {
          setImmediate(() => this.emit('error', new Error('no')));
        },
      }),
    ],
  ] as [string, object][])('reports a failure by %s', async (_, thing) => {
    expect(await closing(thing).finished).toMatchObject({
      outcome: 'partial',
      steps: [{ outcome: 'failed', note: 'no' }],
    });
  });

  it('says what to do about an emitter that ends without a word, and leaves the rest its time', async () => {
    const { clock, finished } = closing(Object.assign(new EventEmitter(), { close: () => {} }));
    await clock.advance(4_000);
    const { outcome, steps } = await finished;
    expect([outcome, steps[0]?.outcome]).toEqual(['partial', 'failed']);
    expect(steps[0]?.note).toMatch(/close\(\) gave no promise.*add a function that returns a promise/);
  });

  it.each(['stop', 'destroy', 'shutdown'])(
    'takes an emitter for over when its %s returns',
    async (method) => {
      const thing = Object.assign(new EventEmitter(), { [method]: () => {} });
      expect(await closing(thing).finished).toMatchObject({ outcome: 'clean', duration: 0 });
    },
  );

  it.each(['closed', 'ended', 'destroyed'])('leaves a thing alone that is %s already', async (flag) => {
    const end = vi.fn();
    expect(await closing({ end, [flag]: true }).finished).toMatchObject({ outcome: 'clean' });
    expect(end).not.toHaveBeenCalled();
  });

  it('disposes of what can do nothing else', async () => {
    const dispose = vi.fn();
    await closing({ [Symbol.dispose]: dispose }).finished;
    await closing({ [Symbol.asyncDispose]: async () => dispose() }).finished;
    expect(dispose).toHaveBeenCalledTimes(2);
  });

  it('takes a function with methods for a thing, as postgres.js and knex are', async () => {
    const sql = Object.assign(vi.fn(), { end: vi.fn(async () => {}) });
    await closing(sql).finished;
    expect([sql.mock.calls.length, sql.end.mock.calls.length]).toEqual([0, 1]);
  });
});

describe('Shutdown.add by default', () => {
  it.each([
    ['stop', { stop() {} }, 'drain'],
    ['a Kafka consumer', { run() {}, subscribe() {}, disconnect() {}, stop() {} }, 'drain'],
    ['a Kafka producer', { send() {}, disconnect() {} }, 'close'],
    ['a stream', new PassThrough(), 'flush'],
  ])('puts %s into its phase', async (_, thing, phase) => {
    expect((await closing(thing).finished).steps[0]).toMatchObject({ phase });
  });
});

describe('Shutdown.add with real libraries', () => {
  it('ends a pool of mysql2, which only calls back', async () => {
    expect(await close(createPool({ host: '127.0.0.1', port: 1 }))).toMatchObject({ outcome: 'done' });
  });

  it('ends a pool of pg, used or ended already', async () => {
    const pool = new Pool({ host: '127.0.0.1', port: 1 });
    expect(await close(pool)).toMatchObject({ outcome: 'done' });
    expect(await close(pool)).toMatchObject({ outcome: 'done' });
  });

  it('disconnects clients of KafkaJS that never connected', async () => {
    const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING });
    expect(await close(kafka.producer())).toMatchObject({ outcome: 'done', phase: 'close' });
    expect(await close(kafka.consumer({ groupId: 'g' }))).toMatchObject({ outcome: 'done', phase: 'drain' });
    expect(await close(kafka.admin())).toMatchObject({ outcome: 'done', phase: 'close' });
  });

  it('closes a UDP socket, a watcher, a reader of lines and a message port', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const things = [
      socket,
      watch(tmpdir()),
      createInterface({ input: new PassThrough() }),
      new MessageChannel().port1,
    ];
    for (const thing of things) expect(await close(thing)).toMatchObject({ outcome: 'done' });
  });
});
