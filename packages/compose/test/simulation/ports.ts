import { lifeOf } from '../../src/domain/container.ts';
import { DeployError } from '../../src/domain/errors.ts';
import type { DeployEvent } from '../../src/domain/events.ts';
import type { Hooks, Policy } from '../../src/domain/policy.ts';
import { engineLost } from '../../src/engine/lost.ts';
import { wasSignalled } from '../../src/engine/signalled.ts';
import { engineLedger } from '../../src/ledger/engine-ledger.ts';
import type { Identity } from '../../src/ledger/identity.ts';
import type { Settings } from '../../src/options/options.ts';
import type { Engine, Exit, Ledger, Ports, Router } from '../../src/ports/index.ts';
import { listeners } from '../../src/report/listeners.ts';
import { routerInstances } from '../../src/router/instances.ts';
import { routerErrors } from '../../src/signals/router-errors.ts';
import { CANARY, image, policy, slotOf, variableOf, versionOf } from './layout.ts';
import type { Call, Process } from './process.ts';
import { Instances } from './world/instances.ts';
import { MapRouter, type Prepared } from './world/map-router.ts';
import { dockerOf } from './world/notes.ts';
import type { SimRouter } from './world/router.ts';
import type { ServerRouter } from './world/server-router.ts';
import { isSurelyUnsignalled, withEvents } from './world/signalled.ts';
import type { World } from './world/world.ts';

/** Of all processes, so that no two give the same. */
let names = 0;

export interface Surroundings {
  readonly world: World;
  readonly process: Process;
  readonly identity: Identity;
  readonly isGone: (other: Identity) => Promise<boolean | undefined>;
  readonly hooks: Hooks;
  readonly onEvent: (event: DeployEvent) => void;
}

/** What one deploying process is given: the real ledger, and engine and router of the simulated world. */
export function portsOf(around: Surroundings): {
  settings: Settings;
  ports: Ports;
  /** The instances of the router, each by itself. */
  routers: readonly Router[];
  identity: () => Promise<Identity>;
  /** The ledger of the same process when it knows its surroundings otherwise. */
  ledgerWith: (surroundings: NonNullable<Parameters<typeof engineLedger>[1]>) => Ledger;
} {
  const { world, process, identity, isGone, hooks, onEvent } = around;
  const routers = routersOf(around);
  const router = routerOf(routers);
  let ids = 0;
  let tokens = 0;
  const ledgerWith: ReturnType<typeof portsOf>['ledgerWith'] = (surroundings) =>
    engineLedger(
      { project: async () => 'shop', docker: () => dockerIn(around) },
      {
        clock: process.clock,
        date: () => new Date(world.kernel.now),
        newToken: () => `${process.name}-${process.pid}-${++tokens}`,
        identify: async () => identity,
        isGone,
        ...surroundings,
      },
    );
  const ledger = ledgerWith({});
  const engine: Engine = { ...engineOf(around), ledger: () => ledger };
  const ports: Ports = {
    engine,
    router,
    ledger,
    clock: process.clock,
    newId: () => `${process.name}-${process.pid}-${++ids}`,
    date: () => new Date(world.kernel.now).toISOString(),
    author: () => ({ user: process.name, host: 'shop' }),
    emit: listeners((event) => {
      if (event.type === 'done' || event.type === 'failed')
        world.note(process.name, `${event.type} ${event.step.do}`);
      if (event.type === 'warning' && event.text.includes('could not judge')) world.unjudged = true;
      if (event.type === 'output' && event.lines.join().includes(CANARY)) world.leaked('an event');
      onEvent(event);
    }),
  };
  const own: Policy = { ...policy, ...(world.signals && { watch: watchBySignals }), hooks };
  const { layout } = world.shop;
  const settings = { project: engine, router, layout, policy: own, onEvent: ports.emit };
  return { settings, ports, routers, ledgerWith, identity: async () => identity };
}

const watchBySignals = { ...policy.watch, signals: [routerErrors({ max: 0.05 })] };

const noImage = (name: string) =>
  new DeployError('image-missing', { doing: `looking for ${name}`, found: 'nothing has it' });
