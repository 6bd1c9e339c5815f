import { bounded, systemClock } from '@cutover/internal';
import { type LoadReport, type LoadSecond, startLoad } from '@cutover/testing';
import { MIX } from './mix.ts';
import type { Screen } from './screen.ts';

/** Requests a second, for the whole run. */
const RATE = 220;
/** Milliseconds after which the load ends by itself, even if its caller is gone. */
const LONGEST = 8 * 60_000;

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
    const versions = Object.entries(second.versions).map(
      ([version, answers]) => `${version} answers ${answers}/s`,
    );
    screen.footer(`${sent} requests sent, ${failed} failed; ${versions.join(', ')}`);
  };
  const load = startLoad({ target, rate: RATE, duration: LONGEST, requests: MIX, onProgress });
  return {
    reaches: (requests, signal) =>
      bounded({ timeout: 120_000, signal }, async (inner) => {
        while (sent < requests) await systemClock.sleep(200, inner);
      }),
    stop: () => load.stop(),
  };
}
