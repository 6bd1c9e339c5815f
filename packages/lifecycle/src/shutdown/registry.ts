import { LifecycleError } from '../errors.ts';

// Of the process, not of this module: an application may load two copies of the package.
const REGISTRY = Symbol.for('@cutover/lifecycle/shutdowns');

/** A shutdown that listens, as another copy of this package sees it. */
interface Registered {
  /** Where it was created, as `file:line`. */
  readonly place: string;
  /** Whether it ends the process. */
  readonly exits: boolean;
}

/**
 * Registers a shutdown of this process; returns a function that unregisters it. Of two shutdowns, one must not end the
 * process while the other drains.
 * @throws {LifecycleError} `second-shutdown`
 */
export function register(host: object, mine: Registered): () => void {
  const holder = host as { [REGISTRY]?: Set<Registered> };
  holder[REGISTRY] ??= new Set();
  const registry = holder[REGISTRY];
  const other = [...registry].find(({ exits }) => exits || mine.exits);
  if (other) {
    throw new LifecycleError('second-shutdown', {
      doing: `setting up a shutdown at ${mine.place}`,
      found: `this process has one already, made at ${other.place}; the first one to finish would end the process for both`,
      fix: 'create one and pass it on, or dispose() of the first',
    });
  }
  registry.add(mine);
  return () => void registry.delete(mine);
}