const unreachable = engineLost('Cannot connect to the Docker daemon', undefined);

async function dockerIn({ world: { engine, shelf }, process }: Surroundings) {
  return dockerOf(
    process,
    shelf,
    () => {
      if (engine.isDown) throw unreachable;
    },
    () => engine.diskFull,
  );
}

/** Every effect is judged where it happens: intent first (I10), and by whom (I8). */
function judged(world: World, process: Process, what: string, announced: () => boolean): void {
  const { lock, journal } = world.shelf;
  if (!world.journalLost && !announced()) world.violate('I10', `${what} without an intent in the journal`);
  if (lock && lock.holder !== process.pid)
    world.reach(process.alive ? 'effect of a superseded holder' : 'effect of a dead process');
  if (!lock && journal.length > 0) world.reach('effect without a lock');
}

function engineOf(around: Surroundings): Omit<Engine, 'ledger'> {
  const { world, process } = around;
  const { engine, shelf } = world;
  const ask = <T>({ name, mutates, patience, serve }: Omit<Call<T>, 'to'>): Promise<T> =>
    process.call({
      name,
      mutates,
      patience,
      to: 'engine',
      serve: (answer, refuse) => (engine.isDown ? refuse(unreachable) : serve(answer, refuse)),
    });
  const look = <T>(name: string, read: () => T): Promise<T> =>
    ask({
      name,
      mutates: false,
      serve: (answer, refuse) => {
        try {
          answer(read());
        } catch (error) {
          refuse(error as Error);
        }
      },
    });
  const underIntent = (what: string) =>
    judged(world, process, what, () => shelf.journal.some(({ type }) => type === 'intent'));
  const fingerprints = (setting: number) =>
    Object.fromEntries(
      [...world.shop.services, ...world.shop.jobs].map((name) => [
        name,
        { setting: String(setting), replicas: String(engine.scaleOf(name)) },
      ]),
    );
  return {
    project: async () => 'shop',
    preflight: async () => [],
    configuration: () => look('configuration', () => fingerprints(engine.configuration)),
    keep: async () =>
      engine.keeps
        ? file(world, process, 'keep', () => {
            const id = `kept-${engine.configuration}`;
            engine.kept.set(id, engine.configuration);
            return { id, configuration: fingerprints(engine.configuration) };
          })
        : undefined,
    kept: async (id) =>
      engine.keeps
        ? look(`kept ${id}`, () => {
            const found = engine.kept.get(id);
            return found === undefined ? undefined : fingerprints(found);
          })
        : undefined,
    keepOnly: async (ids) => {
      if (!engine.keeps) return;
      await file(world, process, 'keep only', () => {
        for (const id of engine.kept.keys()) if (!ids.includes(id)) engine.kept.delete(id);
      });
    },
    resolve: (name) =>
      ask({
        name: `resolve ${name}`,
        mutates: false,
        serve: (answer, refuse) => {
          const version = versionOf(name);
          if (!engine.missingImages.has(version)) return answer(image(version));
          if (name === image(version).id) world.reach('what runs has no image record');
          refuse(noImage(name));
        },
      }),
    observe: () => look('observe engine', () => engine.list()),
    pin: (images) =>
      file(world, process, `pin ${Object.keys(images)}`, () => {
        underIntent('pin');
        Object.assign(engine.pins, images);
      }),
    prefer: (live, idle) =>
      file(world, process, `prefer ${live}`, () => {
        for (const service of live) engine.enabled.add(service);
        for (const service of idle) engine.enabled.delete(service);
      }),
    up: (orders) =>
      ask<void>({
        name: `up ${orders.map(({ service }) => service)}`,
        mutates: true,
        serve: (answer, refuse) => {
          underIntent('up');
          world.jobs.starting(orders.map(({ service }) => service));
          if (shelf.lock && shelf.lock.holder !== process.pid) world.reach('late create after a takeover');
          let left = orders.length;
          let failure: Error | undefined;
          const ended = (error?: Error) => {
            failure ??= error;
            if (--left > 0) return;
            if (failure) refuse(failure);
            else answer();
          };
          for (const { service, replicas, kept } of orders)
            engine.up(service, { replicas: replicas ?? engine.scaleOf(service), kept }, () => ended(), ended);
        },
      }),
    create: (orders) =>
      ask<void>({
        name: `create ${orders.map(({ service }) => service)}`,
        mutates: true,
        serve: (answer, refuse) => {
          underIntent('create');
          for (const { service } of orders) engine.createOnly(service, () => answer(), refuse);
        },
      }),
    startOnce: async ({ name, service }, confirm) => {
      const first = name.replace(/\.\d+$/, '');
      const own = engine.sharesNames ? name : `${first}.${++names}`;
      const onOne = (what: string, work: () => void) =>
        ask<void>({
          name: `${what} ${service}`,
          mutates: true,
          serve: (answer, refuse) => {
            underIntent(what);
            try {
              work();
              answer();
            } catch (error) {
              refuse(error as Error);
            }
          },
        });
      const rename = (from: string, to: string) =>
        onOne('rename', () => {
          engine.named(from).name = to;
        });
      await rename(name, own);
      if ((await look('inspect', () => engine.named(own).startedAt)) !== 'never') return;
      await confirm();
      await onOne('start', () => engine.start(engine.named(own)));
      await rename(own, first).catch(() => {});
    },
    stop: async (container, grace, confirm) => {
      const { id, service } = container;
      let waitedFor = 0;
      await ask<void>({
        name: `disarm ${service}`,
        mutates: true,
        serve: (answer) => {
          const found = engine.find(id);
          if (found) engine.disarm(found);
          waitedFor = world.kernel.now + grace;
          answer();
        },
      });
      await confirm();
      let times = 0;
      return ask({
        name: `stop ${service}`,
        mutates: true,
        patience: grace + 15_000,
        serve: (answer) => {
          const found = engine.find(id);
          if (!found) return answer(exitOf(world, id));
          const again = times++ > 0;
          // What the network repeats was announced when it was sent.
          const announced = () =>
            again ||
            shelf.journal.some(
              (entry) => entry.type === 'stopping' && entry.containers.includes(lifeOf(container)),
            );
          judged(world, process, `stop of ${id}`, announced);
          // A successor that finds the container disarmed waits for as long as its grace, and not longer. What a dead
          // process has sent arrives in that time: it is known of as long as the engine remembers its events.
          const isLost = process.deadFor > A_WHILE && engine.events.isForgetful;
          const by = again || isLost || world.kernel.now >= waitedFor ? 'network' : process.name;
          engine.stop(id, grace, by, () => answer(exitOf(world, id)));
        },
      });
    },
    wasSignalled: async (container) =>
      wasSignalled(withEvents(await dockerIn(around), engine, world.kernel, look), 'shop', container),
    awaitExit: ({ id, service }, limit) => awaitExit(world, process, id, service, limit),
    remove: ({ id, service }) =>
      ask({
        name: `remove ${service}`,
        mutates: true,
        serve: (answer, refuse) => {
          underIntent('remove');
          engine.remove(id, answer as (nothing: undefined) => void, refuse);
        },
      }),
    tail: () => look('tail', () => ['the last line']),
    lastCheck: async () => undefined,
  };
}

