import type { Ports } from '../../src/ports/index.ts';
import { portsOf } from '../simulation/ports.ts';
import { Process } from '../simulation/process.ts';
import type { Way } from '../simulation/world/router.ts';
import { World } from '../simulation/world/world.ts';

/** The simulated world without its judge: what a deployment may do is not the matter of a comparison. */
export function calmWorld(way: Way = 'map'): World {
  const world = new World({ seed: '0', way });
  world.violate = () => {};
  return world;
}

/** A process of it to which nothing happens. */
export const calmProcess = (world: World, pid = 1): Process =>
  new Process({
    kernel: world.kernel,
    name: `conformance ${pid}`,
    pid,
    mischief: { at: () => undefined, latency: () => 1 },
    journal: world,
    rate: 1,
  });

export const calmPorts = (world: World, process: Process): Ports =>
  portsOf({
    world,
    process,
    identity: { host: 'here', boot: 'here', namespace: 'here', pid: process.pid, started: '1' },
    isGone: async () => undefined,
    hooks: {},
    onEvent: () => {},
  }).ports;

/** The same driver, in virtual time: it goes on until the driver has its answer. */
export function answering<Command>(
  { kernel }: World,
  ask: (command: Command) => Promise<string>,
): (command: Command) => Promise<string> {
  return async (command) => {
    let answer: string | undefined;
    void ask(command).then((text) => {
      answer = text;
    });
    await kernel.run(() => answer !== undefined, kernel.now + LIMIT);
    return answer ?? 'no answer';
  };
}

const LIMIT = 60_000;
