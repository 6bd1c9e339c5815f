import type { Cluster } from 'node:cluster';
import { systemClock } from '@cutover/internal';

/** Milliseconds after which a primary that does not answer counts as gone. */
const PATIENCE = 1_000;
/** No folder, so that nothing can listen there. */
const NOWHERE = '/dev/null/nowhere';

/**
 * In a worker of node:cluster: resolves once the primary has read that a listener was closed, and the worker has sent
 * back what the primary gave it before. A worker that ends earlier takes those connections with it, and nobody answers
 * their clients. Elsewhere it resolves at once.
 *
 * The primary reads and answers in order, so any question that it answers will do; this one changes nothing there.
 */
export async function primaryKnows(): Promise<void> {
  if (!process.connected) return;
  // Its types describe the ES module, what comes is the other one.
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