/** Milliseconds by which the request of a dead process is late. */
const A_WHILE = 1_000;

const exitOf = ({ engine }: World, id: string): Exit => {
  const found = engine.find(id);
  return { found: found !== undefined, code: found?.exitCode ?? 0 };
};

function awaitExit(world: World, process: Process, id: string, service: string, limit: number) {
  const margin = 15_000;
  return process.call<Exit | undefined>({
    name: `await ${service}`,
    mutates: false,
    to: 'engine',
    patience: limit + margin,
    serve: (answer) => {
      const c = world.engine.find(id);
      if (!c?.running && !c?.restarting) {
        answer(exitOf(world, id));
        return;
      }
      if (!world.journalLost && isSurelyUnsignalled(c, world.engine))
        world.violate('I18', `${id} runs on, nobody has told it to stop, and it is waited for`);
      let waiting = true;
      const once = (exit: Exit | undefined) => {
        if (waiting) answer(exit);
        waiting = false;
      };
      c.waiting.push(() => once(exitOf(world, id)));
      world.kernel.quietly(limit, () => once(undefined));
    },
  });
}

/** A file of the project: written whole or not at all. */
function file<T>(world: World, process: Process, name: string, write: () => T): Promise<T> {
  return process.call<T>({
    name,
    mutates: true,
    to: 'files',
    serve: (answer, refuse) => {
      if (world.engine.diskFull) {
        refuse(new Error('no space left on device'));
        return;
      }
      answer(write());
    },
  });
}

