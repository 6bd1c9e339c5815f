import { messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import { otherSlot, type SlotName, serviceOf } from '../domain/layout.ts';
import type { Run } from './run.ts';

/** What a bare `up` would start is seen nowhere, so it is written at every end, also by who only finished the rest. */
export async function prefer({ ports, layout }: Run, live: SlotName): Promise<void> {
  try {
    await ports.engine.prefer(serviceOf(layout, live), [serviceOf(layout, otherSlot(layout, live))]);
  } catch (error) {
    throw new DeployError(
      'switch-failed',
      { doing: `store ${live} as the live slot`, found: messageOf(error) },
      { cause: error },
    );
  }
}
