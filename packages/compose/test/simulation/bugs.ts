import type { Container } from '../../src/domain/container.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import { mapValues } from '../../src/domain/map-values.ts';
import type { RouterSlot } from '../../src/domain/router-state.ts';
import { asSignal, GOOD, type WatchSignal } from '../../src/domain/watch-signal.ts';
import type { Settings } from '../../src/options/options.ts';
import type { Engine, Ledger, Lock, Router, UpOrder } from '../../src/ports/index.ts';
import { resumeDeployment } from '../../src/run/deployment.ts';
import { CANARY, isJob, shops, slotOf } from './layout.ts';
import { rollBack, type Sabotage } from './simulate.ts';
import type { EventLog } from './world/event-log.ts';
import { MapRouter } from './world/map-router.ts';
import { ServerRouter } from './world/server-router.ts';
import type { World } from './world/world.ts';

type Context = Parameters<Sabotage>[0];

const withEngine =
  (change: (engine: Engine, world: World) => Partial<Engine>): Sabotage =>
  (context, world) => {
    const { engine } = context.ports;
    return { ...context, ports: { ...context.ports, engine: { ...engine, ...change(engine, world) } } };
  };

const withRouter =
  (change: (router: Router, world: World) => Partial<Router>): Sabotage =>
  (context, world) => {
    const { router } = context.ports;
    return { ...context, ports: { ...context.ports, router: { ...router, ...change(router, world) } } };
  };

/** Of two instances; with one alone it is no bug. */
const withInstances =
  (change: (router: Router, one: Router, two: Router) => Partial<Router>): Sabotage =>
  (context, world) => {
    const [one, two] = context.routers;
    return one && two ? withRouter((router) => change(router, one, two))(context, world) : context;
  };

const withLedger =
  (change: (ledger: Ledger, world: World) => Partial<Ledger>): Sabotage =>
  (context, world) => {
    const { ledger } = context.ports;
    return { ...context, ports: { ...context.ports, ledger: { ...ledger, ...change(ledger, world) } } };
  };

const withLock =
  (change: (lock: Lock, context: Context, world: World) => Partial<Lock>): Sabotage =>
  (context, world) =>
    withLedger((ledger) => ({
      acquire: async (purpose) => {
        const lock = await ledger.acquire(purpose);
        return { ...lock, ...change(lock, context, world) };
      },
    }))(context, world);

const withSettings =
  (change: (settings: Settings) => Partial<Settings>): Sabotage =>
  (context) => ({ ...context, settings: { ...context.settings, ...change(context.settings) } });

const withSignals = (change: (signal: WatchSignal) => WatchSignal): Sabotage =>
  withSettings(({ policy: { watch, ...policy } }) => ({
    policy: { ...policy, watch: { ...watch, signals: watch.signals.map(asSignal).map(change) } },
  }));

/** An entry under no lock, behind all others. */
function write({ shelf, kernel }: World, entry: JournalEntry, token = 'of no lock'): void {
  const number = 1_000 + shelf.notes.length;
  shelf.create(
    `cutover-shop-journal-${number}`,
    {
      'dev.cutover.project': 'shop',
      'dev.cutover.sequence': String(number),
      'dev.cutover.entry': JSON.stringify(entry),
      'dev.cutover.writer': JSON.stringify({ token }),
    },
    kernel.now,
  );
}

const forgetting = (type: JournalEntry['type']): Sabotage =>
  withLock((lock) => ({ append: async (entry) => (entry.type === type ? undefined : lock.append(entry)) }));

const seeing = (change: (containers: readonly Container[]) => readonly Container[]): Sabotage =>
  withEngine((engine) => ({ observe: async () => change(await engine.observe()) }));

const clean = { found: true, code: 0 };
const quietly = (work: Promise<void>): Promise<void> => work.catch(() => {});

/** Whoever was told to stop counts as stopped. */
const told = (all: readonly Container[], { engine }: World): readonly Container[] =>
  all.map((c) => (engine.find(c.id)?.stop ? { ...c, running: false } : c));

const isCron = ({ service }: UpOrder): boolean => service === 'cron';
const isNoCron = (order: UpOrder): boolean => !isCron(order);
const isSlot = ({ service }: UpOrder): boolean => slotOf(service) !== undefined;

