import type { Check, CheckDetails } from '../check.ts';
import { failureOf } from './failure.ts';

/** A check of this process or machine only: it has no remote dependency, so it may decide on `live`. */
export interface LocalCheck extends Check {
  readonly local: true;
}

interface CheckDefinition {
  name: string;
  /** Begins each error: "asking postgres://db/shop". */
  doing: string;
  /** Never shown: the login of a URL. */
  secrets?: readonly string[];
  run(signal: AbortSignal): Promise<CheckDetails | void>;
}

/** Makes a check of this package: errors have the package's codes, and an abort rejects with its reason. */
export const defineCheck = ({ name, doing, secrets, run }: CheckDefinition): Check => ({
  name,
  run: async ({ signal }) => {
    signal.throwIfAborted();
    try {
      return await run(signal);
    } catch (error) {
      throw signal.aborted ? signal.reason : failureOf(doing, error, secrets);
    }
  },
});

/** The same for a check that never leaves the machine. */
export const defineLocalCheck = (definition: CheckDefinition): LocalCheck => ({
  ...defineCheck(definition),
  local: true,
});
