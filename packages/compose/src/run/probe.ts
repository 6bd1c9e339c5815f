import { bounded } from '@cutover/internal';
import type { Run } from './run.ts';

/** Milliseconds that one request through the router may take after a switch. */
export const PROBE_TIMEOUT = 5_000;

/** One request through the router, within `timeout` ms, where it has a way to send one. */
export async function probe(
  { ports: { router, clock } }: Pick<Run, 'ports'>,
  timeout: number,
): Promise<void> {
  if (router.probe) await bounded({ timeout, clock }, router.probe);
}
