import { messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import type { Outcome } from '../domain/intent.ts';
import { byService, imageSettings, otherSlot, servicesOfSlot } from '../domain/layout.ts';
import type { Wanted } from '../domain/situation.ts';
import type { Run } from './run.ts';

/** What a bare `up` would start is seen nowhere, so it is written at every end, also by who only finished the rest. */
export async function prefer(run: Run, outcome: Outcome): Promise<void> {
  const { ports, layout, intent } = run;
  const live = outcome === 'deployed' ? intent.target : intent.origin;
  try {
    await ports.engine.pin(imagesToPin(run, outcome));
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
 * A service that a bare `up` started in the middle of a deployment, or a way back from an image without a name, runs what
 * is wanted and is not started again; its setting may say otherwise.
 */
function imagesToPin(run: Run, outcome: Outcome): Readonly<Record<string, string>> {
  const settings = imageSettings(run.layout);
  return Object.fromEntries(
    Object.entries(imagesAtEnd(run, outcome)).flatMap(([service, image]) =>
      image ? [[settings[service] as string, image.ref]] : [],
    ),
  );
}

function imagesAtEnd({ layout, intent, journal }: Run, outcome: Outcome): Wanted {
  const { release, target, previous } = intent;
  if (outcome === 'deployed') return { ...byService(layout, target, release.slots), ...release.background };
  // Before the switch nothing that runs was touched.
  return journal.some(({ type }) => type === 'switching') ? previous.background : {};
}
