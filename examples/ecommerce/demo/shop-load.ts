import { bounded, systemClock } from '@cutover/internal';
import { type LoadReport, type LoadSecond, startLoad } from '@cutover/testing';
import { MIX } from './mix.ts';
import { byVersion, ROUTED } from './routed.ts';
import type { Screen } from './screen.ts';

/** Requests a second, for the whole run. */
const RATE = 150;
/** Milliseconds after which the load ends by itself, even if its caller is gone. */
const LONGEST = 12 * 60_000;

export interface ShopLoad {
  /** Resolves when that many requests were sent. Rejects after two minutes. */
  reaches(requests: number, signal: AbortSignal): Promise<void>;
  stop(): Promise<LoadReport>;
}

/** The shop's clients; the screen shows their results each second. */
export function startShopLoad(target: string, screen: Screen): ShopLoad {
  let sent = 0;
  let failed = 0;
  const onProgress = (second: LoadSecond) => {
    sent += second.sent;
    failed += second.failed;
    const versions = Object.entries(byVersion(second.versions)).map(
      ([version, answers]) => `${version} answers ${answers}/s`,
    );
    screen.footer(`${sent} requests sent, ${failed} failed; ${versions.join(', ')}`);
  };
  const schedule = { rate: RATE, duration: LONGEST, requests: MIX };
  const load = startLoad({ target, ...schedule, versionHeader: ROUTED, onProgress });
  return {
    reaches: (requests, signal) =>
      bounded({ timeout: 120_000, signal }, async (inner) => {
        while (sent < requests) await systemClock.sleep(200, inner);
      }),
    stop: () => load.stop(),
  };
}