async function upSome(engine: Engine, orders: readonly UpOrder[], signal?: AbortSignal): Promise<void> {
  if (orders.length > 0) await engine.up(orders, signal);
}

const scaled = (orders: readonly UpOrder[], change: (replicas: number) => number): readonly UpOrder[] =>
  orders.map(({ service, replicas }) => ({
    service,
    replicas: change(replicas ?? shops.single.scaleOf(service)),
  }));

/** Any signal of that kind, to whichever life of the container, counts as the one that told it to stop. */
const takingForSignalled = (counts: (signal: string | undefined) => boolean): Sabotage =>
  withEngine((engine, world) => ({
    wasSignalled: async (container) =>
      world.engine.events.kept.some(
        ({ Actor }) => Actor.ID === container.id && counts(Actor.Attributes.signal),
      )
        ? { signalled: true, ago: 0 }
        : engine.wasSignalled(container),
  }));

/** Where nothing can be known, nobody was told. */
const unsignalledWhere = (applies: (events: EventLog) => boolean): Sabotage =>
  withEngine((engine, { engine: { events } }) => ({
    wasSignalled: async (container) =>
      (await engine.wasSignalled(container)) ?? (applies(events) ? { signalled: false } : undefined),
  }));

/** Mistakes that a deployer could make, each injected between the core and the world; the simulator must see them all. */
export const bugs: Readonly<Record<string, Sabotage>> = {
  // Stopping
  'stops with a shorter grace than promised': withEngine((engine) => ({
    stop: (container, _, confirm) => engine.stop(container, 1_000, confirm),
  })),
  'sends SIGTERM twice': withEngine((engine) => ({
    stop: async (container, grace, confirm) => {
      const [exit] = await Promise.all([
        engine.stop(container, grace, confirm),
        engine.stop(container, grace, confirm),
      ]);
      return exit;
    },
  })),
  'stops again, shorter, when it takes long': withEngine((engine, world) => ({
    stop: (container, grace, confirm) => {
      world.kernel.after(3_000, () => void engine.stop(container, 2_000, confirm).catch(() => {}));
      return engine.stop(container, grace, confirm);
    },
  })),
  'signals again whoever was told before': withEngine((engine) => ({
    awaitExit: (c, limit) => engine.stop(c, limit, async () => {}),
  })),
  'believes that whoever was told has gone': withEngine(() => ({ awaitExit: async () => clean })),
  'waits for ever for whoever was told': withEngine(() => ({ awaitExit: () => new Promise(() => {}) })),
  'never stops the cron': withEngine((engine) => ({
    stop: async (container, grace, confirm) =>
      container.service === 'cron' ? clean : engine.stop(container, grace, confirm),
  })),
  'stops every container of the shop': withEngine((engine) => ({
    stop: async (container, grace, confirm) => {
      const all = (await engine.observe()).filter(({ running }) => running);
      const exits = await Promise.all(all.map((each) => engine.stop(each, grace, confirm)));
      return exits[0] ?? engine.stop(container, grace, confirm);
    },
  })),
  'stops the live slot in place of the idle one': withEngine((engine) => ({
    stop: async (container, grace, confirm) => {
      const other = { api_blue: 'api_green', api_green: 'api_blue' }[container.service];
      const wrong = (await engine.observe()).find(({ service }) => service === other);
      return engine.stop(wrong ?? container, grace, confirm);
    },
  })),
  // Who was told
  'takes missing events for proof that nobody was told': unsignalledWhere(({ forgotten }) => forgotten),
  'reads the events of an earlier life of the container': takingForSignalled((signal) => signal === '15'),
  'takes any kill event for the SIGTERM': takingForSignalled((signal) => signal === '1'),
  'does not see that a stop is under way': unsignalledWhere(({ forgotten }) => !forgotten),
  'stops without asking whether the lock is still its own': withEngine((engine) => ({
    stop: (container, grace) => engine.stop(container, grace, async () => {}),
  })),
  // Removing
  'removes what runs': withEngine((engine, world) => ({
    stop: async (container, grace, confirm) => {
      engine.stop(container, grace, confirm).catch(() => {});
      return clean;
    },
    observe: async () => told(await engine.observe(), world),
    remove: async (container) => {
      world.engine.kill(container.id, 'run1');
      return engine.remove(container);
    },
  })),
  'starts the next when the last was told to stop': withEngine((engine, world) => ({
    stop: async (container, grace, confirm) => {
      engine.stop(container, grace, confirm).catch(() => {});
      return clean;
    },
    observe: async () => told(await engine.observe(), world).filter(({ running }) => running),
    up: async (orders, signal) => {
      if (orders.some(isCron)) world.engine.start(world.engine.create('cron', '2'));
      await upSome(engine, orders.filter(isNoCron), signal);
    },
  })),
  'leaves stopped containers where they are': withEngine(() => ({ remove: async () => {} })),
  'removes by name whatever has it now': withEngine((engine) => ({
    remove: async ({ service }) => {
      for (const c of await engine.observe()) {
        if (c.service !== service) continue;
        await engine.stop(c, 1_000, async () => {});
        await engine.remove(c);
      }
    },
  })),
  // Starting
  'starts one worker where there were two': withEngine((engine) => ({
    up: (orders, signal) =>
      engine.up(
        scaled(orders, () => 1),
        signal,
      ),
  })),
  'starts one container too many': withEngine((engine) => ({
    up: (orders, signal) =>
      engine.up(
        scaled(orders, (replicas) => replicas + 1),
        signal,
      ),
  })),
  'forgets to pin the image': withEngine(() => ({ pin: async () => {} })),
  'pins the background services only': withEngine((engine) => ({
    pin: (images) =>
      engine.pin(Object.fromEntries(Object.entries(images).filter(([name]) => !/BLUE|GREEN/.test(name)))),
  })),
  'takes a failed start for a good one': withEngine((engine) => ({
    up: (orders) => upSome(engine, orders.filter(isNoCron)),
  })),
  'starts the cron beside the old one': withEngine((engine, world) => ({
    up: async (orders, signal) => {
      if (orders.some(isSlot)) world.engine.start(world.engine.create('cron', '2'));
      return engine.up(orders, signal);
    },
  })),
  'knows the old image by the new name': withEngine((engine) => ({
    resolve: () => engine.resolve('shop:2'),
  })),
  // Jobs
  'starts a job under the name that others know as well': (context, { engine }) => {
    engine.sharesNames = true;
    return context;
  },
  'starts a job again that it finds ended': withEngine((engine, world) => ({
    observe: async (services) =>
      (await engine.observe(services)).map((c) => (isJob(c.service) ? { ...c, startedAt: '' } : c)),
    startOnce: async ({ id }, confirm) => {
      await confirm();
      const found = world.engine.find(id);
      if (found) world.engine.start(found);
    },
  })),
  'takes a job that failed for a good one': seeing((all) =>
    all.map((c) => (isJob(c.service) ? { ...c, exitCode: 0 } : c)),
  ),
  'does not wait for a job to end': seeing((all) =>
    all.map((c) => (isJob(c.service) ? { ...c, running: false } : c)),
  ),
  'does not note that a job is started': withLock((lock) => ({
    append: async (entry) =>
      entry.type === 'job' && entry.state === 'starting' ? undefined : lock.append(entry),
  })),
  // Looking
  'does not see stopped containers': seeing((all) => all.filter(({ running }) => running)),
  'takes a stopped container for a running one': seeing((all) => all.map((c) => ({ ...c, running: true }))),
  'sees one container of each service': seeing((all) =>
    all.filter((c, index) => all.findIndex(({ service }) => service === c.service) === index),
  ),
  'looks once and remembers': withEngine((engine) => {
    let seen: readonly Container[] | undefined;
    return { observe: async () => (seen ??= await engine.observe()) };
  }),
  'does not see the cron': seeing((all) => all.filter(({ service }) => service !== 'cron')),
  'does not see that a container was started again': withEngine((engine) => ({
    observe: async () => (await engine.observe()).map((c) => ({ ...c, startedAt: 'once', restarts: 0 })),
  })),
  // Routing
  'switches to a slot that is down': withRouter((router, world) => ({
    observe: async () => {
      const state = await router.observe();
      const up = { up: true, sessions: 0 };
      return { ...state, slots: { blue: up, green: up } };
    },
    switchTo: async (to, from, confirm) => {
      await router.switchTo(to, from, confirm).catch(() => {
        world.touch();
        world.router.live = to;
      });
    },
  })),
  'takes the old slot out before the new one is in': withRouter((router, world) => ({
    switchTo: async (to, from, confirm) => {
      const { live } = world.router;
      world.router.live = 'none';
      await router.observe();
      world.router.live = live;
      await router.switchTo(to, from, confirm);
    },
  })),
  'believes its own switch': withRouter((router) => {
    let believed: string | undefined;
    return {
      switchTo: async (to) => {
        believed = to;
      },
      observe: async () => {
        const state = await router.observe();
        return { ...state, live: believed ?? state.live };
      },
    };
  }),
  'never stores the live slot': withRouter(() => ({ persist: async () => {} })),
  'stores the other slot': withRouter((router, world) => ({
    persist: async (slot) => {
      await router.persist(slot);
      world.router.stored = slot === 'blue' ? 'green' : 'blue';
    },
  })),
  'believes that the stored slot is the live one': withRouter((router) => ({
    observe: async () => {
      const state = await router.observe();
      return { ...state, stored: state.live };
    },
  })),
  'counts no sessions': withRouter((router) => ({
    observe: async () => {
      const state = await router.observe();
      const idle = (slot = 'blue') => ({ up: state.slots[slot]?.up ?? false, sessions: 0 });
      return { ...state, slots: { blue: idle('blue'), green: idle('green') } };
    },
  })),
  'lets the router vouch for whoever was in the slot before': withRouter(() => ({ warm: async () => {} })),
  'takes up before the first check for up': withRouter((router) => ({
    observe: async () => {
      const state = await router.observe();
      const slots = mapValues(state.slots, (seen) => ({
        ...seen,
        settled: undefined,
        servers: mapValues(seen.servers ?? {}, (all) => all.map((one) => ({ ...one, settled: undefined }))),
      }));
      return { ...state, slots };
    },
  })),
  'asks nothing through the router': withRouter(() => ({ probe: async () => {} })),
  'switches before the gate': withEngine((engine, world) => ({
    up: async (orders, signal) => {
      await engine.up(orders, signal);
      const { live } = world.router;
      const slot = orders.find(isSlot)?.service.slice('api_'.length) ?? live;
      if (slot === live) return;
      world.touch();
      world.router.live = slot;
      world.routed(slot, live, 'run1');
    },
  })),
  // The way back
  'takes a server that is down for one that is closed': withRouter((router, world) => {
    const isDown = (slot: string) => !world.router.checks.isUp(slot);
    return {
      observe: async () => {
        const state = await router.observe();
        const seen = ([slot, view]: [string, RouterSlot]) => [
          slot,
          { ...view, open: view.open && !isDown(slot) },
        ];
        return { ...state, slots: Object.fromEntries(Object.entries(state.slots).map(seen)) };
      },
      switchTo: async (to, from, confirm) => {
        const wasOpen = isDown(from) && world.router instanceof ServerRouter && world.router.open[from];
        await router.switchTo(to, from, confirm);
        if (wasOpen && world.router instanceof ServerRouter) world.router.open[from] = true;
      },
    };
  }),
  'takes the stored slot for the live one while two servers are open': withRouter((router, world) => {
    const stillOpen = new Set<string>();
    return {
      switchTo: async (to, from, confirm) => {
        if (!world.router.checks.isUp(from)) stillOpen.add(from);
        await router.switchTo(to, from, confirm);
      },
      observe: async () => {
        const state = await router.observe();
        const { stored } = state;
        return stored !== undefined && stillOpen.has(stored) ? { ...state, live: stored } : state;
      },
    };
  }),
  'leaves a slot open that has lost the traffic': withRouter((router) => ({
    close: async () => {},
    observe: async () => {
      const state = await router.observe();
      const shut = ([slot, view]: [string, RouterSlot]) => [slot, { ...view, open: slot === state.live }];
      return { ...state, slots: Object.fromEntries(Object.entries(state.slots).map(shut)) };
    },
  })),
  'watches the new slot once a step': withSettings(({ policy }) => ({
    policy: { ...policy, watch: { ...policy.watch, every: 1_000_000 } },
  })),
  'does not see that the slot with the traffic has died': withEngine((engine, world) => {
    const seen = new Map<string, Container>();
    return {
      observe: async () =>
        (await engine.observe()).map((c) => {
          const first = seen.get(c.id) ?? c;
          if (c.running && c.health === 'healthy') seen.set(c.id, first);
          return `api_${world.router.live}` === c.service && !world.engine.find(c.id)?.stop ? first : c;
        }),
    };
  }),
  'does not see that a slot is paused': seeing((all) => all.map((c) => ({ ...c, paused: false }))),
  'judges by no signal': withSignals((signal) => ({ ...signal, judge: () => GOOD })),
  'takes what is inconclusive for bad': withSignals((signal) => ({
    ...signal,
    judge: async (facts) => {
      const said = await signal.judge(facts);
      return said.verdict === 'inconclusive' ? { ...said, verdict: 'bad' } : said;
    },
  })),
  'judges by what the old slot answers': withRouter((router) => ({
    traffic: async () => {
      const { blue, green } = (await router.traffic?.()) ?? {};
      return { ...(green && { blue: green }), ...(blue && { green: blue }) };
    },
  })),
  'asks nothing through the router once it has switched': withRouter((router) => {
    let asked = false;
    return {
      probe: async (signal) => {
        if (!asked) await router.probe?.(signal);
        asked = true;
      },
    };
  }),
  'starts a dead slot again beside a warm one': withRouter((router, world) => ({
    observe: async () => {
      const state = await router.observe();
      const origin = state.live === 'green' ? 'blue' : 'green';
      const dead = world.slotContainers(state.live ?? '').length === 0;
      const cold = { up: false, sessions: 0 };
      return dead ? { ...state, slots: { ...state.slots, [origin]: cold } } : state;
    },
  })),
  'finishes the bad release before it rolls back': (context) => ({
    ...context,
    rollback: async (again, signal) => {
      await resumeDeployment(again, signal);
      return rollBack(again, signal);
    },
  }),
  // Ledger
  'takes a process of another pid namespace for dead': (context, world) => ({
    ...context,
    ports: {
      ...context.ports,
      ledger: context.ledgerWith({
        isGone: async ({ boot, namespace }) => {
          const own = await context.identity();
          if (boot !== own.boot) return undefined;
          return namespace !== own.namespace || !world.lives(world.shelf.lock?.holder);
        },
      }),
    },
  }),
  'writes to the journal of whoever took the lock over': withLock((lock, _, world) => ({
    append: (entry) => lock.append(entry).catch(() => write(world, entry)),
    assertHeld: async () => {},
  })),
  'gives the lock to everybody': withLedger((_, world) => ({
    acquire: async () => {
      const token = `a lock of ${world.kernel.now}`;
      return {
        assertHeld: async () => {},
        confirm: async () => {},
        append: async (entry) => write(world, entry, token),
        prune: async () => {},
        release: async () => {},
      };
    },
  })),
  'takes the lock from its holder': (context) => ({
    ...context,
    ports: { ...context.ports, ledger: context.ledgerWith({ isGone: async () => true }) },
  }),
  'lets the router take commands of whoever had the lock before': withRouter(() => ({
    fence: async () => {},
  })),
  'switches without asking whether the lock is still its own': withRouter((router) => ({
    switchTo: (to, from) => router.switchTo(to, from, async () => {}),
  })),
  'keeps no journal': withLock(() => ({ append: async () => {} })),
  'writes the journal behind the effect': withLock((lock, _, world) => ({
    append: async (entry) => {
      world.kernel.after(200, () => void quietly(lock.append(entry)));
    },
  })),
  'does not note whom it stops': forgetting('stopping'),
  'does not note that it switches': forgetting('switching'),
  'does not note how it ended': forgetting('outcome'),
  'does not note its intent': forgetting('intent'),
  'notes that it ended when it has not': withLock((lock) => ({
    append: async (entry) => {
      await lock.append(entry);
      if (entry.type === 'switching')
        await lock.append({ type: 'outcome', outcome: 'deployed', configuration: {}, ended: '' });
    },
  })),
  'reads no journal': withLedger(() => ({ read: async () => [] })),
  'goes on when it cannot write': withLock((lock) => ({ append: (entry) => quietly(lock.append(entry)) })),
  // Configuration
  'does not look at the configuration': withEngine(() => ({ configuration: async () => ({}) })),
  'looks at the configuration of slots alone': withEngine((engine) => ({
    configuration: async () => {
      const { api_blue = {}, api_green = {} } = await engine.configuration();
      return { api_blue, api_green };
    },
  })),
  'creates from the project what was kept': withEngine((engine) => ({
    up: (orders, signal) =>
      engine.up(
        orders.map(({ kept, ...order }) => order),
        signal,
      ),
  })),
  'forgets what is kept': withEngine((engine) => ({ keepOnly: () => engine.keepOnly([]) })),
  // Several services, several containers
  'switches the services one after the other': withRouter((router, world) => ({
    switchTo: async (to, from, confirm) => {
      if (world.router instanceof MapRouter) world.router.route(world.shop.roles.at(-1) ?? '', to);
      await router.observe();
      await router.switchTo(to, from, confirm);
    },
  })),
  'starts one container of each service of a slot': withEngine((engine) => ({
    up: (orders, signal) =>
      engine.up(
        orders.map((order) => (isSlot(order) ? { ...order, replicas: 1 } : order)),
        signal,
      ),
  })),
  'does not see that the project wants another number': withEngine((engine) => ({
    configuration: async () => mapValues(await engine.configuration(), ({ replicas, ...rest }) => rest),
  })),
  'stops the first container of a service alone': withEngine((engine) => ({
    stop: async (container, grace, confirm) => {
      const first = (await engine.observe()).find(({ service }) => service === container.service);
      return engine.stop(first ?? container, grace, confirm);
    },
  })),
  'takes a container for good when another one of its service is': withEngine((engine) => ({
    observe: async () => {
      const all = await engine.observe();
      const isGood = (c: Container) => c.running && c.health === 'healthy' && !c.paused;
      return all.map((c) => ({
        ...c,
        ...all.find((one) => one.service === c.service && isGood(one)),
        id: c.id,
        name: c.name,
        startedAt: c.startedAt,
      }));
    },
  })),
  'sees the first container of each service of a slot': seeing((all) =>
    all.filter(
      (c, index) => !slotOf(c.service) || all.findIndex(({ service }) => service === c.service) === index,
    ),
  ),
  'starts the API without its web front end': withEngine((engine) => ({
    up: (orders, signal) =>
      upSome(
        engine,
        orders.filter(({ service }) => !service.startsWith('web')),
        signal,
      ),
  })),
  // Several instances of the router
  'commits on one instance before the other is prepared': withInstances((_, one, two) => ({
    switchTo: async (to, from, confirm) => {
      await one.switchTo(to, from, confirm);
      await two.switchTo(to, from, confirm);
    },
  })),
  'takes what one instance names for what both do': withInstances((router, one) => ({
    observe: async () => ({ ...(await router.observe()), live: (await one.observe()).live }),
  })),
  'takes what one instance stores for what both do': withInstances((router, one) => ({
    observe: async () => ({ ...(await router.observe()), stored: (await one.observe()).stored }),
    persist: one.persist,
  })),
  'counts the sessions of one instance alone': withInstances((router, one) => ({
    observe: async () => {
      const state = await router.observe();
      const { slots } = await one.observe();
      return {
        ...state,
        slots: mapValues(state.slots, (slot, name) => ({
          ...slot,
          sessions: slots[name]?.sessions ?? 0,
        })),
      };
    },
  })),
  // Patience
  'takes one good look for a proof': withSettings(({ policy }) => ({
    policy: { ...policy, gate: { ...policy.gate, consecutive: 1, stableFor: 0 } },
  })),
  'does not wait for sessions': withSettings(({ policy }) => ({
    policy: { ...policy, drain: { ...policy.drain, timeout: 0 } },
  })),
  'waits for sessions for ever': withSettings(({ policy }) => ({
    policy: { ...policy, drain: { ...policy.drain, timeout: Number.POSITIVE_INFINITY } },
  })),
  'waits for health for ever': withSettings(({ policy }) => ({
    policy: { ...policy, gate: { ...policy.gate, timeout: Number.POSITIVE_INFINITY } },
  })),
  // Secrets
  'writes a password into the journal': withLock((lock) => ({
    append: (entry) => lock.append(entry.type === 'undo' ? { ...entry, reason: CANARY } : entry),
  })),
  'shows a password in an error': withEngine((engine) => ({
    up: (orders, signal) =>
      engine.up(orders, signal).catch((error: Error) => {
        throw new Error(`${error.message} (with API_TOKEN=${CANARY})`);
      }),
  })),
  'shows a password in the output of a container': withEngine(() => ({
    tail: async () => [`using ${CANARY}`],
  })),
};
