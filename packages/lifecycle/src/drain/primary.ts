import type { Cluster } from 'node:cluster';
import { systemClock } from '@cutover/internal';

/** Milliseconds after which a primary that does not answer counts as gone. */
const PATIENCE = 1_000;
/** Not an existing folder, so nothing can listen there. */
const NOWHERE = '/dev/null/nowhere';

/**
 * In a worker of node:cluster: resolves once the primary has read that a listener was closed, and the worker has sent
 * back what the primary gave it before. If a worker ends earlier, those connections get no answer.
 * Elsewhere it resolves at once.
 *
 * The primary reads and answers in order, so any request that it answers is enough; this one changes nothing.
 */
export async function primaryKnows(): Promise<void> {
  if (!process.connected) return;
  // Its types describe the ES module; the call returns the CommonJS module.
  const { isWorker } = process.getBuiltinModule('node:cluster') as unknown as Cluster;
  if (!isWorker) return;
  const { Server } = process.getBuiltinModule('node:net');
  const over = new AbortController();
  const answered = new Promise<void>((resolve) => {
    new Server().once('error', () => resolve()).listen(NOWHERE);
  });
  await Promise.race([answered, systemClock.sleep(PATIENCE, over.signal).catch(() => {})]);
  over.abort();
}
