import { describe, expect, it } from 'vitest';
import { dueBy, intendedAt, mix } from '../../src/load/schedule.ts';

describe('mix', () => {
  it('gives each kind its share in every stretch', () => {
    const kinds = mix([
      { name: 'read', path: '/', weight: 7 },
      { name: 'write', path: '/', weight: 2 },
      { name: 'slow', path: '/', weight: 1 },
    ]);
    const stretch = Array.from({ length: 10 }, () => kinds.next().value.name);
    expect(stretch.filter((name) => name === 'read')).toHaveLength(7);
    expect(stretch.filter((name) => name === 'write')).toHaveLength(2);
    expect(stretch.filter((name) => name === 'slow')).toHaveLength(1);
  });
});

describe('dueBy', () => {
  it('counts a request as due from its intended time on, never more than the schedule holds', () => {
    expect(intendedAt(10, 200)).toBe(50);
    expect(dueBy(49.9, 200, 1_000)).toBe(10);
    expect(dueBy(50, 200, 1_000)).toBe(11);
    expect(dueBy(60_000, 200, 1_000)).toBe(200);
  });
});
