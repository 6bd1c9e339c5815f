import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { clearControlGroups, unmountBelow } from './leftovers.ts';
import { lowerBridges } from './network.ts';
import { ownFolder, runFolder } from './paths.ts';
import { engineProcesses, send, until } from './processes.ts';
import { EngineError, type Scene, shell } from './step.ts';

/** Where an engine of a test's own is; its number, from 64, tells its addresses from those of the others. */
export interface Place {
  readonly number: number;
  /** The control group above those of its containers. */
  readonly group: string;
  readonly state: string;
  readonly run: string;
  readonly host: string;
}

function placeOf(name: string): Place {
  const run = `${runFolder}/own-${name}`;
  const number = Number.parseInt(name, 10);
  return {
    number,
    group: `cutover-own-${number}`,
    state: `${ownFolder}/${name}`,
    run,
    host: `unix://${run}/docker.sock`,
  };
}

/** What the tests of dead processes have left is cleared away first. */
export async function freePlace(scene: Scene): Promise<Place> {
  const taken = new Set<number>();
  for (const name of await readdir(ownFolder).catch(() => [])) {
    const place = placeOf(name);
    if (existsSync(`/proc/${name.split('-')[1]}`)) taken.add(place.number);
    else await clearPlace(scene, place);
  }
  let number = 64;
  while (taken.has(number)) number++;
  return placeOf(`${number}-${process.pid}`);
}

/** The shared daemon lets nothing pass between containers that it does not know. */
export const forward = (scene: Scene, verb: '-I' | '-D', range: string) =>
  shell(scene)('iptables', ['-w', verb, 'FORWARD', '-s', range, '-d', range, '-j', 'ACCEPT'], {
    reject: verb === '-I',
  });

export async function clearPlace(scene: Scene, { state, run, group }: Place): Promise<void> {
  const left = () => engineProcesses([state, run], group);
  const isGone = async () => (await left()).length === 0;
  // It ends its containers first.
  send(
    'SIGTERM',
    (await left()).filter(({ name }) => name === 'dockerd'),
  );
  if (!(await until(isGone, 30_000))) send('SIGKILL', await left());
  if (!(await until(isGone, 5_000))) throw new EngineError(`Cannot end the engine in ${state}`);
  await unmountBelow(scene, [state, run]);
  await clearControlGroups(group);
  const written = await readFile(`${state}/daemon.json`, 'utf8').catch(() => '');
  const base = /"base":"((?:\d+\.){3})0\/24"/.exec(written)?.[1];
  if (base) {
    await forward(scene, '-D', `${base}0/24`);
    await lowerBridges(scene, { prefix: base.slice(0, -1) });
  }
  for (const folder of [state, run]) await rm(folder, { recursive: true, force: true });
}
