import { execa } from 'execa';
import { createScreen } from '../examples/ecommerce/demo/screen.ts';
import { demoImages, ensureEngine } from './engine/index.ts';

/** The main job on the real stack: engine and packages first, then `examples/ecommerce/demo`. */
const screen = createScreen();
const interrupt = new AbortController();
const { signal } = interrupt;
let removal: string | undefined;
let interruptedAt = 0;

// A package manager in between may hand one Ctrl-C on twice, the second time as SIGTERM.
const ECHO = 1_000;

// Declarations take most of the time of a build, and nothing here reads them.
const BUILD = ['--recursive', '--filter=./packages/*', 'run', 'build', '--no-dts'];

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => onSignal(name));
// A terminal that was closed takes no more words; what was started is taken down all the same.
process.stdout.on('error', () => {});

function onSignal(name: string): void {
  if (!signal.aborted) {
    interruptedAt = performance.now();
    screen.print(`${name}: taking down what was started; once more to leave at once`);
    interrupt.abort(new Error(`ended by ${name}`));
  } else if (performance.now() - interruptedAt > ECHO) {
    screen.print(`${name} again: leaving at once. ${remains()}`);
    process.exit(130);
  }
}

const remains = (): string =>
  removal
    ? `The stack stays; remove it with\n${removal.replaceAll(/^/gm, '  ')}`
    : 'Of the demo nothing stays.';

async function run(): Promise<boolean> {
  const { env, provided } = await screen.step('provide a Docker engine and base images', ({ tell }) =>
    ensureEngine({ images: demoImages, log: tell, signal }),
  );
  Object.assign(process.env, env);
  try {
    await screen.step('build the packages', () => execa('pnpm', BUILD, { cancelSignal: signal }));
    // Only now: the example uses the packages as they are published.
    const { demo } = await import('../examples/ecommerce/demo/demo.ts');
    return await demo({ screen, signal, onRemains: (command) => (removal = command) });
  } finally {
    if (provided === 'private') screen.print('The private Docker engine keeps running; "pnpm down" ends it.');
  }
}

let good = false;
try {
  good = await run();
} catch (error) {
  screen.print(error instanceof Error && !signal.aborted ? error.message : String(signal.reason ?? error));
}
if (!good || removal) screen.print(remains());
process.exitCode = signal.aborted ? 130 : good && !removal ? 0 : 1;
