import { describe, expect, it } from 'vitest';
import { type EngineEvent, signalledBy } from '../../src/engine/signalled.ts';

const event = (Action: string, { ID = 'c1', at = 0, signal = '' } = {}): EngineEvent => ({
  Type: ID.startsWith('note') ? 'volume' : 'container',
  Action,
  Actor: { ID, Attributes: { signal } },
  timeNano: at * 1e6,
});
const start = event('start');
const note = event('create', { ID: 'note-3' });
const update = event('update');
const kill = (signal: string, at = 0) => event('kill', { signal, at });

const asked: Parameters<typeof signalledBy>[1] = {
  id: 'c1',
  stopSignal: undefined,
  armed: false,
  note: 'note-3',
  now: 10_000,
};

describe('signalledBy', () => {
  it.each<[string, readonly EngineEvent[], object | undefined, Partial<typeof asked>]>([
    [
      'a SIGTERM since the note',
      [start, note, update, kill('15', 9_000)],
      { signalled: true, ago: 1_000 },
      {},
    ],
    ['a SIGTERM, while all before it is forgotten', [kill('15', 9_000)], { signalled: true, ago: 1_000 }, {}],
    [
      'a SIGTERM of the future, by a clock that was set back',
      [kill('15', 11_000)],
      { signalled: true, ago: 0 },
      {},
    ],
    [
      'a SIGTERM by hand before the note',
      [start, kill('15', 4_000), note],
      { signalled: true, ago: 6_000 },
      {},
    ],
    ['nothing since the note', [note], { signalled: false }, {}],
    [
      'nothing since the note but what others did',
      [note, event('update', { ID: 'c2' })],
      { signalled: false },
      {},
    ],
    ['an update before the note', [update, note], { signalled: false }, {}],
    ['an update since the note: the stop may be under way', [note, update], undefined, {}],
    ['no note any more', [start, event('update', { ID: 'c2' })], undefined, {}],
    ['no event at all', [], undefined, {}],
    ['no event at all, and a restart policy', [], { signalled: false }, { armed: true }],
    ['a SIGTERM, and a restart policy', [kill('15', 10_000)], { signalled: true, ago: 0 }, { armed: true }],
    ['a SIGTERM to its earlier life', [kill('15'), start, note], { signalled: false }, {}],
    ['another signal', [note, kill('1')], { signalled: false }, {}],
    ['its own stop signal', [note, kill('3')], { signalled: true, ago: 10_000 }, { stopSignal: 'SIGQUIT' }],
    ['SIGTERM where it stops by another', [note, kill('15')], { signalled: false }, { stopSignal: 'QUIT' }],
    ['a stop signal by number', [note, kill('37')], { signalled: true, ago: 10_000 }, { stopSignal: '37' }],
    [
      'any signal where its own is not known',
      [kill('1')],
      { signalled: true, ago: 10_000 },
      { stopSignal: 'SIGRTMIN+3' },
    ],
  ])('finds %s', (_, events, expected, more) => {
    expect(signalledBy(events, { ...asked, ...more })).toEqual(expected);
  });
});
