import { FakeClock } from '@cutover/testing';
import type { Configuration } from '../../src/domain/configuration.ts';
import type { Container } from '../../src/domain/container.ts';
import { DeployError } from '../../src/domain/errors.ts';
import type { DeployEvent } from '../../src/domain/events.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import { imageSettings, type Layout, servicesOfSlot } from '../../src/domain/layout.ts';
import { DEFAULT_WATCH, type Policy } from '../../src/domain/policy.ts';
import type { Image } from '../../src/domain/release.ts';
import type { RouterState } from '../../src/domain/router-state.ts';
import type { Settings } from '../../src/options/options.ts';
import type { Engine, Exit, Ledger, Ports, Router } from '../../src/ports/index.ts';

export const image = (version: string): Image => ({
  name: `api:${version}`,
  ref: `api@sha256:${version}`,
  id: `sha256:${version}`,
});

export const layout: Layout = {
  slots: {
    blue: { services: { app: { service: 'api_blue', image: 'BLUE_IMAGE', gracePeriod: 10_000 } } },
    green: { services: { app: { service: 'api_green', image: 'GREEN_IMAGE', gracePeriod: 10_000 } } },
  },
  background: {
    cron: { image: 'CRON_IMAGE', gracePeriod: 90_000, exclusive: true },
    worker: { image: 'WORKER_IMAGE', gracePeriod: 150_000, exclusive: false },
  },
  jobs: {},
};

const policy: Policy = {
  gate: { consecutive: 2, stableFor: 1_000, interval: 500, timeout: 5_000, unhealthy: 'fail', checks: [] },
  drain: { timeout: 5_000, interval: 100 },
  watch: { ...DEFAULT_WATCH, for: 1_000, every: 250 },
  verify: { stableFor: 500, timeout: 3_000 },
  hooks: {},
};

export class Killed extends Error {}

/** Versions that misbehave, and how. */
export interface Faults {
  neverHealthy?: string;
  cronCrashes?: string;
  jobFails?: string;
  /** The port call, counted from 1, at which the deploying process dies. */
  killAt?: number;
  /** Whether that call still takes effect. */
  killAfterEffect?: boolean;
}

/** A small engine, router and ledger in memory, which record what was asked of them and refuse what must not be. */
export class World {
  readonly clock = new FakeClock();
  readonly events: DeployEvent[] = [];
  /** Every call that changes something, in order. */
  readonly calls: string[] = [];
  readonly violations: string[] = [];
  containers: Container[] = [];
  router: RouterState;
  pins: Record<string, string> = {};
  journal: JournalEntry[] = [];
  locked: symbol | undefined;
  /** Names and ids that the engine has no image of. */
  readonly recordless = new Set<string>();
  faults: Faults = {};
  #count = 0;
  #dead = false;
  #ids = 0;

  readonly layout: Layout;
  /** How often each job was started. */
  readonly started: string[] = [];

  constructor(jobs: Layout['jobs'] = {}) {
    this.layout = { ...layout, jobs };
    this.router = { live: 'blue', stored: 'blue', slots: { blue: down, green: down } };
    this.create('api_blue', image('1'));
    this.create('cron', image('1'));
    this.create('worker', image('1'));
  }

  create(service: string, { id, name }: Image, kept?: string): void {
    if (this.running(service).length > 0 && service === 'cron') this.violations.push('two crons');
    const version = name.split(':')[1];
    const unhealthy = this.faults.neverHealthy === version;
    const crashed = service === 'cron' && this.faults.cronCrashes === version;
    const isJob = service in this.layout.jobs;
    this.containers.push({
      id: `${service}-${++this.#ids}`,
      name: service,
      service,
      image: id,
      imageName: name,
      running: !crashed && !isJob,
      health: unhealthy ? 'starting' : 'healthy',
      startedAt: isJob ? '' : 'once',
      restarts: 0,
      exitCode: crashed ? 1 : 0,
      addresses: [],
      kept,
    });
    this.#checkSlots();
  }

  running = (service: string): Container[] =>
    this.containers.filter((container) => container.service === service && container.running);

  version = (service: string): string =>
    this.running(service)
      .map(({ imageName }) => imageName)
      .join();

  /** A new deploying process: what killed the last one is gone. */
  revive(): void {
    this.#dead = false;
    this.#count = 0;
    this.faults = { ...this.faults, killAt: 0 };
    this.locked = undefined;
  }

  get callsMade(): number {
    return this.#count;
  }

  get context(): { settings: Settings; ports: Ports } {
    const { engine, routerPort: router, ledger, clock } = this;
    const emit = (event: DeployEvent) => void this.events.push(event);
    const ports: Ports = {
      engine,
      router,
      ledger,
      clock,
      newId: () => `d${++this.#ids}`,
      date: () => new Date(this.clock.now()).toISOString(),
      author: () => ({ user: 'ada', host: 'here' }),
      emit,
    };
    return { settings: { project: engine, router, layout: this.layout, policy, onEvent: emit }, ports };
  }

  /** Runs `work` to its end in fake time. */
  async run<T>(work: (context: World['context']) => Promise<T>): Promise<T> {
    const done = work(this.context);
    let settled = false;
    const mark = () => {
      settled = true;
    };
    done.then(mark, mark);
    while (!settled) await this.clock.advance(50);
    return done;
  }

