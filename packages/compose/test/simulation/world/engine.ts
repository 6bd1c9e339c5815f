import type { Container, Health } from '../../../src/domain/container.ts';
import type { Kernel, Scheduled } from '../kernel.ts';
import { graceOf, image, isJob, type Shop, slotOf, variableOf, versionOf } from '../layout.ts';
import type { Random } from '../random.ts';
import { addressOf } from './checks.ts';
import { EventLog } from './event-log.ts';

/** A container as the engine has it. */
export interface SimContainer {
  readonly id: string;
  name: string;
  /** The last part of its name. */
  readonly number: number;
  readonly service: string;
  readonly version: string;
  /** The configuration that it was created with; 0 for containers from before the first deployment, of which it is not known. */
  readonly configuration: number;
  /** Id of the kept configuration that it was created from. */
  readonly kept: string | undefined;
  running: boolean;
  policy: 'unless-stopped' | 'no';
  /** Counts its lives. */
  startedAt: string;
  manuallyStopped: boolean;
  /** It has ended and the engine is about to start it again. */
  restarting: boolean;
  /** Its processes answer nothing: stopped one by one, or, `paused`, by the engine, which shows it. */
  frozen: boolean;
  paused: boolean;
  health: Health;
  restarts: number;
  exitCode: number;
  /** When it last became fit to serve; undefined while it is not. */
  readySince: number | undefined;
  /** The stop that is under way in this life, with who asked for it. */
  stop: { at: number; deadline: number; timer: Scheduled; by: string; shortest: string } | undefined;
  waiting: (() => void)[];
  /** Things that will happen to this life of it. */
  pending: Scheduled[];
  /** Those among them that are its fault. */
  dooms: Scheduled[];
}

/** One life of a container. */
export const lifeOf = ({ id, startedAt }: SimContainer): string => `${id}@${startedAt}`;

/** It is fit to serve, and its processes are not frozen. */
export const answers = (c: SimContainer): boolean => c.readySince !== undefined && !c.frozen;

/** How containers of the release behave that is deployed; faults set these. */
export interface Traits {
  neverHealthy: boolean;
  lateHealthy: boolean;
  flaps: boolean;
  exitsAtOnce: boolean;
  exitsSoon: boolean;
  outOfMemory: boolean;
  cronCrashes: boolean;
  failsRequests: boolean;
  ignoresTerm: boolean;
  exitsAtDeadline: boolean;
  jobFails: boolean;
  jobHangs: boolean;
}

export const wellBehaved = (): Traits => ({
  neverHealthy: false,
  lateHealthy: false,
  flaps: false,
  exitsAtOnce: false,
  exitsSoon: false,
  outOfMemory: false,
  cronCrashes: false,
  failsRequests: false,
  ignoresTerm: false,
  exitsAtDeadline: false,
  jobFails: false,
  jobHangs: false,
});

/** Who hears of what happens to containers: the router and the judges. */
export interface EngineWatcher {
  /** Before anything changes: the moment until which all was as it was. */
  touch(): void;
  started(container: SimContainer): void;
  /** Fit to serve still, and not any more the next moment. */
  unready(container: SimContainer): void;
  /** Fit to serve, or not any more. */
  readiness(container: SimContainer): void;
  /** `by`: who stopped it; undefined when it ended by itself or the world ended it. */
  exited(container: SimContainer, by: string | undefined, code: number): void;
  signalled(container: SimContainer, by: string): void;
  killed(container: SimContainer, by: string): void;
  /** It answers nothing any more, and nothing has ended. */
  frozen(container: SimContainer): void;
  removed(container: SimContainer): void;
}

const BOOT = 300;
const NEVER = 'never';

/** Docker and Compose as far as a deployment sees them: names are unique, a stop outlives its client. */
export class SimEngine {
  containers: SimContainer[] = [];
  readonly pins: Record<string, string> = {};
  readonly enabled = new Set<string>();
  /** What containers are created with from now on. */
  configuration = 0;
  /** Whether deployments keep configurations, and those that are kept, by id. */
  keeps = false;
  readonly kept = new Map<string, number>();
  /** How many containers the project asks for, where that has changed. */
  readonly scales = new Map<string, number>();
  scaleChanges = 0;
  /** The number of containers to which somebody has brought a service by hand, whichever slot it was in. */
  readonly #byHand = new Map<string, number>();
  readonly missingImages = new Set<string>();
  diskFull = false;
  /** The engine does not answer before this moment. */
  downUntil = 0;
  traits: Traits = wellBehaved();
  dependencyDown = false;
  /** The images of the slots have no health check: who wants to know whether one serves must ask the router. */
  healthless = false;
  /** A job is over before anybody looks. */
  jobsAreShort = false;
  /** A planted bug: a job that is started gets no name of its own. */
  sharesNames = false;
  readonly events: EventLog;
  #ids = 0;
  #starts = 0;

