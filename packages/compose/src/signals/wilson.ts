import type { Traffic } from '../domain/traffic.ts';

/** Standard deviations: each bound alone holds in 99 of 100 cases. */
const Z = 2.326;

/**
 * Between which rates of errors the true one lies, by what was counted; 0 and 1 where nothing was.
 *
 * Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
 */
export function boundsOf({ requests, errors }: Traffic): { readonly low: number; readonly high: number } {
  if (requests === 0) return { low: 0, high: 1 };
  const rate = Math.min(1, errors / requests);
  const middle = rate + Z ** 2 / (2 * requests);
  const half = Z * Math.sqrt((rate * (1 - rate)) / requests + (Z / (2 * requests)) ** 2);
  const scale = 1 + Z ** 2 / requests;
  return { low: Math.max(0, (middle - half) / scale), high: Math.min(1, (middle + half) / scale) };
}
