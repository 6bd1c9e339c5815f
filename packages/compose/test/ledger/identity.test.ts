import { describe, expect, it } from 'vitest';
import { isGone, isWithinReach, ownIdentity } from '../../src/ledger/identity.ts';

const own = { host: 'ci', boot: 'b', namespace: 'pid:[1]', pid: 7, started: '5' };

describe('isWithinReach', () => {
  it.each([
    ['of the same boot and pid namespace', {}, true],
    ['of another boot', { boot: 'c' }, false],
    ['of a container, which has the same boot', { namespace: 'pid:[2]' }, false],
    ['whose /proc shows other processes', { namespace: undefined }, false],
    ['of a system without namespaces', { namespace: '' }, false],
  ])('of a process %s', (_, other, within) => {
    expect(isWithinReach(own, { ...own, ...other })).toBe(within);
  });

  it('is so where neither has a namespace', () => {
    const without = { ...own, namespace: '' };
    expect(isWithinReach(without, without)).toBe(true);
  });

  it('is never so for a process that cannot look up process ids', () => {
    const blind = { ...own, namespace: undefined };
    expect(isWithinReach(blind, blind)).toBe(false);
  });
});

describe('isGone', () => {
  it('knows that this process lives, and that its id had another owner before', async () => {
    const self = await ownIdentity();
    expect(await isGone(self)).toBe(false);
    expect(await isGone({ ...self, started: '1' })).toBe(true);
  });

  it('does not know of a process in another pid namespace, whatever its id is here', async () => {
    expect(await isGone({ ...(await ownIdentity()), namespace: 'pid:[1]', pid: 2 ** 22 })).toBeUndefined();
  });
});
