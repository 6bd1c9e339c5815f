import { readFile, stat } from 'node:fs/promises';
import { option, readOptions, replaceFileSync } from '@cutover/internal';
import type { Check, CheckDetails } from '../check.ts';
import { HealthcheckError, refuseOption } from '../errors.ts';
import { defineCheck, defineLocalCheck, type LocalCheck } from './define-check.ts';
import { requireMethods } from './require-methods.ts';
import { singleFlight } from './single-flight.ts';

/** The needed part of a Redis client, for a heartbeat in a key. */
export interface HeartbeatStore {
  get(key: string): Promise<string | null>;
}

export interface HeartbeatCheckOptions {
  /** Milliseconds after which a heartbeat is too old: the job's period and a margin. */
  maxAge: number;
  /** Default `heartbeat`. */
  name?: string;
}

/**
 * Writes a heartbeat: a file that is replaced in one step, so that a reader never sees half of it.
 * `at` is milliseconds since the epoch, default now.
 */
export async function writeHeartbeat(file: string, at: number = Date.now()): Promise<void> {
  replaceFileSync(file, `${heartbeatText(at)}\n`);
}

/** The text of a heartbeat, to store in a Redis key: `redis.set(key, heartbeatText())`. */
export const heartbeatText = (at: number = Date.now()): string => new Date(at).toISOString();

/**
 * A cron or worker makes progress: its heartbeat is not older than `maxAge`. For a file the time written in it
 * counts, or else its modification time, so `touch` works. For a Redis key the time in its value counts.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `not-ready` (none yet) or `unhealthy`.
 */
export function heartbeatCheck(file: string, options: HeartbeatCheckOptions): LocalCheck;
export function heartbeatCheck(
  source: { readonly redis: HeartbeatStore; readonly key: string },
  options: HeartbeatCheckOptions,
): Check;
export function heartbeatCheck(
  source: string | { readonly redis: HeartbeatStore; readonly key: string },
  options: HeartbeatCheckOptions,
): Check {
  const { name, maxAge } = readOptions(
    // A missing maxAge is refused like a wrong one.
    { ...options, maxAge: options?.maxAge ?? Number.NaN },
    { name: option.text, maxAge: option.duration },
    { name: 'heartbeat' },
    refuseOption('heartbeatCheck'),
  );
  if (typeof source === 'string') {
    const doing = `reading the heartbeat ${source}`;
    return defineLocalCheck({ name, doing, run: async () => judge(await fromFile(source), maxAge, doing) });
  }
  requireMethods('heartbeatCheck', Object(source).redis, 'get');
  const doing = `reading the heartbeat in key ${source.key}`;
  const fromKey = async () => timeIn((await source.redis.get(source.key)) ?? '');
  return defineCheck({ name, doing, run: singleFlight(async () => judge(await fromKey(), maxAge, doing)) });
}

async function fromFile(file: string): Promise<number | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    return timeIn(text) ?? (await stat(file)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** An ISO 8601 time or milliseconds since the epoch. */
function timeIn(text: string): number | undefined {
  const written = text.trim();
  const time = /^\d{12,14}$/.test(written)
    ? Number(written)
    : /^\d{4}-/.test(written)
      ? Date.parse(written)
      : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function judge(at: number | undefined, maxAge: number, doing: string): CheckDetails {
  if (at === undefined) throw new HealthcheckError('not-ready', { doing, found: 'no heartbeat yet' });
  const age = Math.round(Date.now() - at);
  const facts = { age };
  if (age > maxAge) {
    const explanation = { doing, found: `a heartbeat ${age} ms old`, wanted: `at most ${maxAge} ms` };
    throw new HealthcheckError('unhealthy', explanation, { facts });
  }
  if (age < -maxAge) {
    const explanation = { doing, found: `a heartbeat ${-age} ms in the future`, fix: 'set the clocks right' };
    throw new HealthcheckError('unhealthy', explanation, { facts });
  }
  return { facts };
}
