import { messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import type { Outcome } from '../domain/intent.ts';
import { imageSettings, otherSlot, servicesOfSlot } from '../domain/layout.ts';
import type { Run } from './run.ts';

/** What a bare `up` would start is seen nowhere, so it is written at every end, also by who only finished the rest. */
export async function prefer(run: Run, outcome: Outcome): Promise<void> {
  const { ports, layout, intent } = run;
  const live = outcome === 'deployed' ? intent.target : intent.origin;
  try {
    await ports.engine.pin(backgroundImages(run, outcome));
    await ports.engine.prefer(servicesOfSlot(layout, live), servicesOfSlot(layout, otherSlot(layout, live)));
  } catch (error) {
    throw new DeployError(
      'switch-failed',
      {
        doing: `noting ${live} as the slot that is started by hand`,
        found: messageOf(error),
        wanted: 'settings of the project that can be written',
        fix: 'see that their folder is writable and its disk not full, then run the same deployment again',
      },
      { cause: error },
    );
  }
}

/**
 * A service that a bare `up` started in the middle of a deployment, on what the settings said then, is not started again
 * where it happens to be right. Before the switch they were not touched.
 */
function backgroundImages(
  { layout, intent, journal }: Run,
  outcome: Outcome,
): Readonly<Record<string, string>> {
  if (!journal.some(({ type }) => type === 'switching')) return {};
  const settings = imageSettings(layout);
  const { background } = outcome === 'deployed' ? intent.release : intent.previous;
  return Object.fromEntries(
    Object.entries(background).map(([service, { ref }]) => [settings[service] as string, ref]),
  );
}
