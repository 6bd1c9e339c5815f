import { gracefulShutdown } from '../../src/index.ts';
import type { Closable, StepOptions, StepResult } from '../../src/shutdown/types.ts';

/** A real shutdown with one thing, which its end closes. */
export function added(thing: Closable, options: StepOptions = {}) {
  const shutdown = gracefulShutdown({
    gracePeriod: 4_000,
    lameDuck: 20,
    signals: [],
    trapErrors: false,
    exit: false,
    logger: false,
  });
  shutdown.add('thing', thing, options);
  return { shutdown, run: async (): Promise<StepResult | undefined> => (await shutdown.begin()).steps[0] };
}

/** Adds a thing, closes it at once, and says how that went. */
export const close = (thing: Closable, options: StepOptions = {}): Promise<StepResult | undefined> =>
  added(thing, options).run();
