import { bounded, linkSignals } from '@cutover/internal';
import type { SlotName } from '../domain/layout.ts';
import type { Hooks } from '../domain/policy.ts';
import { cancelSignal, type Run } from './run.ts';

/** Milliseconds after which a hook counts as hung. */
const HOOK_TIMEOUT = 300_000;

/**
 * Runs a hook to its end, or its limit. Asked to stop it is told so and waited for all the same: what it has begun must
 * not go on beside the way back.
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
