import type { Fault } from '../faults.ts';
import { slotOf, variableOf, versionOf } from '../layout.ts';
import type { Process } from '../process.ts';
import type { SimContainer } from './engine.ts';
import type { World } from './world.ts';

/** What of the simulation a blow can reach: its deployers. */
interface Stage {
  readonly world: World;
  reboot(): void;
  rival(version: string, name?: 'rival' | 'contained'): void;
}

/** What the world does at the moment of a fault that is not about one call. */
export function strike(simulation: Stage, process: Process, { do: kind, ms }: Fault): void {
  const { world } = simulation;
  const { engine, router, kernel } = world;
  const { traits } = engine;
  world.note('world', kind);
  const blow: Partial<Record<Fault['do'], () => void>> = {
    suspend: () => process.freeze(ms, true),
    'engine-restart': () => engineRestart(world, 3_000),
    'host-reboot': () => {
      simulation.reboot();
      engineRestart(world, 5_000);
      routerRestart(world, 4_000);
    },
    prune: () => prune(world),
    'prune-notes': () => pruneNotes(world),
    'new-image-gone': () => engine.missingImages.add('2'),
    'old-image-gone': () => engine.missingImages.add('1'),
    'configuration-changes': () => {
      engine.configuration++;
    },
    'replicas-change': () => {
      const { servicesOf, layout } = world.shop;
      const services = [
        'worker',
        ...(world.shop.roles.length > 1 ? Object.keys(layout.slots).flatMap(servicesOf) : []),
      ];
      const [one, other] = SCALES;
      for (const service of services)
        engine.scales.set(service, engine.scaleOf(service) === one ? other : one);
      engine.scaleChanges++;
    },
    'disk-full': () => {
      engine.diskFull = true;
      kernel.after(ms, () => {
        engine.diskFull = false;
      });
    },
    'new-exits-at-once': () => set(traits, 'exitsAtOnce'),
    'new-exits-soon': () => set(traits, 'exitsSoon'),
    'new-never-healthy': () => set(traits, 'neverHealthy'),
    'new-late-healthy': () => set(traits, 'lateHealthy'),
    'new-flaps': () => set(traits, 'flaps'),
    'new-out-of-memory': () => set(traits, 'outOfMemory'),
    'new-cron-crashes': () => set(traits, 'cronCrashes'),
    'new-fails-requests': () => set(traits, 'failsRequests'),
    'ignore-term': () => set(traits, 'ignoresTerm'),
    'exit-at-deadline': () => set(traits, 'exitsAtDeadline'),
    'job-fails': () => set(traits, 'jobFails'),
    'job-hangs': () => set(traits, 'jobHangs'),
    'dependency-down': () => dependencyDown(world, ms),
    'router-reload': () => routerReload(world),
    'router-restart': () => routerRestart(world, 300),
    'router-refuses': () => {
      router.refusesUntil = kernel.now + ms;
    },
    'router-disagrees': () => {
      router.checks.disbelieves = { slot: router.live === 'blue' ? 'green' : 'blue', until: kernel.now + ms };
    },
    'router-late': () => {
      engine.healthless = true;
      router.checks.lateness = 20_000;
    },
    'second-deployer': () => simulation.rival('2'),
    'second-release': () => simulation.rival('3'),
    'second-in-container': () => simulation.rival('2', 'contained'),
    'new-crashes': () => onNewSlot(world, (c) => engine.exit(c, 1)),
    'new-stopped': () => onNewSlot(world, (c) => engine.stop(c.id, 1_000, 'operator', () => {})),
    'new-crash-loop': () => onNewSlot(world, (c) => crashLoop(world, c)),
    'new-frozen': () => onNewSlot(world, (c) => engine.freeze(c, false)),
    'new-paused': () => onNewSlot(world, (c) => engine.freeze(c, true)),
    'new-unhealthy': () => onNewSlot(world, (c) => engine.setReady(c, false)),
    'old-crashes': () => onSlot(world, '1', (c) => engine.exit(c, 1)),
    'operator-up': () => operatorUp(world),
    'operator-stop-cron': () => operatorStop(world, 'cron'),
    'operator-stop-worker': () => operatorStop(world, 'worker'),
    'operator-down': () => operatorDown(world),
    'operator-restart': () => operatorRestart(world),
    'operator-signal': () => {
      for (const service of ['cron', 'worker']) for (const c of engine.of(service)) engine.hangUp(c);
    },
    interrupt: () => process.interrupt(),
    'interrupt-twice': () => {
      process.interrupt();
      kernel.after(ms, () => process.die());
    },
    'cut-engine': () => cut(world, process, 'engine', ms),
    'cut-router': () => {
      cut(world, process, 'router', ms);
      cut(world, process, 'instance', ms);
    },
    'cut-instance': () => cut(world, process, 'instance', ms),
    leftover: () => leftover(world),
  };
  blow[kind]?.();
}

