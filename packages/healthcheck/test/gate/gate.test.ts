import { describe, expect, it } from 'vitest';
import { differentialOf, GATE_RULES, gateVerdict, observe, openGate } from '../../src/gate.ts';

/** Verdict after answers given a second apart: `+` good, `-` bad. */
const after = (answers: string, rules: Partial<typeof GATE_RULES> = {}) => {
  const all = { ...GATE_RULES, ...rules };
  const progress = [...answers].reduce(
    (seen, answer, second) => observe(seen, { good: answer === '+', at: second * 1_000 }, all),
    openGate,
  );
  return gateVerdict(progress, (answers.length - 1) * 1_000, all);
};

describe('gateVerdict', () => {
  it.each([
    ['nothing', '', 'waiting'],
    ['one good answer', '+', 'waiting'],
    ['three in three seconds', '+++', 'waiting'],
    ['good for ten seconds', '+++++++++++', 'passed'],
    ['bad at first, then good for ten seconds', '----+++++++++++', 'passed'],
    ['good for nine after a bad one', '+++++-++++++++++', 'waiting'],
    ['good for ten after a bad one', '+++++-+++++++++++', 'passed'],
    ['good, bad, good, bad', '+-+-', 'flapping'],
    ['flapping, then good for long', '+-+-+++++++++++++++', 'flapping'],
    ['never good', '----------------', 'waiting'],
  ])('after %s', (_, answers, verdict) => {
    expect(after(answers)).toBe(verdict);
  });

  it('forgives changes older than the window', () => {
    const settled = '+'.repeat(12);
    expect(after(`+-+-${settled}`, { flapWindow: 10_000 })).toBe('passed');
    expect(after(`+-+-${settled}`, { flapWindow: 15_000 })).toBe('flapping');
  });

  it('wants as many in a row as it is told, however long they take', () => {
    expect(after('++', { passes: 3, stableFor: 0 })).toBe('waiting');
    expect(after('+++', { passes: 3, stableFor: 0 })).toBe('passed');
  });

  it('keeps no more than the changes of a window, however long it runs', () => {
    let progress = openGate;
    for (let at = 0; at < 1_000_000; at += 1_000) {
      progress = observe(progress, { good: at % 2_000 === 0, at });
    }
    expect(progress.flips.length).toBeLessThanOrEqual(61);
  });
});

describe('differentialOf', () => {
  it('blames the release only when the live slot is well', () => {
    expect(differentialOf({ next: true, live: false })).toBe('good');
    expect(differentialOf({ next: false, live: true })).toBe('reject');
    expect(differentialOf({ next: false, live: false })).toBe('outage');
  });
});
