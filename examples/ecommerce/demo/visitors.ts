import { bounded, messageOf, systemClock } from '@cutover/internal';

/** What visitors met who load the page and then do what its script does: they call the API. */
export interface Visits {
  /** Pages that were loaded, each with its call. */
  readonly pages: number;
  /** Pages whose call met another release: a browser keeps what it has loaded before a switch. */
  readonly overtaken: number;
  /** Answers of a release that the visitor had been moved away from already. */
  readonly mixed: number;
  readonly failures: readonly string[];
}

export interface Visitors {
  /** Ends the visits; `switches` is how often traffic has moved meanwhile. */
  stop(switches: number): Promise<Visits>;
}

const VISITORS = 4;
const PAUSE = 100;
const TIMEOUT = 15_000;

/** One answer after the other: who has met the new release may not meet the old one any more, on whichever path. */
export function startVisitors(url: string): Visitors {
  const stopped = new AbortController();
  const failures: string[] = [];
  const visitor = async (): Promise<string[]> => {
    const met: string[] = [];
    while (!stopped.signal.aborted) {
      try {
        met.push(...[await releaseAt(`${url}/`), await releaseAt(`${url}/api/products`)]);
      } catch (error) {
        failures.push(messageOf(error));
      }
      await systemClock.sleep(PAUSE, stopped.signal).catch(() => {});
    }
    return met;
  };
  const visits = Array.from({ length: VISITORS }, visitor);
  return {
    stop: async (switches) => {
      stopped.abort();
      return { ...judge(await Promise.all(visits), switches), failures };
    },
  };
}

async function releaseAt(url: string): Promise<string> {
  return bounded({ timeout: TIMEOUT }, async (signal) => {
    const answer = await fetch(url, { signal });
    await answer.text();
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    return `${answer.headers.get('x-version')} in ${answer.headers.get('x-slot')}`;
  });
}

/**
 * Each list is what one visitor met, page and call in turn. A switch of both services at one moment is seen as one
 * change; services that are switched one by one can be seen as three: the new page, the old API, the new page.
 */
export function judge(visitors: readonly (readonly string[])[], switches: number): Omit<Visits, 'failures'> {
  const sum = (count: (met: readonly string[]) => number) =>
    visitors.reduce((total, met) => total + count(met), 0);
  const changes = (met: readonly string[], from: (index: number) => boolean) =>
    met.filter((release, index) => from(index) && index > 0 && release !== met[index - 1]).length;
  return {
    pages: sum((met) => met.length / 2),
    overtaken: sum((met) => changes(met, (index) => index % 2 === 1)),
    mixed: sum((met) => Math.max(0, changes(met, () => true) - switches)),
  };
}
