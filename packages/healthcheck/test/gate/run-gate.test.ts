import { FakeClock } from '@cutover/testing';
import { describe, expect, it } from 'vitest';
import { type GateAnswer, type GateOptions, runGate } from '../../src/gate.ts';
import type { Check } from '../../src/index.ts';

const scripted = (name: string, good: (ask: number) => boolean): Check & { asked: number } => {
  const check = {
    name,
    asked: 0,
    run: async () => {
      check.asked += 1;
      if (!good(check.asked)) throw new Error(`${name} is bad`);
    },
  };
  return check;
};

/** Runs a gate to its end on a clock of its own, without jitter. */
async function gate(check: Check, options: GateOptions = {}) {
  const clock = new FakeClock();
  const answers: GateAnswer[] = [];
  const result = runGate(check, {
    clock,
    random: () => 0.5,
    onAnswer: (answer) => answers.push(answer),
    ...options,
  });
  await clock.advance(400_000);
  return { ...(await result), all: answers };
}

describe('runGate', () => {
  it('passes a slot that stays good, after ten seconds', async () => {
    const check = scripted('next', () => true);
    await expect(gate(check)).resolves.toMatchObject({ verdict: 'passed', answers: 11, duration: 10_000 });
  });

  it('passes a slot that needs a while to start', async () => {
    const result = await gate(scripted('next', (ask) => ask > 20));
    expect(result).toMatchObject({ verdict: 'passed', answers: 31 });
    expect(result.error).toMatchObject({ message: 'next is bad' });
  });

  it('ends at once with a slot that flaps', async () => {
    const flapping = scripted('next', (ask) => ask % 2 === 1);
    await expect(gate(flapping)).resolves.toMatchObject({ verdict: 'flapping', answers: 4 });
  });

  it('rejects a slot that is never good while the live one is', async () => {
    const live = scripted('live', () => true);
    const result = await gate(
      scripted('next', () => false),
      { live, deadline: 30_000 },
    );
    expect(result).toMatchObject({ verdict: 'rejected', answers: 30 });
    expect(live.asked).toBe(30);
  });

  it('calls it an outage when the live slot is bad too', async () => {
    const live = scripted('live', () => false);
    const result = await gate(
      scripted('next', () => false),
      { live, deadline: 30_000 },
    );
    expect(result.verdict).toBe('outage');
    expect(result.all.map(({ differential }) => differential)).toContain('outage');
  });

  it('asks the live slot only when the new one is bad, and survives an outage that passes', async () => {
    const live = scripted('live', (ask) => ask > 5);
    const result = await gate(
      scripted('next', (ask) => ask > 5),
      { live },
    );
    expect(result.verdict).toBe('passed');
    expect(live.asked).toBe(5);
  });

  it('does not pass what was good for too short a time at the deadline', async () => {
    await expect(
      gate(
        scripted('next', () => true),
        { deadline: 5_000 },
      ),
    ).resolves.toMatchObject({
      verdict: 'unproven',
    });
  });

  it('spreads its questions by a fifth', async () => {
    const early = await gate(
      scripted('a', () => true),
      { random: () => 0 },
    );
    const late = await gate(
      scripted('a', () => true),
      { random: () => 1 },
    );
    expect([early.answers, late.answers]).toEqual([14, 10]);
  });

  it('counts an answer that does not come as bad', async () => {
    const silent: Check = { name: 'next', run: () => new Promise(() => {}) };
    const clock = new FakeClock();
    const result = runGate(silent, { clock, timeout: 5, deadline: 0 });
    await expect(result).resolves.toMatchObject({ verdict: 'rejected', error: { name: 'TimeoutError' } });
  });

  it('ends with the reason of its signal, while it asks or waits', async () => {
    const stop = new AbortController();
    const silent = runGate({ name: 'a', run: () => new Promise(() => {}) }, { signal: stop.signal });
    const waiting = runGate(
      scripted('a', () => true),
      { signal: stop.signal, interval: 60_000 },
    );
    stop.abort(new Error('enough'));
    await expect(silent).rejects.toThrow('enough');
    await expect(waiting).rejects.toThrow('enough');
  });

  it.each([{ interval: -1 }, { rules: { passes: 0 } }, { rules: { pases: 1 } }, { retries: 1 }])(
    'refuses %o',
    async (options) => {
      await expect(
        runGate(
          scripted('a', () => true),
          options as never,
        ),
      ).rejects.toMatchObject({
        code: 'invalid-options',
      });
    },
  );
});
