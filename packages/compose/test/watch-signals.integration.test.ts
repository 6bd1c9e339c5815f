import { describe, expect, it } from 'vitest';
import { deployVersions, FAILING } from './chaos/failing-requests.ts';

describe.each(['map', 'server'] as const)('routerErrors with HAProxy by %s', (way) => {
  it('sends a release back that fails one request in 20 although its health is good, and no other', async () => {
    const { all, load } = await deployVersions(way, ['2', FAILING, '1']);
    expect(all).toMatchObject([
      { outcome: 'deployed', warnings: [] },
      {
        outcome: 'watch-failed',
        why: expect.stringMatching(
          /^router errors: bad in 2 of the last \d looks \(\d+ of \d+ requests failed, with at most/,
        ),
      },
      { outcome: 'deployed', warnings: [] },
    ]);
    // Nothing but what the failing release itself answered badly.
    expect(Object.keys(load.failures)).toEqual(['bad-status, reused, page, 500']);
    expect(load.failed).toBeGreaterThanOrEqual(5);
  }, 180_000);
});