  readonly #kernel: Kernel;
  readonly #random: Random;
  readonly #watcher: EngineWatcher;
  readonly #shop: Shop;

  constructor(kernel: Kernel, random: Random, watcher: EngineWatcher, shop: Shop) {
    this.#shop = shop;
    this.#kernel = kernel;
    this.#random = random;
    this.#watcher = watcher;
    for (const service of [...shop.services, ...shop.jobs]) this.pins[variableOf(service)] = image('1').ref;
    for (const service of shop.servicesOf('blue')) this.enabled.add(service);
    this.events = new EventLog(kernel);
  }

  scaleOf = (service: string): number => this.scales.get(service) ?? this.#shop.scaleOf(service);

  scaledByHand(service: string): void {
    this.#byHand.set(withoutSlot(service), this.scaleOf(service));
  }

  /** The numbers of containers that a service may have: what the project says, or somebody did. */
  numbersOf(service: string): readonly number[] {
    const byHand = this.#byHand.get(withoutSlot(service));
    return [this.scaleOf(service), ...(byHand === undefined ? [] : [byHand])];
  }

  get isDown(): boolean {
    return this.#kernel.now < this.downUntil;
  }

  of = (service: string): SimContainer[] => this.containers.filter((c) => c.service === service);
  find = (id: string): SimContainer | undefined => this.containers.find((c) => c.id === id);

  list(): readonly Container[] {
    return this.containers.map((c) => ({
      id: c.id,
      name: c.name,
      service: c.service,
      image: image(c.version).id,
      imageName: image(c.version).name,
      running: c.running || c.restarting,
      restarting: c.restarting,
      paused: c.paused,
      health: c.health,
      startedAt: c.startedAt === NEVER ? '' : c.startedAt,
      restarts: c.restarts,
      exitCode: c.exitCode,
      kept: c.kept,
      addresses: slotOf(c.service) ? [addressOf(c.service, c.number)] : [],
    }));
  }

