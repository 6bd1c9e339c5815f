import type { Pm2Process } from '@cutover/internal';
import { LifecycleError } from '../errors.ts';
import { PM2_KILL_TIMEOUT } from '../shutdown/pm2-environment.ts';

/** Every process of these names, or all. @throws {LifecycleError} `pm2-unknown-process` */
export function selectProcesses(
  all: readonly Pm2Process[],
  names: readonly string[] | undefined,
): Pm2Process[] {
  const unknown = names?.filter((name) => !all.some((process) => process.name === name)) ?? [];
  if (unknown.length > 0) {
    throw new LifecycleError('pm2-unknown-process', {
      doing: 'draining under PM2',
      found: `no process named ${unknown.join(', ')}`,
      wanted: `some of ${[...new Set(all.map(({ name }) => name))].join(', ') || 'none: PM2 runs nothing'}`,
    });
  }
  return all.filter(({ name }) => names?.includes(name) ?? true);
}

/** Milliseconds that PM2 itself gives a process. */
export const killTimeoutOf = ({ killTimeout }: Pm2Process): number => killTimeout ?? PM2_KILL_TIMEOUT;
