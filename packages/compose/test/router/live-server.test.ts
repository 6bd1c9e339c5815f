import { describe, expect, it } from 'vitest';
import { liveServer } from '../../src/router/live-server.ts';

const server = (slot: string, open: boolean, up: boolean) => ({ slot, open, up });

describe('liveServer', () => {
  it.each([
    ['the one that is open', [server('blue', true, true), server('green', false, true)], 'green', 'blue'],
    [
      'the one that is up of two open ones',
      [server('blue', true, true), server('green', true, false)],
      'green',
      'blue',
    ],
    [
      'the open one, though it is down',
      [server('blue', true, false), server('green', false, true)],
      'green',
      'blue',
    ],
    [
      'the stored one in the middle of a switch',
      [server('blue', true, true), server('green', true, true)],
      'blue',
      'blue',
    ],
    [
      'the stored one when both are down',
      [server('blue', true, false), server('green', true, false)],
      'green',
      'green',
    ],
    [
      'neither when nothing decides',
      [server('blue', true, true), server('green', true, true)],
      undefined,
      undefined,
    ],
    [
      'neither when none is open',
      [server('blue', false, true), server('green', false, true)],
      'blue',
      undefined,
    ],
  ])('is %s', (_, servers, stored, live) => {
    expect(liveServer(servers, stored)).toBe(live);
  });
});
