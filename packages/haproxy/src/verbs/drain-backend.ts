import { option } from '@cutover/internal';
import { checkOptions } from '../errors.ts';
import { DRAIN_TIMEOUT } from './drain.ts';
import { readBackendRow } from './proxy-rows.ts';
import { type DrainProgress, untilEmpty } from './until-empty.ts';
import type { Haproxy } from './verb.ts';

export interface DrainBackendOptions {
  backend: string;
  /** Milliseconds; default {@link DRAIN_TIMEOUT}. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: DrainProgress) => void) | undefined;
}

/**
 * Waits, after a map was switched away from a backend, until nothing is in flight there any more. Changes nothing;
 * reaching the limit is not an error.
 * @throws {HaproxyError} `not-found` when there is no such backend.
 */
export function drainBackend(
  haproxy: Haproxy,
  options: DrainBackendOptions,
): Promise<{ drained: boolean; remaining: number }> {
  const doing = `draining backend ${options?.backend} at ${haproxy.label}`;
  const { backend, ...limits } = checkOptions(doing, options, RULES, { timeout: DRAIN_TIMEOUT });
  const read = async (signal: AbortSignal) => {
    const { sessions, queued } = await readBackendRow(haproxy, backend, signal);
    return sessions + queued;
  };
  return untilEmpty(haproxy, read, limits);
}

const RULES = {
  backend: option.text,
  timeout: option.limit,
  signal: option.signal,
  onProgress: option.function,
};
