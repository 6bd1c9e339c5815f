import { bounded, linkSignals } from '@cutover/internal';
import type { SlotName } from '../domain/layout.ts';
import type { Hooks } from '../domain/policy.ts';
import { cancelSignal, type Run } from './run.ts';

/** Milliseconds after which a hook counts as hung. */
const HOOK_TIMEOUT = 300_000;

/**
 * Runs a hook until it ends or reaches its limit. A hook that is told to stop is still waited for: its work must not
 * continue while the deployment rolls back.
 */
export async function runHook(run: Run, name: keyof Hooks, to: SlotName): Promise<void> {
  const { ports, policy, intent } = run;
  const asked = cancelSignal(run);
  try {
    await bounded({ timeout: HOOK_TIMEOUT, clock: ports.clock }, async (limit) => {
      const linked = linkSignals(asked, limit);
      try {
        await policy.hooks[name]?.({ release: intent.release.id, to, signal: linked.signal });
      } finally {
        linked[Symbol.dispose]();
      }
    });
  } catch (error) {
    throw asked?.aborted ? asked.reason : error;
  }
}