/** The numbers of containers that a project asks for in turn. */
export const SCALES = [2, 3] as const;

const set = <K extends string>(traits: Record<K, boolean>, name: K): void => {
  traits[name] = true;
};

function cut(world: World, process: Process, link: 'engine' | 'router' | 'instance', ms: number): void {
  process.cut.add(link);
  world.kernel.after(ms, () => process.cut.delete(link));
}

function engineRestart(world: World, downtime: number): void {
  world.touch();
  world.excuse();
  world.disturbed = true;
  world.engine.restart(downtime);
}

function routerReload(world: World): void {
  const { router, shelf } = world;
  world.touch();
  const { live } = router;
  const last = shelf.journal.at(-1);
  if (last?.type === 'switching' && last.to !== live)
    world.reach('reload between the intent to switch and the switch');
  router.reload();
  world.counters.forget();
  world.routed(router.live, live, 'router');
  // What is stored in the middle of a way back is the slot that has failed.
  if (!world.isServed) world.excuse();
}

function routerRestart(world: World, downtime: number): void {
  world.touch();
  world.excuse();
  world.router.downUntil = world.kernel.now + downtime;
  routerReload(world);
}

/** `docker system prune` by a third party: whatever does not run is gone; named volumes, and so our notes, stay. */
function prune(world: World): void {
  world.disturbed = true;
  for (const c of world.engine.containers) if (!c.running) world.engine.drop(c);
}

/** `docker volume rm`, or `docker volume prune --all`, by a third party. */
function pruneNotes(world: World): void {
  if (world.shelf.lock) world.reach('the lock vanishes under its holder');
  world.shelf.clear();
  world.journalLost = true;
}

function dependencyDown(world: World, ms: number): void {
  const { engine, kernel } = world;
  world.excuse();
  engine.dependencyDown = true;
  for (const c of engine.containers) engine.setReady(c, false);
  kernel.after(ms, () => engine.dependencyBack());
}

/** A bare `docker compose up -d`: services that are on, with the images that the env file names. */
function operatorUp(world: World): void {
  const { engine } = world;
  world.disturbed = true;
  for (const service of [...engine.enabled, 'cron', 'worker']) {
    const version = versionOf(engine.pins[variableOf(service)] ?? '');
    const there = engine.of(service);
    for (const c of there) {
      if (c.version === version) engine.start(c);
      else world.reach('an operator would recreate a container');
    }
    for (let n = there.length; n < engine.scaleOf(service); n++) {
      engine.start(engine.create(service, version));
      engine.scaledByHand(service);
    }
  }
}

/** `docker stop -t 1` by hand. */
function operatorStop(world: World, service: string): void {
  world.disturbed = true;
  for (const c of world.engine.of(service)) world.engine.stop(c.id, 1_000, 'operator', () => {});
}

/** `docker restart -t 1` of the workers by hand. */
function operatorRestart(world: World): void {
  const { engine, kernel } = world;
  world.disturbed = true;
  for (const c of engine.of('worker'))
    engine.stop(c.id, 1_000, 'operator', () =>
      kernel.quietly(50, () => engine.containers.includes(c) && engine.start(c)),
    );
}

/** What befalls the slot with the new release, which has the traffic or not. */
const onNewSlot = (world: World, blow: (c: SimContainer) => void): void => onSlot(world, '2', blow);

function onSlot(world: World, version: string, blow: (c: SimContainer) => void): void {
  const { engine } = world;
  const found = engine.containers.filter(
    (one) => one.running && slotOf(one.service) && one.version === version,
  );
  const c = found.length > 1 ? world.random.pick(found) : found[0];
  if (!c) return;
  world.disturbed = true;
  world.reach(
    world.router.live === slotOf(c.service) ? 'a slot fails while it has the traffic' : 'an idle slot fails',
  );
  blow(c);
}

/** Out of memory, soon after each start. */
function crashLoop(world: World, c: SimContainer): void {
  world.engine.traits.outOfMemory = true;
  world.engine.exit(c, 137);
}

/** `docker compose down`: everything goes, and comes back when the operator sees what he has done. */
function operatorDown(world: World): void {
  const { engine } = world;
  world.disturbed = true;
  world.excuse();
  for (const c of engine.containers) {
    engine.exit(c, 143);
    engine.drop(c);
  }
  world.kernel.after(4_000, () => operatorUp(world));
}

/** A stopped container of an earlier run that failed still has the name. */
function leftover(world: World): void {
  world.disturbed = true;
  const idle = world.router.live === 'blue' ? 'green' : 'blue';
  const service = world.shop.servicesOf(idle).at(-1) ?? '';
  if (world.engine.of(service).length === 0) world.engine.create(service, '1');
}