  /** A port call that may be the last thing its process did. */
  async #call<T>(name: string | undefined, effect: () => T): Promise<T> {
    if (this.#dead) throw new Killed();
    const last = ++this.#count === this.faults.killAt;
    if (last) this.#dead = true;
    if (last && !this.faults.killAfterEffect) throw new Killed();
    if (name) this.calls.push(name);
    const result = effect();
    if (last) throw new Killed();
    return result;
  }

  /** What containers would be created with. */
  configuration: Configuration = {};
  keeps = false;
  readonly kept = new Map<string, Configuration>();

  readonly engine: { -readonly [K in keyof Engine]: Engine[K] } = {
    project: async () => 'shop',
    ledger: () => this.ledger,
    preflight: async () => [],
    configuration: async () => this.configuration,
    keep: async () => {
      if (!this.keeps) return undefined;
      const id = JSON.stringify(this.configuration);
      this.kept.set(id, this.configuration);
      return { id, configuration: this.configuration };
    },
    kept: async (id) => this.kept.get(id),
    keepOnly: async (ids) => {
      for (const id of this.kept.keys()) if (!ids.includes(id)) this.kept.delete(id);
    },
    resolve: async (name) => {
      const isGone = this.recordless.has(name);
      if (isGone)
        throw new DeployError('image-missing', { doing: `looking for ${name}`, found: 'it is gone' });
      return image(name.split(':').at(-1) as string);
    },
    observe: (services) =>
      this.#call(undefined, () =>
        this.containers.filter(({ service }) => !services || services.includes(service)),
      ),
    pin: (images) => this.#call(`pin ${Object.keys(images)}`, () => void Object.assign(this.pins, images)),
    prefer: (live) => this.#call(`prefer ${live}`, () => {}),
    up: (orders) =>
      this.#call(`up ${orders.map(({ service }) => service)}`, () => {
        for (const { service, replicas, kept } of orders) this.#up(service, replicas ?? 1, kept);
      }),
    create: (orders) =>
      this.#call(`create ${orders.map(({ service }) => service)}`, () => {
        for (const { service } of orders) this.#up(service, 1, undefined);
      }),
    startOnce: ({ id, service, imageName }) =>
      this.#call(`start ${service}`, () => {
        if (this.containers.find((one) => one.id === id)?.startedAt !== '') return;
        this.started.push(`${service} ${imageName}`);
        const exitCode = this.faults.jobFails === imageName.split(':')[1] ? 1 : 0;
        this.containers = this.containers.map((one) =>
          one.id === id ? { ...one, startedAt: 'once', exitCode } : one,
        );
      }),
    stop: (container) => this.#call(`stop ${container.service}`, () => this.#exit(container)),
    wasSignalled: async () => undefined,
    // A stop here is over at once: who still runs was never told.
    awaitExit: ({ id }) =>
      this.#call(undefined, () =>
        this.containers.some((c) => c.id === id && c.running) ? undefined : { code: 0, found: true },
      ),
    remove: ({ id, service }) =>
      this.#call(`remove ${service}`, () => {
        if (this.containers.find((container) => container.id === id)?.running)
          this.violations.push('removed alive');
        this.containers = this.containers.filter((container) => container.id !== id);
      }),
    tail: async () => [],
    lastCheck: async () => undefined,
  };

  #up(service: string, replicas: number, kept: string | undefined): void {
    const version = this.pins[imageSettings(this.layout)[service] ?? '']?.split(':')[1] as string;
    const there = this.containers.filter((container) => container.service === service).length;
    for (let index = there; index < replicas; index++) this.create(service, image(version), kept);
  }

  #exit({ id, service }: Container): Exit {
    const slot = Object.keys(layout.slots).find((name) => servicesOfSlot(layout, name).includes(service));
    if (slot && (this.router.live === slot || this.router.stored === slot))
      this.violations.push('stopped live slot');
    this.containers = this.containers.map((c) => (c.id === id ? { ...c, running: false } : c));
    this.#checkSlots();
    return { code: 0, found: true };
  }

  readonly routerPort: Router = {
    preflight: async () => {},
    observe: () => this.#call(undefined, () => this.router),
    switchTo: (to) =>
      this.#call(`switch ${to}`, () => {
        if (!this.router.slots[to]?.up) this.violations.push('switched to a slot that is down');
        this.router = { ...this.router, live: to };
      }),
    persist: (slot) =>
      this.#call(`persist ${slot}`, () => {
        this.router = { ...this.router, stored: slot };
      }),
  };

  #checkSlots(): void {
    const check = (service: string) => ({
      up: this.running(service).some(({ health }) => health === 'healthy'),
      sessions: 0,
    });
    this.router = { ...this.router, slots: { blue: check('api_blue'), green: check('api_green') } };
    if (!this.router.slots[this.router.live ?? '']?.up && this.#ids > 3)
      this.violations.push('no slot takes traffic');
  }

  readonly ledger: Ledger = {
    read: () => this.#call(undefined, () => [...this.journal]),
    holder: async () => undefined,
    acquire: () =>
      this.#call('lock', () => {
        if (this.locked) throw new Error('locked');
        this.locked = Symbol('lock');
        return {
          append: (entry) => this.#call(`write ${entry.type}`, () => void this.journal.push(entry)),
          assertHeld: async () => {},
          confirm: async () => {},
          prune: async () => {},
          release: () =>
            this.#call('unlock', () => {
              this.locked = undefined;
            }),
        };
      }),
  };
}

const down = { up: false, sessions: 0 };
