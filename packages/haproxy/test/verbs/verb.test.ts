import { expect, it } from 'vitest';
import { carryOut, type Haproxy, LOOK_AGAIN } from '../../src/verbs/verb.ts';

/** Reads that take so long, one after the other; gives the pauses between them. */
async function pausesBetween(looks: readonly number[]): Promise<number[]> {
  const pauses: number[] = [];
  let [now, at] = [0, 0];
  const sleep = async (ms: number) => void pauses.push(ms);
  const haproxy = {
    label: 'x',
    clock: { now: () => now, sleep },
    run: async () => true,
    invalidateWorker: () => {},
  } as never as Haproxy;
  await carryOut(haproxy, {
    doing: 'waiting',
    limits: { timeout: Number.POSITIVE_INFINITY },
    read: async () => {
      now += looks[at] ?? 0;
      return at++;
    },
    plan: () => [],
    done: (look) => look === looks.length - 1,
    explain: () => ({}),
  });
  return pauses;
}

it('carryOut looks again after as long as it says, where looking costs little', async () => {
  expect(await pausesBetween([0, 0.1, 0.1, 0])).toEqual([LOOK_AGAIN, LOOK_AGAIN]);
});

it('carryOut pauses longer where looking costs much, and takes one slow look for no cost', async () => {
  expect(await pausesBetween([0, 50, 10, 80, 0])).toEqual([200, 40, 40]);
});
