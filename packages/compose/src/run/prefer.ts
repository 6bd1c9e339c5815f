import { messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import { otherSlot, type SlotName, servicesOfSlot } from '../domain/layout.ts';
import type { Run } from './run.ts';

/** What a bare `up` would start is seen nowhere, so it is written at every end, also by who only finished the rest. */
export async function prefer({ ports, layout }: Run, live: SlotName): Promise<void> {
  try {
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