function routersOf(around: Surroundings): readonly Router[] {
  const { router } = around.world;
  if (!(router instanceof Instances)) return [routerAt(around, router, 'router')];
  const [one, two] = router.fronts as [MapRouter, MapRouter];
  // A request through one of them is as good as one through both: they see the same containers.
  const { probe: _, ...second } = routerAt(around, two, 'instance');
  return [routerAt(around, one, 'router'), second];
}

const routerOf = ([one, two]: readonly Router[]): Router =>
  two ? routerInstances({ one: one as Router, two }) : (one as Router);

/** One process that routes; `link` is how it is reached. */
function routerAt({ world, process }: Surroundings, router: SimRouter, link: 'router' | 'instance'): Router {
  const { shelf, kernel } = world;
  const ask = <T>(name: string, mutates: boolean, work: () => T, fenced = false): Promise<T> =>
    process.call({
      name: link === 'router' ? name : `${name} @2`,
      mutates,
      to: link,
      fenced,
      serve: (answer, refuse) => {
        if (kernel.now < Math.max(world.router.refusesUntil, world.router.downUntil)) {
          return refuse(new Error('the runtime socket refuses'));
        }
        try {
          answer(work());
        } catch (error) {
          refuse(error as Error);
        }
      },
    });
  const sessions = (slot: string) => {
    world.touch();
    const all = world
      .slotContainers(slot)
      .reduce((sum, container) => sum + world.load.sessionsOf(container, kernel.now), 0);
    // Each of them counts its own.
    const { fronts } = world.router;
    return Math.floor((all + fronts.indexOf(router)) / fronts.length);
  };
  const probe = () =>
    ask('probe', false, () => {
      const servers = world.servers();
      if (servers.length === 0 || world.meetsBadServer()) throw new Error('503');
      if (!world.signals && servers.some((server) => world.failsRequests(server))) throw new Error('500');
    });
  const common = {
    preflight: async () => {},
    observe: () =>
      ask('observe router', false, () => {
        world.steers(process.pid);
        return router.state(sessions);
      }),
    warm: (slot: string) => ask(`warm ${slot}`, true, () => router.warm(slot)),
    persist: (slot: string) =>
      ask(`persist ${slot}`, true, () => {
        if (world.engine.diskFull) throw new Error('no space left on device');
        judged(world, process, 'persist', () => shelf.journal.some(({ type }) => type === 'intent'));
        router.persist();
      }),
    ...(world.signals && {
      traffic: () =>
        ask('count', false, () => {
          world.touch();
          return world.counters.all(Object.keys(world.shop.layout.slots), world.router.fronts.length);
        }),
    }),
    // A request that meets processes that stand still is not answered.
    probe: (signal: AbortSignal) => (hangs(world) ? untilAborted(signal) : probe()),
  };
  return { ...common, ...(router instanceof MapRouter ? byMap(router) : byServer(router as ServerRouter)) };

  function byMap(map: MapRouter): Pick<Router, 'fence' | 'switchTo'> {
    const prepare = (to?: string) => ask('prepare map', true, () => map.prepare(to));
    const commit = (name: string, { version, to }: { version: Prepared; to: string }) => {
      const known = process.knowsUntil(kernel.now);
      return ask(
        name,
        true,
        () => {
          const { live } = map;
          world.touch();
          map.commit(version, to);
          if (to === live) return;
          if (!world.router.fronts.every((front) => front.live === to || (front as MapRouter).isPrepared))
            world.violate('I20', `an instance sends the traffic to ${to} before the other could`);
          if (world.isSuperseded(process.pid))
            world.violate('I8', `a superseded holder sends the traffic to ${to}`);
          world.routed(to, live, process.name, { known, rate: process.rate });
        },
        true,
      );
    };
    return {
      fence: async (confirm) => {
        const { live, ...version } = await prepare();
        await confirm();
        await commit('fence', { version, to: live });
      },
      switchTo: async (to, _, confirm) => {
        const { live, ...version } = await prepare(to);
        if (live === to) return;
        await confirm();
        announced(to);
        await commit(`switch to ${to}`, { version, to });
      },
    };
  }

  /** Two commands, each read back by the verb that gives it. */
  function byServer(servers: ServerRouter): Pick<Router, 'close' | 'switchTo'> {
    const drain = (slot: string, other?: string) => {
      const known = process.knowsUntil(kernel.now);
      return ask(`drain ${slot}`, true, () => {
        const isOpen = (name: string) => servers.open[name] && servers.checks.isSettled(name);
        if (other !== undefined && servers.open[slot] && !isOpen(other))
          throw new Error(`${other} is not ready any more`);
        world.touch();
        servers.drain(slot);
        world.left(slot, known);
      });
    };
    return {
      switchTo: async (to, from, confirm) => {
        await confirm();
        announced(to);
        const known = process.knowsUntil(kernel.now);
        await ask(`ready ${to}`, true, () => {
          const { live } = servers;
          world.touch();
          if (servers.open[to] && servers.checks.isUp(to)) return;
          servers.ready(to);
          world.routed(to, live, process.name, { known, rate: process.rate });
        });
        await drain(from, to);
      },
      close: (slot) => drain(slot),
    };
  }

  function announced(to: string): void {
    judged(world, process, 'switch', () =>
      shelf.journal.some((entry) => entry.type === 'switching' && entry.to === to),
    );
  }
}