  /** Creates and starts what is missing, and starts what is stopped; in two moments, as Compose does. */
  up(
    service: string,
    { replicas, kept }: { replicas: number; kept?: string | undefined },
    answer: (result: undefined) => void,
    refuse: Refuse,
  ): void {
    const fault = this.#faultOfCreation(service, kept);
    if (fault) {
      refuse(fault);
      return;
    }
    const version = versionOf(this.pins[variableOf(service)] ?? '');
    this.#watcher.touch();
    const there = this.of(service);
    const fresh = Array.from({ length: Math.max(0, replicas - there.length) }, () =>
      this.create(service, version, kept),
    );
    const toStart = [...there, ...fresh].slice(0, Math.max(replicas, there.length));
    this.#kernel.quietly(50, () => {
      if (this.isDown) {
        refuse(new Error('Cannot connect to the Docker daemon'));
        return;
      }
      if (toStart.some((container) => !this.containers.includes(container))) {
        return refuse(new Error('No such container'));
      }
      for (const container of toStart) this.start(container);
      answer(undefined);
    });
  }

  #faultOfCreation(service: string, kept?: string): Error | undefined {
    if (kept !== undefined && !this.kept.has(kept)) return new Error('nothing of that name is kept');
    const version = versionOf(this.pins[variableOf(service)] ?? '');
    if (this.missingImages.has(version)) return new Error(`No such image: shop:${version}`);
    return this.diskFull ? new Error('no space left on device') : undefined;
  }

  /** Creates one container where there is none, and starts nothing. */
  createOnly(service: string, answer: (result: undefined) => void, refuse: Refuse): void {
    const fault = this.#faultOfCreation(service);
    if (fault) {
      refuse(fault);
      return;
    }
    if (this.of(service).length === 0) this.create(service, versionOf(this.pins[variableOf(service)] ?? ''));
    answer(undefined);
  }

  /** As every request that names a container: what has another name by now is not found. */
  named(name: string): SimContainer {
    const found = this.containers.find((c) => c.name === name);
    if (!found) throw new Error(`No such container: ${name}`);
    return found;
  }

  create(service: string, version: string, kept?: string): SimContainer {
    let number = 1;
    while (this.containers.some(({ name }) => name === `shop-${service}-${number}`)) number++;
    const container: SimContainer = {
      id: `${service}#${++this.#ids}`,
      name: `shop-${service}-${number}`,
      number,
      service,
      version,
      configuration: this.kept.get(kept ?? '') ?? this.configuration,
      kept,
      running: false,
      policy: isJob(service) ? 'no' : 'unless-stopped',
      startedAt: NEVER,
      manuallyStopped: false,
      restarting: false,
      frozen: false,
      paused: false,
      health: 'none',
      restarts: 0,
      exitCode: 0,
      readySince: undefined,
      stop: undefined,
      waiting: [],
      pending: [],
      dooms: [],
    };
    this.containers.push(container);
    return container;
  }

  start(c: SimContainer): void {
    if (c.running) return;
    this.#watcher.touch();
    c.running = true;
    Object.assign(c, { restarting: false, frozen: false, paused: false });
    c.startedAt = String(++this.#starts);
    c.manuallyStopped = false;
    c.exitCode = 0;
    c.health = this.#shown(c, 'starting');
    this.events.record('container', 'start', c.id);
    this.#watcher.started(c);
    this.#live(c);
  }

  /** What becomes of it by itself. */
  #live(c: SimContainer): void {
    const traits = c.version === '2' ? this.traits : wellBehaved();
    const later = (ms: number, run: () => void) => {
      const scheduled = this.#kernel.quietly(ms, run);
      c.pending.push(scheduled);
      return scheduled;
    };
    const doom = (ms: number, run: () => void) => void c.dooms.push(later(ms, run));
    if (isJob(c.service)) {
      if (!traits.jobHangs)
        later(this.jobsAreShort ? 5 : this.#random.between(50, 3_000), () =>
          this.exit(c, traits.jobFails ? 1 : 0),
        );
      return;
    }
    const crashes = traits.exitsAtOnce || (traits.cronCrashes && c.service === 'cron');
    if (crashes) doom(20, () => this.exit(c, 1));
    if (traits.exitsSoon) doom(5_000, () => this.exit(c, 1));
    if (traits.outOfMemory) doom(3_000, () => this.exit(c, 137));
    if (traits.flaps) for (let n = 0; n < 12; n++) doom(BOOT + n * 700, () => this.setReady(c, n % 2 === 0));
    if (crashes || traits.flaps || traits.neverHealthy) return;
    later(traits.lateHealthy ? 9_000 : BOOT, () => this.setReady(c, true));
  }

  #shown(c: SimContainer, health: Health): Health {
    return this.healthless && slotOf(c.service) !== undefined ? 'none' : health;
  }

  setReady(c: SimContainer, ready: boolean): void {
    const is = ready && !this.dependencyDown;
    if (!c.running || is === (c.readySince !== undefined)) return;
    // What stands still does not become fit to serve.
    if (is && c.frozen) return;
    this.#watcher.touch();
    if (!is) this.#watcher.unready(c);
    c.readySince = is ? this.#kernel.now : undefined;
    c.health = this.#shown(c, is ? 'healthy' : 'unhealthy');
    this.#watcher.readiness(c);
  }

  /** Takes the restart policy away. */
  disarm(c: SimContainer): void {
    c.policy = 'no';
    this.events.record('container', 'update', c.id);
  }

  /** A signal that means something else to it than to stop. */
  hangUp(c: SimContainer): void {
    if (c.running) this.events.record('container', 'kill', c.id, 1);
  }

  /** One SIGTERM and a kill at the end of the grace, whether or not the client is still there. */
  stop(id: string, grace: number, by: string, answer: () => void): void {
    const c = this.find(id);
    if (!c?.running) {
      if (c?.restarting) this.#rest(c);
      answer();
      return;
    }
    this.#watcher.touch();
    this.thaw(c);
    this.#watcher.signalled(c, by);
    this.events.record('container', 'kill', c.id, 15);
    c.waiting.push(answer);
    c.manuallyStopped = true;
    const { now } = this.#kernel;
    const deadline = Math.min(c.stop?.deadline ?? Number.POSITIVE_INFINITY, now + grace);
    if (c.stop) c.stop.timer.cancelled = true;
    const timer = this.#kernel.quietly(deadline - now, () => this.exit(c, 137));
    const first = c.stop === undefined;
    const shortest = c.stop && deadline < now + grace ? c.stop.shortest : by;
    c.stop = { at: c.stop?.at ?? now, deadline, timer, by: c.stop?.by ?? by, shortest };
    if (first) this.#obey(c, grace);
  }

  /** It finishes the job in hand, which takes less than its grace, and exits. */
  #obey(c: SimContainer, grace: number): void {
    if (this.traits.ignoresTerm && c.service === 'worker') return;
    const promised = graceOf(c.service);
    const rest = this.traits.exitsAtDeadline ? grace : this.#random.between(1, Math.floor(promised * 0.9));
    c.pending.push(this.#kernel.quietly(rest, () => this.exit(c, this.traits.exitsAtDeadline ? 137 : 0)));
  }

  /** A stop between two lives: there will be no next one. */
  #rest(c: SimContainer): void {
    for (const scheduled of c.pending.splice(0)) scheduled.cancelled = true;
    c.restarting = false;
    c.manuallyStopped = true;
  }

  /** Its processes stand still; the engine shows that only of one that it has `paused` itself. */
  freeze(c: SimContainer, paused: boolean): void {
    if (!c.running) return;
    this.#watcher.touch();
    Object.assign(c, { frozen: true, paused });
    this.#watcher.frozen(c);
  }

  /** A signal wakes it, as the engine resumes what it is to stop. */
  thaw(c: SimContainer): void {
    if (!c.frozen) return;
    this.#watcher.touch();
    Object.assign(c, { frozen: false, paused: false });
    this.#watcher.readiness(c);
  }

  /** `docker kill`: no grace at all. */
  kill(id: string, by: string): void {
    const c = this.find(id);
    if (!c?.running) return;
    this.#watcher.killed(c, by);
    this.events.record('container', 'kill', c.id, 9);
    this.exit(c, 137);
  }

  exit(c: SimContainer, code: number): void {
    if (!c.running) return;
    this.#watcher.touch();
    const by = c.stop?.by;
    this.#watcher.exited(c, by, code);
    this.#end(c, code);
    if (c.policy === 'no' || c.manuallyStopped) return;
    c.restarting = true;
    const again = this.#kernel.quietly(200, () => {
      if (!this.containers.includes(c) || c.running) return;
      c.restarts++;
      this.start(c);
    });
    c.pending.push(again);
  }

  #end(c: SimContainer, code: number): void {
    for (const scheduled of c.pending) scheduled.cancelled = true;
    if (c.stop) c.stop.timer.cancelled = true;
    if (c.health !== 'none') c.health = 'unhealthy';
    const ended = { running: false, restarting: false, frozen: false, paused: false, exitCode: code };
    Object.assign(c, { pending: [], stop: undefined, ...ended });
    if (c.readySince !== undefined) {
      this.#watcher.unready(c);
      c.readySince = undefined;
      this.#watcher.readiness(c);
    }
    for (const answer of c.waiting.splice(0)) answer();
  }

  /** Refuses a container that runs, as the engine does without force. */
  remove(id: string, answer: (result: undefined) => void, refuse: Refuse): void {
    const c = this.find(id);
    if (c?.running || c?.restarting) {
      refuse(new Error('You cannot remove a running container'));
      return;
    }
    if (c) this.drop(c);
    answer(undefined);
  }

  drop(c: SimContainer): void {
    this.#watcher.touch();
    for (const scheduled of c.pending) scheduled.cancelled = true;
    this.#watcher.removed(c);
    this.containers = this.containers.filter((other) => other !== c);
  }

  dependencyBack(): void {
    this.dependencyDown = false;
    for (const c of this.containers)
      if (c.running && (c.health === 'unhealthy' || c.health === 'none')) this.setReady(c, true);
  }

  /** Faults stop: what runs becomes well, what is started from now on behaves. */
  heal(): void {
    this.traits = wellBehaved();
    this.healthless = false;
    this.missingImages.clear();
    this.diskFull = false;
    this.dependencyBack();
    for (const c of this.containers) {
      for (const doom of c.dooms.splice(0)) doom.cancelled = true;
      this.thaw(c);
      this.setReady(c, true);
    }
  }

  /** Everything ends; after `downtime` what ran and was not stopped by anybody comes back. */
  restart(downtime: number): void {
    this.#watcher.touch();
    this.downUntil = this.#kernel.now + downtime;
    this.events.clear();
    const back = this.containers.filter(
      (c) => (c.running || c.restarting) && c.policy !== 'no' && !c.manuallyStopped,
    );
    for (const c of this.containers) {
      if (!c.running) {
        for (const scheduled of c.pending.splice(0)) scheduled.cancelled = true;
        continue;
      }
      this.#watcher.exited(c, undefined, 137);
      this.#end(c, 137);
    }
    this.#kernel.quietly(downtime, () => {
      for (const c of back) if (this.containers.includes(c)) this.start(c);
    });
  }
}

type Refuse = (error: Error) => void;

const withoutSlot = (service: string): string => service.replace(`_${slotOf(service)}`, '');
