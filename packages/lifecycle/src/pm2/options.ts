import { option, readOptions } from '@cutover/internal';
import { refuse } from '../errors.ts';

/** Milliseconds for each process. */
export const DRAIN_GRACE_PERIOD = 30_000;

export interface DrainPm2Options {
  /** Names as PM2 has them; default all. */
  processes?: readonly string[];
  /**
   * Milliseconds for each process, or by name. PM2's own `kill_timeout` still ends a process that takes longer than
   * that. Default {@link DRAIN_GRACE_PERIOD}.
   */
  gracePeriod?: number | Readonly<Record<string, number>>;
  /** PM2's folder; default `$PM2_HOME`, else `~/.pm2`. */
  pm2Home?: string;
  /** Ends the wait with its reason; what PM2 was asked to stop still stops. */
  signal?: AbortSignal;
}

const byName = {
  expected: 'milliseconds by name',
  accepts: (v: unknown) =>
    option.object.accepts(v) && Object.values(v as object).every(option.duration.accepts),
};
const RULES = {
  processes: option.list(option.text),
  gracePeriod: option.either(option.duration, byName),
  pm2Home: option.text,
  signal: option.signal,
};

export const readDrainOptions = (doing: string, given: DrainPm2Options) =>
  readOptions(given, RULES, { gracePeriod: DRAIN_GRACE_PERIOD }, refuse(doing));

export const graceOf = (name: string, gracePeriod: number | Readonly<Record<string, number>>): number =>
  typeof gracePeriod === 'number' ? gracePeriod : (gracePeriod[name] ?? DRAIN_GRACE_PERIOD);