/** As long as the router believes in what stands still, or has nobody else. */
const hangs = (world: World): boolean =>
  world.router
    .targets()
    .flatMap((slot) => world.slotContainers(slot))
    .some(
      (c) =>
        c.frozen && (!world.isServed || (world.shop.roles.length > 1 && world.router.checks.passesAt(c))),
    );

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

/**
 * Differential: the end of a clean run on `version`, whatever happened on the way. Exactly one slot runs, the router and
 * its file name it, each service runs the version in one of the right numbers, and a bare `up` would change nothing.
 */
export function allOn(
  world: World,
  version: string | undefined,
  numbersOf = (service: string): readonly number[] => world.engine.numbersOf(service),
): string | undefined {
  const { engine, router } = world;
  const problems: string[] = [];
  if (router.live !== router.stored) problems.push(`live is ${router.live}, stored ${router.stored}`);
  const wanted = version ?? world.slotContainers(router.live)[0]?.version;
  for (const service of world.shop.services) {
    const slot = slotOf(service);
    const there = engine.of(service);
    const numbers = slot === undefined || slot === router.live ? numbersOf(service) : [0];
    const number = numbers.find((one) => one === there.length) ?? numbers[0] ?? 0;
    // With the journal the number of containers may be lost, once some of them have been pruned as well.
    const right = Array.from(
      { length: world.journalLost && number > 1 ? Math.max(1, there.length) : number },
      () => wanted,
    );
    const found = there.map((c) => `${c.version}${c.running || c.restarting ? '' : ' (stopped)'}`);
    if (found.join() !== right.join()) problems.push(`${service} is [${found}], not [${right}]`);
    const pinned = engine.pins[variableOf(service)];
    if (number > 0 && wanted !== undefined && pinned !== image(wanted).ref)
      problems.push(`${service} is pinned to ${pinned}`);
    // Who died after the switch and lost its journal is succeeded by nobody who knows that this is left to do.
    if (!world.journalLost && slot !== undefined && engine.enabled.has(service) !== (slot === router.live))
      problems.push(`a bare up would ${slot === router.live ? 'leave out' : 'start'} ${service}`);
  }
  return problems.length > 0 ? problems.join('; ') : undefined;
}
