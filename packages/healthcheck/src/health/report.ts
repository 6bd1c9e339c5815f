import type { CheckStatus, Probe, Reading } from './probe.ts';

export type HealthState = 'starting' | 'serving' | 'draining';

/** A probe and whether its failure fails the report. */
export interface Watched {
  readonly probe: Probe;
  readonly required: boolean;
}

export interface CheckReport extends Reading {
  readonly required: boolean;
}

/** The state as an object; `healthJson` is its wire format. */
export interface HealthReport {
  readonly status: CheckStatus;
  readonly state: HealthState;
  readonly checks: Readonly<Record<string, CheckReport>>;
}

/** `fail` when a required check fails, `warn` when anything else is not well. */
export function overall(watched: readonly Watched[]): CheckStatus {
  let worst: CheckStatus = 'pass';
  for (const { probe, required } of watched) {
    const { status } = probe.read();
    if (status === 'fail' && required) return 'fail';
    if (status !== 'pass') worst = 'warn';
  }
  return worst;
}

export function reportOf(status: CheckStatus, state: HealthState, watched: readonly Watched[]): HealthReport {
  const checks = watched.map(
    ({ probe, required }) => [probe.check.name, { ...probe.read(), required }] as const,
  );
  return { status, state, checks: Object.fromEntries(checks) };
}

/** The report as `application/health+json` (draft-inadarei-api-health-check-06), with additional keys. */
export const healthJson = ({ status, state, checks }: HealthReport): string =>
  JSON.stringify({
    status,
    state,
    checks: Object.fromEntries(
      Object.entries(checks).map(([name, { duration, ...check }]) => [
        name,
        [{ ...check, ...(duration !== undefined && { observedValue: duration, observedUnit: 'ms' }) }],
      ]),
    ),
  });
