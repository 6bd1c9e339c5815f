import type { Router } from '../../src/ports/index.ts';

export const commands = [
  'switch to blue',
  'switch to green',
  'overtaken switch to green',
  'fence',
  'persist',
  'reload',
  'warm green',
  'green fails',
  'green serves',
  'settle',
  'close green',
  'open green',
] as const;
export type Command = (typeof commands)[number];

/** Where commands are carried out, and how what is not the router's own affair is done there. */
export interface Stage {
  readonly router: Router;
  /** The same router as another process has it. */
  readonly rival: Router;
  readonly reload: () => Promise<void>;
  readonly serve: (serves: boolean) => void;
  /** Somebody sets the server of green ready by hand; nothing by map. */
  readonly open?: () => Promise<unknown>;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Carries out commands and tells what came of each: the answer, and where traffic goes now and after a restart. */
export function driver({ router, rival, reload, serve, open, sleep }: Stage) {
  const nothing = async () => {};
  /** The lock changes hands between what is prepared and its commit; asked again, it is known to be lost. */
  const overtaken = () => {
    let asked = 0;
    return async () => {
      if (asked++ > 0) throw new Error('another process has taken over');
      await rival.fence?.(nothing);
    };
  };
  const settled = async (up: boolean) => {
    for (;;) {
      const { green } = (await router.observe()).slots;
      if (green?.up === up && (green.settled ?? green.up) === up) return;
      await sleep(50);
    }
  };
  const serving = async (serves: boolean) => {
    serve(serves);
    await settled(serves);
  };
  const work: Record<Command, () => Promise<unknown>> = {
    'switch to blue': () => router.switchTo('blue', 'green', nothing),
    'switch to green': () => router.switchTo('green', 'blue', nothing),
    'overtaken switch to green': () => router.switchTo('green', 'blue', overtaken()),
    fence: async () => router.fence?.(nothing),
    persist: async () => router.persist((await router.observe()).live ?? ''),
    reload,
    'warm green': async () => router.warm?.('green'),
    'green fails': () => serving(false),
    'green serves': () => serving(true),
    settle: () => settled(true),
    'close green': async () => router.close?.('green'),
    'open green': async () => open?.(),
  };
  return async (command: Command): Promise<string> => {
    const answer = await work[command]().then(
      () => 'done',
      () => 'refused',
    );
    // With no server ready there is no live slot to speak of.
    const state = await router.observe().catch(() => undefined);
    if (!state) return `${answer}; none is live`;
    const { live, stored, slots } = state;
    const green = `${slots.green?.up ? 'up' : 'down'}${slots.green?.open ? ' and open' : ''}`;
    return `${answer}; ${live} is live, ${stored} is stored, green is ${green}`;
  };
}
