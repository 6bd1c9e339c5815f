import { expect, it } from 'vitest';
import type { Traffic } from '../../src/domain/traffic.ts';
import { routerLatency } from '../../src/signals/router-latency.ts';

const of = (requests: number, latency?: number): Traffic => ({ requests, errors: 0, latency });

it.each<[string, number | '2x', Traffic, Traffic, string, string?]>([
  ['twice the limit', 100, of(5_000, 200), of(0), 'bad', '200 ms in the mean, with at most 100 ms allowed'],
  ['the limit', 100, of(5_000, 100), of(0), 'good'],
  ['three times the old slot', '2x', of(5_000, 90), of(100, 30), 'bad', 'at most 60 ms'],
  ['the old slot and half', '2x', of(5_000, 45), of(100, 30), 'good'],
  ['what may be of an earlier release', 100, of(4_095, 900), of(0), 'inconclusive', '4095 of the 4096'],
  ['an old slot without requests', '2x', of(5_000, 90), of(0), 'inconclusive', 'old slot'],
  ['a router that measures nothing', 100, of(5_000), of(0), 'inconclusive', 'does not say how long'],
])('routerLatency judges %s', async (_, max, now, before, verdict, words = '') => {
  const traffic = async () => ({ now, before });
  const said = await routerLatency({ max }).judge({ signal: new AbortController().signal, traffic });
  expect(said.verdict).toBe(verdict);
  expect('why' in said ? said.why : '').toContain(words);
});
