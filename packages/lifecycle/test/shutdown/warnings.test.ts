import { describe, expect, it } from 'vitest';
import { planBudget } from '../../src/shutdown/budget.ts';
import { readPm2Environment } from '../../src/shutdown/pm2-environment.ts';
import { PM2_ENV, type World, worldOf } from './fake-host.ts';

const codes = (options: object, world: World) =>
  worldOf(options, world).events.map((event) => event.type === 'warning' && event.code);

describe('gracefulShutdown at its start', () => {
  it.each([
    ['nothing, where all is well', {}, { env: PM2_ENV }, []],
    [
      'of a grace period beyond PM2 kill_timeout',
      { gracePeriod: 20_000 },
      { env: PM2_ENV },
      ['grace-exceeds-kill-timeout'],
    ],
    [
      'of a kill_timeout beyond the container',
      { containerStopTimeout: 10_000 },
      { env: PM2_ENV },
      ['kill-timeout-exceeds-container'],
    ],
    [
      'of the same, told by runService',
      {},
      { env: { ...PM2_ENV, CUTOVER_GRACE_PERIOD: '10000' } },
      ['kill-timeout-exceeds-container'],
    ],
    [
      'of a grace period beyond the container',
      { gracePeriod: 10_000, containerStopTimeout: 10_000 },
      {},
      ['grace-exceeds-container'],
    ],
    ["of PM2's default", {}, { env: { pm_id: '0', PM2_HOME: '/pm2' } }, ['kill-timeout-default']],
    ['of a missing ps', {}, { env: PM2_ENV, surroundings: { psFound: false } }, ['ps-missing']],
    [
      'of a missing init',
      {},
      { env: PM2_ENV, surroundings: { inContainer: true, init: 'node' } },
      ['init-missing'],
    ],
    [
      'of neither with treekill: false',
      {},
      { env: { ...PM2_ENV, treekill: 'false' }, surroundings: { psFound: false } },
      [],
    ],
    [
      'of no init where tini is one',
      {},
      { env: PM2_ENV, surroundings: { inContainer: true, init: 'tini' } },
      [],
    ],
    ['of neither outside PM2', {}, { surroundings: { psFound: false, inContainer: true, init: 'node' } }, []],
  ] satisfies [string, object, World, string[]][])('warns %s', (_, options, world, expected) => {
    expect(codes(options, world)).toEqual(expected);
  });
});

describe('planBudget', () => {
  it.each([
    ['9 s outside PM2', {}, undefined, { gracePeriod: 9_000, lameDuck: 1_500 }],
    ["200 ms below PM2's kill_timeout", {}, 10_000, { gracePeriod: 9_800, lameDuck: 1_500 }],
    ['no more than PM2 leaves, whatever is asked', { gracePeriod: 60_000 }, 10_000, { gracePeriod: 9_800 }],
    ['half of a kill_timeout too short for a margin', {}, 300, { gracePeriod: 150, lameDuck: 50 }],
    ['what is asked', { gracePeriod: 5_000, lameDuck: 0 }, 10_000, { gracePeriod: 5_000, lameDuck: 0 }],
    [
      'no lame duck beyond the grace period',
      { gracePeriod: 1_000, lameDuck: 5_000 },
      undefined,
      { lameDuck: 1_000 },
    ],
  ])('gives %s', (_, asked, killTimeout, expected) => {
    expect(planBudget(asked, killTimeout ? { killTimeout } : undefined)).toMatchObject(expected);
  });

  it('keeps at most a second, and a fifth, from draining', () => {
    expect(planBudget({ gracePeriod: 60_000 }, undefined).reserve).toBe(1_000);
    expect(planBudget({ gracePeriod: 1_000 }, undefined).reserve).toBe(200);
  });
});

describe('readPm2Environment', () => {
  const base = { pm_id: '3', PM2_HOME: '/pm2' };
  it.each([
    [{}, undefined],
    [{ pm_id: '3' }, undefined],
    [base, { id: '3', killTimeout: 1_600, killTimeoutSet: false, waitReady: false, listenTimeout: 3_000 }],
    [
      { ...base, kill_timeout: '8000' },
      { killTimeout: 8_000, killTimeoutSet: true },
    ],
    [{ ...base, kill_timeout: '0' }, { killTimeout: 1_600 }],
    [{ ...base, PM2_KILL_TIMEOUT: '4000' }, { killTimeout: 4_000 }],
    [{ ...base, kill_timeout: '8000', PM2_KILL_TIMEOUT: '4000' }, { killTimeout: 8_000 }],
    [
      { ...base, wait_ready: 'true', listen_timeout: '9000' },
      { waitReady: true, listenTimeout: 9_000 },
    ],
  ])('reads %j', (env, expected) => {
    const pm2 = readPm2Environment(env);
    if (expected) expect(pm2).toMatchObject(expected);
    else expect(pm2).toBeUndefined();
  });
});
