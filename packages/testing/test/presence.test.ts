import { describe, expect, it } from 'vitest';
import { presence } from '../src/presence/presence.ts';

const change = (at: number, container: string, running: boolean) => ({ at, container, running });

describe('presence', () => {
  it('counts the time between two containers as a gap', () => {
    const changes = [change(0, 'a', true), change(100, 'a', false), change(130, 'b', true)];
    expect(presence(changes, 500)).toEqual({ overlap: 0, gap: 30 });
  });

  it('counts the time in which both ran as an overlap, in whatever order the events come', () => {
    const changes = [change(120, 'a', false), change(0, 'a', true), change(100, 'b', true)];
    expect(presence(changes, 500)).toEqual({ overlap: 20, gap: 0 });
  });

  it('counts on until the end of the watch', () => {
    expect(presence([change(0, 'a', true), change(10, 'a', false)], 50)).toEqual({ overlap: 0, gap: 40 });
    expect(presence([change(0, 'a', true), change(10, 'b', true)], 50)).toEqual({ overlap: 40, gap: 0 });
  });
});
