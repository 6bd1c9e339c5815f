import { option, readOptions } from '@cutover/internal';
import type { Check } from '../check.ts';
import type { LocalCheck } from '../checks/define-check.ts';
import { HealthcheckError, refuseOption } from '../errors.ts';
import type { CheckStatus, ProbeLimits } from './probe.ts';
import type { HealthState } from './report.ts';

/** Milliseconds a run of a check may take. */
export const CHECK_TIMEOUT = 2_000;
/** Milliseconds a result is reused. */
export const CHECK_CACHE = 1_000;
/** Milliseconds an answer waits for runs in progress before it uses the last results. */
export const PATIENCE = 500;
export const HEALTH_PATHS = {
  live: '/health/live',
  ready: '/health/ready',
  deep: '/health/deep',
  metrics: '/health/metrics',
} as const;

/** A check with limits of its own. */
export interface CheckEntry extends Partial<ProbeLimits> {
  check: Check;
  /** Whether its failure makes the whole fail; otherwise it only warns. Default true. */
  required?: boolean;
}

export type CheckInput = Check | CheckEntry;

export type HealthEvent =
  | { readonly type: 'state'; readonly state: HealthState }
  | {
      readonly type: 'check';
      readonly check: string;
      readonly status: CheckStatus;
      readonly output: string | undefined;
    };

export interface HealthOptions extends Partial<ProbeLimits> {
  /** Checks of this process alone. They never delay the answer; without any, `live` is good while the loop turns. */
  live?: readonly LocalCheck[];
  /** Checks that must pass to take traffic. */
  ready?: readonly CheckInput[];
  /** Additional checks of `deep`, which a deployer's gate reads and a router does not. */
  deep?: readonly CheckInput[];
  /** Shows details, `deep` and metrics to callers that send it as `Authorization: Bearer`; at least 16 characters. */
  token?: string;
  /** Default {@link HEALTH_PATHS}; `/health` answers as `ready`. */
  paths?: Partial<Record<keyof typeof HEALTH_PATHS, string>>;
  /** Begin as `starting`, not ready until `started()` is called; default false. */
  starting?: boolean;
  /** Its abort means `draining`: the `signal` of a `gracefulShutdown`. */
  shutdown?: AbortSignal;
  /** Milliseconds an answer waits for runs under way; default {@link PATIENCE}. */
  patience?: number;
  /** Called once for each change. What it throws is ignored. */
  onEvent?: (event: HealthEvent) => void;
}

const limitRules = {
  timeout: option.duration,
  cache: option.duration,
  rise: option.count,
  fall: option.count,
};
const limitDefaults = { timeout: CHECK_TIMEOUT, cache: CHECK_CACHE, rise: 1, fall: 1 };
const refuse = refuseOption('createHealth');

const isCheck = (value: unknown): boolean => {
  const { name, run } = Object(value) as Partial<Check>;
  return typeof name === 'string' && name !== '' && typeof run === 'function';
};
const check = { expected: 'a check: { name, run }', accepts: isCheck };
const local = {
  expected:
    'a check of this process alone (memoryCheck, eventLoopCheck, …): a dependency must never decide on live',
  accepts: (value: unknown) => isCheck(value) && (value as LocalCheck).local === true,
};
const input = {
  expected: 'a check, or { check, … }',
  accepts: (v: unknown) => isCheck(v) || isCheck(Object(v).check),
};
const token = {
  expected: 'a text of 16 characters or more',
  accepts: (value: unknown) => typeof value === 'string' && value.length >= 16,
};

export const readHealthOptions = (given: HealthOptions) => {
  const read = readOptions(
    given,
    {
      ...limitRules,
      live: option.list(local),
      ready: option.list(input),
      deep: option.list(input),
      token,
      paths: option.object,
      starting: option.boolean,
      shutdown: option.signal,
      patience: option.duration,
      onEvent: option.function,
    },
    { ...limitDefaults, live: [], ready: [], deep: [], starting: false, patience: PATIENCE },
    refuse,
  );
  return { ...read, paths: readPaths(read.paths ?? {}) };
};

const path = {
  expected: "a path that begins with '/'",
  accepts: (v: unknown) => /^\/[^?#\s]*$/.test(String(v)),
};
const readPaths = (paths: NonNullable<HealthOptions['paths']>) =>
  readOptions(paths, { live: path, ready: path, deep: path, metrics: path }, HEALTH_PATHS, refuse);

/** A check and its limits; its own limits override the common ones. */
export function readEntry(given: CheckInput, limits: ProbeLimits): Required<CheckEntry> {
  const entry = 'run' in given ? { check: given } : given;
  return readOptions(
    entry,
    { ...limitRules, check, required: option.boolean },
    { ...limits, required: true },
    refuse,
  );
}

/** Names identify checks for people and metrics. */
export function refuseDuplicates(checks: readonly Check[]): void {
  const twice = checks.find((one) => checks.some((other) => other !== one && other.name === one.name));
  if (!twice) return;
  throw new HealthcheckError('invalid-options', {
    doing: 'reading the checks of createHealth',
    found: `two named '${twice.name}'`,
    fix: 'give one of them another name',
  });
}
